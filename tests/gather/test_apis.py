"""News APIs as tales over real sockets: what they list is told, their counts stay theirs, keys and budgets are kept."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from sqlalchemy import select

from bot.gather.apis.offers import offered, packs_of
from bot.gather.client import GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from bot.model import ChatKind, ChatRef, Tally
from bot.storage import api, chats, meta, owed, sources, subscriptions
from bot.storage.api import ListedStory
from bot.storage.database import Database, open_database
from bot.storage.sources import SourceHealth
from bot.storage.story_rows import story_columns
from bot.storage.tables import delivery, story
from tests.emulators.newsapis import KEY, TOKEN, NewsApis
from tests.emulators.newsapis.server import coinstats_item, cryptopanic_post
from tests.gather.conftest import LOOPBACK, Clock
from tests.languages import LANGUAGES


@pytest.fixture
async def apis() -> AsyncIterator[NewsApis]:
    async with NewsApis() as apis:
        yield apis


@dataclass
class House:
    """A running gather whose chat follows the packs of the APIs."""

    db: Database
    gatherer: Gatherer
    clock: Clock

    async def poll(self, **later: float) -> None:
        self.clock.forward(**(later or {"days": 2}))
        await self.gatherer.sweep()

    async def stories(self) -> list[ListedStory]:
        return list(await self.db.read(api.newest_stories, limit=200, before=None, with_chats=False))

    async def health(self, url: str) -> SourceHealth:
        (found,) = await self.db.read(sources.health, [url])
        return found

    async def next_look(self, url: str) -> float:
        """In seconds."""
        statement = select(sources.source.c.next_poll_at).where(sources.source.c.url == url)
        at = await self.db.read(lambda connection: connection.execute(statement).scalar_one())
        return (at - self.clock()).total_seconds()

    async def owed(self) -> set[str]:
        """Titles of the stories that are to be posted."""
        await self.db.write(owed.select_new, self.clock())
        statement = select(story.c.title).join(delivery, delivery.c.story_id == story.c.id)
        return set(await self.db.read(lambda connection: list(connection.execute(statement).scalars())))


Start = Callable[..., Awaitable[House]]


@pytest.fixture
async def start(tmp_path: Path, apis: NewsApis, clock: Clock, workers: Workers) -> AsyncIterator[Start]:
    stack: list[Any] = []

    @asynccontextmanager
    async def house(settings: GatherSettings, language: str, follow: tuple[str, ...]) -> AsyncIterator[House]:
        async def nobody(_new: object, _changed: object) -> None: ...

        async with open_database(tmp_path / "test.db") as db, GuardedClient(settings) as client:
            gatherer = Gatherer(
                db, client, workers, settings, clock,
                resolve_wire=str, on_stories=nobody, packs=packs_of(settings, LANGUAGES), random=lambda: 0.5,
            )  # fmt: skip
            chat = await db.write(chats.ensure, ChatRef("memory", "1"), ChatKind.GROUP, clock())
            await db.write(chats.choose_language, chat.id, language, None, clock())
            for pack in follow:
                await db.write(subscriptions.follow_pack, chat.id, pack, None, clock())
            await gatherer.sync_subscriptions()
            yield House(db, gatherer, clock)

    async def begin(
        *,
        language: str = "en",
        follow: tuple[str, ...] = ("coinstats", "cryptopanic"),
        coinstats: dict[str, object] | None = None,
        cryptopanic: dict[str, object] | None = None,
        **more: object,
    ) -> House:
        await end()
        settings = GatherSettings.model_validate(
            {
                "timeout": 2,
                "coinstats": {"key": KEY, "base_url": apis.url("coinstats")} | (coinstats or {}),
                "cryptopanic": {"key": TOKEN, "base_url": apis.url("cryptopanic")} | (cryptopanic or {}),
            }
            | more
        )
        stack.append(house(settings, language, follow))
        started: House = await stack[-1].__aenter__()
        return started

    async def end() -> None:
        while stack:
            await stack.pop().__aexit__(None, None, None)

    yield begin
    await end()


async def test_what_coinstats_lists_becomes_stories_with_its_counts_and_topics(apis: NewsApis, start: Start) -> None:
    apis.items = [coinstats_item(1)]
    house = await start(follow=("coinstats",))
    await house.poll()
    (told,) = await house.stories()
    assert told.title == "Bitcoin reaches milestone number 1 as the institutions keep buying"
    assert told.url == "https://coingape.example/news/1/?id=1"
    assert told.language == "en"
    assert told.published_at is not None
    assert set(told.topics) == {"BTC", "ETH"}
    ((provider, counts),) = [(one.provider, one.tally) for one in told.outside]
    assert (provider, counts) == ("coinstats", Tally(13, 18))
    assert told.tally == Tally()


async def test_a_type_is_asked_for_and_its_bare_list_is_read(apis: NewsApis, start: Start) -> None:
    apis.items = [coinstats_item(1)]
    house = await start(follow=("coinstats",), coinstats={"types": ["bullish"]})
    await house.poll()
    assert apis.asked[-1] == "/coinstats/news/type/bullish"
    assert len(await house.stories()) == 1


async def test_several_types_of_coinstats_are_one_source_to_readers(apis: NewsApis, start: Start) -> None:
    apis.items = [coinstats_item(1)]
    house = await start(follow=("coinstats",), coinstats={"types": ["news", "latest", "bullish"]})
    await house.poll()
    (told,) = await house.stories()
    assert len(told.entries) == 3
    counted = select(*(column for column in story_columns() if column.key == "story_sources")).select_from(story)
    assert await house.db.read(lambda connection: connection.execute(counted).scalar_one()) == 1


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Crypto liquidations top $1B", "en"),
        ("Tether mints 1B USDT on Tron", "en"),
        ("Cardano (ADA) price prediction", "en"),
        ("Bitcoin fällt unter 90.000 Dollar", "de"),
        ("Bitcoin cae por debajo de los 90.000 dólares", "es"),
        ("Bitcoin cai abaixo de 90 mil dólares", "pt"),
        ("Bitcoin 90.000 doların altına düştü", "tr"),
        ("Ethereum Kurs bricht ein", "de"),
    ],
)
async def test_names_of_coins_in_a_short_title_are_no_other_language(
    apis: NewsApis, start: Start, title: str, language: str
) -> None:
    apis.items = [coinstats_item(1, title=title, description=None)]
    house = await start(follow=("coinstats",))
    await house.poll()
    assert [one.language for one in await house.stories()] == [language]


async def test_what_is_missing_or_null_or_odd_costs_no_other_item(apis: NewsApis, start: Start) -> None:
    bare = {"id": "b" * 64, "title": "Only a title and an id, and nothing else at all"}
    apis.items = [
        coinstats_item(1, reactionsCount=None, coins=None, description=None, imgUrl=None, feedDate=None, link=None),
        coinstats_item(2, title=None),
        coinstats_item(3, id=None, link="javascript:alert(1)", shareURL=None, feedDate=10**30, reactionsCount=[]),
        coinstats_item(4, reactionsCount={"2": "many", "3": -4}, feedDate="2026-11-22T08:00:00Z"),
        bare,
        None,
        "text",
        [[]],
    ]
    house = await start(follow=("coinstats",))
    await house.poll()
    told = await house.stories()
    assert len(told) == 4
    assert all(not one.outside for one in told)
    assert all(one.url is None or one.url.startswith("https://") for one in told)


async def test_halves_of_signs_cost_no_other_item(apis: NewsApis, start: Start) -> None:
    half = "\ud83d"
    apis.items = [
        coinstats_item(1, link=f"https://a.example/{half}", title=f"One {half}", source=half, imgUrl=half),
        coinstats_item(2, id=f"{half}2", coins=[{"coinKeyWords": half}]),
        coinstats_item(3),
    ]
    house = await start()
    await house.poll()
    assert len(await house.stories()) == 3


async def test_each_chat_gets_its_language_of_a_source_in_many(apis: NewsApis, start: Start) -> None:
    apis.items = [
        coinstats_item(1),
        coinstats_item(2, title="비트코인이 사상 최고가를 기록하며 투자자들의 관심을 끌고 있다"),
        coinstats_item(3, title="Биткоин вырос до нового рекорда, и инвесторы ждут продолжения"),
    ]
    house = await start(follow=("coinstats",), language="ko")
    await house.poll()
    assert await house.owed() == {apis.items[1]["title"]}
    now = {"feedDate": round(house.clock().timestamp() + 86_400) * 1000}
    apis.items.insert(0, coinstats_item(4, title="비트코인 현물 상장지수펀드에 자금이 계속 유입되고 있다", **now))
    apis.items.insert(0, coinstats_item(5, title="The bitcoin network sets a record for the hash rate again", **now))
    await house.poll()
    assert await house.owed() == {apis.items[1]["title"], apis.items[3]["title"]}


RUSSIAN = "Биткоин вырос до нового рекорда, инвесторы ждут"


@pytest.mark.parametrize(
    ("language", "fallbacks", "russian"),
    [
        ("hy", None, True),  # as is usual: Russian, then English
        ("hy", ["en", "ru"], False),
        ("ko", None, False),
        ("ko", ["fr", "ru", "en"], True),  # nothing is in French
        ("ko", ["en"], False),
    ],
)
async def test_a_chat_in_whose_language_nothing_is_written_gets_the_first_of_its_others(
    apis: NewsApis, start: Start, language: str, fallbacks: list[str] | None, russian: bool
) -> None:
    apis.items = [coinstats_item(1), coinstats_item(2, title=RUSSIAN)]
    house = await start(follow=("coinstats",), language=language)
    await house.db.write(chats.choose_fallbacks, 1, fallbacks, None, house.clock())
    await house.poll()
    assert await house.owed() == {RUSSIAN if russian else apis.items[0]["title"]}


async def test_a_chat_that_wants_no_other_language_gets_nothing_where_there_is_nothing_in_its_own(
    apis: NewsApis, start: Start
) -> None:
    apis.items = [coinstats_item(1), coinstats_item(2, title=RUSSIAN)]
    house = await start(follow=("coinstats",), language="ko")
    await house.db.write(chats.choose_fallbacks, 1, [], None, house.clock())
    await house.poll()
    assert await house.owed() == set()
    apis.items.insert(0, coinstats_item(4, title="비트코인 현물 상장지수펀드에 자금이 계속 유입되고 있다"))
    await house.poll()
    assert await house.owed() == {apis.items[0]["title"]}


async def test_new_counts_are_kept_and_only_doubled_ones_have_posts_drawn_anew(apis: NewsApis, start: Start) -> None:
    apis.items = [coinstats_item(1, reactionsCount={"2": 13})]
    house = await start(follow=("coinstats",))
    await house.poll()

    async def revision() -> int:
        return await house.db.read(lambda connection: connection.execute(select(story.c.revision)).scalar_one())

    before = await revision()
    apis.items = [coinstats_item(1, reactionsCount={"2": 14})]
    await house.poll()
    ((told,),) = [one.outside for one in await house.stories()]
    assert told.tally == Tally(14, 0)
    assert await revision() == before
    apis.items = [coinstats_item(1, reactionsCount={"2": 30})]
    await house.poll()
    assert await revision() == before + 1
    await house.poll()
    assert await revision() == before + 1


async def test_what_cryptopanic_lists_becomes_stories_of_its_region(apis: NewsApis, start: Start) -> None:
    apis.posts = {"de": [cryptopanic_post(1, title="Solana: Prüfer stimmen ab")], "en": [cryptopanic_post(2)]}
    house = await start(follow=("cryptopanic",), language="de", cryptopanic={"regions": ["en", "de"]})
    await house.poll()
    (told,) = await house.stories()
    assert (told.title, told.language, told.topics) == ("Solana: Prüfer stimmen ab", "de", ("SOL",))
    assert [(one.provider, one.tally) for one in told.outside] == [("cryptopanic", Tally(9, 2))]
    assert apis.asked == ["/cryptopanic/developer/v2/posts/"]


async def test_the_cheapest_plan_tells_no_address_and_no_votes_and_the_old_path_still_works(
    apis: NewsApis, start: Start
) -> None:
    post = cryptopanic_post(1)
    for missing in ("url", "source", "votes", "domain", "currencies", "slug"):
        del post[missing]
    apis.posts = {"en": [post]}
    house = await start(follow=("cryptopanic",), cryptopanic={"plan": "v1"})
    await house.poll()
    (told,) = await house.stories()
    assert (told.url, told.outside) == (None, ())
    assert apis.asked == ["/cryptopanic/v1/posts/"]


# --- budgets ---------------------------------------------------------------------------------------------------------


async def test_looks_are_spread_over_what_is_left_of_the_month_and_its_credits(apis: NewsApis, start: Start) -> None:
    house = await start(follow=("coinstats", "cryptopanic"))
    await house.poll(minutes=1)  # 22 November, 12:01: eight days and twelve hours are left
    seconds = (8 * 24 + 11) * 3600 + 59 * 60
    assert await house.next_look("coinstats:news") == pytest.approx(seconds / (19_995 // 5), rel=0.01)
    assert await house.next_look("cryptopanic:en") == pytest.approx(seconds / 100, rel=0.01)


async def test_credits_that_others_have_spent_are_missing_here_too(apis: NewsApis, start: Start) -> None:
    apis.credits = 105
    house = await start(follow=("coinstats",))
    await house.poll(minutes=1)
    assert await house.next_look("coinstats:news") == pytest.approx(8.5 * 86_400 / 21, rel=0.01)


async def test_a_budget_is_never_overdrawn_not_over_restarts_either_and_comes_back(
    apis: NewsApis, start: Start, clock: Clock
) -> None:
    asked: dict[int, int] = {}
    for _ in range(14):
        house = await start(follow=("cryptopanic",), cryptopanic={"requests_per_month": 2})
        before = len(apis.asked)
        await house.poll(days=3)
        asked[clock().month] = asked.get(clock().month, 0) + len(apis.asked) - before
    assert asked[12] == 2
    assert max(asked.values()) <= 2
    assert (await house.health("cryptopanic:en")).problem is None


async def test_with_too_few_credits_left_nothing_is_asked_and_sources_says_why(apis: NewsApis, start: Start) -> None:
    apis.credits = 4
    house = await start(follow=("coinstats",))
    await house.poll(minutes=1)
    assert apis.asked == ["/coinstats/usage/credits"]
    health = await house.health("coinstats:news")
    assert health.problem is not None
    assert health.problem.msgid == "This month's budget for {provider} is used up."


async def test_what_was_spent_is_counted_before_it_is_asked_for(apis: NewsApis, start: Start) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    apis.fault = cut
    house = await start(follow=("cryptopanic",))
    await house.poll(minutes=1)
    assert await house.db.read(meta.get, "cryptopanic:spent") == "2026-11 1"


# --- refusals and hostile answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["coinstats", "cryptopanic"])
async def test_a_wrong_key_is_said_in_words_and_tried_again_after_half_an_hour(
    apis: NewsApis, start: Start, provider: str
) -> None:
    house = await start(follow=(provider,), **{provider: {"key": "wrong-key-0001"}})
    await house.poll(minutes=1)
    url = f"{provider}:{'news' if provider == 'coinstats' else 'en'}"
    health = await house.health(url)
    assert health.problem is not None
    assert health.problem.msgid == "{provider} doesn't accept the key."
    assert await house.next_look(url) >= 1800
    assert not health.ended


@pytest.mark.parametrize("provider", ["coinstats", "cryptopanic"])
async def test_a_quota_that_is_used_up_is_said_in_words(apis: NewsApis, start: Start, provider: str) -> None:
    async def too_many(request: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "Too many"}, status=429, headers={"Retry-After": "7200"})

    apis.fault = too_many
    house = await start(follow=(provider,))
    await house.poll(minutes=1)
    url = f"{provider}:{'news' if provider == 'coinstats' else 'en'}"
    health = await house.health(url)
    assert health.problem is not None
    assert health.problem.msgid == "The requests that {provider} grants are used up."
    assert await house.next_look(url) >= 7200


def answer(body: bytes, status: int = 200) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def give(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, content_type="application/json")

    return give


async def slow(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


HOSTILE = {
    "nothing": answer(b""),
    "not JSON": answer(b"<html><body>Please log in</body></html>"),
    "not UTF-8": answer(b'{"result": ["\xff\xfe"]}'),
    "null": answer(b"null"),
    "a number of a million digits": answer(b"9" * 1_000_000),
    "a hundred thousand brackets": answer(b"[" * 100_000),
    "a result that is none": answer(b'{"result": {"a": 1}, "results": "no"}'),
    "quota in words": answer(b'{"status": "api_error", "info": "Monthly quota exceeded"}'),
    "an unknown token in words": answer(b'{"status": "api_error", "info": "Token not found"}'),
    "huge": answer(b'{"result": [' + b" " * 7_000_000 + b"]}"),
    "an error of the server": answer(b"oops", 503),
    "gone": answer(b"", 410),
    "slow": slow,
}


@pytest.mark.parametrize("fault", HOSTILE, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("provider", ["coinstats", "cryptopanic"])
async def test_a_hostile_answer_is_a_problem_in_words_and_the_next_good_one_is_read(
    apis: NewsApis, start: Start, provider: str, fault: str
) -> None:
    apis.items, apis.posts = [coinstats_item(1)], {"en": [cryptopanic_post(1)]}
    apis.fault = HOSTILE[fault]
    house = await start(follow=(provider,), timeout=0.3 if fault == "slow" else 2)
    await house.poll(minutes=1)
    (health,) = [one for one in await house.db.read(sources.health) if one.url.startswith(provider)]
    assert health.problem is not None
    assert not health.ended
    apis.fault = None
    await house.poll(days=9)
    assert len(await house.stories()) == 1
    assert (await house.health(health.url)).problem is None


async def test_a_redirect_takes_no_key_along(apis: NewsApis, start: Start) -> None:
    seen: list[str | None] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("X-API-KEY"))
        return web.Response(status=302, headers={"Location": f"{apis.url('coinstats')}/news?page={len(seen) + 1}"})

    apis.fault = elsewhere
    house = await start(follow=("coinstats",), allow_networks=LOOPBACK)
    await house.poll(minutes=1)
    assert seen[0] == KEY
    assert len(seen) > 1
    assert not any(seen[1:])


async def test_no_key_and_no_token_is_logged_stored_or_shown(apis: NewsApis, start: Start, tmp_path: Path) -> None:
    apis.items, apis.posts = [coinstats_item(1)], {"en": [cryptopanic_post(1)]}
    written = io.StringIO()
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written), wrapper_class=structlog.BoundLogger)
    logging.getLogger("aiohttp").setLevel(logging.DEBUG)
    try:
        with redirect_stdout(written):
            house = await start()
            for fault in (None, *HOSTILE.values()):
                apis.fault = fault
                await house.poll(minutes=40)
            rows = await house.db.read(sources.health)
    finally:
        structlog.configure(**before)
    stored = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.iterdir()))
    for secret in (KEY, TOKEN):
        assert secret not in written.getvalue()
        assert secret.encode() not in stored
        assert secret not in repr(rows)
    assert "source not read" in written.getvalue()


async def test_without_a_key_there_is_no_pack_and_nothing_is_asked(apis: NewsApis, start: Start) -> None:
    house = await start(coinstats={"key": None}, cryptopanic={"key": None})
    await house.poll()
    assert apis.asked == []
    assert offered(GatherSettings()) == ()
    assert offered(GatherSettings.model_validate({"coinstats": {"key": "k"}})) == ("coinstats",)
