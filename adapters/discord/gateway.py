"""One connection to Discord's gateway: the library's socket, where it leaves open what happens on the unexpected."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord
import structlog
from discord.gateway import DiscordWebSocket, KeepAliveHandler, ReconnectWebSocket

from adapters.discord.errors import UNREADABLE

log = structlog.get_logger()

SHORTEST_BEAT, LONGEST_BEAT = 0.01, 3600.0
"""Seconds between two heartbeats. An interval of nothing would be a thread that never rests."""


class Gateway(DiscordWebSocket):
    """What can't be read costs only itself once the session stands; before, it costs the connection."""

    stands = False
    """The session is known to both sides."""
    _pulse: KeepAliveHandler | None = None

    @property
    def _keep_alive(self) -> KeepAliveHandler | None:
        """The heartbeat, which HELLO sets going."""
        return self._pulse

    @_keep_alive.setter
    def _keep_alive(self, handler: KeepAliveHandler | None) -> None:
        if handler is not None and not SHORTEST_BEAT <= (handler.interval or 0) <= LONGEST_BEAT:
            raise ValueError("HELLO names no interval that heartbeats could have")
        self._pulse = handler

    async def received_message(self, msg: Any, /) -> None:
        """See the library. Raises ReconnectWebSocket where it can't go on after something that can't be read."""
        try:
            await super().received_message(msg)
        except (ReconnectWebSocket, discord.DiscordException, aiohttp.ClientError, OSError):
            raise
        except Exception as error:  # whatever the library's parsers, or those below it, make of what was said
            log.warning("Discord said something that can't be read", error=type(error).__name__, exc_info=True)
            # What can't be decompressed leaves nothing behind it that can.
            if self.stands and self.open and isinstance(error, UNREADABLE):
                return
            await self.close()
            raise ReconnectWebSocket(self.shard_id) from error

    async def identify(self) -> None:
        """See the library. Raises ReconnectWebSocket."""
        await self._insist_on_hello()
        await super().identify()

    async def resume(self) -> None:
        """See the library. Raises ReconnectWebSocket."""
        await self._insist_on_hello()
        await super().resume()

    async def _insist_on_hello(self) -> None:
        """The library goes on after whatever comes first; but without HELLO there would be no heartbeat."""
        if self._pulse is None:
            await self.close()
            raise ReconnectWebSocket(self.shard_id)

    async def send_heartbeat(self, data: Any) -> None:
        """See the library, which notes when it was sent only after that: an answer that is there sooner would seem to
        have taken as long as it is since the heartbeat before."""
        if self._pulse is not None:
            self._pulse.beat()
        await super().send_heartbeat(data)
