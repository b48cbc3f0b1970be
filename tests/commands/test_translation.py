"""What a chat is told of translations, and how its admins switch them."""

from __future__ import annotations

import pytest

from bot.i18n import Catalogues
from bot.model import ChatKind, ChatRef, Phrase
from bot.storage import subscriptions
from bot.storage.tables import source, subscription_cursor
from tests.commands.stage import ADMIN, CHANNEL, GROUP, MEMBER, NOW, Translators, button, buttons, refusal, said

GERMAN = Translators(frozenset({("en", "de"), ("fr", "de"), ("en", "it")}), configured=True)


def switches(answer) -> list[str]:
    return [one.id for one in buttons(answer) if "translate" in one.id]


async def follow(stage, *languages: str) -> None:
    """The chat follows sources in these languages."""
    chat = await stage.chat()

    def store(connection):
        for language in languages:
            values = {
                "url": f"https://{language}.example",
                "language": language,
                "exempt": False,
                "interval_seconds": 600,
            }
            source_id = connection.execute(source.insert().values(values)).inserted_primary_key[0]
            subscriptions.follow_source(connection, chat.id, source_id, None, NOW)
            followed = subscriptions.of_chat(connection, chat.id)[-1].id
            connection.execute(
                subscription_cursor.insert().values(subscription_id=followed, source_id=source_id, entry_id=0)
            )

    await stage.db.write(store)


async def test_an_admin_switches_it_off_and_on_and_that_is_remembered(stage):
    stage = stage.with_services(translations=GERMAN)
    await stage.speaks("de")
    assert (await stage.chat()).translates
    off = await stage.types("/language translate off")
    assert said(off) == "Meldungen in anderen Sprachen bleiben jetzt, wie sie sind."
    assert not (await stage.chat()).translates
    await stage.types("/language Translate ON")
    assert (await stage.chat()).translates
    assert [(change.actor, change.setting, change.old, change.new) for change in (await stage.log())[1:]] == [
        ("village:anna", "translate", "on", "off"),
        ("village:anna", "translate", "off", "on"),
    ]
    assert stage.woken
    assert (await stage.chat()).language == "de"


async def test_the_menu_has_a_button_for_it_where_it_can_be_done(stage):
    stage = stage.with_services(translations=GERMAN)
    await stage.speaks("de")
    menu = await stage.types("/language")
    assert switches(menu) == ["c:language:translate off"]
    pressed = await stage.presses(button(menu, "translate off"))
    assert pressed.replaces
    assert switches(await stage.types("/language")) == ["c:language:translate on"]
    await stage.speaks("hy")
    assert switches(await stage.types("/language")) == []


async def test_a_form_says_it_beside_a_language_or_alone(stage):
    stage = stage.with_services(translations=GERMAN)
    await stage.fills_in("language", language="it", translate="off")
    chat = await stage.chat()
    assert (chat.language, chat.translates) == ("it", False)
    await stage.fills_in("language", translate="on")
    chat = await stage.chat()
    assert (chat.language, chat.translates) == ("it", True)


async def test_a_member_may_not(stage):
    await stage.speaks("de")
    only = Phrase("Only the admins of this chat can change that.")
    assert refusal(await stage.types("/language translate off", MEMBER), only, "fr")
    assert (await stage.chat()).translates


@pytest.mark.parametrize("text", ["/language translate", "/language translate maybe"])
async def test_half_a_switch_is_answered_with_the_whole_ones(stage, text):
    await stage.speaks("en")
    answer = await stage.types(text)
    assert said(answer) == "Say /language translate on or /language translate off."


class ReadInEnglish(Catalogues):
    def __call__(self, language: str, timezone: str | None = None):
        return super().__call__("en", timezone)


@pytest.mark.parametrize(
    ("language", "offered", "told"),
    [
        ("en", Translators(), "Stories in other languages stay as they are: no translator is configured."),
        ("hy", Translators(configured=True, answered=False), "the translator has not answered yet."),
        ("hy", GERMAN, "Stories in other languages stay as they are: no translator knows Armenian."),
        ("de", GERMAN, "Stories are translated from these languages: English and French"),
        ("it", GERMAN, "Stories are translated from these languages: English"),
    ],
)
@pytest.mark.parametrize("command", ["/status", "/language"])
async def test_status_and_menu_say_what_is_translated(stage, command, language, offered, told):
    stage = stage.with_services(translations=offered)
    await stage.speaks(language)
    await follow(stage, "en", "fr", "uk", "und")
    # Read in English, whatever the chat speaks.
    assert told in said(await stage.with_services(translators=ReadInEnglish()).types(command))


async def test_one_that_switched_it_off_is_told_how_to_switch_it_on(stage):
    stage = stage.with_services(translations=GERMAN)
    await stage.speaks("en")
    await stage.types("/language translate off")
    assert "Translation is off here. To switch it on: /language translate on" in said(await stage.types("/status"))


async def test_a_chat_with_sources_in_its_own_language_is_told_that_others_would_be_translated(stage):
    stage = stage.with_services(translations=Translators(frozenset({("fr", "en")}), configured=True))
    await stage.speaks("en")
    await follow(stage, "en")
    assert "Stories in other languages are translated here." in said(await stage.types("/status"))


async def test_whoever_chooses_armenian_learns_that_nobody_translates_into_it(stage):
    stage = stage.with_services(translations=GERMAN)
    await stage.joins()
    assert "հայերեն" in said(await stage.types("/language hy"))
    plain = stage.with_services(translations=Translators())
    assert "հայերեն" not in said(await plain.types("/language hy"))


async def test_before_a_language_is_chosen_nothing_is_said_of_it(stage):
    stage = stage.with_services(translations=GERMAN)
    await stage.joins(GROUP)
    assert "translat" not in said(await stage.types("/status"))
    assert switches(await stage.types("/language")) == []


async def test_a_channel_is_switched_from_a_private_chat(stage):
    stage = stage.with_services(translations=GERMAN)
    await stage.speaks("de", CHANNEL)
    await stage.joins(CHANNEL, ChatKind.CHANNEL)
    channel, alone = await stage.chat(CHANNEL), ChatRef("village", ADMIN.id)
    menu = await stage.types(f"/language @{channel.id}", ADMIN, alone, kind=ChatKind.PRIVATE)
    await stage.presses(button(menu, "translate off"), chat=alone)
    assert not (await stage.chat(CHANNEL)).translates
    assert (await stage.chat(alone)).translates
    status = await stage.types(f"/status @{channel.id}", ADMIN, alone, kind=ChatKind.PRIVATE)
    assert f"To switch it on: /language @{channel.id} translate on" in said(status)
