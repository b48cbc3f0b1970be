"""Puts the parts together behind two loopback ports: the REST API with the pages, and the gateway."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from . import control, pages
from .clock import Clock
from .faults import Fault, Faults, Kind, When
from .gateway import MESSAGE_CONTENT, Gateway
from .limits import REAL, Limits, Refused, Rule
from .people import People
from .platform import Platform
from .rest import Request, Rest
from .state import Channel, Guild, Json, Message, User, World

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAw.emulat.0000000000000000000000000000000000000000"


class DiscordServer(People):
    """`async with DiscordServer() as dc:` then point the client at `dc.api_url` and `dc.gateway_url`."""

    def __init__(
        self, *, clock: Clock = time.time, port: int = 0, gateway_port: int = 0, host: str = "127.0.0.1",
        token: str = TOKEN, privileged_intents: int = 0, limits: dict[str, Rule] | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        """`privileged_intents` are those switched on in the portal. `limits` None: the real ones; {}: none. `new_id`
        None: snowflakes; other servers of the same API may count otherwise, but always upwards."""
        self.clock = clock
        self.token = token
        self.host = host
        self._ports = (port, gateway_port)
        world = World(clock, new_id)
        self.gateway = Gateway(world, clock, token=lambda: self.token, privileged=privileged_intents)
        self.limits = Limits(clock, REAL if limits is None else limits)
        self.platform = Platform(world, self.gateway, self.limits, clock)
        self.faults = Faults()
        self.rest = Rest(self.platform, self.limits, self.faults, token=lambda: self.token)
        self.json_type = "application/json"  # exactly; other servers of the same API name the charset too
        self._runners: list[web.AppRunner] = []

    # --- starting and stopping ----------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        api = web.Application(client_max_size=64 * 1024 * 1024)
        api.router.add_route("*", "/api{tail:/.*}", self.rest.handle)
        api.on_response_prepare.append(self._label)
        control.add_routes(api, self)
        pages.add_routes(api, self)
        gate = web.Application()
        gate.router.add_get("/{tail:.*}", self.gateway.handle)
        port = await self._serve(api, self._ports[0])
        gateway_port = await self._serve(gate, self._ports[1])
        self.page_url = f"http://{self.host}:{port}/"
        self.api_url = f"http://{self.host}:{port}/api/v10"
        self.gateway_url = f"ws://{self.host}:{gateway_port}/"
        self.gateway.url = self.gateway_url
        self.platform.base_url = f"http://{self.host}:{port}"
        return self

    async def _label(self, _request: web.Request, response: web.StreamResponse) -> None:
        if response.headers.get("Content-Type") == "application/json":
            response.headers["Content-Type"] = self.json_type

    async def _serve(self, app: web.Application, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, self.host, port)
        await site.start()
        self._runners.append(runner)
        return int(runner.addresses[0][1])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.clear()
        self.gateway.drop()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    # --- looking ------------------------------------------------------------------------------------------------------

    @property
    def application_id(self) -> str:
        return self.platform.world.application_id

    @property
    def bot(self) -> User:
        return self.platform.world.bot

    @property
    def requests(self) -> list[Request]:
        return self.rest.requests

    @property
    def throttled(self) -> list[Refused]:
        """The 429s that the bot provoked (or was given by an injected fault: bucket "injected")."""
        return self.limits.refused

    def asked(self, method: str, template: str) -> list[Request]:
        return [r for r in self.requests if r.method == method and r.template == template]

    def messages(self, channel: Channel) -> list[Message]:
        return list(channel.messages.values())

    def message(self, message_id: object) -> Message:
        return self.platform.find(message_id)

    def channel(self, channel_id: object) -> Channel:
        return self.platform.world.channel_of(channel_id)

    def guild(self, guild_id: object) -> Guild:
        return self.platform.world.guilds[str(guild_id)]

    @property
    def pings(self) -> list[Message]:
        """Messages of the bot that notified somebody."""
        found = [m for c in self.platform.world.channels.values() for m in c.messages.values()]
        found += [m for i in self.platform.interactions.values() for m in i.messages if m.private_to]
        return [m for m in found if m.author is self.bot and m.pings]

    @property
    def commands(self) -> list[Json]:
        return list(self.platform.world.commands[None].values())

    # --- waiting and time ---------------------------------------------------------------------------------------------

    async def wait_for(self, predicate: Callable[[], Any], timeout: float = 5.0) -> Any:  # noqa: ASYNC109
        return await self.platform.wait_for(predicate, timeout)

    def changed(self) -> None:
        """Makes waiters look again; for predicates on things outside the emulator, such as a client's notebook."""
        self.platform.changed()

    async def wait_connected(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        await self.wait_for(lambda: self.gateway.connected, timeout)

    async def wait_message(
        self,
        channel: Channel,
        containing: str = "",
        number: int = 1,
        timeout: float = 5.0,  # noqa: ASYNC109
    ) -> Message:
        """The n-th message of the bot in the channel whose text (embeds and text displays too) contains the words."""

        def found() -> Message | None:
            own = [m for m in channel.messages.values() if m.author is self.bot and containing in pages.words(m)]
            return own[number - 1] if len(own) >= number else None

        return await self.wait_for(found, timeout)

    async def advance(self, seconds: float) -> None:
        """Moves an injected clock; what has become due happens and waiters look again."""
        self.clock.advance(seconds)  # type: ignore[attr-defined]
        self.platform.tick()
        self.platform.changed()

    # --- trouble ------------------------------------------------------------------------------------------------------

    def fail(
        self, method: str, route: str, status: int = 500, *, times: int = 1, retry_after: float = 1.0,
        scope: str = "user", when: When = "before", via: bool = True,
    ) -> Fault:  # fmt: skip
        """The API says so, with the code that is usual for the status; without `via` the proxy in front of it does, in
        HTML."""
        return self._plan(
            method,
            route,
            "status",
            times=times,
            status=status,
            retry_after=retry_after,
            scope=scope,
            when=when,
            via=via,
        )

    def garble(
        self, method: str, route: str, *, times: int = 1, when: When = "before", body: bytes = b'{"id": "12'
    ) -> Fault:
        """The answer is a success, and not what it should be."""
        return self._plan(method, route, "garbage", times=times, when=when, body=body)

    def reset(self, method: str, route: str, *, when: When = "before", times: int = 1) -> Fault:
        """The connection is reset before the request acts, or after it has acted and before the answer."""
        return self._plan(method, route, "reset", times=times, when=when)

    def hold(self, method: str, route: str, *, when: When = "before", times: int = 1) -> Fault:
        """Requests wait (`await fault.arrived.wait()`) until `fault.release()`."""
        return self._plan(method, route, "hold", times=times, when=when)

    def _plan(self, method: str, route: str, kind: Kind, **more: Any) -> Fault:
        return self.faults.plan(Fault(method, route, kind, **more))

    def allow_message_content(self) -> None:
        self.gateway.allowed_privileged |= MESSAGE_CONTENT
