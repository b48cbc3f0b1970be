"""Brings the tally to every copy of a story: edits coalesced per post, each chat for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.errors import CardRejected, ChatGone, ChatMoved, DeliveryError, PlatformDown, StorageError, Throttled
from bot.errors import Unconfirmed as EditUnconfirmed
from bot.model import Card, ChatRef
from bot.pace import retry_delay
from bot.ports import ChatAdapter, State
from bot.storage import chats, posts
from bot.storage.database import Database
from bot.storage.group import GroupCommit
from bot.storage.posts import OutdatedPost, PostView
from bot.tally.due import edit_due, edit_turn, is_old

log = structlog.get_logger()

SCAN_EVERY = 0.2
"""Seconds between two looks for outdated posts, however many votes come in between."""

MOST_PENDING = 10_000
"""Outdated posts held in memory; a sweep leaves the others in the tables until there is room."""


@dataclass(slots=True)
class _Pending:
    """A post to be edited."""

    post: OutdatedPost
    not_before: datetime


@dataclass(slots=True)
class _Chat:
    """The edits that a chat waits for: those of its young posts, or those of its old ones. Platforms have fewer turns
    for these, and a young one must not stand behind them."""

    ref: ChatRef
    pending: dict[int, _Pending] = field(default_factory=dict)
    """By delivery."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    present: int | None = None
    """The delivery whose post is edited now."""

    def holds(self, delivery: int) -> bool:
        return delivery in self.pending or delivery == self.present


