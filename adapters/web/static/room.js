// Makes a room live: events redraw cards in place, forms answer without a reload. Without it the page still works.

import { hidePicture, learnPresses, morph, newest, parse, place, prepend, press, votesOn } from "./cards.js";
import { freshenTimes, listed, separateDays } from "./times.js";

const words = document.body.dataset;
const { room } = words;
const byId = (id) => document.getElementById(id);
const [feed, dock, panel, notice, announcer, live, arrived] = [
  "feed", "dock", "panel", "notice", "announcer", "live", "arrived",
].map(byId);

// --- saying ----------------------------------------------------------------------------------------------------------

const SAID_FOR = 5000;
const hushes = new WeakMap();

// Beside the vote that it is about, else under the top of the page: never over what is being read.
function say(text, form) {
  const place = form?.querySelector(".said") ?? notice;
  place.textContent = text;
  clearTimeout(hushes.get(place));
  hushes.set(place, setTimeout(() => (place.textContent = ""), SAID_FOR));
}

// --- the end of the page ---------------------------------------------------------------------------------------------

const toEnd = (behavior) => scrollTo({ top: document.documentElement.scrollHeight, behavior });
const nearEnd = () => innerHeight + scrollY > document.documentElement.scrollHeight - 160;

// Whoever is at the end stays there, whatever grows or arrives, until they scroll up.
let follows = true;
const gently = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
let manner = "instant";
let scrolled = 0;
function scroll() {
  if (nearEnd()) follows = true;
  else if (scrollY < scrolled) follows = false;
  scrolled = scrollY;
  if (follows) arrived.hidden = true;
}

function pin() {
  document.documentElement.style.setProperty("--dock", `${dock.offsetHeight}px`);
  if (follows) toEnd(manner);
  manner = "instant";
}

// --- stories and answers ---------------------------------------------------------------------------------------------

function append(card) {
  if (!place(card)) return;
  byId("skip").hash = newest().id;
  const title = card.querySelector(".title")?.textContent ?? "";
  announcer.textContent = words.newStory.replace("{title}", () => title);
  if (follows) manner = gently;
  else arrived.hidden = false;
}

function redraw(id, html) {
  const there = byId(id);
  if (!there) return;
  place(parse(html));
  if (there.contains(document.activeElement)) announcer.textContent = votesOn(there);
}

// What became of an answer can be told before the answer itself has come.
const finals = new Map();

function answer(id, html, given) {
  const card = parse(finals.get(id) ?? html);
  finals.delete(id);
  const there = panel.querySelector(".answer");
  if (there?.id === id) morph(there, card);
  else panel.replaceChildren(card);
  if (given?.closest(".sheet")) card.focus({ preventScroll: true });
  announcer.textContent = panel.innerText.slice(0, 500);
}

function finish(id, html) {
  finals.set(id, html);
  if (finals.size > 8) finals.delete(finals.keys().next().value);
  if (panel.querySelector(".answer")?.id === id) answer(id, html);
}

function dismiss() {
  const form = panel.querySelector("form[data-dismisses]");
  if (!form) return false;
  const held = panel.contains(document.activeElement);
  // Should the server not hear of it, the answer is there again after a reload: no reason to trouble anyone.
  post(form).catch(() => {});
  panel.replaceChildren();
  if (held) byId("text").focus({ preventScroll: true });
  return true;
}

// --- events ----------------------------------------------------------------------------------------------------------

let stream;
let at = words.place;

