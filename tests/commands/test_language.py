"""`/language`: choosing the words of a chat."""

from __future__ import annotations

import pytest

from bot.commands.naming import language_named
from bot.errors import PlatformDown
from bot.model import Actor, ButtonRole, ChatKind, ChatRef, Phrase
from bot.ports import LanguageByChat
from tests.commands.stage import ADMIN, GROUP, MEMBER, Village, button, buttons, refusal, said
from tests.languages import CATALOGUES, LANGUAGES, NAMES

DE = ChatRef("village", "de")
ONLY_ADMINS = Phrase("Only the admins of this chat can change that.")


async def test_an_admin_chooses_and_the_answer_is_in_that_language_already(stage):
    await stage.joins()
    answer = await stage.types("/language fr")
    assert answer.card.language == "fr"
    assert NAMES["fr"] in said(answer)
    assert (await stage.chat()).language == "fr"
    assert [(change.actor, change.setting, change.old, change.new) for change in await stage.log()] == [
        ("village:anna", "language", None, "fr")
    ]
    assert stage.feeds.synced == 1
    assert stage.woken


async def test_a_chat_that_follows_nothing_is_offered_the_packs_and_one_press_follows(stage):
    await stage.joins()
    answer = await stage.types("/language en")
    assert [one.id for one in buttons(answer)] == [
        "c:sources:follow crypto",
        "c:sources:follow tech",
        "c:sources:follow markets",
        "c:sources:follow world",
    ]
    followed = await stage.presses(button(answer, "follow crypto"))
    assert followed.replaces
    assert button(followed, "remove crypto").pressed
    assert [one.pack for one in await stage.follows()] == ["crypto"]


async def test_a_chat_that_follows_something_is_only_told_its_new_language(stage):
    await stage.types("/sources follow crypto")
    assert buttons(await stage.types("/language ja")) == []


async def test_the_menu_shows_every_language_by_its_own_name_and_marks_the_present_one(stage):
    await stage.speaks("hy")
    answer = await stage.types("/language")
    *languages, others = buttons(answer)
    assert [one.label for one in languages] == [NAMES[code] for code in LANGUAGES]
    assert [one.label for one in languages if one.pressed] == [NAMES["hy"]]
    assert others.id.endswith(":language:fallback")
    assert len(answer.card.buttons) == 5  # as many rows as every platform shows
    assert all(word in said(answer) for word in ("Language", "言語", "Язык", "Dil"))
    chosen = await stage.presses(button(answer, ":language:tr"))
    assert chosen.replaces
    assert chosen.card.language == "tr"
    assert (await stage.chat()).language == "tr"


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c", "\u2060"])
async def test_what_is_copied_with_marks_of_direction_is_understood(stage, mark):
    await stage.types(f"/language {mark}fr{mark}")
    assert (await stage.chat()).language == "fr"


async def test_a_form_chooses_as_typing_does(stage):
    await stage.fills_in("language", language="ko")
    assert (await stage.chat()).language == "ko"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("FR", "fr"),
        ("pt-BR", "pt"),
        ("zh_Hans", "zh"),
        ("zh-Hant-TW", "zh"),
        ("pt-PT", "pt"),
        ("Français", "fr"),
        ("francais", "fr"),
        ("  türkçe ", "tr"),
        ("TURKCE", "tr"),
        ("Armenian", "hy"),
        ("հայերեն", "hy"),
        ("한국어", "ko"),
        ("日本語", "ja"),
        ("Klingon", None),
        ("", None),
        ("@@", None),
    ],
)
def test_a_language_is_known_by_its_code_its_own_name_and_its_english_one(words, language):
    assert language_named(words, CATALOGUES) == language


@pytest.mark.parametrize(
    ("place", "person", "guess"), [("ko-KR", "de", "ko"), (None, "de-AT", "de"), (None, "uk", "en")]
)
async def test_before_a_language_is_chosen_the_menu_guesses_by_the_place_and_else_by_who_asks(
    stage, place, person, guess
):
    asking = Actor("village", "anna", locale=person)
    await stage.joins(locale=place)
    answer = await stage.types("/language", asking)
    assert answer.card.language == guess
    assert [one.label for one in buttons(answer)] == [NAMES[code] for code in LANGUAGES]
    assert [one.label for one in buttons(answer) if one.role is ButtonRole.PRIMARY] == [NAMES[guess]]
    assert not any(one.pressed for one in buttons(answer))
    assert (await stage.chat()).language is None


