"""Asks Telegram what the chats are that the config file declares, and tells the core."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from adapters.telegram.calls import Calls
from adapters.telegram.inbound import described
from adapters.telegram.updates import backoff
from bot.errors import DeliveryError, PlatformDown, StorageError, Throttled
from bot.model import ChatRef
from bot.ports import Dispatch, Traffic

log = structlog.get_logger()


class Declared:
    """Nothing that goes wrong here is a blow: a chat of which Telegram says nothing is served as the file names it."""

    def __init__(self, calls: Calls, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._calls = calls
        self._sleep = sleep
        self._waiting: list[ChatRef] = []

    def expect(self, chats: Sequence[ChatRef]) -> None:
        """The chats to ask about."""
        self._waiting = list(dict.fromkeys(chats))

    async def names(self, dispatch: Dispatch) -> None:
        """Ask once about those that have a name. To be done before the updates, which know a chat's number alone: what
        they say must find the chat of that name."""
        await self._ask([chat for chat in self._waiting if chat.id.startswith("@")], dispatch)

    async def run(self, dispatch: Dispatch) -> None:
        """Ask about all others, and again where Telegram could not be asked, or its answer could not be stored."""
        failures = 0
        while self._waiting:
            await self._ask(self._waiting, dispatch)
            if self._waiting:
                failures += 1
                await self._sleep(backoff(failures))

    async def _ask(self, chats: Sequence[ChatRef], dispatch: Dispatch) -> None:
        answered = await asyncio.gather(*(self._is_settled(chat, dispatch) for chat in chats))
        settled = {chat for chat, done in zip(chats, answered, strict=True) if done}
        self._waiting = [chat for chat in self._waiting if chat not in settled]

    async def _is_settled(self, chat: ChatRef, dispatch: Dispatch) -> bool:
        try:
            await dispatch(described(chat, await self._calls.ask("getChat", chat, Traffic.EDIT)))
        except (PlatformDown, Throttled, StorageError):
            return False
        except DeliveryError as error:
            log.info("a declared chat can't be asked about", chat=chat.id, reason=str(error))
        except Exception:
            log.exception("a declared chat could not be described", chat=chat.id)
        return True
