"""`/language fallback`: in which other languages a chat takes stories where there are none in its own."""

from __future__ import annotations

import pytest

from bot.events import ChoicesWanted
from bot.model import ChatKind, ChatRef, Phrase
from tests.commands.stage import ADMIN, GROUP, MEMBER, button, buttons, refusal, said
from tests.languages import LANGUAGES, NAMES

ONLY_ADMINS = Phrase("Only the admins of this chat can change that.")


async def fallbacks(stage, ref=GROUP):
    return (await stage.chat(ref)).fallbacks


async def test_an_admin_types_them_in_order(stage):
    await stage.speaks("hy")
    stage.feeds.synced = 0
    answer = await stage.types("/language fallback ru en")
    assert await fallbacks(stage) == ("ru", "en")
    assert "Русский, English" in said(answer)
    assert answer.card.language == "hy"
    assert [(change.actor, change.setting, change.old, change.new) for change in await stage.log()][-1] == (
        "village:anna",
        "fallback",
        None,
        "ru en",
    )
    assert stage.feeds.synced == 1
    assert stage.woken
    await stage.types("/language fallback de")
    assert (await stage.log())[-1].old == "ru en"


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("ru, en", ("ru", "en")),
        ("ru,en", ("ru", "en")),
        ("EN;ru", ("en", "ru")),
        ("русский English", ("ru", "en")),
        ("Russian、日本語", ("ru", "ja")),
        ("pt-BR zh_Hant", ("pt", "zh")),
        ("ru ru de ru", ("ru", "de")),
        ("de fr hy", ("de", "fr")),  # its own is no other one
        ("hy", ()),
        ("none", ()),
        ("NONE", ()),
        ("default", None),
        ("add de", ("ru", "en", "de")),
        ("add ru", ("ru", "en")),
        ("drop ru", ("en",)),
        ("drop de", ("ru", "en")),
        ("drop ru en", ()),
    ],
)
async def test_languages_are_known_however_they_are_written(stage, words, chosen):
    await stage.speaks("hy")
    await stage.types(f"/language fallback {words}")
    assert await fallbacks(stage) == chosen


@pytest.mark.parametrize("words", ["klingon", "ru klingon", "add klingon", "none ru", "default ru", "ru none"])
async def test_a_language_that_we_do_not_speak_changes_nothing(stage, words):
    await stage.speaks("hy")
    answer = await stage.types(f"/language fallback {words}")
    assert answer.private
    assert await fallbacks(stage) is None
    assert "/language fallback ru en" in said(answer)


async def test_the_second_page_of_the_menu_toggles_and_keeps_the_order(stage):
    await stage.speaks("hy")
    menu = await stage.types("/language")
    page = await stage.presses(button(menu, ":fallback"))
    assert page.replaces
    names = [NAMES[code] for code in LANGUAGES if code != "hy"]
    assert [one.label.partition(". ")[2] or one.label for one in buttons(page)][:-1] == names
    assert [one.label for one in buttons(page) if one.pressed] == ["2. English", "1. Русский"]

    page = await stage.presses(button(page, " add fr"))
    assert page.replaces
    assert "Русский, English, Français" in said(page)
    page = await stage.presses(button(page, " drop ru"))
    assert await fallbacks(stage) == ("en", "fr")
    page = await stage.presses(button(page, " add ru"))
    assert await fallbacks(stage) == ("en", "fr", "ru")
    assert [one.label for one in buttons(page) if one.pressed] == ["1. English", "2. Français", "3. Русский"]

    menu = await stage.presses(buttons(page)[-1])
    assert [one.label for one in buttons(menu) if one.pressed] == [NAMES["hy"]]


async def test_a_button_pressed_twice_changes_nothing_the_second_time(stage):
    await stage.speaks("hy")
    page = await stage.types("/language fallback")
    for _ in range(2):
        await stage.presses(button(page, " add fr"))
        assert await fallbacks(stage) == ("ru", "en", "fr")
    for _ in range(2):
        await stage.presses(button(page, " drop ru"))
        assert await fallbacks(stage) == ("en", "fr")


