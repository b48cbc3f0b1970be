"""The table from the library's exceptions to ours."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import aiohttp
import discord
import discord.app_commands
import discord.ext.commands
import pytest

from adapters.discord.errors import TABLE, Attempt, Slowed, delivery_error
from bot.errors import CardRejected, ChatGone, DeliveryError, PlatformDown, Throttled, Unconfirmed

POST = Attempt(repeatable=False)
EDIT = Attempt(repeatable=True)


def refusal(status: int, code: int = 0, headers: dict[str, str] | None = None) -> discord.HTTPException:
    kind = {403: discord.Forbidden, 404: discord.NotFound}.get(status, discord.HTTPException)
    if status >= 500:
        kind = discord.DiscordServerError
    response = SimpleNamespace(status=status, reason="no", headers=headers or {})
    return kind(response, {"code": code, "message": "no"})  # type: ignore[arg-type]


def all_kinds(kind: type) -> set[type]:
    return {kind} | {below for one in kind.__subclasses__() for below in all_kinds(one)}


def test_every_exception_of_the_library_is_mapped():
    rows = [kind for kind, _ in TABLE]
    ours = [kind for kind in all_kinds(discord.DiscordException) if kind.__module__.startswith("discord.errors")]

    assert len(ours) >= 15
    for kind in ours:
        exact = kind in rows or kind is discord.FFmpegProcessError  # never raised without voice
        assert exact, f"{kind.__name__} has no row of its own"
    for kind in all_kinds(discord.DiscordException):
        assert issubclass(kind, tuple(rows))


def test_special_rows_stand_before_general_ones():
    rows = [kind for kind, _ in TABLE]
    for place, kind in enumerate(rows):
        assert not any(issubclass(kind, earlier) for earlier in rows[:place]), kind


def test_every_error_of_the_http_client_is_mapped():
    rows = tuple(kind for kind, _ in TABLE)
    for _, kind in inspect.getmembers(aiohttp, inspect.isclass):
        if issubclass(kind, aiohttp.ClientError):
            assert issubclass(kind, rows)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, 50001, ChatGone),
        (403, 50013, ChatGone),
        (403, 50007, ChatGone),
        (403, 0, PlatformDown),
        (404, 0, PlatformDown),
        (400, 0, PlatformDown),
        (403, 99999, ChatGone),
        (400, 99999, CardRejected),
        (400, 160006, Throttled),
        (404, 10003, ChatGone),
        (404, 10004, ChatGone),
        (404, 10008, CardRejected),
        (400, 50035, CardRejected),
        (400, 50083, CardRejected),
        (400, 50006, CardRejected),
        (429, 30046, Throttled),
        (429, 20022, Throttled),
        (429, 0, Throttled),
        (401, 0, PlatformDown),
        (503, 0, PlatformDown),
    ],
)
def test_a_refused_post_says_what_to_do(status, code, kind):
    assert type(delivery_error(refusal(status, code), POST)) is kind


@pytest.mark.parametrize(
    ("error", "posting", "editing"),
    [
        (refusal(500), Unconfirmed, PlatformDown),
        (refusal(502), Unconfirmed, PlatformDown),
        (aiohttp.ServerDisconnectedError(), Unconfirmed, PlatformDown),
        (ConnectionResetError(104, "reset"), Unconfirmed, PlatformDown),
        (TimeoutError(), Unconfirmed, PlatformDown),
        (aiohttp.ClientPayloadError(), Unconfirmed, PlatformDown),
        (aiohttp.ConnectionTimeoutError(), PlatformDown, PlatformDown),
        (
            aiohttp.ClientConnectorError(SimpleNamespace(host="h", port=1, ssl=False), OSError(111, "refused")),  # type: ignore[arg-type]
            PlatformDown,
            PlatformDown,
        ),
    ],
)
def test_only_a_post_that_may_have_arrived_is_in_doubt(error, posting, editing):
    assert type(delivery_error(error, POST)) is posting
    assert type(delivery_error(error, EDIT)) is editing


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Slowed(7.5, everywhere=False), 7.5),
        (refusal(429, headers={"Retry-After": "3"}), 3.0),
        (refusal(429, headers={"X-RateLimit-Reset-After": "1.5"}), 1.5),
        (refusal(429, headers={"Retry-After": "soon"}), 5.0),
    ],
)
def test_a_429_tells_how_long_to_wait(error, seconds):
    slowed = delivery_error(error, POST)

    assert isinstance(slowed, Throttled)
    assert slowed.retry_after == seconds


def test_each_error_says_something_in_words():
    for status, code in ((403, 50013), (404, 10003), (400, 50035), (429, 0), (500, 0)):
        error = delivery_error(refusal(status, code), POST)
        assert isinstance(error, DeliveryError)
        assert str(error).endswith((".", "no"))
