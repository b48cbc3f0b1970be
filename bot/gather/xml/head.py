"""What a feed says of itself: title, language, page, how it wants to be asked, and where it announces news (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.gather.links import absolute_address
from bot.gather.parsed import Manners
from bot.gather.xml.fields import Context, based, language_of, links_of, page_of, relation, title_of
from bot.gather.xml.node import ITEMS, Node

MAX_TTL = 30 * 86_400

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 7 * 86_400, "monthly": 30 * 86_400, "yearly": 365 * 86_400}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ROOTS = {"rss", "rdf", "rdf:rdf", "feed", "channel"}


@dataclass(frozen=True, slots=True)
class Head:
    """A feed without its items."""

    title: str
    language: str | None
    site_url: str | None
    manners: Manners
    hub: str | None
    hub_topic: str | None


def is_feed(root: Node) -> bool:
    return root.name.rpartition(":")[2] in {"rss", "rdf", "feed", "channel"} and root.name in {*_ROOTS, "atom:feed"}


def items_of(root: Node) -> list[Node]:
    """In their order, whether they stand in the channel, in a second one, or beside it."""
    return list(_items(root, 4))


def _items(node: Node, depth: int) -> Iterator[Node]:
    for child in node.children:
        if child.name in ITEMS:
            yield child
        elif depth and child.name in _ROOTS:
            yield from _items(child, depth - 1)


def head_of(root: Node, url: str) -> tuple[Head, Context]:
    """And what the items have from it."""
    is_atom = root.name.endswith("feed")
    channel = root if is_atom else next((child for child in root.children if child.name == "channel"), root)
    base = based(root, url)
    base = base if channel is root else based(channel, base)
    language = language_of(channel) or (language_of(root) if channel is not root else None)
    titles = (title_of(child, is_atom=is_atom) for child in channel.children if child.name == "title")
    hub, topic = _hub(channel, base)
    head = Head(
        title=next((title for title in titles if title), ""),
        language=language,
        site_url=page_of(channel, base, is_atom=is_atom),
        manners=_manners(channel),
        hub=hub,
        hub_topic=topic,
    )
    return head, Context(base, language, is_atom)


def _hub(channel: Node, base: str) -> tuple[str | None, str | None]:
    hub = topic = None
    for link in links_of(channel):
        address = absolute_address(link.attributes.get("href"), based(link, base))
        kind = relation(link)
        hub = hub or (address if kind == "hub" else None)
        topic = topic or (address if kind == "self" else None)
    return (hub, topic) if hub else (None, None)


def _manners(channel: Node) -> Manners:
    fields = {child.name: child for child in channel.children}
    hours = [_number(hour.text) for hour in fields["skiphours"].children] if "skiphours" in fields else []
    days = [day.text.strip().lower() for day in fields["skipdays"].children] if "skipdays" in fields else []
    return Manners(
        ttl=_ttl(fields),
        skip_hours=tuple(sorted({hour % 24 for hour in hours if hour is not None and hour <= 24})),
        skip_days=tuple(sorted({_DAYS.index(day) for day in days if day in _DAYS})),
    )


def _ttl(fields: dict[str, Node]) -> int | None:
    minutes = _number(fields["ttl"].text) if "ttl" in fields else None
    if minutes:
        return min(minutes * 60, MAX_TTL)
    period = fields["sy:updateperiod"].text.strip().lower() if "sy:updateperiod" in fields else ""
    if period not in _PERIODS:
        return None
    often = _number(fields["sy:updatefrequency"].text) if "sy:updatefrequency" in fields else None
    return min(_PERIODS[period] // (often or 1), MAX_TTL) or None


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else None
