"""Looks for a post of ours of which no answer told us: among a channel's messages, or a forum's threads.

From the newest back to when the attempt was made, by the times that Discord's answers say: its ids tell the time, too,
but those of other servers of the same API needn't.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from adapters.discord.calls import Calls
from adapters.discord.errors import UNCERTAIN
from adapters.discord.inbound import PLATFORM
from adapters.discord.render import has_button
from adapters.discord.rights import Place
from bot.errors import CardRejected, PlatformDown
from bot.model import ChatRef, MessageRef
from bot.ports import Traffic

PAGE = 100
"""As much as one request gives."""
MOST_PAGES = 20
MOST_THREADS = 50
EARLIER = timedelta(minutes=10)
"""Our clock may be ahead of Discord's."""


class Finder:
    """What it has looked through it remembers, as far as it had to stop before the end."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._reached: dict[tuple[int, str], int] = {}

    async def message(self, channel: int, button: str, since: datetime | None) -> MessageRef | None:
        """Ours with this button, or None when there surely is none. Raises DeliveryError."""
        key = channel, button
        for _ in range(MOST_PAGES):
            before = self._reached.get(key)
            page = await self._calls.ask(partial(self._page, channel, button, before, since), Traffic.POST)
            if page.found is None and not page.last:
                self._reached[key] = page.reached
                continue
            self._reached.pop(key, None)
            return None if page.found is None else _ref(channel, page.found)
        raise PlatformDown(UNCERTAIN)  # so far

    async def _page(self, channel: int, button: str, before: int | None, since: datetime | None) -> _Page:
        messages = await self._calls.client.http.logs_from(channel, PAGE, before=before)
        return _page(messages, self._calls.me, button, before, since)

    async def thread(self, forum: Place, button: str, since: datetime | None) -> MessageRef | None:
        """The first message of ours in the forum's threads with this button, or None when there surely is none. Raises
        DeliveryError."""
        key = forum.id, button
        threads = await self._threads(forum, since)
        waiting = sorted(thread for thread in threads if thread > self._reached.get(key, 0))
        for thread in waiting[:MOST_THREADS]:
            if await self._begins_with(thread, button):
                self._reached.pop(key, None)
                return _ref(thread, thread)
            self._reached[key] = thread
        if len(waiting) > MOST_THREADS:
            raise PlatformDown(UNCERTAIN)  # so far
        self._reached.pop(key, None)
        return None

    async def _threads(self, forum: Place, since: datetime | None) -> set[int]:
        """Our threads in the forum, active and asleep; of the latter those that can be so young."""
        guild = forum.guild
        assert guild is not None, "forums are in servers"
        found = await self._calls.ask(partial(self._active, guild, forum.id, since), Traffic.POST)
        before: datetime | None = None
        for _ in range(MOST_PAGES):
            asleep = await self._calls.ask(partial(self._asleep, forum.id, before, since), Traffic.POST)
            found |= asleep.ours
            before = asleep.oldest
            if before is None or _is_earlier(before, since):
                return found
        raise PlatformDown(UNCERTAIN)  # so far

    async def _active(self, guild: int, forum: int, since: datetime | None) -> set[int]:
        active = await self._calls.client.http.get_active_threads(guild)
        return _ours(active["threads"], forum, self._calls.me, since)

    async def _asleep(self, forum: int, before: datetime | None, since: datetime | None) -> _Asleep:
        # Discord wants the time here; the library passes on what it gets.
        time: Any = None if before is None else before.isoformat()
        said = await self._calls.client.http.get_public_archived_threads(forum, time, PAGE)
        return _asleep(said, forum, self._calls.me, since)

    async def _begins_with(self, thread: int, button: str) -> bool:
        """Whether it is so; a first message that was deleted is none."""

        async def first_has() -> bool:
            message = await self._calls.client.http.get_message(thread, thread)
            return has_button(message.get("components"), button)

        try:
            return await self._calls.ask(first_has, Traffic.POST)
        except CardRejected:
            return False


@dataclass(frozen=True, slots=True)
class _Page:
    found: int | None
    reached: int
    last: bool


def _page(
    messages: Sequence[Mapping[str, Any]], me: str, button: str, before: int | None, since: datetime | None
) -> _Page:
    """What a page of messages has, in whatever order. Raises LookupError, TypeError or ValueError for what is none."""
    ids = [int(message["id"]) for message in messages]
    written = [datetime.fromisoformat(message["timestamp"]) for message in messages]
    if before is not None and any(number >= before for number in ids):
        raise ValueError("these messages are younger than those that were asked for")
    found = [
        int(message["id"])
        for message in messages
        if str(message["author"]["id"]) == me and has_button(message.get("components"), button)
    ]
    last = len(ids) < PAGE or _is_earlier(min(written), since)
    return _Page(max(found, default=None), min(ids, default=0), last)


@dataclass(frozen=True, slots=True)
class _Asleep:
    ours: set[int]
    oldest: datetime | None
    """When the last of the page fell asleep; None when there are no more."""


def _asleep(said: Mapping[str, Any], forum: int, me: str, since: datetime | None) -> _Asleep:
    threads = said["threads"]
    slept = [datetime.fromisoformat(thread["thread_metadata"]["archive_timestamp"]) for thread in threads]
    more = bool(said.get("has_more")) and bool(slept)
    return _Asleep(_ours(threads, forum, me, since), min(slept) if more else None)


def _ours(threads: Iterable[Mapping[str, Any]], forum: int, me: str, since: datetime | None) -> set[int]:
    return {
        int(thread["id"])
        for thread in threads
        if int(thread.get("parent_id") or 0) == forum
        and str(thread.get("owner_id")) == me
        and not _was_opened_earlier(thread, since)
    }


def _was_opened_earlier(thread: Mapping[str, Any], since: datetime | None) -> bool:
    opened = (thread.get("thread_metadata") or {}).get("create_timestamp")  # there may be none
    return opened is not None and _is_earlier(datetime.fromisoformat(opened), since)


def _is_earlier(moment: datetime, since: datetime | None) -> bool:
    return since is not None and moment < since - EARLIER


def _ref(channel: int, message: int) -> MessageRef:
    return MessageRef(ChatRef(PLATFORM, str(channel)), str(message))
