"""A lean discord.py client: no caches but of servers, no privileged intents, raw events, no hidden retries.

The library's own loops hide what the product must know, so three of its documented openings are used: `connect` is
overridden (an event that the library can't read costs only itself; a dead resume address is given up), a trace hook
turns 429 and 5xx into errors at once (the Pace and the core decide when to try again), and raw gateway messages are
read by `inbound`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.http import Route

from adapters.discord.connector import Connector
from adapters.discord.errors import Slowed, seconds_of
from adapters.discord.rights import hears_more
from adapters.discord.settings import DiscordSettings
from bot.ports import Surroundings

log = structlog.get_logger()

CONNECT_SECONDS = 60.0
CLOSE_SECONDS = 0.8
LAST_BACKOFF = 60.0
RESUMES = 3
"""Hang-ups in a row after which a session is begun anew."""

# After the last server of READY the library waits this long for more; one that comes later is no news to us.
_GUILDS_SECONDS = 0.3
_BROKEN = (OSError, aiohttp.ClientError, discord.HTTPException, discord.RateLimited, discord.GatewayNotFound)
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
_RAW_EVENTS = ("MESSAGE_REACTION_", "INTERACTION_CREATE")

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
Place: TypeAlias = discord.abc.GuildChannel | discord.Thread
"""What can be a chat in a server."""


def _tells_of_more_than_voice(record: logging.LogRecord) -> bool:
    return "voice will NOT be supported" not in record.getMessage()


def point_library_at(settings: DiscordSettings) -> None:
    """Where Discord is. The library keeps it in two class attributes, so it is one place for the whole process.

    These two are all that is ever patched of the library.
    """
    # It warns at every start that voice libraries are missing, which nobody here needs.
    logging.getLogger("discord.client").addFilter(_tells_of_more_than_voice)
    Route.BASE = settings.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway_url)


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 1, doubling, at most a minute."""
    return min(LAST_BACKOFF, float(2 ** min(failures - 1, 10)))


class Watcher:
    """What the client tells, heard by nobody. Called on the event loop; must not block and must not raise."""

    def heard(self, payload: Mapping[str, Any]) -> None:
        """A reaction or an interaction, as the gateway sent it."""

    def session_begun(self) -> None:
        """A new session: what happened before it was not told, and is told by nobody."""

    def standing(self, *, ready: bool) -> None:
        """The connection stands, or was lost and can't be had again at once."""

    def guild_joined(self, guild: discord.Guild) -> None:
        """We were added to a server."""

    def guild_left(self, guild: discord.Guild) -> None:
        """We were removed from a server."""

    def channels_changed(self, channels: Sequence[Place], *, present: bool, heard_anew: bool = False) -> None:
        """Rights in these channels may have changed (``heard_anew``: ours, see `ChatChanged`), or they are gone."""


