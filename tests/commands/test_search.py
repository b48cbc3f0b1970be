"""`/search`: finding stories, page by page, in every language."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, update

from bot.commands.search import LAST_PAGE, PAGE, SEARCHES
from bot.model import Phrase, Style, Tally
from bot.storage import search
from bot.storage.tables import entry, source, story, tally
from tests.commands.stage import ADMIN, MEMBER, NOW, button, buttons, refusal, said


def _tell(connection: Connection, titles: list[str], language: str, lede: str, votes: Tally | None) -> None:
    for number, title in enumerate(titles):
        at = NOW - timedelta(minutes=number)
        connection.execute(
            insert(source)
            .prefix_with("OR IGNORE")
            .values(id=1, url="https://a.example/feed", title="A feed", exempt=False, interval_seconds=600)
        )
        values = {"language": language, "title": title, "lede": lede, "url": f"https://a.example/{number}"}
        row = insert(story).values(**values, first_seen_at=at, sorted_at=at, published_at=at)
        story_id = int(connection.execute(row).inserted_primary_key[0])
        connection.execute(update(story).where(story.c.id == story_id).values(ledger_id=story_id))
        more = {"source_id": 1, "story_id": story_id, "identity": str(story_id), "content_hash": ""}
        connection.execute(insert(entry).values(**values, **more, first_seen_at=at, last_seen_at=at))
        if votes is not None:
            counts = {"bullish": votes.bullish, "bearish": votes.bearish}
            connection.execute(insert(tally).values(ledger_id=story_id, chat_id=0, **counts))
        search.index(connection, [story_id])


async def tells(stage, *titles, language="en", lede="", votes=None):
    await stage.db.write(_tell, list(titles), language, lede, votes)


async def test_a_number_with_a_sign_before_it_is_a_word_like_any(stage):
    await stage.speaks("en")
    await tells(stage, "Bitcoin @5 climbs")
    assert "Bitcoin @5 climbs" in said(await stage.types("/search @5 bitcoin", MEMBER))


async def test_stories_are_found_with_link_source_time_and_votes(stage):
    await stage.speaks("en")
    await tells(stage, "Bitcoin <b>climbs</b>", lede="The price of bitcoin rose.", votes=Tally(3, 1))
    answer = await stage.types("/search BITCOIN", MEMBER)
    assert answer.private
    (row,) = [line for line in answer.card.lines if line.kind == "item"]
    assert (row.spans[0].text, row.spans[0].url) == ("Bitcoin <b>climbs</b>", "https://a.example/0")
    assert "A feed" in said(answer)
    assert "bullish 3, bearish 1" in said(answer)
    assert NOW in [span.moment for span in row.spans]
    assert [span.text for span in row.spans if span.style is Style.BOLD] == ["bitcoin"]


async def test_a_form_searches_as_typing_does(stage):
    await stage.speaks("en")
    await tells(stage, "Bitcoin climbs")
    assert "Bitcoin climbs" in said(await stage.fills_in("search", words="climbs bitcoin"))


@pytest.mark.parametrize("words", ["bitcoin", "比特币价格", "биткоин", "비트코인", "=bitcoin", "bitcoin & co"])
async def test_pages_are_turned_by_buttons_whatever_the_words(stage, words):
    await stage.speaks("en")
    await tells(stage, *(f"{words} {'i' * number}" for number in range(1, PAGE * 2 + 2)))
    first = await stage.types(f"/search {words}")
    second = await stage.presses(button(first, "#2"))
    assert second.replaces
    third = await stage.presses(button(second, "#3"))
    shown = [said(page) for page in (first, second, third)]
    assert [page.count("A feed") for page in shown] == [PAGE, PAGE, 1]
    assert len(buttons(third)) == 1
    assert said(await stage.presses(button(third, "#2"))) == shown[1]


async def test_words_too_long_for_a_button_are_told_as_a_command(stage):
    words = "bitcoin " * 8
    await stage.speaks("en")
    await tells(stage, *("Bitcoin" for _ in range(PAGE + 1)))
    answer = await stage.types(f"/search {words}")
    assert buttons(answer) == []
    assert "#2" in said(answer)
    assert "A feed" in said(await stage.types(f"/search {words} #2"))


async def test_the_chats_language_comes_first(stage):
    await stage.speaks("fr")
    await tells(stage, "Bitcoin Bitcoin")
    await tells(stage, "Le bitcoin", language="fr")
    shown = said(await stage.types("/search bitcoin"))
    assert shown.index("Le bitcoin") < shown.index("Bitcoin Bitcoin")


async def test_nothing_found_is_said(stage):
    await stage.speaks("en")
    answer = await stage.types("/search unheard")
    assert "unheard" in said(answer)
    assert answer.private
    assert buttons(answer) == []


@pytest.mark.parametrize("words", ["", "***", '"'])
async def test_without_words_an_example_is_given(stage, words):
    await stage.speaks("en")
    assert "/search bitcoin etf" in said(await stage.types(f"/search {words}"))


@pytest.mark.parametrize(
    "words",
    ["=!!!! #2", "=AAA #2", "=2AA #1", f"bitcoin #{LAST_PAGE * 40}", "#", "bitcoin #0", "x" * 10_000, "\x00 #1", "=é"],
)
async def test_a_forged_button_does_no_harm(stage, words):
    await stage.speaks("en")
    assert said(await stage.presses(f"c:search:{words}"))


async def test_who_searches_without_end_is_told_to_wait(stage):
    await stage.speaks("en")
    await tells(stage, "Bitcoin")
    for _ in range(SEARCHES):
        assert "A feed" in said(await stage.types("/search bitcoin", ADMIN))
    answer = await stage.types("/search bitcoin", ADMIN)
    assert refusal(answer, Phrase("That is a lot of searching. Try again in a minute."))
    assert "A feed" in said(await stage.types("/search bitcoin", MEMBER))
