"""Chats and what they follow, kept in a real file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from bot.model import Actor, ChatKind, ChatRef, Phrase
from bot.storage import chats, declared, subscriptions
from bot.storage.chats import Duties, SettingChange
from bot.storage.database import open_database
from bot.storage.declared import Declaration
from bot.storage.deliveries import State
from bot.storage.once import once
from bot.storage.subscriptions import LIMIT, Outcome
from bot.storage.tables import delivery, source, story, subscription, subscription_cursor

NOW = datetime(2026, 11, 22, 19, 6, tzinfo=UTC)
GROUP = ChatRef("telegram", "-100")
TOPIC = ChatRef("telegram", "-100", "7")
ANNA = Actor("telegram", "1", name="Anna")


@pytest.fixture
async def db(tmp_path):
    async with open_database(tmp_path / "chats.db") as database:
        yield database


def add_source(connection, url, **columns):
    values = {"url": url, "exempt": False, "interval_seconds": 600, **columns}
    return connection.execute(insert(source).values(**values)).inserted_primary_key[0]


def add_deliveries(connection, chat_id, *states):
    for number, state in enumerate(states):
        story_id = connection.execute(
            insert(story).values(language="en", title=f"Story {number}", first_seen_at=NOW, sorted_at=NOW)
        ).inserted_primary_key[0]
        connection.execute(
            insert(delivery).values(story_id=story_id, chat_id=chat_id, state=state, created_at=NOW, next_try_at=NOW)
        )


def read_source(connection, chat_id, source_id):
    """As gather does: give the chat's first subscription a source to read."""
    found = connection.execute(select(subscription.c.id).where(subscription.c.chat_id == chat_id)).scalars().first()
    connection.execute(insert(subscription_cursor).values(subscription_id=found, source_id=source_id, entry_id=5))
    connection.execute(subscription.update().values(contacted_at=NOW))


def contacted(connection):
    return connection.execute(select(subscription.c.contacted_at)).scalars().all()


async def test_a_chat_is_made_once_and_keeps_its_settings(db):
    first = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW, title="Traders", locale="pt-br")
    await db.write(chats.choose_language, first.id, "pt", ANNA, NOW)
    again = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW + timedelta(days=1))
    assert (again.id, again.title, again.locale, again.language, again.joined_at) == (
        first.id,
        "Traders",
        "pt-br",
        "pt",
        NOW,
    )
    assert await db.read(chats.by_ref, GROUP) == again == await db.read(chats.by_id, first.id)


async def test_a_topic_is_a_chat_of_its_own(db):
    group = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    topic = await db.write(chats.ensure, TOPIC, ChatKind.TOPIC, NOW)
    await db.write(chats.choose_language, topic.id, "hy", ANNA, NOW)
    assert group.id != topic.id
    assert (await db.read(chats.by_ref, GROUP)).language is None


async def test_an_unknown_chat_is_none(db):
    assert await db.read(chats.by_ref, GROUP) is None
    assert await db.read(chats.by_id, 1) is None


