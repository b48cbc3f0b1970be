"""Members see, export and erase their own votes: theirs alone, and nobody else sees them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.commands.me import FILE
from bot.events import ReactionsChanged, WholeSet
from bot.i18n import Catalogues
from bot.model import ChatKind, ChatRef, MessageRef
from bot.storage import leavers, tables
from tests.commands.stage import ADMIN, GROUP, MEMBER, Stage, Town, button, buttons, raised, said
from tests.languages import NAMES as LANGUAGES
from tests.tally.stage import BEAR, BULL, add_post, add_story, facts_of, press

ALONE = ChatRef("village", "boris")
HALL = ChatRef("village", "hall")

NAMES = ["The mill burns", "Bread is dear", "A fair comes", "Rain", "Snow", "Sun"]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with raised(tmp_path) as one:
        yield one


async def told(stage: Stage, *titles: str, ref: ChatRef = GROUP) -> list[int]:
    """Stories posted in a chat as messages 1, 2, …; returns their deliveries."""

    def rows(connection) -> list[int]:
        made = []
        for number, title in enumerate(titles, 1):
            story = add_story(connection, title)
            address = f"https://village.example/{number}"
            connection.execute(update(tables.story).where(tables.story.c.id == story).values(url=address))
            made.append(add_post(connection, story, ref, str(number)))
        return made

    return await stage.db.write(rows)


async def votes(stage: Stage, delivery: int, message: int, says, who=MEMBER, ref: ChatRef = GROUP) -> None:
    await stage.recorder.record(press(ref, str(message), who.id, delivery, says, stage.ids()))


async def test_who_has_no_votes_is_told_so_and_can_erase_nothing(stage: Stage) -> None:
    answer = await stage.types("/me", ADMIN)
    assert said(answer) == "Your votes\nYou have no votes."
    assert buttons(answer) == []


async def test_somebody_sees_how_they_voted_the_newest_first_in_their_own_language(stage: Stage) -> None:
    deliveries = await told(stage, *NAMES)
    (elsewhere,) = await told(stage, "Far away", ref=HALL)
    for number, delivery in enumerate(deliveries, 1):
        await votes(stage, delivery, number, BEAR if number == 2 else BULL)
    await votes(stage, elsewhere, 1, BEAR, ref=HALL)
    answer = await stage.types("/me", MEMBER)
    t = Catalogues()("fr")
    assert said(answer).splitlines() == [
        t("Your votes"),
        t.plural("You have voted on {n} story.", "You have voted on {n} stories.", 7),
        t("Bullish: {bullish}. Bearish: {bearish}.", bullish=5, bearish=2),
        t.plural("In {n} chat.", "In {n} chats.", 2),
        t("The newest"),
        "🐻 Far away",
        "🐂 Sun",
        "🐂 Snow",
        "🐂 Rain",
        "🐂 A fair comes",
    ]
    assert answer.card is not None
    assert answer.card.lines[-1].spans[-1].url == "https://village.example/3"


async def test_nobody_sees_anothers_votes_and_everyone_else_sees_only_where_to_ask(stage: Stage) -> None:
    (delivery,) = await told(stage, "The mill burns")
    await votes(stage, delivery, 1, BULL)
    for words in ("/me", "/me boris", "/me export", "/me erase", f"/me {MEMBER.id} export"):
        answer = await stage.types(words, ADMIN)
        assert answer.private
        assert not answer.replaces
        assert answer.instead is not None
        assert answer.instead.plain() == "That is for you alone. Write to me in private: /me"
        assert "mill" not in said(answer) + (answer.document.content if answer.document else "")
    assert await stage.db.read(facts_of, MEMBER.id)


async def test_a_pressed_button_shows_the_pressers_own_votes(stage: Stage) -> None:
    (delivery,) = await told(stage, "The mill burns")
    await votes(stage, delivery, 1, BULL)
    erase = button(await stage.types("/me", MEMBER), ":erase")
    answer = await stage.presses(erase, ADMIN)
    await stage.presses(button(answer, "erase now"), ADMIN)
    assert len(await stage.db.read(facts_of, MEMBER.id)) == 1


async def test_an_export_is_a_file_with_all_that_is_stored(stage: Stage) -> None:
    deliveries = await told(stage, 'Quotes " and \u202e\\', "Bread is dear")
    await votes(stage, deliveries[0], 1, BULL)
    await stage.recorder.record(ReactionsChanged(MessageRef(GROUP, "2"), MEMBER, WholeSet(("👎",)), "r1"))
    await votes(stage, deliveries[1], 2, BULL, who=ADMIN)
    answer = await stage.presses(button(await stage.types("/me", MEMBER), "export"), MEMBER)
    assert answer is not None
    assert answer.private
    assert answer.document is not None
    assert answer.document.name == FILE
    stored = json.loads(answer.document.content)
    facts = [(one["story"]["title"], one["by"], one["says"]) for one in stored.pop("reactions_and_presses")]
    assert facts == [("Bread is dear", "👎", "bearish"), ('Quotes " and \u202e\\', "button", "bullish")]
    assert {**stored, "exported_at": ""} == {
        "format": "newstally-votes",
        "platform": "village",
        "voter": MEMBER.id,
        "exported_at": "",
        "erased_on_leaving": False,
        "left_out": 0,
        "waiting_for_their_post": [],
    }
    assert ADMIN.id not in answer.document.content


async def test_erasing_asks_first_and_then_forgets_everything(stage: Stage) -> None:
    deliveries = await told(stage, "The mill burns", "Bread is dear")
    (elsewhere,) = await told(stage, "Far away", ref=HALL)
    for who in (MEMBER, ADMIN):
        await votes(stage, deliveries[0], 1, BULL, who)
        await votes(stage, elsewhere, 1, BEAR, who, HALL)
    shown = await stage.types("/me", MEMBER, ALONE, kind=ChatKind.PRIVATE)
    asked = await stage.presses(button(shown, ":erase"), MEMBER, ALONE)
    assert asked is not None
    assert asked.replaces
    back = await stage.presses(buttons(asked)[1], MEMBER, ALONE)
    assert [one.id for one in buttons(back)] == [one.id for one in buttons(shown)]
    assert len(await stage.db.read(facts_of, MEMBER.id)) == 2
    done = await stage.presses(button(asked, "erase now"), MEMBER, ALONE)
    t = Catalogues()("fr")
    assert said(done).splitlines() == [t("Your votes are erased."), t("Your votes"), t("You have no votes.")]
    assert await stage.db.read(facts_of, MEMBER.id) == set()
    assert len(await stage.db.read(facts_of, ADMIN.id)) == 2


async def test_whoever_types_it_is_asked_too(stage: Stage) -> None:
    (delivery,) = await told(stage, "The mill burns")
    await votes(stage, delivery, 1, BULL, ADMIN)
    assert "Erase all your votes?" in said(await stage.types("/me erase now", ADMIN))
    assert len(await stage.db.read(facts_of, ADMIN.id)) == 1


async def test_reactions_that_cancel_each_other_out_are_no_vote_but_can_be_erased(stage: Stage) -> None:
    await told(stage, "The mill burns")
    await stage.recorder.record(ReactionsChanged(MessageRef(GROUP, "1"), ADMIN, WholeSet(("👍", "👎")), "r1"))
    answer = await stage.types("/me", ADMIN)
    assert "You have no votes." in said(answer)
    await stage.presses(button(answer, "erase"), ADMIN)
    await stage.presses("c:me:erase now", ADMIN)
    assert await stage.db.read(facts_of, ADMIN.id) == set()


async def test_somebody_can_ask_to_be_forgotten_where_they_leave_and_change_their_mind(stage: Stage) -> None:
    stage = stage.with_services(adapters={"village": Town()})
    offer = button(await stage.types("/me", ADMIN), "leaving")
    asked = await stage.presses(offer, ADMIN)
    assert "erased within a day" in said(asked)
    assert stage.woken == [True]
    assert await stage.db.read(leavers.has_asked, ADMIN)
    undo = button(asked, "staying")
    assert undo.pressed
    await stage.presses(undo, ADMIN)
    assert not await stage.db.read(leavers.has_asked, ADMIN)


async def test_it_is_not_offered_where_nobody_can_tell_who_leaves(stage: Stage) -> None:
    assert buttons(await stage.types("/me leaving", ADMIN)) == []
    assert not await stage.db.read(leavers.has_asked, ADMIN)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_answer_is_in_the_readers_language_and_fits_a_button(stage: Stage, language: str) -> None:
    reader = type(MEMBER)("village", "reader", locale=language)
    (delivery,) = await told(stage, "The mill burns")
    await votes(stage, delivery, 1, BULL, reader)
    answers = [await stage.types(f"/me {words}", reader) for words in ("", "erase", "export", "leaving")]
    for answer in answers:
        assert answer.card is not None
        assert answer.card.language == language
        assert all(len(one.id.encode()) <= 64 for one in buttons(answer))


@given(st.text(max_size=100))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_words_and_no_forged_button_erase_anything_or_fail(stage: Stage, words: str) -> None:
    if "v" not in stage.feeds.at:  # the stage is the same for all examples
        stage.feeds.at["v"] = []
        (delivery,) = await told(stage, "The mill burns")
        await votes(stage, delivery, 1, BULL)
    assert (await stage.types(f"/me {words}", MEMBER)).card is not None
    assert (await stage.presses(f"c:me:{words}", ADMIN)) is not None
    assert len(await stage.db.read(facts_of, MEMBER.id)) == 1
