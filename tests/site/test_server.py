"""The socket, the settings and the end of the server."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest
from pydantic import ValidationError
from starlette.responses import PlainTextResponse

from bot.errors import ConfigError
from bot.ports import Site
from bot.site import server
from bot.site.server import address_of, bind, loopback_address_of, serve, site_of
from bot.site.settings import SiteSettings
from tests.languages import CATALOGUES


def test_the_next_free_port_is_taken_only_where_none_is_configured() -> None:
    with bind(SiteSettings()) as first, bind(SiteSettings()) as second:
        ports = first.getsockname()[1], second.getsockname()[1]
        assert ports[0] < ports[1]
        assert set(ports) <= set(server.PORTS)
        with pytest.raises(ConfigError, match=f"{ports[0]} on 127.0.0.1 is in use"):
            bind(SiteSettings(port=ports[0]))


def test_an_address_that_is_not_ours_is_a_fault_of_the_config() -> None:
    with pytest.raises(ConfigError, match=r"can't listen on 203\.0\.113\.7"):
        bind(SiteSettings(host="203.0.113.7", admin_token="x" * 16))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"host": "0.0.0.0"}, "set admin_token"),
        ({"host": "news.example.org"}, "set admin_token"),
        ({"admin_token": "short"}, "at least 16"),
        ({"port": 0}, "greater than"),
        ({"port": 65536}, "less than"),
        ({"prot": 80}, "Extra inputs"),
        ({"public_url": "news.example.org"}, "must look like"),
        ({"public_url": "ftp://news.example.org"}, "must look like"),
        ({"public_url": "https://user@news.example.org"}, "must look like"),
        ({"public_url": "https://news.example.org/room"}, "no path"),
        ({"public_url": "https://news.example.org:99999"}, "must look like"),
        ({"public_url": "https://news.example.org:abc"}, "must look like"),
        ({"public_url": "https://[::1"}, "must look like"),
        ({"admin_token": "ein-Schlüssel-von-Länge"}, "ASCII"),
        ({"admin_token": "two words of some length"}, "without blanks"),
    ],
)
def test_settings_that_make_no_sense_are_told(given: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        SiteSettings(**given)  # type: ignore[arg-type]


def test_other_machines_are_let_in_only_with_a_token_of_the_operators() -> None:
    settings = SiteSettings(host="0.0.0.0", admin_token="a-token-of-enough-length")  # type: ignore[arg-type]
    assert "a-token" not in repr(settings)
    for host in ("127.0.0.1", "localhost", "::1", "127.8.9.1"):
        assert SiteSettings(host=host).admin_token is None


def test_each_run_without_a_token_has_one_of_its_own() -> None:
    with bind(SiteSettings()) as sock:
        sites = [site_of(SiteSettings(), sock.getsockname()[1]) for _ in range(2)]
        assert sites[0].admin_token != sites[1].admin_token
        assert len(sites[0].admin_token) >= 32
        assert sites[0].admin_token not in repr(sites[0])
        assert sites[0].port == sock.getsockname()[1]


@pytest.mark.parametrize(
    ("host", "public_url", "address", "own"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("::1", "", "http://[::1]:80", "http://[::1]:80"),
        ("localhost", "", "http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("0.0.0.0", "", "http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("::", "", "http://[::1]:80", "http://[::1]:80"),
        ("127.0.0.1", "https://news.example.org", "https://news.example.org", "http://127.0.0.1:80"),
    ],
)
def test_the_site_knows_where_it_can_be_opened(host: str, public_url: str, address: str, own: str) -> None:
    site = Site(host, 80, public_url, "", loopback=host not in ("0.0.0.0", "::"))
    assert (address_of(site), loopback_address_of(site)) == (address, own)


@pytest.mark.parametrize(
    ("loopback", "public_url", "reached"),
    [(True, "", False), (False, "", True), (True, "https://news.example.org", True)],
)
def test_others_reach_the_site_directly_or_by_a_proxy(loopback: bool, public_url: str, reached: bool) -> None:
    assert Site("127.0.0.1", 80, public_url, "", loopback=loopback).reached_by_others is reached


async def test_cancelling_ends_the_server_soon_even_with_a_client_that_never_reads() -> None:
    loop = asyncio.get_running_loop()
    sock = bind(SiteSettings())
    site = site_of(SiteSettings(), sock.getsockname()[1])
    started = asyncio.Event()
    task = asyncio.create_task(serve(PlainTextResponse("x" * 50_000_000), sock, site, CATALOGUES, started=started.set))
    await started.wait()
    with socket.create_connection(("127.0.0.1", site.port)) as client:
        client.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
        await asyncio.to_thread(client.recv, 1)
        began = loop.time()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert loop.time() - began < 2
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{site.port}/"):
            pass


async def test_a_client_that_never_finishes_its_request_is_hung_up_on() -> None:
    sock = bind(SiteSettings())
    site = site_of(SiteSettings(), sock.getsockname()[1])
    started = asyncio.Event()
    task = asyncio.create_task(
        serve(PlainTextResponse("x"), sock, site, CATALOGUES, started=started.set, head_seconds=0.2)
    )
    await started.wait()
    for sent in (b"", b"GET / HTTP/1.1\r\nHost:"):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(sent)
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
