"""A lean discord.py client: no caches but of servers, no privileged intents, raw events, no hidden retries.

The library's own loops hide what the product must know, so a few of its openings are used: `connect` is overridden (an
event that the library can't read costs only itself; a dead resume address is given up; the library's own sharded client
would begin sessions one by one, and end all of them for one bad event), a trace hook turns 429 and 5xx into errors at
once (the Pace and the core decide when to try again), and raw gateway messages are read by `inbound`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.state import AutoShardedConnectionState

from adapters.discord.beginnings import Beginnings
from adapters.discord.connector import Connector
from adapters.discord.errors import FAILURES, UNREADABLE, slowed
from adapters.discord.limits import asking
from adapters.discord.patience import backoff
from adapters.discord.rights import hears_more
from adapters.discord.settings import DiscordSettings
from adapters.discord.shard import Shard
from adapters.discord.starting import Start, start_from
from bot.ports import Surroundings, Traffic

log = structlog.get_logger()

CLOSE_SECONDS = 0.8
BODY_SECONDS = 5.0
REASON_BYTES = 65_536

# After the last server of READY the library waits this long for more; one that comes later is no news to us.
_GUILDS_SECONDS = 0.3
_OTHER_SHARDS = (4010, 4011)
"""How Discord hangs up when we share our servers among fewer sessions, or others, than it wants."""
_RAW_EVENTS = ("MESSAGE_REACTION_", "INTERACTION_CREATE")

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


class Watcher:
    """What the client tells, heard by nobody. Called on the event loop; must not block and must not raise."""

    def heard(self, payload: Mapping[str, Any]) -> None:
        """A reaction or an interaction, as the gateway sent it."""

    def session_begun(self, servers: Collection[int], shard: int, of: int) -> None:
        """A new session, in which we are in these of the servers that are its share: what happened before it was not
        told, and is told by nobody."""

    def standing(self, sessions: int, of: int) -> None:
        """So many of our sessions stand; the others were lost and can't be had again at once."""

    def held_back(self, seconds: float) -> None:
        """None of our sessions stands, and they were begun so often today that the next one has to wait."""

    def guild_here(self, guild: discord.Guild) -> None:
        """We are in a server, maybe since just now."""

    def guild_left(self, guild: discord.Guild) -> None:
        """We were removed from a server."""

    def thread_awake(self, thread: int) -> None:
        """A thread was changed, and isn't asleep (any more)."""

    def channels_changed(self, channels: Sequence[Place], *, present: bool, heard_anew: bool = False) -> None:
        """Rights in these channels may have changed (``heard_anew``: ours, see `ChatChanged`), or they are gone."""


