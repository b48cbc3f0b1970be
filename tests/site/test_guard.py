"""Who is let in, as a table, and over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.ports import Site
from bot.site.guard import ANOTHER_NAME, BODY_BYTES, CONTENT_SECURITY_POLICY, refusal
from tests.languages import CATALOGUES
from tests.web_house import House, web_house


def a_site(host: str = "127.0.0.1", port: int = 8080, public_url: str = "", *, loopback: bool = True) -> Site:
    return Site(host, port, public_url, "token", loopback)


LOCAL = a_site()
PUBLIC = a_site(public_url="https://news.example.org")
EVERYWHERE = a_site("0.0.0.0", loopback=False)
NAMED = a_site("news.lan", loopback=False)


@pytest.mark.parametrize(
    ("site", "host", "let_in"),
    [
        (LOCAL, "127.0.0.1:8080", True),
        (LOCAL, "localhost:8080", True),
        (LOCAL, "LOCALHOST:8080", True),
        (LOCAL, "[::1]:8080", True),
        (LOCAL, "127.0.0.1:8081", False),
        (LOCAL, "127.0.0.1", False),
        (LOCAL, "evil.example:8080", False),
        (LOCAL, "localhost.evil.example:8080", False),
        (LOCAL, "127.0.0.1.evil.example:8080", False),
        (LOCAL, "evil@127.0.0.1:8080", False),
        (LOCAL, "127.0.0.1:8080/x", False),
        (LOCAL, "127.0.0.1:x", False),
        (LOCAL, "192.168.0.7:8080", False),
        (LOCAL, "[::1", False),
        (LOCAL, "", False),
        (PUBLIC, "news.example.org", True),
        (PUBLIC, "news.example.org:443", True),
        (PUBLIC, "News.Example.org", True),
        (PUBLIC, "news.example.org.", True),
        (PUBLIC, "news.example.org:8080", False),
        (PUBLIC, "127.0.0.1:8080", True),
        (PUBLIC, "example.org", False),
        (EVERYWHERE, "192.168.0.7:8080", True),
        (EVERYWHERE, "[fd00::1]:8080", True),
        (EVERYWHERE, "evil.example:8080", False),
        (NAMED, "news.lan:8080", True),
        (NAMED, "192.168.0.7:8080", False),
    ],
)
def test_a_host_must_be_one_of_our_names(site: Site, host: str, let_in: bool) -> None:
    refused = refusal("GET", [(b"host", host.encode())], site)
    assert (refused is None) is let_in
    assert refused is None or refused[0] == 421


@pytest.mark.parametrize(
    ("method", "headers", "let_in"),
    [
        ("POST", {}, True),
        ("POST", {"origin": "http://127.0.0.1:8080"}, True),
        ("POST", {"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}, True),
        ("POST", {"origin": "http://localhost:8080"}, False),
        ("POST", {"origin": "http://127.0.0.1:9999"}, False),
        ("POST", {"origin": "http://evil.example"}, False),
        ("POST", {"origin": "null"}, False),
        ("POST", {"origin": ""}, False),
        ("POST", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"sec-fetch-site": "same-site"}, False),
        ("POST", {"sec-fetch-site": "none"}, True),
        ("GET", {"sec-fetch-site": "cross-site"}, True),
        ("GET", {"origin": "http://evil.example"}, False),
        ("DELETE", {"origin": "http://evil.example"}, False),
        ("POST", {"content-length": str(BODY_BYTES)}, True),
        ("POST", {"content-length": str(BODY_BYTES + 1)}, False),
        ("POST", {"content-length": "-1"}, False),
    ],
)
def test_requests_of_other_sites_pages_are_refused(method: str, headers: dict[str, str], let_in: bool) -> None:
    given = {"host": "127.0.0.1:8080"} | headers
    refused = refusal(method, [(name.encode(), value.encode()) for name, value in given.items()], LOCAL)
    assert (refused is None) is let_in


def test_the_public_address_is_an_origin_behind_a_proxy_with_tls() -> None:
    headers = [(b"host", b"news.example.org"), (b"origin", b"https://news.example.org")]
    assert refusal("POST", headers, PUBLIC) is None


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with web_house(tmp_path) as running:
        yield running


@pytest.fixture
async def client(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(house.address) as session:
        yield session


@pytest.mark.parametrize(
    "path", ["/healthz", "/r/en", "/static/room.js", "/nothing", "/api/v1/stories", "/openapi.json"]
)
async def test_every_answer_carries_the_policy(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as response:
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "server" not in response.headers
    async with client.get(path, headers={"host": "evil.example"}) as response:
        assert response.status == 421
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_there_are_no_pages_that_load_scripts_from_elsewhere(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 404


async def test_who_is_not_let_in_is_told_in_their_language(client: aiohttp.ClientSession) -> None:
    for language in ("fr", "ja"):
        async with client.get(
            "/r/en", headers={"host": "evil.example", "accept-language": f"{language}, en;q=0.1"}
        ) as no:
            assert no.status == 421
            assert no.headers["content-language"] == language
            assert await no.text() == CATALOGUES(language).phrase(ANOTHER_NAME) + "\n"


async def test_a_body_that_is_too_long_is_refused_told_or_not(client: aiohttp.ClientSession) -> None:
    async with client.post("/r/en/press", data=b"x" * (BODY_BYTES + 1)) as response:
        assert response.status == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 8192

    async with client.post("/r/en/press", data=endless()) as response:
        assert response.status == 413


async def raw(house: House, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.site.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_what_is_no_http_is_answered_and_hung_up_on(house: House) -> None:
    assert (await raw(house, b"NONSENSE\r\n\r\n")).startswith(b"HTTP/1.1 400")
    huge = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 70_000
    assert (await raw(house, huge)).startswith(b"HTTP/1.1 4")
    without = b"GET /healthz HTTP/1.0\r\n\r\n"
    assert (await raw(house, without)).startswith(b"HTTP/1.1 421")
