"""`/sources add`: looks whether there is a feed behind an address and, when it is clear which, follows it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.card.answer import answer_card, heading, item, note, paragraph
from bot.commands.request import Request
from bot.commands.services import FoundFeed
from bot.commands.sources_menu import add_example
from bot.commands.targets import which_chat
from bot.errors import CommandError, NewstallyError
from bot.model import Button, Card, Phrase, Span
from bot.ports import Answer
from bot.storage import subscriptions
from bot.storage.subscriptions import LIMIT, Outcome

MAX_ADDRESS = 2000
MAX_FOUND = 10
"""Feeds of one site to choose from; the further ones are comments and archives."""

_ONE_OF = re.compile(r"(\S+)(?:\s+#([0-9a-f]{8}))?")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_FEED = re.compile(r"^feed:(?://)?", re.IGNORECASE)
"""What browsers once made of the addresses of feeds: feed://a.example/x and feed:https://a.example/x."""
_HOST = re.compile(r"[^\s/?#@]+\.[^\s/?#@.]{2,}|localhost|[0-9.]+|\[[0-9a-f:]+\]", re.IGNORECASE)

LIST = "/sources list"

FULL = Phrase(
    "This chat follows {limit} sources and packs already. Remove one first: {command}",
    {"limit": LIMIT, "command": LIST},
)


async def add(request: Request) -> Answer:
    """Answers at once; what was found follows."""
    match = _ONE_OF.fullmatch(request.rest)
    address = web_address(match[1]) if match else None
    if match is None or address is None:
        raise CommandError(
            Phrase("That is not a web address. For example: {example}", {"example": add_example(request)})
        )
    question = await which_chat(request)
    if question is not None:
        return question
    await request.require_admin()
    if not await request.services.database.read(subscriptions.has_room, request.chat.id):
        raise CommandError(FULL)
    looking = paragraph(request.t("Looking for a feed at {address} …", address=address))

    async def found() -> Card:
        try:
            # As it was typed: without a scheme, it may be of a site that has but the old one.
            return await _look(request, address, match[1], match[2])
        except NewstallyError as error:
            return _sorry(request, address, error.phrase)

    return replace(request.answer(looking), follow_up=found)


def web_address(words: str) -> str | None:
    """The http(s) address that someone means, or None. Whether it may be fetched is for the guard to say."""
    words = _FEED.sub("", words, count=1)
    address = words if _SCHEME.match(words) else f"https://{words}"
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc or len(address) > MAX_ADDRESS:
        return None
    host = f"[{host}]" if ":" in host else host
    return address if _HOST.fullmatch(host) and address.isprintable() else None


async def _look(request: Request, address: str, typed: str, chosen: str | None) -> Card:
    feeds = list(await request.services.gatherer.probe(typed))
    if chosen is not None:
        feeds = [feed for feed in feeds if _mark(feed) == chosen]
    if not feeds:
        return _sorry(request, address, Phrase("I found no feed there."))
    if len(feeds) > 1:
        return _which(request, address, feeds[:MAX_FOUND])
    return await _follow(request, feeds[0])


async def _follow(request: Request, feed: FoundFeed) -> Card:
    source_id = await request.services.gatherer.add_feed(feed)
    first, outcome = await request.once(
        subscriptions.follow_source, request.chat.id, source_id, request.actor, request.now
    )
    if outcome is Outcome.FULL:
        raise CommandError(FULL)
    await request.changed()
    t = request.t
    title = feed.title or feed.url
    if outcome is Outcome.ALREADY or not first:
        said = t("This chat follows {source} already.", source=title)
    else:
        said = t("This chat follows {source} now. The newest stories come in a moment.", source=title)
    lines = [paragraph(said), item(Span(feed.url, url=feed.url))]
    if request.chat.language is None:
        lines.append(note(t("I post nothing until an admin has chosen a language: {command}", command="/language")))
    return answer_card(t.language, *lines, buttons=[(request.button(t("Show the list"), "list"),)])


def _which(request: Request, address: str, feeds: Sequence[FoundFeed]) -> Card:
    t = request.t
    lines = [heading(t("There are several feeds. Which one?"))]
    rows: list[tuple[Button, ...]] = []
    for feed in feeds:
        lines.append(item(Span(feed.title or feed.url, url=feed.url)))
        words = _words_for(request, address, feed)
        if words is None:
            lines.append(note(f"/sources add {feed.url}"))
        else:
            rows.append((request.button(feed.title or feed.url, words),))
    return answer_card(t.language, *lines, buttons=_two_abreast(rows))


def _two_abreast(rows: Sequence[tuple[Button, ...]]) -> list[tuple[Button, ...]]:
    # Discord has room for five rows.
    if len(rows) <= 5:
        return list(rows)
    buttons = [button for row in rows for button in row]
    return [tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]


def _words_for(request: Request, address: str, feed: FoundFeed) -> str | None:
    """What a button says for this feed: its address or, where that is too long, the page's and a mark of the feed."""
    for words in (f"add {feed.url}", f"add {address} #{_mark(feed)}"):
        if request.fits_button(words):
            return words
    return None


def _mark(feed: FoundFeed) -> str:
    return hashlib.sha256(feed.url.encode()).hexdigest()[:8]


def _sorry(request: Request, address: str, reason: Phrase) -> Card:
    t = request.t
    return answer_card(
        t.language,
        paragraph(t("I can't follow {address}: {reason}", address=address, reason=reason)),
        note(t("Try the address of the feed itself, often called RSS or Atom on the site.")),
    )