async def test_an_unknown_language_is_answered_with_those_that_there_are(stage):
    await stage.speaks("de")
    answer = await stage.types("/language Klingon {n}")
    assert answer.private
    assert "Klingon {n}" in said(answer)
    assert all(f"{code} – {name}" in said(answer) for code, name in NAMES.items())
    assert (await stage.chat()).language == "de"


@pytest.mark.parametrize("text", ["/language", "/language ja"])
async def test_a_member_is_refused_in_their_own_language(stage, text):
    await stage.speaks("de")
    assert refusal(await stage.types(text, MEMBER), ONLY_ADMINS, "fr")
    assert (await stage.chat()).language == "de"


async def test_a_member_whose_language_we_do_not_speak_is_refused_in_that_of_the_chat(stage):
    await stage.speaks("de")
    stranger = Actor("village", "cyril", locale="uk")
    assert refusal(await stage.presses("c:language:ja", stranger), ONLY_ADMINS, "de")


async def test_what_the_platform_says_with_the_event_settles_who_is_an_admin(stage):
    await stage.types("/language fr", MEMBER, admin=True)
    assert (await stage.chat()).language == "fr"
    assert refusal(await stage.types("/language de", ADMIN, admin=False), ONLY_ADMINS)
    assert (await stage.chat()).language == "fr"


async def test_rights_that_cannot_be_asked_change_nothing(stage):
    stage.adapter.broken = PlatformDown(Phrase("The platform is down."))
    assert refusal(await stage.types("/language fr"), Phrase("The platform is down."))
    assert (await stage.chat()).language is None


async def test_the_person_of_a_private_chat_administers_it(stage):
    alone = GROUP.__class__("village", "boris")
    await stage.types("/language it", MEMBER, alone, kind=ChatKind.PRIVATE)
    assert (await stage.chat(alone)).language == "it"


async def test_each_topic_has_its_own_language(stage):
    await stage.speaks("de")
    topic = GROUP.__class__("village", "square", "7")
    stage.adapter.admins.add((topic, ADMIN.id))
    await stage.types("/language fr", chat=topic, kind=ChatKind.TOPIC)
    assert (await stage.chat()).language == "de"
    assert (await stage.chat(topic)).language == "fr"


class Corridor(Village, LanguageByChat):
    """A platform where each language has a chat of its own."""

    def address_in(self, language: str) -> str:
        return f"/door/{language}"


@pytest.fixture
async def corridor(stage):
    stage = stage.with_services(adapters={"village": Corridor()})
    await stage.joins(DE, ChatKind.ROOM, language="de")
    return stage


async def test_where_each_language_has_a_chat_anyone_is_shown_the_door_and_nothing_changes(corridor):
    told = await corridor.types("/language français", MEMBER, DE, kind=ChatKind.ROOM)
    assert told.private
    assert [(one.label, one.url, one.role) for one in buttons(told)] == [("Français", "/door/fr", ButtonRole.LINK)]
    doors = buttons(await corridor.types("/language", MEMBER, DE, kind=ChatKind.ROOM))
    assert [one.label for one in doors] == list(NAMES.values())
    assert [one.label for one in doors if one.pressed] == ["Deutsch"]
    await corridor.presses("c:language:fr", MEMBER, DE)
    assert (await corridor.chat(DE)).language == "de"
    assert "Klingon" in said(await corridor.types("/language Klingon", MEMBER, DE, kind=ChatKind.ROOM))


async def test_help_is_silent_about_a_choice_that_there_is_not(corridor, stage):
    assert "/language" not in said(await corridor.types("/help", MEMBER, DE, kind=ChatKind.ROOM))
    assert "/language fr" in said(await stage.types("/help", MEMBER))
