"""Dates in every spelling that feeds have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from tests.corpus.damage import ANY, XML, Damage, names
from tests.corpus.drafts import Draft, element, spelt

Spelling = Callable[[datetime], str]
Meaning = Callable[[datetime], datetime | None]

DATED = names("rss20", "rss10", "atom10", "atom03", "json10", "json11")
DATED_XML = names("rss20", "rss10", "atom10", "atom03")

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

LOCAL_DAYS = {
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "it": ("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
    "nl": ("ma", "di", "wo", "do", "vr", "za", "zo"),
    "pt": ("Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom"),
    "ru": ("Пн", "Вт", "Ср", "Чт", "Пт", "Сб", "Вс"),
    "tr": ("Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"),
}
LOCAL_MONTHS = {  # those that the corpus needs: 3, 5, 10, 11; short and in full
    "de": ({3: "Mär", 5: "Mai", 10: "Okt", 11: "Nov"}, {3: "März", 5: "Mai", 10: "Oktober", 11: "November"}),
    "es": ({3: "mar", 5: "may", 10: "oct", 11: "nov"}, {3: "marzo", 5: "mayo", 10: "octubre", 11: "noviembre"}),
    "fr": ({3: "mars", 5: "mai", 10: "oct.", 11: "nov."}, {3: "mars", 5: "mai", 10: "octobre", 11: "novembre"}),
    "it": ({3: "mar", 5: "mag", 10: "ott", 11: "nov"}, {3: "marzo", 5: "maggio", 10: "ottobre", 11: "novembre"}),
    "nl": ({3: "mrt", 5: "mei", 10: "okt", 11: "nov"}, {3: "maart", 5: "mei", 10: "oktober", 11: "november"}),
    "pt": ({3: "Mar", 5: "Mai", 10: "Out", 11: "Nov"}, {3: "março", 5: "maio", 10: "outubro", 11: "novembro"}),
    "ru": ({3: "мар", 5: "мая", 10: "окт", 11: "ноя"}, {3: "марта", 5: "мая", 10: "октября", 11: "ноября"}),
    "tr": ({3: "Mar", 5: "May", 10: "Eki", 11: "Kas"}, {3: "Mart", 5: "Mayıs", 10: "Ekim", 11: "Kasım"}),
    "hy": ({3: "մար", 5: "մայ", 10: "հոկ", 11: "նոյ"}, {3: "մարտի", 5: "մայիսի", 10: "հոկտեմբերի", 11: "նոյեմբերի"}),
}
LONG = {
    "de": "{d}. {m} {y}, {t} Uhr",
    "es": "{d} de {m} de {y}, {t}",
    "fr": "{d} {m} {y} à {t}",
    "it": "{d} {m} {y}, {t}",
    "nl": "{d} {m} {y} {t}",
    "pt": "{d} de {m} de {y} {t}",
    "ru": "{d} {m} {y} {t}",
    "tr": "{d} {m} {y} {t}",
    "hy": "{d} {m} {y} {t}",
    "ja": "{y}年{n}月{d}日 {t}",
    "zh": "{y}年{n}月{d}日 {t}",
    "ko": "{y}년 {n}월 {d}일 {t}",
}


def in_zone(hours: float, form: Spelling) -> Spelling:
    return lambda at: form(at.astimezone(timezone(timedelta(hours=hours))))


def rfc(at: datetime, zone: str = "GMT", *, day: bool = True) -> str:
    weekday = f"{DAYS[at.weekday()]}, " if day else ""
    return f"{weekday}{at.day:02} {MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} {zone}".rstrip()


def put(draft: Draft, n: int, text: str) -> None:
    """This date in place of the item's, in the format's own element."""
    item = draft.items[n]
    if draft.family == "json":
        item.values["date_published"] = text
    else:
        item.tags["date"] = element(draft.form.date, text)


def _dated(spelling: Spelling, meaning: Meaning) -> Callable[[Draft], None]:
    def shape(draft: Draft) -> None:
        for n, item in enumerate(draft.items):
            at = item.truth.published_at
            assert at is not None
            put(draft, n, spelling(at))
            item.says(published_at=meaning(at))

    return shape


def date(
    name: str,
    spelling: Spelling,
    meaning: Meaning = lambda at: at,
    *,
    formats: frozenset[str] = DATED,
    unsure: str = "",
) -> Damage:
    return Damage(f"date-{name}", "date", _dated(spelling, meaning), families=ANY, formats=formats, unsure=unsure)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0)


def _none(at: datetime) -> None:
    return None


def _local(long: bool) -> Callable[[Draft], None]:
    def shape(draft: Draft) -> None:
        language = draft.language
        for n, item in enumerate(draft.items):
            at = item.truth.published_at
            assert at is not None
            months = LOCAL_MONTHS.get(language, ({}, {}))[long]
            month = months.get(at.month, "")
            if long:
                put(draft, n, LONG[language].format(d=at.day, m=month, n=at.month, y=at.year, t=f"{at:%H:%M}"))
                item.says(published_at=_minute(at))
            else:
                put(
                    draft, n, f"{LOCAL_DAYS[language][at.weekday()]}, {at.day:02} {month} {at.year} {at:%H:%M:%S} +0000"
                )

    return shape


def _element(markup: str, meaning: Meaning = lambda at: at) -> Callable[[Draft], None]:
    """``{date}`` as the format spells it, ``{iso}`` and ``{rfc}`` as named."""

    def shape(draft: Draft) -> None:
        for item in draft.items:
            at = item.truth.published_at
            assert at is not None
            values = {"date": spelt(draft.form, at), "iso": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "rfc": rfc(at)}
            item.tags["date"] = markup.format(**values, name=draft.form.date)
            item.says(published_at=meaning(at))

    return shape


def dates_in(
    name: str, markup: str, formats: frozenset[str], meaning: Meaning = lambda at: at, unsure: str = ""
) -> Damage:
    return Damage(f"date-{name}", "date", _element(markup, meaning), families=XML, formats=formats, unsure=unsure)


def _shifted(days: int) -> Callable[[Draft], None]:
    def shape(draft: Draft) -> None:
        for n, item in enumerate(draft.items):
            assert item.truth.published_at is not None
            at = item.truth.published_at + timedelta(days=days)
            put(draft, n, spelt(draft.form, at))
            item.says(published_at=at)

    return shape


def _json_missing(draft: Draft) -> None:
    for item in draft.items:
        del item.values["date_published"]
        item.says(published_at=None)


def _json_epoch(draft: Draft) -> None:
    for item in draft.items:
        assert item.truth.published_at is not None
        item.values["date_published"] = int(item.truth.published_at.timestamp())


ZONELESS = "without a zone nobody knows; UTC is the usual guess"
ISO = "%Y-%m-%dT%H:%M:%S"
LOCAL = frozenset(LOCAL_DAYS)
RSS20, RSS10, ATOM10, ATOM03 = names("rss20"), names("rss10"), names("atom10"), names("atom03")
JSON = names("json")

DATES = (
    date("of-mail", rfc),
    date("of-mail-numeric-zone", in_zone(5.5, lambda at: rfc(at, "+0530"))),
    date("of-mail-negative-zone", in_zone(-3, lambda at: rfc(at, "-0300"))),
    date("of-mail-zone-with-colon", in_zone(2, lambda at: rfc(at, "+02:00"))),
    date("of-mail-zone-after-gmt", in_zone(2, lambda at: rfc(at, "GMT+0200"))),
    date("of-mail-comment", in_zone(9, lambda at: rfc(at, "+0900 (JST)"))),
    date("of-mail-without-zone", lambda at: rfc(at, ""), unsure=ZONELESS),
    date("of-mail-without-weekday", lambda at: rfc(at, "+0000", day=False)),
    date("of-mail-without-seconds", lambda at: rfc(at).replace(f"{at:%H:%M:%S}", f"{at:%H:%M}"), _minute),
    date("of-mail-two-digit-year", lambda at: rfc(at).replace("2026", "26")),
    date("of-mail-one-digit-hour", lambda at: rfc(at).replace(f" {at:%H:}", f" {at.hour}:")),
    date("of-mail-in-capitals", lambda at: rfc(at).upper()),
    date("of-mail-in-small-letters", lambda at: rfc(at).lower()),
    date("of-mail-blank-space", lambda at: f"\n    {rfc(at).replace(' ', '  ')}\n  "),
    date("of-mail-wrong-weekday", lambda at: f"{DAYS[(at.weekday() + 2) % 7]}{rfc(at)[3:]}"),
    date("of-mail-full-names", lambda at: f"{at:%A}, {at.day} {at:%B} {at:%Y %H:%M:%S} GMT"),
    date("of-mail-hyphens", lambda at: f"{at:%A}, {at.day:02}-{MONTHS[at.month - 1]}-{at:%y %H:%M:%S} GMT"),
    *(
        date(f"zone-{zone.lower()}", in_zone(hours, lambda at, zone=zone: rfc(at, zone)))
        for zone, hours in (
            ("UT", 0),
            ("UTC", 0),
            ("Z", 0),
            ("EST", -5),
            ("EDT", -4),
            ("CST", -6),
            ("MDT", -6),
            ("PST", -8),
            ("PDT", -7),
            ("CET", 1),
            ("CEST", 2),
            ("MSK", 3),
            ("JST", 9),
            ("KST", 9),
        )
    ),
    date("of-c", lambda at: f"{at:%a %b} {at.day:2} {at:%H:%M:%S %Y}", unsure=ZONELESS),
    date("of-unix", lambda at: f"{at:%a %b} {at.day:2} {at:%H:%M:%S} UTC {at:%Y}"),
    date("of-javascript", in_zone(-3, lambda at: f"{at:%a %b %d %Y %H:%M:%S} GMT-0300 (BRT)")),
    date("iso", lambda at: at.strftime(ISO + "Z")),
    date("iso-zone", in_zone(-3, lambda at: at.strftime(ISO) + "-03:00")),
    date("iso-zone-without-colon", in_zone(2, lambda at: at.strftime(ISO) + "+0200")),
    date("iso-zone-of-hours", in_zone(9, lambda at: at.strftime(ISO) + "+09")),
    date("iso-fraction", lambda at: at.strftime(ISO) + ".000Z"),
    date("iso-long-fraction", lambda at: at.strftime(ISO) + ".000000000Z"),
    date("iso-comma-fraction", lambda at: at.strftime(ISO) + ",000Z"),
    date("iso-without-seconds", lambda at: f"{at:%Y-%m-%dT%H:%M}Z", _minute),
    date("iso-without-zone", lambda at: at.strftime(ISO), unsure=ZONELESS),
    date("iso-without-t", lambda at: at.strftime("%Y-%m-%d %H:%M:%S"), unsure=ZONELESS),
    date("iso-without-t-zone", in_zone(1, lambda at: at.strftime("%Y-%m-%d %H:%M:%S +0100"))),
    date("iso-without-t-utc", lambda at: at.strftime("%Y-%m-%d %H:%M:%S UTC")),
    date("iso-small-letters", lambda at: at.strftime("%Y-%m-%dt%H:%M:%Sz")),
    date("iso-without-hyphens", lambda at: at.strftime("%Y%m%dT%H%M%SZ")),
    date("iso-day", lambda at: at.strftime("%Y-%m-%d"), _midnight),
    date(
        "iso-month",
        lambda at: at.strftime("%Y-%m"),
        lambda at: _midnight(at).replace(day=1),
        unsure="W3CDTF allows it, and it says only the month",
    ),
    date("iso-blank-space", lambda at: f"\n  {at:{ISO}}Z \n"),
    date("iso-24-hours", lambda at: f"{at:%Y-%m-%d}T24:00:00Z", lambda at: _midnight(at) + timedelta(days=1)),
    date(
        "mail-24-hours",
        lambda at: rfc(at).replace(f"{at:%H:%M:%S}", "24:00:00"),
        lambda at: _midnight(at) + timedelta(days=1),
    ),
    date(
        "leap-second",
        lambda at: rfc(at.replace(second=59)).replace(":59 ", ":60 "),
        lambda at: at.replace(second=59),
        unsure="the last second of the minute or the first of the next",
    ),
    date("epoch", lambda at: str(int(at.timestamp()))),
    date("epoch-milliseconds", lambda at: str(int(at.timestamp() * 1000))),
    date("american", lambda at: at.strftime("%m/%d/%Y %I:%M:%S %p"), unsure="the day is above 12, so it is plain"),
    date("american-words", lambda at: f"{at:%B} {at.day}, {at:%Y} {at:%I:%M %p}", _minute),
    date("dotted", lambda at: at.strftime("%d.%m.%Y %H:%M"), _minute),
    date("slashed", lambda at: at.strftime("%d/%m/%Y %H:%M:%S")),
    date("slashed-year-first", lambda at: at.strftime("%Y/%m/%d %H:%M:%S")),
    Damage("date-local-short", "date", _local(False), families=ANY, formats=DATED, languages=LOCAL),
    Damage(
        "date-local-long", "date", _local(True), families=ANY, formats=DATED, languages=frozenset(LONG), unsure=ZONELESS
    ),
    Damage("date-in-the-future", "date", _shifted(400), families=ANY, formats=DATED),
    Damage("date-long-ago", "date", _shifted(-10_000), families=ANY, formats=DATED),
    date("30-february", lambda at: rfc(at).replace(f"{at.day:02} {MONTHS[at.month - 1]}", "30 Feb"), _none),
    date("iso-month-13", lambda at: at.strftime("%Y-13-%dT%H:%M:%SZ"), _none),
    date(
        "hour-25", lambda at: rfc(at).replace(f"{at:%H:%M:%S}", "25:61:00"), _none, unsure="the day alone could be kept"
    ),
    date("year-one", lambda at: "Mon, 01 Jan 0001 00:00:00 +0000", _none),
    date("zeros", lambda at: "0000-00-00 00:00:00", _none),
    date("words", lambda at: "soon", _none),
    date("template", lambda at: "{{ date }}", _none),
    date("empty", lambda at: "", _none),
    dates_in("missing", "", DATED_XML, _none),
    dates_in("cdata", "<{name}><![CDATA[{date}]]></{name}>", DATED_XML),
    dates_in("in-dc", "<dc:date>{iso}</dc:date>", RSS20 | RSS10),
    dates_in("in-dcterms", "<dcterms:issued>{iso}</dcterms:issued>", RSS20 | RSS10),
    dates_in("in-dcterms-created", "<dcterms:created>{iso}</dcterms:created>", RSS20 | RSS10),
    dates_in("mail-in-dc", "<dc:date>{rfc}</dc:date>", RSS20 | RSS10),
    dates_in("in-pubdate", "<pubDate>{rfc}</pubDate>", RSS10),
    dates_in("two-the-first-broken", "<pubDate>soon</pubDate><dc:date>{iso}</dc:date>", RSS20),
    dates_in("two-equal", "<pubDate>{rfc}</pubDate><dc:date>{iso}</dc:date>", RSS20),
    dates_in("updated-beside", "<atom:updated>2026-11-23T00:00:00Z</atom:updated><pubDate>{rfc}</pubDate>", RSS20),
    dates_in(
        "modified-beside", "<dcterms:modified>2026-11-23T00:00:00Z</dcterms:modified><dc:date>{iso}</dc:date>", RSS10
    ),
    dates_in("atom-in-rss", "<atom:published>{iso}</atom:published>", RSS20),
    dates_in("atom-updated-before", "<updated>2026-11-23T00:00:00Z</updated><published>{iso}</published>", ATOM10),
    dates_in(
        "atom-updated-only",
        "<updated>{iso}</updated>",
        ATOM10,
        unsure="a change isn't a publication, but all that is said",
    ),
    dates_in(
        "atom-modified-only",
        "<modified>{iso}</modified>",
        ATOM03,
        unsure="a change isn't a publication, but all that is said",
    ),
    dates_in("atom-old-names", "<issued>{iso}</issued><modified>2026-11-23T00:00:00Z</modified>", ATOM10),
    dates_in("created", "<created>{iso}</created>", ATOM03, unsure="older than issued; all that is said here"),
    Damage("date-json-missing", "date", _json_missing, families=JSON),
    Damage(
        "date-json-number",
        "date",
        _json_epoch,
        families=JSON,
        unsure="JSON Feed wants a string; the number can mean nothing else",
    ),
)
