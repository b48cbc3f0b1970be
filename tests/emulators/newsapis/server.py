"""One server for both: what they list is put in by tests, and what they were asked is remembered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

KEY = "cs-key-3f1b77a0c9"
TOKEN = "cp-token-8a44e02d61"
KINDS = {"handpicked", "trending", "latest", "bullish", "bearish"}
REGIONS = {"en", "de", "nl", "es", "fr", "it", "pt", "ru"}

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class NewsApis:
    """Use as an async context manager."""

    items: list[Any] = field(default_factory=list)
    """What CoinStats lists."""
    posts: dict[str, list[Any]] = field(default_factory=dict)
    """What CryptoPanic lists, by region."""
    credits: int = 20_000
    requests_left: int = 100
    plan: str = "developer"
    fault: Fault | None = None
    """Answers the next requests for news in their place."""
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> NewsApis:
        app = web.Application()
        app.router.add_get("/coinstats/news", self._news)
        app.router.add_get("/coinstats/news/type/{kind}", self._news)
        app.router.add_get("/coinstats/usage/credits", self._usage)
        app.router.add_get("/cryptopanic/v1/posts/", self._posts)
        app.router.add_get("/cryptopanic/{plan}/v2/posts/", self._posts)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def url(self, provider: str) -> str:
        assert self._runner is not None
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/{provider}"

    # --- CoinStats ---

    async def _news(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.fault is not None:
            return await self.fault(request)
        kind = request.match_info.get("kind")
        unknown = set(request.query) - {"page", "limit", "from", "to"}
        if (refusal := self._key_refused(request)) is not None:
            return refusal
        if unknown or not 1 <= int(request.query.get("limit", "20")) <= 100 or (kind and kind not in KINDS):
            return web.json_response({"statusCode": 400, "message": f"Bad request: {sorted(unknown)}"}, status=400)
        if self.credits < 5:
            return web.json_response({"statusCode": 429, "message": "Credits exceeded"}, status=429)
        self.credits -= 5
        return web.json_response(self.items if kind else {"result": self.items})

    async def _usage(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if (refusal := self._key_refused(request)) is not None:
            return refusal
        told = {"totalCredits": 20_000, "usedCredits": 20_000 - self.credits, "remainingCredits": self.credits}
        return web.json_response(told | {"subscription": "free"})

    def _key_refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("X-API-KEY") == KEY:
            return None
        return web.json_response({"error": "Unauthorized", "message": "Invalid API key"}, status=401)

    # --- CryptoPanic ---

    async def _posts(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.fault is not None:
            return await self.fault(request)
        query = request.query
        unknown = set(query) - {"auth_token", "filter", "currencies", "regions", "kind", "public", "page", "metadata"}
        if query.get("auth_token") != TOKEN:
            return web.json_response({"status": "api_error", "info": "Token not found"}, status=403)
        if request.match_info.get("plan", self.plan) != self.plan:
            return web.Response(status=404)
        if unknown or query.get("regions", "en") not in REGIONS:
            return web.json_response({"status": "api_error", "info": "Bad request"}, status=400)
        if self.requests_left < 1:
            return web.json_response({"status": "api_error", "info": "API monthly quota exceeded"}, status=429)
        self.requests_left -= 1
        listed = self.posts.get(query.get("regions", "en"), [])
        following = f"{request.url}&page=2"  # it repeats the token, as theirs does
        return web.json_response({"count": len(listed), "next": following, "previous": None, "results": listed})


def coinstats_item(number: int = 1, **fields: Any) -> dict[str, Any]:
    """As the documentation shows one."""
    return {
        "id": f"{number:064x}",
        "searchKeyWords": ["bitcoin"],
        "feedDate": 1_795_336_000_000 + number,
        "source": "Coingape",
        "title": f"Bitcoin reaches milestone number {number} as the institutions keep buying",
        "isFeatured": False,
        "description": "coingape.com.",
        "link": f"https://coingape.example/news/{number}/?utm_source=coinstats&utm_medium=app&id={number}",
        "sourceLink": "https://coingape.example",
        "imgUrl": f"https://img.example/{number}.webp",
        "reactionsCount": {"2": 13, "3": 18},
        "reactions": [],
        "shareURL": f"https://coinstats.app/news/{number:064x}_Bitcoin",
        "relatedCoins": ["bitcoin", "0x0000_ethereum"],
        "content": False,
        "bigImg": False,
        "coins": [{"coinKeyWords": "ETH", "coinPercent": -1.2, "coinTitleKeyWords": "Ethereum"}],
    } | fields


def cryptopanic_post(number: int = 1, **fields: Any) -> dict[str, Any]:
    """As v1 tells one."""
    return {
        "kind": "news",
        "domain": "decrypt.example",
        "source": {"title": "Decrypt", "region": "en", "domain": "decrypt.example", "path": None, "type": "feed"},
        "title": f"Solana validators vote on proposal number {number}",
        "published_at": "2026-11-22T08:30:00Z",
        "slug": f"Solana-{number}",
        "id": 17_951_000 + number,
        "url": f"https://cryptopanic.example/news/{number}/Solana",
        "created_at": "2026-11-22T08:31:00Z",
        "currencies": [{"code": "SOL", "title": "Solana", "slug": "solana", "url": "https://cryptopanic.example/sol"}],
        "votes": {"negative": 2, "positive": 9, "important": 1, "liked": 4, "disliked": 0, "lol": 0, "toxic": 0},
    } | fields
