"""The gateway: sessions, intents, sequence numbers, replay, and why it hangs up (Gateway; Gateway Events)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from . import shapes
from .clock import Clock
from .state import Guild, Json, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = 7, 8, 9, 10, 11

GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS = 1 << 9, 1 << 10
DM_MESSAGES, DM_REACTIONS, MESSAGE_CONTENT = 1 << 12, 1 << 13, 1 << 15
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
KNOWN_INTENTS = sum(1 << n for n in (*range(17), 20, 21, 24, 25)) & ~(1 << 16) | 1 << 16

CLOSES = {
    4000: "Unknown error.", 4001: "Unknown opcode.", 4002: "Error while decoding payload.", 4003: "Not authenticated.",
    4004: "Authentication failed.", 4005: "Already authenticated.", 4007: "Invalid seq.",
    4008: "Rate limited.", 4009: "Session timed out.", 4010: "Invalid shard.", 4011: "Sharding required.",
    4012: "Invalid API version.", 4013: "Invalid intent(s).", 4014: "Disallowed intent(s).",
}  # fmt: skip
SENDS_PER_MINUTE = 120
RESUME_SECONDS = 180.0  # how long a dropped session waits for its client; unpublished, a few minutes in practice
SHARDING_REQUIRED_AT = 2500
SERVERS_PER_SHARD = 1000  # what Get Gateway Bot goes by, as far as one can see

Payload = Json | Callable[["Session"], Json]


@dataclass(eq=False)
class Session:
    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    sent: list[Json] = field(default_factory=list)  # every dispatch, for replay
    socket: Socket | None = None
    dropped_at: float | None = None

    def dispatch(self, name: str, data: Json) -> None:
        self.seq += 1
        frame = {"op": DISPATCH, "t": name, "s": self.seq, "d": data}
        # Kept as it was then: the state behind a payload may change before a replay.
        frame = json.loads(json.dumps(frame))
        self.sent.append(frame)
        if self.socket is not None:
            self.socket.send(frame)


class Socket:
    """One connection. What is to be sent waits in a queue of its own, so that dispatching never awaits."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self.ws = ws
        self.request = request
        self.session: Session | None = None
        self.received: list[float] = []
        self.hung_up = False  # by us: then its close code says nothing about what the client wants
        self._out: asyncio.Queue[Json | int | str | bytes] = asyncio.Queue()

    def send(self, frame: Json | str | bytes) -> None:
        """What is no object is sent as it stands."""
        self._out.put_nowait(frame)

    def close(self, code: int) -> None:
        self.hung_up = True
        self._out.put_nowait(code)

    def abort(self) -> None:
        """The cable is pulled: no close frame."""
        self.hung_up = True
        transport = self.request.transport
        if transport is not None:
            transport.abort()

    async def write(self) -> None:
        while True:
            item = await self._out.get()
            with contextlib.suppress(ConnectionError):
                if isinstance(item, int):
                    await self.ws.close(code=item, message=CLOSES.get(item, "").encode())
                    return
                if isinstance(item, bytes):
                    await self.ws.send_bytes(item)
                else:
                    await self.ws.send_str(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False))