class Client(discord.Client):
    """One connection to Discord, from login to close; not used again after that."""

    def __init__(self, watcher: Watcher, surroundings: Surroundings) -> None:
        super().__init__(
            intents=discord.Intents(
                guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True, dm_reactions=True
            ),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=_GUILDS_SECONDS,
            max_ratelimit_timeout=60.0,
            enable_debug_events=True,
            http_trace=_told_at_once(),
            connector=Connector(surroundings.resolver()),
        )
        self._watcher = watcher
        self._sleep = surroundings.sleep
        self._failures = 0
        self._known: set[int] = set()
        self._leaving = False

    # --- the connection ------------------------------------------------------------------------------------------

    async def connect(self, *, reconnect: bool = True) -> None:
        """Listen until cancelled. Raises ConnectionClosed, PrivilegedIntentsRequired where trying again can't help."""
        session: dict[str, Any] = {}
        while not self.is_closed():
            try:
                opening = DiscordWebSocket.from_client(self, initial=not session, **session)
                self.ws = await asyncio.wait_for(opening, CONNECT_SECONDS)
                while True:
                    await self._poll()
            except ReconnectWebSocket as again:
                # A session that can't be resumed (4007, 4009) is hung up on again and again.
                resumes = again.resume and self._failures < RESUMES
                session = self._session(self.ws.gateway) if resumes else {"gateway": None}
                if self._failures:
                    await self._wait(again)
            except discord.ConnectionClosed as closed:
                if closed.code == 4014:
                    raise discord.PrivilegedIntentsRequired(closed.shard_id) from None
                raise
            except _BROKEN as error:
                await self._wait(error)
                # The resume address that Discord gave may be the one that is dead: go on at the known one.
                session = self._session(None)
            self._failures += 1

    def _session(self, gateway: yarl.URL | None) -> dict[str, Any]:
        session = getattr(self.ws, "session_id", None)  # the library has None for a ws before the first
        if session is None:
            return {}
        return {"gateway": gateway, "resume": True, "session": session, "sequence": self.ws.sequence}

    async def _poll(self) -> None:
        try:
            await self.ws.poll_event()
        except _UNREADABLE as error:
            # Only what the event's parser raises: a socket that is closed says so with other errors.
            log.exception("Discord sent an event that can't be read", error=type(error).__name__)
            if not self.ws.open:
                raise ReconnectWebSocket(None) from error

    async def _wait(self, error: Exception) -> None:
        seconds = backoff(max(1, self._failures))
        log.info("Discord's gateway could not be reached", error=type(error).__name__, again_in=seconds)
        self._watcher.standing(ready=False)
        await self._sleep(seconds)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Discord takes one identification in five seconds."""
        if not initial:
            await self._sleep(5.0)

    async def close(self) -> None:
        """Say goodbye to Discord, but don't wait for a peer that doesn't answer."""
        self._leaving = True
        closing = asyncio.ensure_future(super().close())
        await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
        if not closing.done():
            await self.http.close()
            await asyncio.wait({closing}, timeout=CLOSE_SECONDS)

    # --- what it tells -------------------------------------------------------------------------------------------

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Every event passes here, in order and at once; raw ones go no further."""
        if event == "socket_raw_receive":
            self._hear(*args)
            return
        if event in ("connect", "resumed"):
            self._failures = 0
        if event == "connect":
            # At once, and not when all servers are known: what is told from now on comes after what was missed.
            self._watcher.session_begun()
        if self._leaving:
            return  # the library's wait for more servers outlives the connection, and has no loop any more
        super().dispatch(event, *args, **kwargs)

    def _hear(self, message: str | bytes) -> None:
        text = message if isinstance(message, str) else message.decode(errors="replace")
        if not any(name in text for name in _RAW_EVENTS):
            return
        try:
            payload = json.loads(text)
        except ValueError:
            return  # the library says so
        if str(payload.get("t") or "").startswith(_RAW_EVENTS):
            self._watcher.heard(payload)

    async def on_connect(self) -> None:
        self._known = {guild.id for guild in self.guilds}

    async def on_ready(self) -> None:
        self._watcher.standing(ready=True)

    async def on_resumed(self) -> None:
        self._watcher.standing(ready=True)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        # Servers that were slow to come after READY arrive as if they were new.
        if guild.id not in self._known:
            self._known.add(guild.id)
            self._watcher.guild_joined(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self._known.discard(guild.id)
        self._watcher.guild_left(guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        self._watcher.channels_changed([channel], present=False)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        if payload.thread is not None:
            self._watcher.channels_changed([payload.thread], present=False)

    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        if before.overwrites != after.overwrites:
            me = after.guild.get_member(self.user.id) if self.user is not None else None
            anew = me is not None and hears_more(before.permissions_for(me), after.permissions_for(me))
            self._watcher.channels_changed([after], present=True, heard_anew=anew)

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        me = after.guild.get_member(self.user.id) if self.user is not None else None
        if me is not None and before.permissions != after.permissions and after in me.roles:
            anew = hears_more(before.permissions, after.permissions)
            self._watcher.channels_changed(after.guild.channels, present=True, heard_anew=anew)

    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        if self.user is not None and after.id == self.user.id and before.roles != after.roles:
            for channel in after.guild.channels:
                anew = hears_more(channel.permissions_for(before), channel.permissions_for(after))
                self._watcher.channels_changed([channel], present=True, heard_anew=anew)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        # The library calls this inside its own except block.
        log.exception("an event from Discord failed", event_kind=event_method)  # noqa: LOG004


def _told_at_once() -> aiohttp.TraceConfig:
    """The library would sleep through 429s and repeat 5xx, also of a new forum thread, which has no nonce."""
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(_tell)
    return trace


async def _tell(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
) -> None:
    response = params.response
    if response.status == 429:
        headers = response.headers
        everywhere = "X-RateLimit-Global" in headers or headers.get("X-RateLimit-Scope") == "global"
        response.close()
        raise Slowed(seconds_of(headers), everywhere=everywhere)
    if response.status in (500, 502, 504, 524):
        response.close()
        raise discord.DiscordServerError(response, None)
