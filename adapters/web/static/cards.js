// Cards as they stand in the page: changed in place, and marked with what the reader has pressed.

import { freshenTimes, separateDays } from "./times.js";

const feed = document.getElementById("feed");

// --- the reader's own presses: the server draws a card for everyone alike ---------------------------------------------

const pressed = new Set();

function mark(button, on) {
  button.ariaPressed = String(on);
  if (on) pressed.add(button.value);
  else pressed.delete(button.value);
}

// A page that the server drew for this reader says it.
export function learnPresses(root) {
  for (const button of root.querySelectorAll(".vote")) mark(button, button.ariaPressed === "true");
}

export function press(id, on) {
  const button = feed.querySelector(`.vote[value="${CSS.escape(id)}"]`);
  if (!button) return;
  // One vote a member: a press on one side takes the other's place.
  for (const other of button.form.querySelectorAll(".vote")) if (on || other === button) mark(other, on && other === button);
}

// --- cards -----------------------------------------------------------------------------------------------------------

// Pictures that could not be had leave no hole, also when their card is drawn anew.
const broken = new Set();

export function hidePicture(picture) {
  broken.add(picture.src);
  picture.hidden = true;
}

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // the server's own markup, in which all that others wrote is escaped
  const card = template.content.firstElementChild;
  freshenTimes(card);
  for (const picture of card.querySelectorAll(".picture")) picture.hidden = broken.has(picture.src);
  for (const button of card.querySelectorAll(".vote")) button.ariaPressed = String(pressed.has(button.value));
  return card;
}

// Changes only what differs, so that focus stays and a screen reader isn't told the whole card again.
export function morph(old, fresh) {
  if (old.isEqualNode(fresh) || old.classList?.contains("said")) return; // what is being said is no part of a card
  if (old.nodeName !== fresh.nodeName) return void old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data;
    const count = old.parentElement?.closest(".count");
    count?.classList.add("moved");
    count?.addEventListener("animationend", () => count.classList.remove("moved"), { once: true });
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, place) => (before[place] ? morph(before[place], node) : old.append(node)));
  before.slice(after.length).forEach((node) => node.remove());
}

const number = (card) => Number(card.id.slice(1));

// Puts a story in its place; true when it is new.
export function place(card) {
  const there = document.getElementById(card.id);
  if (there) return morph(there, card), false;
  const next = [...feed.querySelectorAll(":scope > .card")].find((other) => number(other) > number(card));
  card.classList.add("fresh");
  const mark = next?.previousElementSibling?.matches(".day") ? next.previousElementSibling : next;
  feed.insertBefore(card, mark ?? null);
  separateDays(feed);
  return true;
}

export function prepend(cards) {
  feed.prepend(...cards);
  separateDays(feed);
}

export const newest = () => [...feed.querySelectorAll(":scope > .card")].at(-1);

export const votesOn = (card) =>
  [...card.querySelectorAll(".vote")].map((vote) => vote.textContent.trim().replace(/\s+/g, " ")).join(", ");