class _Memory(AutoShardedConnectionState["Client"]):
    """What the library remembers of all sessions together."""

    def parse_ready(self, data: Any) -> None:
        """See the library, which needs to be told the session's number and forgets no server that we left meanwhile."""
        number, _of = data.setdefault("shard", [0, 1])
        told = {int(guild["id"]) for guild in data["guilds"]}
        for guild in [guild for guild in self.guilds if guild.shard_id == number and guild.id not in told]:
            self._remove_guild(guild)
        super().parse_ready(data)


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
            http_trace=_traced(),
            connector=Connector(surroundings.resolver()),
        )
        self._watcher = watcher
        self._surroundings = surroundings
        self._shards: list[Shard] = []
        self._beginnings = Beginnings(Start(), surroundings, self._tell_standing)
        self._leaving = False

    def _get_state(self, **options: Any) -> _Memory:
        return _Memory(dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options)

    # --- the connection ------------------------------------------------------------------------------------------

    async def connect(self, *, reconnect: bool = True) -> None:
        """Listen until cancelled. Raises ConnectionClosed, PrivilegedIntentsRequired where trying again can't help."""
        failures = 0
        while True:
            try:
                await self._keep_sessions(await self._start())
            except discord.ConnectionClosed as closed:
                if closed.code == 4014:
                    raise discord.PrivilegedIntentsRequired(closed.shard_id) from None
                if closed.code not in _OTHER_SHARDS:
                    raise
                failures += 1
                log.warning("Discord wants us to share our servers among other sessions", shards=len(self._shards))
                await self._surroundings.sleep(backoff(failures))

    async def _start(self) -> Start:
        """How Discord wants us to begin."""
        try:
            await self._surroundings.pace.turn(Traffic.ANSWER, asking())
            return start_from(await self.http.request(Route("GET", "/gateway/bot")))
        except (*FAILURES, *UNREADABLE) as error:
            # Who must have several sessions is hung up on (4011), and asks again.
            log.info("Discord did not say how to begin", error=type(error).__name__)
            return Start()

    async def _keep_sessions(self, start: Start) -> None:
        self.shard_count = self._connection.shard_count = start.shards
        self._beginnings = Beginnings(start, self._surroundings, self._tell_standing)
        self._shards = [
            Shard(self, number, self._beginnings, self._surroundings, self._tell_standing)
            for number in range(start.shards)
        ]
        try:
            async with asyncio.TaskGroup() as sessions:
                for number, shard in enumerate(self._shards):
                    sessions.create_task(shard.run(), name=f"Discord, session {number}")
        except ExceptionGroup as group:
            closed = group.subgroup(discord.ConnectionClosed)
            if closed is None:
                raise
            await self._end_sessions()
            raise _first(closed) from None

    async def _end_sessions(self) -> None:
        """Say goodbye, but don't wait for a peer that doesn't answer."""
        ending = [asyncio.ensure_future(shard.close()) for shard in self._shards]
        if ending:
            await asyncio.wait(ending, timeout=CLOSE_SECONDS)

    def _tell_standing(self) -> None:
        standing = sum(shard.stands for shard in self._shards)
        if not standing and self._beginnings.held_back:
            self._watcher.held_back(self._beginnings.held_back)
        else:
            self._watcher.standing(standing, len(self._shards))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The turn was waited for before the connection was made."""
        self._shards[shard_id or 0].begins()

    async def close(self) -> None:
        """Say goodbye to Discord, but don't wait for a peer that doesn't answer."""
        self._leaving = True
        await self._end_sessions()
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
        if event == "shard_connect":
            self._shards[args[0]].begun()
            # At once, and not when all servers are known: what is told from now on comes after what was missed.
            self._watcher.session_begun({guild.id for guild in self.guilds}, args[0], len(self._shards))
        if event == "shard_resumed":
            self._shards[args[0]].begun()
        if event in ("shard_ready", "shard_resumed"):
            self._shards[args[0]].complete()
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

    async def on_guild_available(self, guild: discord.Guild) -> None:
        # The library says so a moment after it was told: we may have been removed in between.
        if self.get_guild(guild.id) is not None:
            self._watcher.guild_here(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self._watcher.guild_here(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self._watcher.guild_left(guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        self._watcher.channels_changed([channel], present=False)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        if payload.thread is not None:
            self._watcher.channels_changed([payload.thread], present=False)

    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        # An archived thread isn't remembered, so that none tells how it was before.
        if not payload.data["thread_metadata"]["archived"]:
            self._watcher.thread_awake(payload.thread_id)

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
            anew = {
                channel
                for channel in after.guild.channels
                if hears_more(channel.permissions_for(before), channel.permissions_for(after))
            }
            others = [channel for channel in after.guild.channels if channel not in anew]
            self._watcher.channels_changed(list(anew), present=True, heard_anew=True)
            self._watcher.channels_changed(others, present=True)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        # The library calls this inside its own except block.
        log.exception("an event from Discord failed", event_kind=event_method)  # noqa: LOG004


def _traced() -> aiohttp.TraceConfig:
    """The library would sleep through 429s and repeat 5xx, also of a new forum thread, which has no nonce. And it holds
    requests back by itself: whoever must know when one leaves gives a coroutine function as its trace context."""
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_leave)
    trace.on_request_end.append(_tell)
    return trace


async def _leave(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestStartParams
) -> None:
    if context.trace_request_ctx is not None:
        await context.trace_request_ctx()


async def _tell(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
) -> None:
    response = params.response
    if response.status == 429:
        said = slowed(response.headers, await _beginning(response))
        response.close()
        raise said
    if response.status in (500, 502, 504, 524):
        response.close()
        raise discord.DiscordServerError(response, None)


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """As much of a body as a reason needs, if it comes."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await response.content.read(REASON_BYTES)
    except (aiohttp.ClientError, OSError):
        return b""


def _first(group: ExceptionGroup[discord.ConnectionClosed]) -> discord.ConnectionClosed:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
