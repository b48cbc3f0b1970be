// Makes a room live: events redraw cards in place, forms answer without a reload. Without it the page still works.

const words = document.body.dataset;
const room = words.room;
const feed = document.getElementById("feed");
const notice = document.getElementById("notice");
const announcer = document.getElementById("announcer");
const live = document.getElementById("live");
const arrived = document.getElementById("arrived");
const end = document.getElementById("newest");

// --- times -----------------------------------------------------------------------------------------------------------

const UNITS = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

// A language that the browser doesn't know keeps the date that the server wrote.
const [known] = Intl.RelativeTimeFormat.supportedLocalesOf([room]);
const relative = known && new Intl.RelativeTimeFormat(known, { numeric: "auto" });

function ago(moment, now) {
  const seconds = (moment - now) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(unit === "second" && Math.abs(seconds) < 45 ? 0 : Math.round(seconds / size), unit);
}

function freshenTimes(root) {
  if (!relative) return;
  const now = Date.now();
  for (const time of root.querySelectorAll("time")) {
    const text = ago(Date.parse(time.dateTime), now);
    if (time.textContent !== text) time.textContent = text;
  }
}

// --- cards -----------------------------------------------------------------------------------------------------------

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // the server's own markup, in which all that others wrote is escaped
  const card = template.content.firstElementChild;
  freshenTimes(card);
  return card;
}

// Changes only what differs, so that focus stays and a screen reader isn't told the whole card again.
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName) return void old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data;
    const button = old.parentElement?.closest(".button");
    button?.classList.add("moved");
    button?.addEventListener("animationend", () => button.classList.remove("moved"), { once: true });
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, place) => (before[place] ? morph(before[place], node) : old.append(node)));
  before.slice(after.length).forEach((node) => node.remove());
}

const nearEnd = () => window.innerHeight + window.scrollY > document.documentElement.scrollHeight - 160;
const toEnd = (behavior) => end.scrollIntoView({ block: "end", behavior });

// Whoever is at the end stays there while stories arrive, until they scroll up.
let follows = true;
let scrolled = 0;
function scroll() {
  if (nearEnd()) follows = true;
  else if (window.scrollY < scrolled) follows = false;
  scrolled = window.scrollY;
  if (follows) arrived.hidden = true;
}

const number = (card) => (card.id.startsWith("m") ? Number(card.id.slice(1)) : NaN);

function place(card) {
  const there = document.getElementById(card.id);
  if (there) return morph(there, card), false;
  const next = [...feed.children].find((other) => number(other) > number(card));
  card.classList.add("fresh");
  feed.insertBefore(card, next ?? null);
  return true;
}

function append(card) {
  if (!place(card)) return;
  const title = card.querySelector(".title")?.textContent ?? "";
  announcer.textContent = words.newStory.replace("{title}", () => title);
  if (follows) toEnd("smooth");
  else arrived.hidden = false;
}

function answer(card) {
  const fresh = place(card);
  const there = document.getElementById(card.id);
  announcer.textContent = there.innerText.slice(0, 500);
  if (fresh) there.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

let hush;
function say(text) {
  notice.textContent = text;
  notice.hidden = !text;
  clearTimeout(hush);
  hush = setTimeout(() => (notice.hidden = true), 5000);
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
  on("replace", ({ id, html }) => document.getElementById(id) && place(parse(html)));
  on("answer", ({ html }) => answer(parse(html)));
  on("reset", reload);
  stream.addEventListener("open", () => (live.hidden = true));
  stream.addEventListener("error", () => {
    live.textContent = words.lost;
    live.hidden = false;
    // The browser asks again by itself, except after an answer that isn't a stream.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

// Too much was missed (a restart, a long sleep): take the list as it stands now, keep the page and what is typed.
async function reload() {
  const response = await fetch(location.pathname);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  at = page.body.dataset.place;
  for (const card of page.getElementById("feed").children) {
    freshenTimes(card);
    place(document.importNode(card, true));
  }
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

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const response = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
  if (response.status === 401) return location.reload();
  if (!response.ok) return say(response.status === 429 ? words.fast : words.failed);
  const told = await response.json();
  if (told.notice) say(told.notice);
  if (told.html) answer(parse(told.html));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("live" in form.dataset)) return;
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  try {
    await send(form, event.submitter);
    if ("clears" in form.dataset) form.reset();
    const menu = form.closest("details");
    if (menu) menu.open = false;
  } catch {
    say(words.failed);
  } finally {
    form.ariaBusy = "false";
  }
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  const menu = document.querySelector("details[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

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
    const response = await fetch(`/r/${room}/choices?${query}`);
    if (!response.ok) return;
    const options = (await response.json()).map(({ value, label }) => Object.assign(new Option(label), { value }));
    target.list.replaceChildren(...options);
  }, 200);
});

document.getElementById("older")?.addEventListener("click", async (event) => {
  event.preventDefault();
  const link = event.currentTarget;
  const response = await fetch(link.href);
  if (!response.ok) return void (location.href = link.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const first = feed.firstElementChild;
  const offset = first.getBoundingClientRect().top;
  const cards = [...page.getElementById("feed").children];
  cards.forEach(freshenTimes);
  feed.prepend(...cards);
  window.scrollBy({ top: first.getBoundingClientRect().top - offset, behavior: "instant" });
  cards[0]?.focus({ preventScroll: true });
  const further = page.getElementById("older");
  if (further) link.href = further.href;
  else link.remove();
});

arrived.addEventListener("click", () => toEnd("smooth"));
addEventListener("scroll", scroll, { passive: true });

// --- start -----------------------------------------------------------------------------------------------------------

freshenTimes(document);
setInterval(() => freshenTimes(document), 20000);
document.querySelector(".languages [aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
if (!location.hash) toEnd("instant");
listen();
attend();

// Whoever runs this hears in the room, too, that a platform refused its token.
let toldOf = "";
async function watch() {
  const response = await fetch("/healthz").catch(() => null);
  if (!response?.ok) return;
  const { adapters } = await response.json();
  const names = Object.keys(adapters).filter((name) => adapters[name].state === "refused");
  const refused = new Intl.ListFormat(known ? [known] : []).format(names);
  if (refused && refused !== toldOf) say(words.refused.replace("{platform}", () => refused));
  toldOf = refused;
}

if ("watches" in words) {
  watch();
  setInterval(watch, 30000);
}