async def test_a_chat_that_takes_none_says_so(stage):
    await stage.speaks("en")
    assert "Stories come in English only." in said(await stage.types("/language fallback"))
    assert [one for one in buttons(await stage.types("/language fallback")) if one.pressed] == []
    assert "Stories come in English only." in said(await stage.types("/status"))
    await stage.types("/language fallback de")
    assert "Where there are no stories in English, they come in: Deutsch." in said(await stage.types("/status"))


async def test_language_and_fallback_are_chosen_at_once(stage):
    await stage.joins()
    answer = await stage.types("/language ko fallback ja, en")
    chat = await stage.chat()
    assert (chat.language, chat.fallbacks) == ("ko", ("ja", "en"))
    assert answer.card.language == "ko"
    assert "日本語, English" in said(answer)
    await stage.fills_in("language", language="de", fallback="fr,en")
    chat = await stage.chat()
    assert (chat.language, chat.fallbacks) == ("de", ("fr", "en"))
    await stage.fills_in("language", fallback="ru")
    chat = await stage.chat()
    assert (chat.language, chat.fallbacks) == ("de", ("ru",))


async def test_before_there_is_a_language_there_are_no_others(stage):
    await stage.joins()
    answer = await stage.types("/language fallback ru")
    assert refusal(answer, Phrase("Choose the language of this chat first: {command}", {"command": "/language"}))
    assert [one for one in buttons(await stage.types("/language")) if one.id.endswith(":fallback")] == []


@pytest.mark.parametrize("text", ["/language fallback", "/language fallback ru", "/language fallback add ru"])
async def test_a_member_is_refused(stage, text):
    await stage.speaks("de")
    assert refusal(await stage.types(text, MEMBER), ONLY_ADMINS, "fr")
    assert refusal(await stage.presses(f"c:language:{text.removeprefix('/language ')}", MEMBER), ONLY_ADMINS, "fr")
    assert await fallbacks(stage) is None


async def test_a_room_keeps_its_language_and_may_have_others(stage):
    room = ChatRef("village", "hy")
    stage.adapter.admins.add((room, ADMIN.id))
    await stage.joins(room, ChatKind.ROOM, language="hy")
    await stage.types("/language fallback fr", chat=room, kind=ChatKind.ROOM)
    assert await fallbacks(stage, room) == ("fr",)


async def test_every_button_of_another_chat_is_short_enough(stage):
    other = ChatRef("village", "tower")
    alone = ChatRef("village", ADMIN.id)
    await stage.joins(other, ChatKind.CHANNEL)
    await stage.types("/start", chat=alone, kind=ChatKind.PRIVATE)
    await stage.presses(f"c:language:@{(await stage.chat(other)).id} fr", chat=alone)
    page = await stage.presses(f"c:language:@{(await stage.chat(other)).id} fallback", chat=alone)
    assert "The tower" in said(page)
    assert all(len(one.id.encode()) <= 64 and one.id.isascii() for one in buttons(page))
    await stage.presses(button(page, " add de"), chat=alone)
    assert await fallbacks(stage, other) == ("en", "de")


async def offered(stage, typed, actor=ADMIN):
    event = ChoicesWanted(GROUP, actor, "language", "", "fallback", typed)
    return [(choice.value, choice.label) for choice in (await stage.commands.choices(event)).choices]


async def test_languages_are_suggested_one_after_the_other(stage):
    assert len(await offered(stage, "")) == len(LANGUAGES)
    assert await offered(stage, "ru") == [("ru", "Русский")]
    assert await offered(stage, "рус") == [("ru", "Русский")]
    assert await offered(stage, "fran") == [("fr", "Français")]
    assert await offered(stage, "german") == [("de", "Deutsch")]
    assert await offered(stage, "ru, en") == [("ru,en", "Русский, English")]
    assert ("ru,de", "Русский, Deutsch") in await offered(stage, "ru,")
    assert ("ru,ru", "Русский, Русский") not in await offered(stage, "ru ")
    assert await offered(stage, "xx") == []
    assert await offered(stage, "xx, ru") == [("ru", "Русский")]
    everything = ",".join(LANGUAGES)
    assert await offered(stage, everything[: everything.rindex(",") + 1]) == [(everything, ", ".join(NAMES.values()))]
    assert max(len(label) for _, label in await offered(stage, everything)) <= 120
