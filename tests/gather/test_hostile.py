"""Addresses and bodies that mean harm get a clear answer: against the real client and a server on a real socket."""

from __future__ import annotations

import time
from ipaddress import ip_network

import pytest

from bot.errors import SourceError
from bot.gather.client import Fetched, FetchRequest, GuardedClient
from bot.gather.parse import try_feed
from bot.gather.settings import GatherSettings
from bot.model import Phrase
from tests.corpus.hostile import ADDRESSES, BODIES, REDIRECTS, HostileAddress, HostileBody
from tests.emulators.feeds import FeedServer, faults

PARSE_SECONDS = 2.0
"""Of CPU time: what reading a megabyte of harm may take."""


def _shown(hostile: HostileAddress) -> str:
    return ascii(hostile.address[:60])


async def _refusal(client: GuardedClient, address: str) -> str:
    with pytest.raises(SourceError) as refused:
        await client.fetch(FetchRequest(address))
    return refused.value.phrase.msgid


def _filled(address: str, server: FeedServer) -> str:
    return address.replace("{port}", server.url("").rpartition(":")[2])


@pytest.mark.parametrize("hostile", ADDRESSES, ids=_shown)
async def test_an_address_that_leads_inside_or_nowhere_is_refused_in_words(
    hostile: HostileAddress, server: FeedServer, guarded: GuardedClient
) -> None:
    server.put("/feed", b"<rss><channel><item><title>secret</title></item></channel></rss>")
    assert await _refusal(guarded, _filled(hostile.address, server)) in hostile.answers
    assert server.requests == []


@pytest.mark.parametrize("hostile", REDIRECTS, ids=_shown)
async def test_a_redirect_that_leads_inside_or_nowhere_is_refused_in_words(
    hostile: HostileAddress, server: FeedServer
) -> None:
    server.put("/hostile", fault=faults.redirect(_filled(hostile.address, server)))
    server.put("/feed", b"<rss><channel><item><title>secret</title></item></channel></rss>")
    only_one = GatherSettings(timeout=5, allow_networks=(ip_network("127.0.0.1/32"),))
    async with GuardedClient(only_one) as client:
        assert await _refusal(client, server.url("/hostile")) in hostile.answers
    assert server.count("/feed") == 0


@pytest.mark.parametrize("hostile", BODIES, ids=lambda hostile: hostile.name)
async def test_a_body_that_means_harm_gets_a_clear_answer_in_time(hostile: HostileBody, server: FeedServer) -> None:
    server.put("/hostile", fault=hostile.answer())
    settings = GatherSettings(timeout=1, max_bytes=1_000_000, allow_networks=(ip_network("127.0.0.1/32"),))
    async with GuardedClient(settings) as client:
        assert await _answer(client, server.url("/hostile")) in hostile.answers


async def _answer(client: GuardedClient, url: str) -> str:
    """The words of the refusal, or how many entries there are."""
    try:
        fetched = await client.fetch(FetchRequest(url))
    except SourceError as error:
        return error.phrase.msgid
    assert isinstance(fetched, Fetched)
    began = time.process_time()
    feed = try_feed(fetched.body, fetched.content_type, fetched.url)
    assert time.process_time() - began < PARSE_SECONDS
    return feed.msgid if isinstance(feed, Phrase) else str(len(feed.entries))