async def test_every_change_of_a_setting_is_logged_with_who_and_what(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    source_id = await db.write(add_source, "https://example.com/feed")
    await db.write(chats.choose_language, chat.id, "fr", ANNA, NOW)
    await db.write(chats.choose_language, chat.id, "fr", ANNA, NOW)
    await db.write(chats.choose_language, chat.id, "de", None, NOW)
    await db.write(subscriptions.follow_pack, chat.id, "crypto", ANNA, NOW)
    await db.write(subscriptions.follow_source, chat.id, source_id, ANNA, NOW)
    for followed in await db.read(subscriptions.of_chat, chat.id):
        await db.write(subscriptions.unfollow, chat.id, followed.id, ANNA, NOW)
    who = "telegram:1"
    assert await db.read(chats.setting_changes, chat.id) == [
        SettingChange(NOW, who, "language", None, "fr"),
        SettingChange(NOW, "config", "language", "fr", "de"),
        SettingChange(NOW, who, "pack", None, "crypto"),
        SettingChange(NOW, who, "source", None, "https://example.com/feed"),
        SettingChange(NOW, who, "pack", "crypto", None),
        SettingChange(NOW, who, "source", "https://example.com/feed", None),
    ]


async def test_another_language_begins_packs_anew_and_leaves_named_feeds_alone(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    source_id = await db.write(add_source, "https://example.com/feed")
    await db.write(chats.choose_language, chat.id, "fr", ANNA, NOW)
    await db.write(subscriptions.follow_pack, chat.id, "crypto", ANNA, NOW)
    await db.write(read_source, chat.id, source_id)
    await db.write(subscriptions.follow_source, chat.id, source_id, ANNA, NOW)
    await db.write(chats.choose_language, chat.id, "de", ANNA, NOW)
    pack, single = await db.read(subscriptions.of_chat, chat.id)
    assert (pack.pack, pack.sources) == ("crypto", ())
    assert [one.url for one in single.sources] == ["https://example.com/feed"]
    assert await db.read(contacted) == [None, None]


async def test_a_paused_group_pauses_its_topics_and_all_go_on_with_it(db):
    await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    await db.write(chats.ensure, TOPIC, ChatKind.TOPIC, NOW)
    gone = Phrase("I was removed by {name}.", {"name": Phrase("someone")})
    await db.write(chats.pause, GROUP, gone)
    assert [chat.paused for chat in await db.read(chats.every)] == [gone, gone]
    await db.write(chats.resume, GROUP, NOW)
    await db.write(chats.pause, TOPIC, gone)
    assert [chat.paused for chat in await db.read(chats.every)] == [None, gone]


async def test_channels_are_listed_while_we_are_in_them(db):
    for number, kind in enumerate((ChatKind.CHANNEL, ChatKind.GROUP, ChatKind.CHANNEL)):
        await db.write(chats.ensure, ChatRef("telegram", str(number)), kind, NOW, title=f"Chat {number}")
    await db.write(chats.ensure, ChatRef("discord", "9"), ChatKind.CHANNEL, NOW)
    await db.write(chats.pause, ChatRef("telegram", "2"), Phrase("Gone."))
    assert [chat.title for chat in await db.read(chats.channels, "telegram")] == ["Chat 0"]


async def test_a_migrated_chat_keeps_everything_but_its_id(db):
    moved = ChatRef("telegram", "-200")
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    await db.write(chats.ensure, TOPIC, ChatKind.TOPIC, NOW)
    await db.write(chats.choose_language, chat.id, "fr", ANNA, NOW)
    await db.write(chats.ensure, moved, ChatKind.GROUP, NOW)  # its own event may come first
    for _ in range(2):
        await db.write(chats.migrate, GROUP, moved)
    found = await db.read(chats.by_ref, moved)
    assert (found.id, found.language) == (chat.id, "fr")
    assert await db.read(chats.by_ref, GROUP) is None
    assert await db.read(chats.by_ref, ChatRef("telegram", "-200", "7")) is not None


async def test_that_we_left_the_old_chat_says_nothing_of_the_one_that_it_moved_to(db):
    moved, other = ChatRef("telegram", "-200"), ChatRef("telegram", "-300")
    for old, new, reason, stays in ((GROUP, moved, chats.LEFT, False), (moved, other, Phrase("no right"), True)):
        await db.write(chats.ensure, old, ChatKind.GROUP, NOW)
        await db.write(chats.pause, old, reason)
        await db.write(chats.migrate, old, new)
        assert ((await db.read(chats.by_ref, new)).paused is not None) == stays


async def test_a_chat_set_up_under_its_new_id_is_not_overwritten(db):
    moved = ChatRef("telegram", "-200")
    for ref, language in ((GROUP, "fr"), (moved, "de")):
        chat = await db.write(chats.ensure, ref, ChatKind.GROUP, NOW)
        await db.write(chats.choose_language, chat.id, language, ANNA, NOW)
    await db.write(chats.migrate, GROUP, moved)
    assert (await db.read(chats.by_ref, moved)).language == "de"
    assert (await db.read(chats.by_ref, GROUP)).paused is not None


async def test_posts_that_wait_and_posts_that_may_have_arrived_are_counted(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    assert await db.read(chats.duties, chat.id) == Duties(0, 0)
    states = (State.WAITING, State.SENDING, State.UNCONFIRMED, State.POSTED, State.FAILED)
    await db.write(add_deliveries, chat.id, *states)
    assert await db.read(chats.duties, chat.id) == Duties(waiting=2, unconfirmed=1)


async def test_following_twice_is_following_once(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    outcomes = [await db.write(subscriptions.follow_pack, chat.id, "crypto", ANNA, NOW) for _ in range(2)]
    assert outcomes == [Outcome.FOLLOWED, Outcome.ALREADY]
    assert len(await db.read(subscriptions.of_chat, chat.id)) == 1


async def test_a_chat_follows_no_more_than_the_limit(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    for number in range(LIMIT):
        assert await db.read(subscriptions.has_room, chat.id)
        await db.write(subscriptions.follow_pack, chat.id, f"pack{number}", ANNA, NOW)
    assert not await db.read(subscriptions.has_room, chat.id)
    assert await db.write(subscriptions.follow_pack, chat.id, "one more", ANNA, NOW) is Outcome.FULL


async def test_nothing_of_another_chat_can_be_removed(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    other = await db.write(chats.ensure, TOPIC, ChatKind.TOPIC, NOW)
    await db.write(subscriptions.follow_pack, chat.id, "crypto", ANNA, NOW)
    (followed,) = await db.read(subscriptions.of_chat, chat.id)
    assert not await db.write(subscriptions.unfollow, other.id, followed.id, ANNA, NOW)
    assert await db.read(subscriptions.of_chat, chat.id) == [followed]


async def test_a_removal_told_twice_removes_once(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    for pack in ("crypto", "tech"):
        await db.write(subscriptions.follow_pack, chat.id, pack, ANNA, NOW)
    removed = []
    for _ in range(2):
        first = (await db.read(subscriptions.of_chat, chat.id))[0]
        removed.append(
            await db.write(once, ANNA.platform, "77", NOW, subscriptions.unfollow, chat.id, first.id, ANNA, NOW)
        )
    assert removed == [(True, True), (False, None)]
    assert [followed.pack for followed in await db.read(subscriptions.of_chat, chat.id)] == ["tech"]


async def test_a_source_is_listed_with_how_it_does(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    problem = Phrase("The server answered {status}.", {"status": 500})
    source_id = await db.write(
        add_source,
        "https://example.com/feed",
        title="Example",
        last_ok_at=NOW,
        problem={"msgid": problem.msgid, "args": {"status": 500}},
    )
    await db.write(subscriptions.follow_source, chat.id, source_id, ANNA, NOW)
    ((found,),) = [followed.sources for followed in await db.read(subscriptions.of_chat, chat.id)]
    assert (found.title, found.last_ok_at, found.problem, found.ended) == ("Example", NOW, problem, False)


async def test_a_declared_chat_is_what_its_table_says_until_a_command_changes_it(db):
    source_id = await db.write(add_source, "https://example.com/feed")
    table = Declaration(GROUP, "fr", ("crypto",), (source_id,), "one")
    assert await db.write(declared.apply, table, NOW)
    chat = await db.read(chats.by_ref, GROUP)
    await db.write(chats.choose_language, chat.id, "de", ANNA, NOW)
    assert not await db.write(declared.apply, table, NOW)
    assert (await db.read(chats.by_ref, GROUP)).language == "de"

    assert await db.write(declared.apply, Declaration(GROUP, "hy", ("tech",), (), "two"), NOW)
    assert (await db.read(chats.by_ref, GROUP)).language == "hy"
    assert [followed.pack for followed in await db.read(subscriptions.of_chat, chat.id)] == ["tech"]


async def test_a_table_says_whether_its_chat_is_translated_for(db):
    await db.write(declared.apply, Declaration(GROUP, "fr", (), (), "one", translates=False), NOW)
    assert not (await db.read(chats.by_ref, GROUP)).translates
    chat = await db.read(chats.by_ref, GROUP)
    await db.write(chats.choose_translation, chat.id, True, ANNA, NOW)
    assert not await db.write(declared.apply, Declaration(GROUP, "fr", (), (), "one", translates=False), NOW)
    assert (await db.read(chats.by_ref, GROUP)).translates
    changes = await db.read(chats.setting_changes, chat.id)
    assert [(change.actor, change.old, change.new) for change in changes if change.setting == "translate"] == [
        ("config", "on", "off"),
        (f"{ANNA.platform}:{ANNA.id}", "off", "on"),
    ]


async def test_other_languages_and_the_time_zone_are_logged_and_kept(db):
    chat = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    assert (chat.fallbacks, chat.timezone) == (None, None)
    for languages in (["ru", "en"], ["ru", "en"], [], None):
        await db.write(chats.choose_fallbacks, chat.id, languages, ANNA, NOW)
        found = (await db.read(chats.by_id, chat.id)).fallbacks
        assert found == (None if languages is None else tuple(languages))
    for zone in ("Asia/Yerevan", "Asia/Yerevan", None):
        await db.write(chats.choose_timezone, chat.id, zone, None, NOW)
        assert (await db.read(chats.by_id, chat.id)).timezone == zone
    assert await db.read(chats.setting_changes, chat.id) == [
        SettingChange(NOW, "telegram:1", "fallback", None, "ru en"),
        SettingChange(NOW, "telegram:1", "fallback", "ru en", ""),
        SettingChange(NOW, "telegram:1", "fallback", "", None),
        SettingChange(NOW, "config", "timezone", None, "Asia/Yerevan"),
        SettingChange(NOW, "config", "timezone", "Asia/Yerevan", None),
    ]


async def test_a_table_sets_what_it_says_and_leaves_the_rest_to_commands(db):
    table = Declaration(GROUP, "fr", (), (), "one", fallbacks=("ru",), timezone="Asia/Yerevan")
    await db.write(declared.apply, table, NOW)
    chat = await db.read(chats.by_ref, GROUP)
    assert (chat.fallbacks, chat.timezone) == (("ru",), "Asia/Yerevan")
    await db.write(chats.choose_timezone, chat.id, "Europe/Paris", ANNA, NOW)
    await db.write(declared.apply, Declaration(GROUP, "fr", (), (), "two", fallbacks=()), NOW)
    chat = await db.read(chats.by_ref, GROUP)
    assert (chat.fallbacks, chat.timezone) == ((), "Europe/Paris")


async def test_a_declared_chat_keeps_what_the_platform_said_of_it(db):
    await db.write(chats.ensure, GROUP, ChatKind.FORUM, NOW, title="Traders")
    await db.write(declared.apply, Declaration(GROUP, "fr", (), (), "one"), NOW)
    found = await db.read(chats.by_ref, GROUP)
    assert (found.kind, found.title, found.language) == (ChatKind.FORUM, "Traders", "fr")


async def test_a_declared_chat_learns_its_kind_and_title_from_the_platform(db):
    for ref in (GROUP, TOPIC):
        await db.write(declared.apply, Declaration(ref, "fr", (), (), "one"), NOW)
    await db.write(declared.describe, GROUP, ChatKind.CHANNEL, "Traders")
    for ref in (GROUP, TOPIC):
        found = await db.read(chats.by_ref, ref)
        assert (found.kind, found.title, found.language) == (ChatKind.CHANNEL, "Traders", "fr")
    await db.write(declared.describe, TOPIC, ChatKind.FORUM, "")
    found = await db.read(chats.by_ref, TOPIC)
    assert (found.kind, found.title) == (ChatKind.FORUM, "Traders")
    assert (await db.read(chats.by_ref, GROUP)).kind is ChatKind.CHANNEL


async def test_a_chat_that_we_do_not_know_stays_unknown_when_it_is_described(db):
    await db.write(declared.describe, GROUP, ChatKind.CHANNEL, "Traders")
    assert await db.read(chats.every) == []


async def test_a_reason_keeps_what_it_lists(db):
    made = await db.write(chats.ensure, GROUP, ChatKind.GROUP, NOW)
    reason = Phrase("{names}", {"names": ("crypto", Phrase("Tech"))})
    await db.write(chats.pause, made.ref, reason)
    assert (await db.read(chats.by_ref, made.ref)).paused == reason
