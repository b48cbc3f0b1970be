"""CoinStats' news: where to ask, and what its answers mean (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.gather.apis import items
from bot.gather.apis.items import Item
from bot.gather.apis.names import COINSTATS, NAMES
from bot.gather.language import LONG, detect
from bot.gather.parsed import Draft, ParsedFeed
from bot.model import Phrase

PROVIDER = COINSTATS
NAME = NAMES[PROVIDER]
SITE = "https://coinstats.app/news/"

COST = 5
"""Credits that an answer costs, as its users have measured; the documentation speaks of one for a single article."""

PAGE = 100
"""Items asked for: a page costs the same however long it is, and the counts of older ones come along."""

_BULLISH, _BEARISH = "2", "3"
"""The numbers of its reactions; one of none isn't there."""

_SURE = 0.5
"""Below this a title's language stays open. Its neighbours say nothing of it: they come from sites in all languages."""

_SURE_OF_FEW = 0.95
"""The same for a short one in plain letters: names of coins and "liquidations" are taken for French with confidence."""


def address(base_url: str, kind: str) -> str:
    """Where the newest items of a kind are."""
    path = "/news" if kind == "news" else f"/news/type/{kind}"
    return f"{base_url.rstrip('/')}{path}?page=1&limit={PAGE}"


def usage_address(base_url: str) -> str:
    """Where it tells what is left of the credits."""
    return f"{base_url.rstrip('/')}/usage/credits"


def headers(key: str) -> Mapping[str, str]:
    return {"X-API-KEY": key, "Accept": "application/json"}


def credits_left(body: bytes) -> int | None:
    """What it says is left; None when it says nothing of the kind."""
    answer = items.loaded(body)
    left = answer.get("remainingCredits") if isinstance(answer, dict) else None
    return max(left, 0) if isinstance(left, int) and not isinstance(left, bool) else None


def read(body: bytes, own_topics: str | None) -> ParsedFeed | Phrase:
    """The items of an answer: under `result`, or bare when a type was asked for. Runs in a worker."""
    answer = items.loaded(body)
    listed = answer.get("result") if isinstance(answer, dict) else answer
    if not isinstance(listed, list):
        return Phrase("{provider} answered with something that I don't understand.", {"provider": NAME})
    return items.feed_of(PROVIDER, NAME, SITE, map(_item, items.rows(listed)), own_topics)


def _item(row: Mapping[str, Any]) -> Item:
    title, lede = items.title(row.get("title")), items.lede(row.get("description"))
    said = f"{title} {lede}".strip()
    language, sure = detect(said)
    known = items.name(row.get("id"))
    draft = Draft(
        guid=f"{PROVIDER} {known}" if known else "",
        title=title,
        url=items.address(row.get("link")) or items.address(row.get("shareURL")),
        lede=lede,
        picture=items.address(row.get("imgUrl")),
        language=language if sure >= (_SURE_OF_FEW if len(said) < LONG and said.isascii() else _SURE) else None,
        published_at=items.moment(row.get("feedDate")),
    )
    counts = row.get("reactionsCount")
    codes = items.codes(row.get("coins"), "coinKeyWords")
    return Item(draft, codes, items.count(counts, _BULLISH), items.count(counts, _BEARISH))
