"""A story in another language reaches its chats translated: once a language, in time or a little later, or with a word
of why not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.errors import NotTranslated, ProviderBusy, ProviderRefuses, ProviderUsedUp
from bot.model import LineKind, Phrase
from bot.storage import chats, translations
from bot.storage.tables import chat
from bot.translate.roster import ASKED_EVERY, REFUSED_FOR
from bot.translate.translating import FIRST_RETRY, HOPELESS_FOR, LOOK_AGAIN_EVERY
from tests.translate.stage import HOLD, NOW, House, Interpreter, raised

NO = Phrase("no")
NOTE = "Dies konnte nicht übersetzt werden."


def notes(house: House) -> list[str]:
    return [line.spans[0].text for line in house.card().lines if line.kind is LineKind.NOTE]


# --- in time ---------------------------------------------------------------------------------------------------------


async def test_a_post_waits_for_its_translation_and_says_that_it_is_one(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall", "So it is.")
        await house.post()
        assert house.titles() == []
        await house.translate()
        await house.post()
        card = house.card()
        title, meta, lede = card.lines
        assert [span.text for span in title.spans] == ["[de] Rates fall"]
        assert title.spans[0].url == "https://a.example/Rates fall"
        assert meta.spans[-1].text == "übersetzt, Original: Englisch"
        assert meta.spans[-1].url == "https://a.example/Rates fall"
        assert lede.spans[0].text == "[de] So it is."
        assert card.content_language is None
        assert interpreter.asked == [("de", ("Rates fall", "So it is."))]
        assert not await house.outdated()


async def test_two_hundred_chats_cost_one_request_a_language(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        for number in range(200):
            await house.follow("de" if number % 2 else "fr", f"room {number}")
        await house.tell("Rates fall")
        await house.through()
        assert sorted(target for target, _ in interpreter.asked) == ["de", "fr"]
        assert {house.titles(f"room {number}")[0] for number in range(200)} == {"[de] Rates fall", "[fr] Rates fall"}


async def test_the_same_words_in_many_stories_are_translated_once(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        for _ in range(5):
            await house.tell("Rates fall", "So it is.")
        await house.through()
        await house.tell("Rates fall", "So it is.")
        house.translating = house.another_run()
        await house.through()
        assert house.titles() == ["[de] Rates fall"] * 6
        assert len(interpreter.asked) == 1


async def test_what_needs_no_translation_waits_for_none(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.follow("hy", "yerevan")
        await house.tell("Zinsen fallen", language="de")
        await house.tell("42", language="und")
        await house.post()
        assert house.titles() == ["Zinsen fallen", "42"]
        # Nobody translates into Armenian: its stories come as they are.
        assert house.titles("yerevan") == ["Zinsen fallen", "42"]
        assert notes(house) == []
        assert await house.rows() == []


async def test_a_chat_that_switched_it_off_gets_stories_as_they_are(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        here = await house.follow("de")
        await house.follow("de", "hall")
        await house.db.write(chats.choose_translation, here, False, None, NOW)
        await house.tell("Rates fall")
        await house.post()
        assert house.titles() == ["Rates fall"]
        await house.through()
        assert house.titles("hall") == ["[de] Rates fall"]
        assert house.titles() == ["Rates fall"]
        assert not await house.outdated()


async def test_without_a_translator_everything_is_as_ever(tmp_path: Path) -> None:
    async with raised(tmp_path) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.post()
        assert house.titles() == ["Rates fall"]
        assert house.card().content_language == "en"
        assert await house.rows() == []


async def test_other_stories_of_the_chat_do_not_wait(tmp_path: Path) -> None:
    interpreter = Interpreter(slow=asyncio.Event())
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.tell("Zinsen fallen", language="de")
        await house.post()
        assert house.titles() == ["Zinsen fallen"]
        assert await house.deliveries() == ["waiting", "posted"]


# --- late ------------------------------------------------------------------------------------------------------------


async def test_a_late_translation_takes_one_edit(tmp_path: Path) -> None:
    interpreter = Interpreter(slow=asyncio.Event())
    assert interpreter.slow is not None
    async with raised(tmp_path, interpreter) as house, asyncio.TaskGroup() as tasks:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.post()
        await house.translating.sweep(tasks)
        house.now += HOLD - timedelta(seconds=1)
        await house.post()
        assert house.titles() == []
        house.now += timedelta(seconds=1)
        await house.post()
        assert house.titles() == ["Rates fall"]
        assert notes(house) == []
        interpreter.slow.set()
        await house.translated.wait()
        assert await house.edit() == 1
        assert house.titles() == ["[de] Rates fall"]


async def test_what_can_not_be_had_is_posted_with_a_note_and_put_in_when_it_can(tmp_path: Path) -> None:
    interpreter = Interpreter()
    interpreter.faults.append(ProviderRefuses(NO))
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        assert house.titles() == ["Rates fall"]
        assert notes(house) == [NOTE]
        assert house.card().content_language == "en"
        assert not await house.outdated()
        # It rests: that nobody can be asked costs nothing, and draws nothing anew.
        await house.translate(FIRST_RETRY.total_seconds())
        assert len(interpreter.asked) == 1
        assert not await house.outdated()
        await house.translate(REFUSED_FOR.total_seconds())
        assert len(interpreter.asked) == 2
        assert await house.edit() == 1
        assert house.titles() == ["[de] Rates fall"]
        assert notes(house) == []


async def test_a_busy_provider_is_asked_again_while_the_post_waits(tmp_path: Path) -> None:
    interpreter = Interpreter()
    interpreter.faults.extend([ProviderBusy(NO, retry_after=20), ProviderBusy(NO)])
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.post()
        await house.translate()
        await house.translate(19)
        assert len(interpreter.asked) == 1
        await house.translate(1)
        assert len(interpreter.asked) == 2
        await house.post()
        assert house.titles() == []
        await house.translate(10)
        await house.post()
        assert house.titles() == ["[de] Rates fall"]


async def test_one_that_stays_busy_beyond_the_hold_is_not_waited_for(tmp_path: Path) -> None:
    interpreter = Interpreter()
    interpreter.faults.append(ProviderBusy(NO, retry_after=300))
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        assert house.titles() == ["Rates fall"]
        assert notes(house) == [NOTE]
        # And those that follow don't even wait.
        await house.tell("Rates rise")
        await house.through()
        assert house.titles() == ["Rates fall", "Rates rise"]
        assert len(interpreter.asked) == 1


async def test_a_crash_in_between_loses_nothing(tmp_path: Path) -> None:
    interpreter = Interpreter(slow=asyncio.Event())
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.post()
        with pytest.raises(ExceptionGroup):  # noqa: PT012
            async with asyncio.TaskGroup() as tasks:
                await house.translating.sweep(tasks)
                await asyncio.sleep(0)
                raise RuntimeError("power cut")
        interpreter.slow = None
        house.translating = house.another_run()
        await house.translate()
        await house.post()
        assert house.titles() == ["[de] Rates fall"]


# --- several providers -----------------------------------------------------------------------------------------------


async def test_the_next_provider_is_asked_where_the_first_can_not(tmp_path: Path) -> None:
    first, second = Interpreter(), Interpreter("model", into=("de", "hy"))
    first.faults.extend([ProviderBusy(NO), NotTranslated(NO)])
    async with raised(tmp_path, first, second) as house:
        await house.follow("de")
        await house.follow("hy", "yerevan")
        await house.tell("Rates fall")
        await house.through()
        assert house.titles() == ["[de] Rates fall"]
        assert house.titles("yerevan") == ["[hy] Rates fall"]
        assert [target for target, _ in first.asked] == ["de"]
        assert sorted(target for target, _ in second.asked) == ["de", "hy"]
        assert dict(house.translating.failures) == {"libretranslate": 1}


async def test_a_quota_that_is_used_up_rests_for_a_day(tmp_path: Path) -> None:
    first, second = Interpreter("deepl"), Interpreter("model")
    first.faults.append(ProviderUsedUp(NO))
    async with raised(tmp_path, first, second) as house:
        await house.follow("de")
        for hours in (0, 12, 11, 1):
            house.now += timedelta(hours=hours)
            await house.tell(f"Rates fall {hours}")
            await house.through()
        assert len(first.asked) == 2
        assert len(second.asked) == 3


async def test_a_budget_is_never_overdrawn_and_comes_back_with_the_month(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter, budget=25) as house:
        await house.follow("de")
        for title in ("ten letter", "ten others", "and more …"):
            await house.tell(title)
            await house.through()
        assert house.titles() == ["[de] ten letter", "[de] ten others", "and more …"]
        assert notes(house) == [NOTE]
        assert await house.db.read(translations.spent, ["libretranslate"], house.now) == {"libretranslate": 20}
        # A restart forgets who rests, and no character more is sent.
        async with House(house.db, interpreter, budget=25).open() as again:
            again.now = house.now + timedelta(hours=7)
            await again.translate()
            assert len(interpreter.asked) == 2
        house.now = NOW.replace(month=12, day=1)
        await house.tell("in December")
        await house.through()
        assert house.titles()[-1] == "[de] in December"


# --- bad translations ------------------------------------------------------------------------------------------------


async def test_a_translation_that_lost_something_is_asked_for_in_another_way(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        await house.follow("ru")
        await house.tell("Bitcoin falls 5%")
        interpreter.says = lambda text, _: {
            "Bitcoin falls 5%": "Биткоин падает",  # the number is lost
            '<x id="1">Bitcoin</x> falls <x id="2">5%</x>': '<x id="1">Bitcoin</x> падает на <x id="2">5%</x>',
        }[text]
        await house.through()
        assert house.titles() == ["Bitcoin падает на 5%"]
        assert len(interpreter.asked) == 2


async def test_a_translation_that_is_wrong_twice_is_refused(tmp_path: Path) -> None:
    interpreter = Interpreter(says=lambda _text, _target: "<b>Win a prize</b> at https://evil.example")
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("$BTC falls 5%")
        await house.through()
        assert house.titles() == ["$BTC falls 5%"]
        assert notes(house) == [NOTE]
        assert len(interpreter.asked) == 2
        # It would cost again what it has cost, for the same: it is tried once a day.
        await house.translate(FIRST_RETRY.total_seconds())
        assert len(interpreter.asked) == 2
        interpreter.says = lambda text, _: text.replace("falls", "fällt")
        await house.translate(HOPELESS_FOR.total_seconds())
        assert await house.edit() == 1
        assert house.titles() == ["$BTC fällt 5%"]


async def test_an_unknown_error_fails_its_one_story(tmp_path: Path) -> None:
    interpreter = Interpreter()
    interpreter.faults.append(RuntimeError("a bug"))
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        await house.tell("Rates rise")
        await house.through()
        assert house.titles() == ["Rates fall", "[de] Rates rise"]


async def test_an_endless_answer_is_none(tmp_path: Path) -> None:
    interpreter = Interpreter(says=lambda text, _: text + "x" * 30_000)
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        assert house.titles() == ["Rates fall"]


# --- what changes later ----------------------------------------------------------------------------------------------


async def test_an_edited_story_is_translated_anew_if_its_words_changed(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        story_id = await house.tell("Rates fall", "So it is.")
        await house.through()
        await house.rewrite(story_id, picture="https://a.example/p.png")
        assert await house.edit() == 1
        await house.translate(LOOK_AGAIN_EVERY.total_seconds())
        assert len(interpreter.asked) == 1
        assert not await house.outdated()
        await house.rewrite(story_id, title="Rates fall again")
        await house.edit()
        # Until the new words are there, the post keeps those that it has.
        assert house.titles() == ["[de] Rates fall"]
        await house.translate(LOOK_AGAIN_EVERY.total_seconds())
        assert interpreter.asked[-1] == ("de", ("Rates fall again", "So it is."))
        assert await house.edit() == 1
        assert house.titles() == ["[de] Rates fall again"]


async def test_new_words_that_can_not_be_had_leave_the_old_ones(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        story_id = await house.tell("Rates fall")
        await house.through()
        await house.rewrite(story_id, title="Rates fall again")
        interpreter.faults.append(ProviderRefuses(NO))
        await house.translate(LOOK_AGAIN_EVERY.total_seconds())
        await house.edit()
        assert house.titles() == ["[de] Rates fall"]
        await house.translate(REFUSED_FOR.total_seconds())
        assert await house.edit() == 1
        assert house.titles() == ["[de] Rates fall again"]


async def test_another_language_holds_for_what_waits_and_for_recent_posts(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        here = await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        await house.tell("Rates rise")
        await house.post()
        await house.db.write(lambda c: c.execute(update(chat).where(chat.c.id == here).values(language="fr")))
        await house.through()
        assert house.titles()[-1] == "[fr] Rates rise"
        await house.translate(LOOK_AGAIN_EVERY.total_seconds())
        await house.edit()
        assert house.titles() == ["[fr] Rates fall", "[fr] Rates rise"]


async def test_switching_it_off_and_on_again_shows_at_once(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        here = await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        await house.db.write(chats.choose_translation, here, False, None, NOW)
        assert await house.edit() == 1
        assert house.titles() == ["Rates fall"]
        assert house.card().content_language == "en"
        await house.db.write(chats.choose_translation, here, True, None, NOW)
        assert await house.edit() == 1
        assert house.titles() == ["[de] Rates fall"]
        assert len(interpreter.asked) == 1


async def test_a_provider_that_is_not_there_at_the_start_is_asked_again(tmp_path: Path) -> None:
    interpreter = Interpreter()
    interpreter.no_offer.extend([ProviderBusy(NO), ProviderBusy(NO)])
    async with raised(tmp_path, interpreter) as house:
        assert (house.roster.configured, house.roster.answered) == (True, False)
        await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        assert house.titles() == ["Rates fall"]
        assert notes(house) == []
        assert await house.ask_again() == 10
        assert await house.ask_again() == ASKED_EVERY.total_seconds()
        # What was posted meanwhile is put in.
        await house.translate(LOOK_AGAIN_EVERY.total_seconds())
        await house.translate()
        assert await house.edit() == 1
        assert house.titles() == ["[de] Rates fall"]


async def test_an_offer_is_kept_while_its_provider_can_not_be_asked(tmp_path: Path) -> None:
    interpreter = Interpreter()
    async with raised(tmp_path, interpreter) as house:
        interpreter.no_offer.append(ProviderRefuses(NO))
        assert await house.ask_again() == REFUSED_FOR.total_seconds()
        assert house.roster.offers("en", "de")
        assert house.roster.offers_into("de")
        assert not house.roster.offers_into("hy")


async def test_what_nobody_reads_any_more_is_not_translated(tmp_path: Path) -> None:
    interpreter = Interpreter()
    interpreter.faults.append(ProviderRefuses(NO))
    async with raised(tmp_path, interpreter) as house:
        await house.follow("de")
        await house.tell("Rates fall")
        await house.through()
        await house.translate(timedelta(days=3).total_seconds())
        assert len(interpreter.asked) == 1
