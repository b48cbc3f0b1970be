"""Coming into a chat: who we are, and silence until an admin has chosen."""

from __future__ import annotations

from bot.model import ButtonRole, ChatKind, ChatRef, Phrase
from bot.storage import chats
from tests.commands.stage import ADMIN, CHANNEL, GROUP, MEMBER, button, buttons, said
from tests.languages import NAMES

ROOM = ChatRef("village", "fr")


def marked(answer):
    """The buttons that stand out: what we guess."""
    assert not any(one.pressed for one in buttons(answer))
    return [one.label for one in buttons(answer) if one.role is ButtonRole.PRIMARY]


async def test_the_introduction_offers_every_language_in_the_words_of_the_place(stage):
    answer = await stage.joins(locale="pt-br", actor=MEMBER)
    assert answer.card.language == "pt"
    assert [one.label for one in buttons(answer)] == list(NAMES.values())
    assert marked(answer) == [NAMES["pt"]]
    chat = await stage.chat()
    assert (chat.language, chat.title, chat.kind) == (None, "The square", ChatKind.GROUP)
    assert not stage.woken


async def test_without_a_hint_of_the_place_it_speaks_as_whoever_brought_it(stage):
    answer = await stage.joins(actor=MEMBER)
    assert answer.card.language == "fr"
    assert marked(answer) == [NAMES["fr"]]
    assert (await stage.joins(ChatRef("village", "field"))).card.language == "en"


async def test_one_press_on_the_introduction_sets_the_language(stage):
    introduction = await stage.joins()
    answer = await stage.presses(button(introduction, ":nl"))
    assert answer.replaces
    assert (await stage.chat()).language == "nl"


async def test_a_room_with_a_language_starts_at_once(stage):
    stage = stage.with_services(sample_wire=True, unshared=frozenset({"village"}))
    for _ in range(2):
        assert await stage.joins(ROOM, ChatKind.ROOM, language="fr") is None
    room = await stage.chat(ROOM)
    assert (room.language, room.shares_votes) == ("fr", False)
    pack, sample = await stage.follows(ROOM)
    assert pack.pack == "crypto"
    assert [one.url for one in sample.sources] == ["sample:fr"]
    assert stage.feeds.synced == 1


async def test_a_room_whose_pack_was_removed_is_left_as_its_admin_made_it(stage):
    await stage.joins(ROOM, ChatKind.ROOM, language="fr")
    await stage.types("/sources remove crypto", chat=ROOM, kind=ChatKind.ROOM, admin=True)
    await stage.joins(ROOM, ChatKind.ROOM, language="fr")
    assert await stage.follows(ROOM) == []


async def test_who_comes_back_goes_on_with_the_settings_from_before(stage):
    await stage.types("/language fr")
    await stage.types("/sources follow crypto")
    await stage.db.write(chats.pause, GROUP, Phrase("Gone."))
    answer = await stage.joins()
    assert buttons(answer) == []
    chat = await stage.chat()
    assert (chat.paused, chat.language) == (None, "fr")
    assert [one.pack for one in await stage.follows()] == ["crypto"]


async def test_a_chat_that_is_set_up_hears_no_second_introduction(stage):
    await stage.speaks("fr")
    assert await stage.joins() is None


async def test_where_another_chat_of_the_same_place_is_set_up_nobody_needs_an_introduction(stage):
    field, tower = ChatRef("village", "field"), ChatRef("village", "tower")
    assert (await stage.joins(beside=(field, tower))).card is not None
    await stage.speaks("fr", tower)
    assert await stage.joins(beside=(field, tower)) is None
    await stage.db.write(chats.pause, tower, Phrase("Gone."))
    assert await stage.joins(beside=(field, tower)) is None
    assert (await stage.joins(beside=(field,))).card is not None


async def test_starting_in_private_introduces_and_later_helps(stage):
    alone = ChatRef("village", "boris")
    first = await stage.types("/start", MEMBER, alone, kind=ChatKind.PRIVATE)
    assert len(buttons(first)) == len(NAMES)
    assert first.card.language == "fr"
    await stage.types("/language ru", MEMBER, alone, kind=ChatKind.PRIVATE)
    assert "/sources" in said(await stage.types("/start deep link", MEMBER, alone, kind=ChatKind.PRIVATE))


async def test_the_introduction_of_a_channel_is_for_whoever_brought_us_in(stage):
    alone = ChatRef("village", ADMIN.id)
    answer = await stage.joins(CHANNEL, ChatKind.CHANNEL, actor=ADMIN)
    assert answer.private
    assert "The tower" in said(answer)
    await stage.types("/start", chat=alone, kind=ChatKind.PRIVATE)
    await stage.presses(button(answer, " fr"), chat=alone)
    assert (await stage.chat(CHANNEL)).language == "fr"
    assert (await stage.chat(alone)).language is None