class Gateway:
    def __init__(self, world: World, clock: Clock, *, token: Callable[[], str], privileged: int) -> None:
        self.world = world
        self.clock = clock
        self.token = token
        self.allowed_privileged = privileged
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.url = ""
        self.heartbeat_interval = 41_250
        self.acknowledges = True  # False: heartbeats go unanswered
        self.refuses: int | None = None  # a close code that the next identify gets
        self.identify_limit = 1000
        self.max_concurrency = 1
        self.enforce_concurrency = False  # True: too many identifies within 5 s get invalid sessions
        self.most_servers = SHARDING_REQUIRED_AT
        self.recommended: int | None = None  # shards; None: by the number of servers
        self.identifies: list[float] = []
        self.identified: list[tuple[int, int]] = []  # the shard of each
        self.instead: dict[str, list[str | bytes]] = {}  # frames that are sent once each in place of HELLO or READY
        self.heartbeats = 0
        self.presences: list[Json] = []
        self.received: list[Json] = []
        self.on_change: Callable[[], None] = lambda: None

    # --- dispatching --------------------------------------------------------------------------------------------------

    def dispatch(self, name: str, data: Payload, *, intent: int, guild: Guild | None) -> None:
        for session in self.sessions.values():
            if self._concerns(session, intent, guild):
                session.dispatch(name, data(session) if callable(data) else data)
        self.on_change()

    def _concerns(self, session: Session, intent: int, guild: Guild | None) -> bool:
        if intent and not session.intents & intent:
            return False
        number, count = session.shard
        if guild is None:
            return number == 0
        return (int(guild.id) >> 22) % count == number

    # --- what a test may do -------------------------------------------------------------------------------------------

    def drop(self, code: int | None = None) -> None:
        """Breaks every connection; sessions stay resumable. Without a code the connection just dies."""
        for socket in list(self.sockets):
            self._release(socket)
            if code is None:
                socket.abort()
            else:
                socket.close(code)

    def say(self, frame: str | bytes) -> None:
        """To everyone, as it stands."""
        for socket in self.sockets:
            socket.send(frame)

    def reconnect(self) -> None:
        for socket in list(self.sockets):
            socket.send({"op": RECONNECT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        for socket in list(self.sockets):
            if not resumable and socket.session is not None:
                self.sessions.pop(socket.session.id, None)
                socket.session = None
            socket.send({"op": INVALID, "d": resumable, "s": None, "t": None})

    def forget_sessions(self) -> None:
        """Whoever resumes is told that its session is invalid."""
        for session in list(self.sessions.values()):
            if session.socket is None:
                del self.sessions[session.id]

    @property
    def connected(self) -> bool:
        return any(s.session is not None for s in self.sockets)

    @property
    def start_limit(self) -> Json:
        now = self.clock()
        used = [t for t in self.identifies if t > now - 86_400]
        reset = int((used[0] + 86_400 - now) * 1000) if used else 0
        remaining = max(0, self.identify_limit - len(used))
        return {
            "total": self.identify_limit, "remaining": remaining, "reset_after": reset,
            "max_concurrency": self.max_concurrency,
        }  # fmt: skip

    @property
    def shards(self) -> int:
        """As many as are recommended."""
        return self.recommended or max(1, -(-len(self._servers()) // SERVERS_PER_SHARD))

    def _servers(self) -> list[Guild]:
        return [guild for guild in self.world.guilds.values() if self.world.bot.id in guild.members]

    # --- one connection -----------------------------------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        # No compression here: a client that asks for zlib-stream or zstd-stream is answered in plain text frames.
        ws = web.WebSocketResponse(compress=False, autoping=True, heartbeat=None, timeout=1.0)
        await ws.prepare(request)
        socket = Socket(ws, request)
        self.sockets.add(socket)
        writer = asyncio.create_task(socket.write())
        try:
            if request.query.get("v", "10") not in ("9", "10"):
                await ws.close(code=4012, message=CLOSES[4012].encode())
                return ws
            garbled = self._garbled("HELLO")
            hello = {"heartbeat_interval": self.heartbeat_interval, "_trace": []}
            socket.send({"op": HELLO, "d": hello, "s": None, "t": None} if garbled is None else garbled)
            await self._listen(socket)
        finally:
            self._release(socket)
            self._forget_if_ended(socket)
            self.sockets.discard(socket)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self.on_change()
        return ws

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            problem = self._receive(socket, message.data)
            self.on_change()
            if problem is not None:
                self._release(socket)
                socket.hung_up = True
                await socket.ws.close(code=problem, message=CLOSES.get(problem, "").encode())
                return

    def _release(self, socket: Socket) -> None:
        if socket.session is not None and socket.session.socket is socket:
            socket.session.socket = None
            socket.session.dropped_at = self.clock()

    def _forget_if_ended(self, socket: Socket) -> None:
        # A client that closes with 1000 or 1001 ends its session (Gateway: Disconnecting).
        ended = (WSCloseCode.OK, WSCloseCode.GOING_AWAY)
        if socket.hung_up or socket.session is None or socket.session.socket is not None:
            return
        if socket.ws.close_code in ended:
            self.sessions.pop(socket.session.id, None)

    def _receive(self, socket: Socket, raw: Any) -> int | None:
        """Acts on one frame; gives the close code if it was the last one."""
        now = self.clock()
        socket.received = [t for t in socket.received if t > now - 60]
        socket.received.append(now)
        if len(socket.received) > SENDS_PER_MINUTE:
            return 4008
        try:
            frame = json.loads(raw)
            code, data = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            return 4002
        self.received.append(frame)
        if code == HEARTBEAT:
            self.heartbeats += 1
            if self.acknowledges:
                socket.send({"op": ACK, "d": None, "s": None, "t": None})
            return None
        if code in (IDENTIFY, RESUME):
            if socket.session is not None:
                return 4005
            if not isinstance(data, dict):
                return 4002
            return self._identify(socket, data) if code == IDENTIFY else self._resume(socket, data)
        if code not in (PRESENCE, VOICE, REQUEST_MEMBERS, 31, 43):
            return 4001
        if socket.session is None:
            return 4003
        if not isinstance(data, dict):
            return 4002
        if code == PRESENCE:
            self.presences.append(data)
        if code == REQUEST_MEMBERS:
            return self._request_members(socket.session, data)
        return None

    def _identify(self, socket: Socket, data: Json) -> int | None:
        if self.refuses is not None:
            code, self.refuses = self.refuses, None
            return code
        intents = data.get("intents")
        if not isinstance(data.get("token"), str) or not isinstance(data.get("properties"), dict):
            return 4002
        if data["token"].removeprefix("Bot ") != self.token() or self.start_limit["remaining"] == 0:
            return 4004  # past the daily limit the token is reset (Gateway: Session Start Limit)
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            return 4013
        if intents & PRIVILEGED & ~self.allowed_privileged:
            return 4014
        shard = data.get("shard") or (0, 1)
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return 4010
        if sum((int(guild.id) >> 22) % shard[1] == shard[0] for guild in self._servers()) > self.most_servers:
            return 4011
        now, key = self.clock(), shard[0] % self.max_concurrency
        before = zip(self.identifies, self.identified, strict=True)
        too_soon = any(now - at < 5 and of[0] % self.max_concurrency == key for at, of in before)
        self.identifies.append(now)
        self.identified.append((shard[0], shard[1]))
        if too_soon and self.enforce_concurrency:
            socket.send({"op": INVALID, "d": False, "s": None, "t": None})
            return None
        self._start(socket, Session(secrets.token_hex(16), intents, (shard[0], shard[1])))
        return None

    def _start(self, socket: Socket, session: Session) -> None:
        self.sessions[session.id] = session
        session.socket, socket.session = socket, session
        bot = self.world.bot
        mine = [g for g in self._servers() if self._concerns(session, 0, g)]
        if (garbled := self._garbled("READY")) is not None:
            socket.send(garbled)
            return
        session.dispatch("READY", {
            "v": 10, "user": shapes.own_user(bot), "user_settings": {}, "session_type": "normal",
            "session_id": session.id, "resume_gateway_url": self.url, "relationships": [], "private_channels": [],
            "presences": [], "guilds": [{"id": g.id, "unavailable": True} for g in mine],
            "application": {"id": self.world.application_id, "flags": self.application_flags},
            "shard": list(session.shard), "geo_ordered_rtc_regions": [], "auth": {}, "_trace": [],
        })  # fmt: skip
        if session.intents & GUILDS:
            for guild in mine:
                with_members = bool(session.intents & GUILD_MEMBERS)
                session.dispatch("GUILD_CREATE", shapes.guild_create(guild, self.world, with_members=with_members))
        self.on_change()

    def _garbled(self, name: str) -> str | bytes | None:
        waiting = self.instead.get(name)
        return waiting.pop(0) if waiting else None

    @property
    def application_flags(self) -> int:
        # limited variants: an app in fewer than 100 servers (Application: Application Flags)
        pairs = ((GUILD_PRESENCES, 1 << 13), (GUILD_MEMBERS, 1 << 15), (MESSAGE_CONTENT, 1 << 19))
        return sum(flag for intent, flag in pairs if self.allowed_privileged & intent)

    def _resume(self, socket: Socket, data: Json) -> int | None:
        token, session_id, seq = data.get("token"), data.get("session_id"), data.get("seq")
        if not isinstance(session_id, str) or not isinstance(token, str):
            return 4002
        if token.removeprefix("Bot ") != self.token():
            return 4004
        session = self.sessions.get(session_id)
        expired = session is not None and session.dropped_at is not None and (
            self.clock() - session.dropped_at > RESUME_SECONDS
        )  # fmt: skip
        if session is None or expired or not isinstance(seq, int):
            self.sessions.pop(session_id, None)
            socket.send({"op": INVALID, "d": False, "s": None, "t": None})
            return None
        if seq > session.seq:
            return 4007
        if session.socket is not None:
            session.socket.close(4000)
        session.socket, session.dropped_at, socket.session = socket, None, session
        for frame in session.sent:
            if frame["s"] > seq:
                socket.send(frame)
        session.dispatch("RESUMED", {"_trace": []})
        self.on_change()
        return None

    def _request_members(self, session: Session, data: Json) -> int | None:
        guild = self.world.guilds.get(str(data.get("guild_id")))
        if guild is None or self.world.bot.id not in guild.members:
            return None
        wanted = data.get("user_ids")
        everyone = data.get("query") == "" and data.get("limit") == 0
        if everyone and not session.intents & GUILD_MEMBERS:
            return 4014
        ids = [wanted] if isinstance(wanted, str) else [str(i) for i in wanted or []]
        if wanted is not None:
            found = [guild.members[i] for i in ids if i in guild.members]
        else:
            query = str(data.get("query") or "").lower()
            found = [m for m in guild.members.values() if m.user.name.lower().startswith(query)]
            found = found[: int(data.get("limit") or 0) or None]
        chunk: Json = {
            "guild_id": guild.id, "members": [shapes.member(m) for m in found], "chunk_index": 0, "chunk_count": 1,
            "not_found": [i for i in ids if i not in guild.members], "presences": [],
        }  # fmt: skip
        if data.get("nonce") is not None:
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)
        return None
