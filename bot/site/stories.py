"""GET /api/v1/stories: what was read, where it was posted, and what people say of it."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from fastapi import APIRouter, Header, HTTPException, Query
from pydantic import BaseModel

from bot.storage import api
from bot.storage.api import ListedEntry, ListedStory
from bot.storage.database import Database


class TallyJson(BaseModel):
    """Votes of all chats together, each voter once."""

    bullish: int
    bearish: int


class SourceJson(BaseModel):
    """A feed that published the story."""

    title: str
    url: str


class EntryJson(BaseModel):
    """One item of a feed, as published."""

    source: str
    title: str
    url: str | None
    published_at: datetime | None
    language: str


class ChatJson(BaseModel):
    """A chat that the story was posted in."""

    platform: str
    id: str
    topic: str
    bullish: int
    bearish: int


class OutsideJson(BaseModel):
    """What a news API's own readers say of a story: no votes of ours."""

    provider: str
    bullish: int
    bearish: int


class StoryJson(BaseModel):
    """A story with everything that was published of it."""

    id: int
    title: str
    url: str | None
    language: str
    published_at: datetime | None
    sample: bool
    sources: list[SourceJson]
    entries: list[EntryJson]
    tally: TallyJson
    topics: list[str]
    outside: list[OutsideJson]
    chats: list[ChatJson] = []


class StoriesJson(BaseModel):
    """A page of stories, newest first."""

    stories: list[StoryJson]
    next_cursor: str | None


def stories_router(db: Database, admin_token: str) -> APIRouter:
    """The routes of the JSON API."""
    router = APIRouter(prefix="/api/v1")

    # chats stays unset, and so out of the answer, unless the asker is the operator.
    @router.head("/stories", include_in_schema=False)
    @router.get("/stories", response_model_exclude_unset=True)
    async def stories(
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: str = "",
        topic: Annotated[str, Query(max_length=64)] = "",
        authorization: Annotated[str | None, Header()] = None,
    ) -> StoriesJson:
        """Stories, newest first; the next page is under ``next_cursor``. ``topic``: those about it, such as BTC or
        inflation. The admin token adds each story's chats."""
        operator = is_operator(authorization, admin_token)
        before = read_cursor(cursor) if cursor else None
        listed = await db.read(api.newest_stories, limit=limit + 1, before=before, with_chats=operator, topic=topic)
        shown, more = listed[:limit], len(listed) > limit
        return StoriesJson(
            stories=[_story(story, with_chats=operator) for story in shown],
            next_cursor=make_cursor(shown[-1].sorted_at, shown[-1].id) if more else None,
        )

    return router


# A story's sorted_at and id; SQLite's integers have at most 18 whole digits.
_PLACE = re.compile(r"(.{19,40})\|([0-9]{1,18})", re.ASCII)


def make_cursor(sorted_at: datetime, story_id: int) -> str:
    """Names the place after a story. Opaque to clients."""
    place = f"{sorted_at.astimezone(UTC).isoformat()}|{story_id}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """What `make_cursor` made. Raises HTTPException 400 for anything else."""
    try:
        text = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True).decode()
        place = _PLACE.fullmatch(text)
        if place is not None:
            return datetime.fromisoformat(place[1]).astimezone(UTC), int(place[2])
    except (ValueError, OverflowError):
        pass  # not base64, not text, not a time
    raise HTTPException(400, "cursor: not one that this API gave; leave it out to begin at the newest")


def is_operator(authorization: str | None, admin_token: str) -> bool:
    """Whether the header holds the admin token. Raises HTTPException 401 for one that holds another."""
    if authorization is None:
        return False
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return False  # somebody else's: a proxy in front of us may ask for a password
    if hmac.compare_digest(token.strip().encode(), admin_token.encode()):
        return True
    raise HTTPException(401, "This is not the admin token.", headers={"WWW-Authenticate": "Bearer"})


def _story(story: ListedStory, *, with_chats: bool) -> StoryJson:
    # A feed that published two entries of the story is one source of it.
    sources = {entry.source_url: entry.source_title for entry in story.entries}
    told = StoryJson(
        id=story.id,
        title=story.title,
        url=story.url,
        language=story.language,
        published_at=story.published_at,
        sample=story.sample,
        sources=[SourceJson(title=title, url=without_credentials(url)) for url, title in sources.items()],
        entries=[_entry(entry) for entry in story.entries],
        tally=TallyJson(bullish=story.tally.bullish, bearish=story.tally.bearish),
        topics=list(story.topics),
        outside=[
            OutsideJson(provider=one.provider, bullish=one.tally.bullish, bearish=one.tally.bearish)
            for one in story.outside
        ],
    )
    if with_chats:
        told.chats = [
            ChatJson(
                platform=chat.platform,
                id=chat.id,
                topic=chat.topic,
                bullish=chat.tally.bullish,
                bearish=chat.tally.bearish,
            )
            for chat in story.chats
        ]
    return told


def _entry(entry: ListedEntry) -> EntryJson:
    return EntryJson(
        source=without_credentials(entry.source_url),
        title=entry.title,
        url=entry.url,
        published_at=entry.published_at,
        language=entry.language,
    )


_SECRETS = re.compile(r"(?i)(?<=[?&;])([\w.-]*(?:key|token|secret|passw(?:or)?d|pwd|auth|signature|sig))=[^&;#]+")


def without_credentials(url: str) -> str:
    """The address without the user name, password or key that an operator may have put in it: anyone may read the
    API."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return _SECRETS.sub(r"\1=…", url) if parts.query else url