class Refresher:
    """Edits posts that show something else than what stands. The adapter waits for its turn at the Pace."""

    def __init__(
        self,
        db: Database,
        adapters: Mapping[str, ChatAdapter],
        card_for: Callable[[PostView], Card],
        open_for: timedelta,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._db = db
        self._adapters = adapters
        self._card_for = card_for
        self._open_for = open_for
        self._clock = clock
        self._sleep = sleep
        self._dirty: set[int] = set()
        self._editing: dict[int, int] = {}
        """The ledger of each post whose edit is under way, by delivery."""
        self._overtaken: set[int] = set()
        """Posts whose ledger was marked while their edit was under way."""
        self._wake = asyncio.Event()
        self._chats: dict[tuple[int, bool], _Chat] = {}
        """By chat, and whether they are old."""
        self._failures: dict[int, int] = {}
        """Unknown errors in a row, by delivery."""
        self._sweep_from: tuple[datetime, int] | None = None
        self._editors: asyncio.TaskGroup | None = None
        self._shown: GroupCommit[tuple[PostView, datetime], None] = GroupCommit(self._mark_shown, 256)

    def mark(self, ledgers: Iterable[int]) -> None:
        """The posts of these ledgers may have to be drawn anew."""
        marked = set(ledgers)
        self._dirty |= marked
        # A scan compares with what the table says that a post shows, which an edit under way makes wrong.
        self._overtaken.update(delivery for delivery, ledger in self._editing.items() if ledger in marked)
        self._wake.set()

    async def run(self) -> None:
        """Edit until cancelled. Begins with a look at all open posts, in case a crash kept some from being edited."""
        async with asyncio.TaskGroup() as tasks:
            self._editors = tasks
            tasks.create_task(self._shown.run(), name="shown posts")
            while await self._db.outlasting(self.sweep):
                pass
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._scan()
                await self._sleep(SCAN_EVERY)

    async def sweep(self) -> bool:
        """Look at the next thousand open posts, newest first; voting on those that are too old ends with their edit.

        Returns whether there are more before it begins anew.
        """
        if self._editors is None or sum(len(chat.pending) for chat in self._chats.values()) >= MOST_PENDING:
            return False
        page = await self._db.read(posts.outdated_page, self._sweep_from, self._ready(), self._open_after())
        self._sweep_from = page.next
        self._enqueue(page.outdated)
        return page.next is not None

    async def _scan(self) -> None:
        ledgers, self._dirty = self._dirty, set()
        try:
            self._enqueue(await self._db.read(posts.outdated, ledgers, self._ready(), self._open_after()))
        except StorageError as error:
            log.warning("looking for outdated posts failed", reason=str(error))
            self._dirty |= ledgers  # the next mark looks again; a sweep finds them too

    def _ready(self) -> list[str]:
        return [name for name, adapter in self._adapters.items() if adapter.state is State.READY]

    def _open_after(self) -> datetime:
        """Posts made until then are closed."""
        return self._clock() - self._open_for

    def _enqueue(self, outdated: Sequence[OutdatedPost]) -> None:
        for post in outdated:
            chat = self._chat_of(post)
            if post.delivery_id not in chat.pending:
                due = edit_due(post.posted_at, post.edited_at, self._clock())
                chat.pending[post.delivery_id] = _Pending(post, due)
                chat.news.set()

    def _chat_of(self, post: OutdatedPost) -> _Chat:
        """Where its edit waits. A post that grows old meanwhile stays where it is."""
        assert self._editors is not None
        old = is_old(post.posted_at, self._clock())
        other = self._chats.get((post.chat_id, not old))
        if other is not None and other.holds(post.delivery_id):
            return other
        key = post.chat_id, old
        if key not in self._chats:
            self._chats[key] = _Chat(post.chat)
            self._editors.create_task(self._edit_chat(key, self._chats[key]), name=f"edits {post.chat_id}")
        return self._chats[key]

    # --- one chat ---

    async def _edit_chat(self, key: tuple[int, bool], chat: _Chat) -> None:
        """Edit what the chat waits for, one post after another, and end when there is nothing left."""
        try:
            while chat.pending:
                await self._edit_next(chat)
        except StorageError:
            pass  # a sweep takes it up again
        except Exception:
            log.exception("editing in a chat failed", chat=key[0])  # a sweep takes it up again
        finally:
            del self._chats[key]

    async def _edit_next(self, chat: _Chat) -> None:
        now = self._clock()
        due = [item for item in chat.pending.values() if item.not_before <= now]
        if not due:
            soonest = min(item.not_before for item in chat.pending.values())
            await self._wait(chat, (soonest - now).total_seconds())
            return
        item = min(due, key=lambda item: edit_turn(item.post.posted_at, item.post.edited_at, now))
        del chat.pending[item.post.delivery_id]
        view = await self._db.read(posts.outdated_view, item.post.delivery_id, self._open_after())
        if view is None:
            return
        now = self._clock()
        not_before = edit_due(view.posted_at, view.edited_at, now)
        if not_before > now:
            # It was found before its last edit had been written down.
            chat.pending.setdefault(view.delivery_id, _Pending(item.post, not_before))
            return
        await self._edit(chat, item, view)

    async def _wait(self, chat: _Chat, seconds: float) -> None:
        """Until then, or until the chat has something new to show."""
        chat.news.clear()
        waits = {asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(chat.news.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _edit(self, chat: _Chat, item: _Pending, view: PostView) -> None:
        self._editing[view.delivery_id] = view.ledger_id
        chat.present = view.delivery_id
        try:
            await self._attempt(chat, item, view)
        finally:
            chat.present = None
            del self._editing[view.delivery_id]
            if view.delivery_id in self._overtaken:
                self._overtaken.discard(view.delivery_id)
                self.mark([view.ledger_id])

    async def _attempt(self, chat: _Chat, item: _Pending, view: PostView) -> None:
        adapter = self._adapters[view.message.chat.platform]
        try:
            await adapter.edit(view.message, self._card_for(view), posted_at=view.posted_at)
        except DeliveryError as error:
            await self._not_edited(chat, item, view, error)
        except Exception:
            log.exception("editing a post failed", delivery=view.delivery_id, platform=adapter.platform)
            failures = self._failures[view.delivery_id] = self._failures.get(view.delivery_id, 0) + 1
            chat.pending[view.delivery_id] = _Pending(item.post, self._clock() + retry_delay(failures))
        else:
            chat.failures = 0
            self._failures.pop(view.delivery_id, None)
            await self._shown.add((view, self._clock()))

    async def _not_edited(self, chat: _Chat, item: _Pending, view: PostView, error: DeliveryError) -> None:
        match error:
            case Throttled(retry_after=seconds):
                # What it shuts for others, too, the adapter has said to the Pace.
                chat.pending[view.delivery_id] = _Pending(item.post, self._clock() + timedelta(seconds=seconds))
            case PlatformDown() | EditUnconfirmed():  # an edit may be repeated
                chat.failures += 1
                chat.pending.setdefault(view.delivery_id, item)
                await self._sleep(retry_delay(chat.failures).total_seconds())
            case ChatGone() | ChatMoved() if view.message.chat.id != chat.ref.id:
                # Only where this post is has gone: a forum's thread, or the id that the chat had before it moved.
                await self._give_up(view, error)
            case ChatGone():
                log.warning("chat paused", platform=chat.ref.platform, reason=str(error))
                chat.pending.clear()
                await self._db.write(chats.pause, chat.ref, error.phrase)
            case ChatMoved(to=to):
                await self._db.write(chats.migrate, chat.ref, to)
                await self._give_up(view, error)
            case CardRejected():
                await self._give_up(view, error)
            case _:
                raise error

    async def _give_up(self, view: PostView, error: DeliveryError) -> None:
        """The post stays as it is until there is something else to show."""
        log.warning("edit refused by the platform", delivery=view.delivery_id, reason=str(error))
        await self._shown.add((view, self._clock()))

    async def _mark_shown(self, shown: Sequence[tuple[PostView, datetime]]) -> Sequence[None]:
        await self._db.write(posts.mark_shown, shown)
        return [None] * len(shown)
