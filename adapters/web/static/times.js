// Times and lists as people tell them: how long ago, and on which day. In the room's language and the reader's own zone.

const { room } = document.body.dataset;

const UNITS = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

// A language that the browser doesn't know (Chromium has no Armenian) gets numbers alone, in the order that it uses.
const [known] = Intl.RelativeTimeFormat.supportedLocalesOf([room]);
const NUMBERS = "de";

const relative = known && new Intl.RelativeTimeFormat(known, { numeric: "auto" });
const exact = known
  ? new Intl.DateTimeFormat(known, { dateStyle: "full", timeStyle: "long" })
  : new Intl.DateTimeFormat(NUMBERS, { dateStyle: "short", timeStyle: "long" });
const short = new Intl.DateTimeFormat(NUMBERS, { dateStyle: "short", timeStyle: "short" });
const date = known
  ? new Intl.DateTimeFormat(known, { weekday: "long", day: "numeric", month: "long" })
  : new Intl.DateTimeFormat(NUMBERS, { day: "2-digit", month: "2-digit", year: "numeric" });

function ago(moment, now) {
  if (!relative) return short.format(moment);
  const seconds = (moment - now) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(unit === "second" && Math.abs(seconds) < 45 ? 0 : Math.round(seconds / size), unit);
}

export function freshenTimes(root) {
  const now = Date.now();
  for (const time of root.querySelectorAll("time")) {
    const moment = Date.parse(time.dateTime);
    if (Number.isNaN(moment)) continue;
    const [text, title] = [ago(moment, now), exact.format(moment)];
    if (time.textContent !== text) time.textContent = text;
    if (time.title !== title) time.title = title;
  }
}

const dayOf = (moment) => new Date(moment).setHours(0, 0, 0, 0);

function dayName(day) {
  const days = Math.round((day - dayOf(Date.now())) / 86400000);
  if (!relative || days < -1 || days > 0) return date.format(day);
  const text = relative.format(days, "day");
  return text.charAt(0).toLocaleUpperCase(room) + text.slice(1);
}

// The server can't know where the reader's day begins.
export function separateDays(feed) {
  let before;
  for (const card of feed.querySelectorAll(":scope > .card")) {
    const day = dayOf(Date.parse(card.dataset.at));
    const there = card.previousElementSibling?.matches(".day") ? card.previousElementSibling : null;
    if (day === before) there?.remove();
    else {
      const mark = there ?? Object.assign(document.createElement("p"), { className: "day" });
      const text = dayName(day);
      if (mark.textContent !== text) mark.textContent = text;
      if (!there) card.before(mark);
    }
    before = day;
  }
}

// Several names as the room's language puts them together.
export function listed(names) {
  return new Intl.ListFormat(known ? [known] : []).format(names);
}
