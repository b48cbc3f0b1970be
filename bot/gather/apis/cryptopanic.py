"""CryptoPanic's posts: where to ask, and what its answers mean (pure). Its addresses hold the token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bot.gather.apis import items
from bot.gather.apis.items import Item
from bot.gather.apis.names import CRYPTOPANIC, NAMES
from bot.gather.parsed import Draft, ParsedFeed
from bot.model import Phrase

PROVIDER = CRYPTOPANIC
NAME = NAMES[PROVIDER]
SITE = "https://cryptopanic.com/"

OLD_PLAN = "v1"

USED_UP = Phrase("The requests that {provider} grants are used up.", {"provider": NAME})
TOKEN_REFUSED = Phrase("{provider} doesn't accept the key.", {"provider": NAME})


def address(base_url: str, plan: str, region: str, token: str) -> str:
    """Where a region's newest posts are. Holds the token."""
    path = "v1/posts/" if plan == OLD_PLAN else f"{plan}/v2/posts/"
    asked = urlencode({"auth_token": token, "public": "true", "kind": "news", "regions": region})
    return f"{base_url.rstrip('/')}/{path}?{asked}"


def read(body: bytes, region: str, own_topics: str | None) -> ParsedFeed | Phrase:
    """The posts of an answer. `next` isn't looked at: it holds the token, and the first page is all there is to read.

    Runs in a worker.
    """
    answer = items.loaded(body)
    listed = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        return _refusal(body)
    posts = (_item(row, region) for row in items.rows(listed))
    return items.feed_of(PROVIDER, NAME, SITE, posts, own_topics)


def _refusal(body: bytes) -> Phrase:
    """It says with status 200, too, that it gives nothing."""
    said = body[:2000].lower()
    if b"quota" in said:
        return USED_UP
    if b"token" in said and (b"not found" in said or b"invalid" in said):
        return TOKEN_REFUSED
    return Phrase("{provider} answered with something that I don't understand.", {"provider": NAME})


def _item(row: Mapping[str, Any], region: str) -> Item:
    known = items.name(row.get("id"))
    votes = row.get("votes")
    draft = Draft(
        guid=f"{PROVIDER} {known}" if known else "",
        title=items.title(row.get("title")),
        # The cheapest plan tells neither.
        url=items.address(row.get("original_url")) or items.address(row.get("url")),
        lede=items.lede(row.get("description")),
        picture=items.address(row.get("image")),
        language=region,
        published_at=items.moment(row.get("published_at")) or items.moment(row.get("created_at")),
    )
    codes = (*items.codes(row.get("currencies"), "code"), *items.codes(row.get("instruments"), "code"))
    return Item(draft, codes, items.count(votes, "positive"), items.count(votes, "negative"))
