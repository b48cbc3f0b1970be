"""The guarded client against a server on a real socket."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.errors import SourceError
from bot.gather import client as client_module
from bot.gather.body import read_body
from bot.gather.client import Fetched, FetchRequest, GuardedClient, NotModified, checked
from bot.gather.settings import GatherSettings
from tests.emulators.feeds import FeedServer, faults
from tests.gather.conftest import LOOPBACK

BODY = b"<rss>hello</rss>"


async def test_a_page_comes_with_its_validators_and_is_asked_for_again_with_them(
    server: FeedServer, client: GuardedClient
) -> None:
    page = server.put("/feed", BODY)
    first = await client.fetch(FetchRequest(server.url("/feed")))
    assert isinstance(first, Fetched)
    assert (first.body, first.etag, first.moved_to) == (BODY, page.etag, None)
    again = await client.fetch(FetchRequest(server.url("/feed"), etag=first.etag, last_modified=first.last_modified))
    assert again == NotModified()
    asked = server.last("/feed").headers
    assert asked["If-None-Match"] == page.etag
    assert asked["If-Modified-Since"] == "Mon, 02 Nov 2026 10:00:00 GMT"


async def test_we_say_who_we_are_and_how_to_reach_the_operator(server: FeedServer) -> None:
    server.put("/feed", BODY)
    settings = GatherSettings(contact="https://example.org/bot", allow_networks=LOOPBACK)
    async with GuardedClient(settings, "1.2") as client:
        await client.fetch(FetchRequest(server.url("/feed")))
    assert server.last("/feed").headers["User-Agent"] == "Newstally/1.2 (+https://example.org/bot)"


@pytest.mark.parametrize(
    ("spelling", "reason"),
    [
        ("127.0.0.1", "private network"),
        ("localhost", "private network"),
        ("0x7f.0.0.1", "private network"),
        ("[::1]", "private network"),
        ("[::ffff:127.0.0.1]", "private network"),
        ("[::ffff:7f00:1]", "private network"),
        ("[64:ff9b::7f00:1]", "private network"),
        ("0.0.0.0", "private network"),
        ("169.254.169.254", "private network"),
        # aiohttp itself takes a host of digits for an address only when it is written in full.
        ("127.1", "not a web address"),
        ("0177.0.0.1", "not a web address"),
        ("2130706433", "not a web address"),
        ("0x7f000001", "private network"),
    ],
)
async def test_no_spelling_of_a_private_address_passes_the_guard(
    spelling: str, reason: str, server: FeedServer, guarded: GuardedClient
) -> None:
    server.put("/feed", BODY)
    with pytest.raises(SourceError, match=reason):
        await guarded.fetch(FetchRequest(server.url("/feed", host=spelling)))
    assert server.requests == []


async def test_an_exempt_source_is_not_held_to_the_guard(server: FeedServer, guarded: GuardedClient) -> None:
    server.put("/feed", BODY)
    fetched = await guarded.fetch(FetchRequest(server.url("/feed"), exempt=True))
    assert isinstance(fetched, Fetched)


async def test_a_redirect_does_not_inherit_an_exemption(server: FeedServer, guarded: GuardedClient) -> None:
    server.put("/feed", BODY)
    server.put("/moved", fault=faults.redirect("/feed"))
    with pytest.raises(SourceError) as refused:
        await guarded.fetch(FetchRequest(server.url("/moved"), exempt=True))
    assert refused.value.phrase == client_module.PRIVATE
    assert server.count("/feed") == 0


async def test_what_an_exempt_source_connected_to_opens_no_way_for_a_guarded_one(
    server: FeedServer, guarded: GuardedClient
) -> None:
    server.put("/feed", BODY)
    await guarded.fetch(FetchRequest(server.url("/feed"), exempt=True))
    with pytest.raises(SourceError):
        await guarded.fetch(FetchRequest(server.url("/feed")))
    assert server.count("/feed") == 1


@pytest.mark.parametrize(("code", "moves"), [(301, True), (308, True), (302, False), (303, False), (307, False)])
async def test_only_a_permanent_redirect_tells_a_new_address(
    code: int, moves: bool, server: FeedServer, client: GuardedClient
) -> None:
    server.put("/new?a=1", BODY)
    server.put("/old", fault=faults.redirect("/new?a=1", code))
    fetched = await client.fetch(FetchRequest(server.url("/old")))
    assert isinstance(fetched, Fetched)
    assert fetched.url == server.url("/new?a=1")
    assert fetched.moved_to == (server.url("/new?a=1") if moves else None)


async def test_a_permanent_redirect_behind_a_temporary_one_tells_nothing(
    server: FeedServer, client: GuardedClient
) -> None:
    server.put("/c", BODY)
    server.put("/b", fault=faults.redirect("/c", 301))
    server.put("/a", fault=faults.redirect("/b", 302))
    fetched = await client.fetch(FetchRequest(server.url("/a")))
    assert isinstance(fetched, Fetched)
    assert fetched.moved_to is None


async def test_what_has_moved_is_known_also_when_nothing_is_new_there(
    server: FeedServer, client: GuardedClient
) -> None:
    server.put("/new", fault=faults.status(304))
    server.put("/old", fault=faults.redirect("/new", 301))
    answer = await client.fetch(FetchRequest(server.url("/old"), etag='"x"'))
    assert isinstance(answer, NotModified)
    assert answer.moved_to == server.url("/new")


@pytest.mark.parametrize(("code", "final"), [(301, True), (302, False)])
async def test_gone_for_good_is_only_what_was_asked_for(
    code: int, final: bool, server: FeedServer, client: GuardedClient
) -> None:
    server.put("/gone", fault=faults.status(410))
    server.put("/old", fault=faults.redirect("/gone", code))
    with pytest.raises(SourceError) as told:
        await client.fetch(FetchRequest(server.url("/old")))
    assert told.value.permanent is final


async def test_words_of_what_a_server_says_can_be_stored(server: FeedServer, client: GuardedClient) -> None:
    server.put("/feed", fault=faults.body(BODY, headers={"Content-Encoding": "br\udcff"}))
    with pytest.raises(SourceError) as told:
        await client.fetch(FetchRequest(server.url("/feed")))
    str(told.value).encode()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("gzip", gzip.compress(BODY[:4]) + gzip.compress(BODY[4:])),
        ("gzip", BODY),
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY)[2:-4]),
        ("identity", BODY),
    ],
    ids=["whole", "two members", "not packed", "zlib", "bare deflate", "identity"],
)
async def test_a_compressed_body_is_read_also_when_it_isnt_quite_what_it_says(
    encoding: str, packed: bytes, server: FeedServer, client: GuardedClient
) -> None:
    server.put("/feed", fault=faults.body(packed, headers={"Content-Encoding": encoding}))
    fetched = await client.fetch(FetchRequest(server.url("/feed")))
    assert isinstance(fetched, Fetched)
    assert fetched.body == BODY


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_members_are_read_wherever_they_are_cut(cut: int) -> None:
    first, second = gzip.compress(BODY[:4]), gzip.compress(BODY[4:])
    assert await read_body(in_pieces(first, second), "gzip", 1000) == BODY
    assert await read_body(in_pieces(first + second[:cut], second[cut:]), "gzip", 1000) == BODY
    assert await read_body(in_pieces(first, second[:cut], second[cut:]), "gzip", 1000) == BODY


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY))],
    ids=["gzip", "deflate"],
)
@pytest.mark.parametrize("rest", [b"x" * 900, b"\x1fx" * 450, b"\x1f"], ids=["text", "nearly", "begun"])
async def test_what_comes_behind_the_end_is_not_even_read(encoding: str, packed: bytes, rest: bytes) -> None:
    read = []

    async def endless() -> AsyncIterator[bytes]:
        yield packed
        for number in range(100):
            read.append(number)
            yield rest

    assert await read_body(endless(), encoding, 1_000) == BODY
    assert len(read) <= 2


async def test_nobody_keeps_us_busy_with_members_that_hold_nothing() -> None:
    nothing = gzip.compress(b"")
    with pytest.raises(SourceError, match="compression is damaged"):
        await read_body(in_pieces(nothing * 3_000), "gzip", 5_000_000)
    with pytest.raises(SourceError, match="larger than 1000 bytes"):
        await read_body(in_pieces(*[nothing] * 60), "gzip", 1_000)


async def test_the_limit_counts_after_decompression(server: FeedServer, client: GuardedClient) -> None:
    server.put("/bomb", fault=faults.gzip_bomb(30))
    with pytest.raises(SourceError, match="larger than 5000000 bytes"):
        await client.fetch(FetchRequest(server.url("/bomb")))


async def test_a_body_as_large_as_the_limit_is_read(server: FeedServer) -> None:
    async with GuardedClient(GatherSettings(max_bytes=1000, allow_networks=LOOPBACK)) as client:
        server.put("/feed", b"x" * 1000)
        fetched = await client.fetch(FetchRequest(server.url("/feed")))
        assert isinstance(fetched, Fetched)
        server.put("/feed", b"x" * 1001)
        with pytest.raises(SourceError, match="larger than 1000"):
            await client.fetch(FetchRequest(server.url("/feed")))


async def test_a_server_that_never_ends_is_left_at_the_deadline(server: FeedServer) -> None:
    server.put("/endless", fault=faults.endless())
    async with GuardedClient(GatherSettings(timeout=0.3, allow_networks=LOOPBACK)) as client:
        with pytest.raises(SourceError, match="took longer than"):
            await client.fetch(FetchRequest(server.url("/endless")))


async def test_cookies_are_not_kept(server: FeedServer, client: GuardedClient) -> None:
    server.put("/feed", BODY, headers={"Set-Cookie": "track=1"})
    await client.fetch(FetchRequest(server.url("/feed")))
    await client.fetch(FetchRequest(server.url("/feed")))
    assert "Cookie" not in server.last("/feed").headers


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://example.org/feed", "Only http"),
        ("file:///etc/passwd", "Only http"),
        ("unix:///run/docker.sock", "Only http"),
        ("javascript:alert(1)", "Only http"),
        ("//example.org/feed", "Only http"),
        ("https:///feed", "Only http"),
        ("http://user:secret@example.org/", "name or password"),
        ("http://user@example.org/", "name or password"),
        ("http://[::1", "not a web address"),
        ("http://example.org:99999/", "not a web address"),
        ("http://example.org/\nHost: evil", "not a web address"),
        ("http://example.org/" + "a" * 3000, "not a web address"),
    ],
)
def test_what_is_no_plain_web_address_is_refused_in_words(address: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        checked(address)


async def test_a_redirect_to_another_kind_of_address_is_refused(server: FeedServer, client: GuardedClient) -> None:
    server.put("/a", fault=faults.redirect("file:///etc/passwd"))
    with pytest.raises(SourceError, match="Only http"):
        await client.fetch(FetchRequest(server.url("/a")))


async def test_the_server_may_ask_us_to_wait(server: FeedServer, client: GuardedClient) -> None:
    server.put("/busy", fault=faults.status(429, {"Retry-After": "120"}))
    with pytest.raises(SourceError) as busy:
        await client.fetch(FetchRequest(server.url("/busy")))
    assert busy.value.retry_after == 120
    assert not busy.value.permanent


def test_every_error_of_aiohttp_has_words() -> None:
    known = {kind for kind, _ in client_module._PROBLEMS}
    errors = [
        thing for thing in vars(aiohttp).values() if isinstance(thing, type) and issubclass(thing, aiohttp.ClientError)
    ]
    assert len(errors) > 10
    for error in errors:
        assert any(issubclass(error, kind) for kind in known)
    # The last one catches all: whatever is more specific stands before it.
    assert client_module._PROBLEMS[-1][0] is aiohttp.ClientError