function listen() {
  stream?.close();
  stream = new EventSource(`/r/${room}/events?after=${encodeURIComponent(at)}`);
  const on = (kind, act) =>
    stream.addEventListener(kind, (event) => {
      at = event.lastEventId;
      act(JSON.parse(event.data));
    });
  on("append", ({ html }) => append(parse(html)));
  on("replace", ({ id, html }) => redraw(id, html));
  on("answer", ({ id, html }) => finish(id, html));
  on("press", ({ button, pressed }) => press(button, pressed));
  on("reset", reload);
  stream.addEventListener("open", () => (live.textContent = ""));
  stream.addEventListener("error", () => {
    live.textContent = words.lost;
    // The browser asks again by itself, except after an answer that isn't a stream.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

async function pageAt(address) {
  const response = await fetch(address).catch(() => null);
  return response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
}

// Too much was missed (a restart, a long sleep): take the page as it stands now, keep what is typed and read.
async function reload() {
  const page = await pageAt(location.pathname);
  if (!page) return;
  at = page.body.dataset.place;
  const fresh = page.getElementById("feed");
  freshenTimes(fresh);
  for (const card of [...fresh.children]) place(document.adoptNode(card));
  learnPresses(feed);
  for (const id of ["account", "tasks"]) morph(byId(id), document.adoptNode(page.getElementById(id)));
  listen();
}

// A browser opens only six connections to a site: a page that nobody sees for a while gives its own back.
let away;
function attend() {
  clearTimeout(away);
  if (document.hidden) away = setTimeout(() => stream.close(), 60000);
  else if (stream.readyState === EventSource.CLOSED) listen();
}
document.addEventListener("visibilitychange", attend);

// --- forms -----------------------------------------------------------------------------------------------------------

function post(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  return fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
}

// Whether it was done.
async function send(form, submitter) {
  const response = await post(form, submitter).catch(() => null);
  if (!response) return say(words.away, form), false;
  if (response.status === 401) return location.reload(), false;
  if (!response.ok) return say(response.status === 429 ? words.fast : words.failed, form), false;
  const told = await response.json();
  if ("pressed" in told) press(submitter.value, told.pressed);
  if (told.notice) say(told.notice, form);
  if (told.html) answer(told.id, told.html, form);
  return true;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if ("dismisses" in form.dataset) return event.preventDefault(), dismiss();
  if (!("live" in form.dataset)) return;
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  try {
    if (!(await send(form, event.submitter))) return;
    if ("clears" in form.dataset) form.reset();
    form.closest("details")?.removeAttribute("open");
  } catch {
    say(words.failed, form);
  } finally {
    form.ariaBusy = "false";
  }
});

const openDrop = () => document.querySelector(".drop[open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const drop = openDrop();
  if (!drop) return dismiss();
  drop.open = false;
  drop.querySelector("summary").focus();
});

document.addEventListener("click", ({ target }) => {
  const drop = openDrop();
  if (drop && !drop.contains(target)) drop.open = false;
});

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  (newest() ?? feed).focus({ preventScroll: true });
  toEnd("instant");
});

// Errors don't bubble; one may have come before this script did.
document.addEventListener("error", ({ target }) => target.matches?.(".picture") && hidePicture(target), true);
for (const picture of document.querySelectorAll(".picture")) if (picture.complete && !picture.naturalWidth) hidePicture(picture);

let asking;
document.addEventListener("input", ({ target }) => {
  if (!target.dataset.suggests) return;
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const { command, subcommand } = target.form.elements;
    const query = new URLSearchParams({
      command: command.value,
      subcommand: subcommand.value,
      parameter: target.dataset.suggests,
      typed: target.value,
    });
    const response = await fetch(`/r/${room}/choices?${query}`).catch(() => null);
    if (!response?.ok) return;
    const options = (await response.json()).map(({ value, label }) => Object.assign(new Option(label), { value }));
    target.list.replaceChildren(...options);
  }, 200);
});

byId("older")?.addEventListener("click", async (event) => {
  event.preventDefault();
  const link = event.currentTarget;
  const page = await pageAt(link.href);
  if (!page) return void (location.href = link.href);
  const first = feed.querySelector(".card");
  const offset = first.getBoundingClientRect().top;
  const older = document.adoptNode(page.getElementById("feed"));
  const cards = [...older.children];
  freshenTimes(older);
  prepend(cards);
  learnPresses(feed);
  scrollBy({ top: first.getBoundingClientRect().top - offset, behavior: "instant" });
  cards[0]?.focus({ preventScroll: true });
  const further = page.getElementById("older");
  if (further) link.href = further.href;
  else link.remove();
});

arrived.addEventListener("click", () => toEnd(gently));
addEventListener("scroll", scroll, { passive: true });

// --- start -----------------------------------------------------------------------------------------------------------

function tick() {
  freshenTimes(document);
  separateDays(feed);
}

learnPresses(feed);
tick();
setInterval(tick, 20000);
if (location.hash) follows = false;
const growth = new ResizeObserver(pin);
for (const growing of [document.querySelector(".top"), feed, dock]) growth.observe(growing);
listen();
attend();

// Whoever runs this hears in the room, too, that a platform refused its token.
let toldOf = "";
async function watch() {
  const response = await fetch("/healthz").catch(() => null);
  if (!response?.ok) return;
  const { adapters } = await response.json();
  const names = Object.keys(adapters).filter((name) => adapters[name].state === "refused");
  const refused = listed(names);
  if (refused && refused !== toldOf) say(words.refused.replace("{platform}", () => refused));
  toldOf = refused;
}

if ("watches" in words) {
  watch();
  setInterval(watch, 30000);
}
