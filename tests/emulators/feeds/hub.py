"""A WebSub hub as the W3C's recommendation describes it, and strict: who asks wrongly is told so."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web


@dataclass
class Subscription:
    """What a subscriber has agreed with the hub."""

    callback: str
    topic: str
    secret: str
    lease_seconds: int


class Hub:
    """Use as an async context manager. It asks back at once, as it may; `publish` distributes."""

    def __init__(self, *, longest_lease: int = 864_000) -> None:
        self.subscriptions: dict[tuple[str, str], Subscription] = {}
        self.asked: list[str] = []
        """The mode of each request that was in order."""
        self.faults: list[str] = []
        """Requests that were not, and answers to our questions that were wrong."""
        self.denies = False
        self.status: int | None = None
        """Answers every request with this, and does nothing."""
        self._longest_lease = longest_lease
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.url = ""

    async def __aenter__(self) -> Hub:
        app = web.Application()
        app.router.add_post("/", self._request)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        assert self._session is not None
        await self._session.close()
        await self._runner.cleanup()

    async def _request(self, request: web.Request) -> web.Response:
        if self.status is not None:
            return web.Response(status=self.status)
        form = {name: str(value) for name, value in (await request.post()).items()}
        fault = _fault(request.content_type, form)
        if fault:
            self.faults.append(fault)
            return web.Response(status=400, text=fault)
        self.asked.append(form["hub.mode"])
        await self._settle(form)
        return web.Response(status=202)

    async def _settle(self, form: dict[str, str]) -> None:
        if self.denies:
            await self.question(form["hub.callback"], {"hub.mode": "denied", "hub.topic": form["hub.topic"]})
            return
        lease = min(int(form.get("hub.lease_seconds", self._longest_lease)), self._longest_lease)
        challenge = secrets.token_hex(8)
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": challenge}
        if form["hub.mode"] == "subscribe":
            query["hub.lease_seconds"] = str(lease)
        status, text = await self.question(form["hub.callback"], query)
        if status // 100 != 2 or text != challenge:
            self.faults.append(f"{form['hub.mode']} was not verified: {status} {text}")
            return
        key = form["hub.callback"], form["hub.topic"]
        if form["hub.mode"] == "unsubscribe":
            self.subscriptions.pop(key, None)
        else:
            self.subscriptions[key] = Subscription(*key, form.get("hub.secret", ""), lease)

    async def question(self, callback: str, query: dict[str, str]) -> tuple[int, str]:
        """Ask a callback, as whoever knows its address can."""
        assert self._session is not None
        async with self._session.get(callback, params=query) as response:
            return response.status, await response.text()

    async def publish(self, topic: str, body: bytes, content_type: str = "application/rss+xml") -> list[int]:
        """Distribute to all subscribers; returns what they answered."""
        return [
            await self.send(one.callback, body, content_type, signature(one.secret, body))
            for one in list(self.subscriptions.values())
            if one.topic == topic
        ]

    async def send(self, callback: str, body: bytes, content_type: str, signed: str | None) -> int:
        """Send to a callback, as whoever knows its address can."""
        assert self._session is not None
        headers = {"Content-Type": content_type, "Link": f'<{self.url}>; rel="hub"'}
        if signed is not None:
            headers["X-Hub-Signature"] = signed
        async with self._session.post(callback, data=BytesIO(body), headers=headers) as response:
            return response.status


def signature(secret: str, body: bytes, method: str = "sha256") -> str:
    """The header that proves where a body comes from."""
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def _fault(content_type: str, form: dict[str, str]) -> str:
    callback = urlsplit(form.get("hub.callback", ""))
    secret = form.get("hub.secret", "")
    if content_type != "application/x-www-form-urlencoded":
        return f"content type {content_type}"
    if form.get("hub.mode") not in ("subscribe", "unsubscribe"):
        return "hub.mode"
    if callback.scheme not in ("http", "https") or not callback.netloc or callback.fragment:
        return "hub.callback"
    if not form.get("hub.topic"):
        return "hub.topic"
    if len(secret.encode()) >= 200:
        return "hub.secret"
    if not form.get("hub.lease_seconds", "1").isdigit():
        return "hub.lease_seconds"
    return ""
