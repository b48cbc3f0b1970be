"""Erases the votes of those who asked for it in the chats that they have left.

No platform tells us who leaves without rights that we don't ask for, but those of a few people can be looked up. A day
is soon enough, except right after they have asked: then it must be known in which chats they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.errors import DeliveryError, StorageError
from bot.events import VotesErased
from bot.model import Actor, ChatRef
from bot.ports import ChatAdapter, KnowsMembers, State
from bot.storage import leavers
from bot.storage.database import Database
from bot.tally.recorder import Recorder

log = structlog.get_logger()

LOOKS_EVERY = timedelta(hours=20)
"""Less than a day, as `wake` is called only every now and then."""

AT_ONCE = 20
"""People who are looked up before others are looked for."""


class Leaving:
    """Looks whenever it is woken."""

    def __init__(
        self,
        db: Database,
        adapters: Mapping[str, ChatAdapter],
        recorder: Recorder,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._adapters = adapters
        self._recorder = recorder
        self._clock = clock
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Somebody may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                while await self.look():
                    pass
            except StorageError as error:
                log.info("who has left can't be looked up now", reason=str(error))
            except Exception:
                log.exception("who has left can't be looked up now")

    async def look(self) -> bool:
        """Look up those who are due, a few of them; returns whether there may be more."""
        ready = [name for name, adapter in self._adapters.items() if self._can_be_asked(adapter)]
        due = await self._db.read(leavers.due, ready, self._clock() - LOOKS_EVERY, AT_ONCE)
        for actor in due:
            await self._look_up(actor)
        return len(due) == AT_ONCE

    def _can_be_asked(self, adapter: ChatAdapter) -> bool:
        return isinstance(adapter, KnowsMembers) and adapter.state is State.READY

    async def _look_up(self, actor: Actor) -> None:
        present, gone = set[int](), set[int]()
        for chat in await self._db.read(leavers.voted_in, actor):
            is_there = await self._is_there(chat.ref, actor)
            if is_there:
                present.add(chat.id)
            elif is_there is False and chat.seen_there:
                gone.add(chat.id)
        still_wanted = await self._db.read(leavers.has_asked, actor)  # they may have changed their mind
        if gone and still_wanted:
            await self._recorder.record(VotesErased(actor, frozenset(gone)))
        await self._db.write(leavers.looked, actor, present, gone, self._clock())

    async def _is_there(self, chat: ChatRef, actor: Actor) -> bool | None:
        """None: it can't be said, and nothing is erased for that."""
        adapter = self._adapters[chat.platform]
        assert isinstance(adapter, KnowsMembers)
        try:
            return await adapter.is_member(chat, actor)
        except DeliveryError as error:
            log.info("who has left a chat can't be asked", chat=chat.id, reason=str(error))
        except Exception:
            log.exception("who has left a chat can't be asked", chat=chat.id)
        return None
