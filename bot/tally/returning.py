"""Resumes chats that were paused and can be written to again, where a platform did not tell what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.errors import DeliveryError, PlatformDown, StorageError, Throttled, Unconfirmed
from bot.model import ChatRef
from bot.pace import retry_delay
from bot.ports import ChatAdapter, Traffic
from bot.storage import chats, rereads
from bot.storage.database import Database

log = structlog.get_logger()

ASKED_EVERY = timedelta(days=1)

TRIES = 10
"""As often as one is asked about that can't be asked; the next session asks again."""


class Returning:
    """Asks the platform about each paused chat when `look` is called, but about none more than once a day."""

    def __init__(
        self,
        db: Database,
        adapters: Mapping[str, ChatAdapter],
        on_return: Callable[[ChatRef], Awaitable[object]],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._db = db
        self._adapters = adapters
        self._on_return = on_return
        self._clock = clock
        self._sleep = sleep
        self._due: asyncio.Queue[str] = asyncio.Queue()
        self._asked: dict[ChatRef, datetime] = {}
        """When about what, in the last day."""
        self._waiting: set[str] = set()
        """What is in the queue: sessions that come in quick succession ask once."""

    def look(self, platform: str) -> None:
        """Chats of this platform may have become writable unheard."""
        if platform not in self._waiting:
            self._waiting.add(platform)
            self._due.put_nowait(platform)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            platform = await self._due.get()
            self._waiting.discard(platform)
            try:
                await self._ask(platform)
            except StorageError:
                await self._sleep(retry_delay(1).total_seconds())
                self.look(platform)
            except Exception:
                log.exception("asking about paused chats failed", platform=platform)

    async def _ask(self, platform: str) -> None:
        since = self._clock() - ASKED_EVERY
        self._asked = {chat: at for chat, at in self._asked.items() if at > since}
        paused = await self._db.read(rereads.paused_otherwise, platform, chats.LEFT)
        waiting: Sequence[ChatRef] = [chat for chat in paused if chat not in self._asked]
        for failures in range(1, TRIES + 1):
            waiting = [chat for chat in waiting if not await self._settled(chat)]
            if not waiting:
                return
            await self._sleep(retry_delay(failures).total_seconds())

    async def _settled(self, chat: ChatRef) -> bool:
        try:
            allowed = await self._adapters[chat.platform].capabilities(chat, Traffic.LOOK)
        except (Throttled, PlatformDown, Unconfirmed):
            return False
        except DeliveryError as error:
            self._asked[chat] = self._clock()
            log.info("a chat stays paused", platform=chat.platform, chat=chat.id, reason=str(error))
            return True
        except Exception:
            self._asked[chat] = self._clock()
            log.exception("a paused chat can't be asked about", platform=chat.platform, chat=chat.id)
            return True
        if allowed.posts:
            log.info("a chat is resumed", platform=chat.platform, chat=chat.id)
            await self._db.write(chats.resume, chat, self._clock())
            await self._on_return(chat)
        else:
            self._asked[chat] = self._clock()
        return True
