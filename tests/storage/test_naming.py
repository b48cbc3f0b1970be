"""A chat that the config file calls by a name is one row, under the number by which the platform knows it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from bot.model import Actor, ChatKind, ChatRef, MessageRef, Phrase
from bot.storage import chats, declared, deliveries, ledger, naming, subscriptions, votes
from bot.storage.database import open_database
from bot.storage.declared import Declaration
from bot.storage.naming import Outcome
from bot.storage.tables import chat, delivery, source, subscription, total
from tests.tally.stage import (
    BEAR,
    BULL,
    NOW,
    RULES,
    add_delivery,
    add_post,
    add_story,
    delivery_row,
    posts_of,
    press,
    react,
    tallies_of,
)

NAMED = ChatRef("alpha", "@readers")
OWN = ChatRef("alpha", "-100")
ANNA = Actor("alpha", "1")
FILE = Declaration(NAMED, "fr", ("crypto",), (), "one")


@pytest.fixture
async def db(tmp_path):
    async with open_database(tmp_path / "naming.db") as database:
        yield database


async def set_up(db, ref, language, *packs):
    """As an admin does by commands."""
    made = await db.write(chats.ensure, ref, ChatKind.GROUP, NOW)
    await db.write(chats.choose_language, made.id, language, ANNA, NOW)
    for pack in packs:
        await db.write(subscriptions.follow_pack, made.id, pack, ANNA, NOW)
    return made.id


async def only_chat(db):
    (one,) = await db.read(chats.every)
    return one


async def packs_of(db, chat_id):
    return [followed.pack for followed in await db.read(subscriptions.of_chat, chat_id)]


def topics_of(connection):
    return {(row.native_id, row.topic) for row in connection.execute(select(chat))}


async def test_a_named_chat_goes_by_its_number_once_that_is_known_with_its_topics(db):
    await db.write(declared.apply, FILE, NOW)
    topic = ChatRef("alpha", "@readers", "7")
    await db.write(declared.apply, Declaration(topic, "de", (), (), "two"), NOW)
    assert await db.write(naming.identify, NAMED, OWN) is Outcome.SETTLED
    assert await db.read(topics_of) == {("-100", ""), ("-100", "7")}
    await db.write(chats.pause, OWN, Phrase("Gone."))
    assert all(one.paused for one in await db.read(chats.every))


async def test_the_file_finds_its_chat_again_and_commands_hold_until_the_table_changes(db):
    await db.write(declared.apply, FILE, NOW)
    await db.write(naming.identify, NAMED, OWN)
    here = await only_chat(db)
    await db.write(chats.choose_language, here.id, "de", ANNA, NOW)
    assert not await db.write(declared.apply, FILE, NOW)
    assert (await only_chat(db)).language == "de"
    assert await db.write(declared.apply, Declaration(NAMED, "es", (), (), "two"), NOW)
    assert ((await only_chat(db)).id, (await only_chat(db)).language) == (here.id, "es")


async def test_a_name_that_now_is_of_another_chat_leaves_the_old_one_as_it_is(db):
    await db.write(declared.apply, FILE, NOW)
    await db.write(naming.identify, NAMED, OWN)
    other = ChatRef("alpha", "-200")
    await db.write(naming.identify, NAMED, other)
    assert (await only_chat(db)).ref == OWN
    assert await db.write(declared.apply, FILE, NOW)
    assert await db.read(topics_of) == {("-100", ""), ("-200", "")}


async def test_two_rows_become_one_with_what_was_set_last_and_all_that_either_follows(db):
    await db.write(declared.apply, FILE, NOW)
    by_command = await set_up(db, OWN, "de", "crypto", "tech")
    await db.write(naming.identify, NAMED, OWN)
    here = await only_chat(db)
    assert (here.id, here.ref, here.language, here.declared_hash) == (by_command, OWN, "de", "one")
    assert await packs_of(db, here.id) == ["crypto", "tech"]
    assert {change.actor for change in await db.read(chats.setting_changes, here.id)} == {"config", "alpha:1"}
    assert not await db.write(declared.apply, FILE, NOW)


async def test_a_table_that_is_newer_than_the_commands_holds(db):
    await set_up(db, OWN, "de", "tech")
    await db.write(declared.apply, FILE, NOW)
    await db.write(naming.identify, NAMED, OWN)
    here = await only_chat(db)
    assert (here.ref, here.language) == (OWN, "fr")
    assert await packs_of(db, here.id) == ["tech", "crypto"]


async def test_a_row_that_nobody_set_up_gives_way(db):
    await db.write(declared.apply, FILE, NOW)
    await db.write(chats.ensure, OWN, ChatKind.CHANNEL, NOW, title="Readers", locale="pt-br")
    await db.write(naming.identify, NAMED, OWN)
    here = await only_chat(db)
    assert (here.ref, here.language, here.locale) == (OWN, "fr", "pt-br")


async def test_a_pack_that_was_read_in_another_language_begins_anew(db):
    await set_up(db, OWN, "de", "tech")
    await db.write(declared.apply, FILE, NOW)

    def read(connection):
        row = insert(source).values(url="https://a.example", exempt=False, interval_seconds=600)
        source_id = connection.execute(row).inserted_primary_key[0]
        subscriptions.follow_source(connection, 1, source_id, ANNA, NOW)
        connection.execute(update(subscription).values(contacted_at=NOW))

    await db.write(read)
    await db.write(naming.identify, NAMED, OWN)

    def contacted(connection):
        rows = connection.execute(select(subscription.c.pack, subscription.c.contacted_at))
        return {row.pack: row.contacted_at is not None for row in rows}

    assert await db.read(contacted) == {"tech": False, "crypto": True, None: True}


@pytest.mark.parametrize(("removed", "stays_so"), [(OWN, True), (NAMED, False)])
async def test_whether_we_are_in_the_chat_says_the_row_that_the_platform_speaks_of(db, removed, stays_so):
    await db.write(declared.apply, FILE, NOW)
    await set_up(db, OWN, "de")
    await db.write(chats.pause, removed, Phrase("Gone."))
    await db.write(naming.identify, NAMED, OWN)
    assert ((await only_chat(db)).paused is not None) is stays_so


async def test_posts_and_votes_of_both_rows_follow_and_a_story_posted_twice_counts_once(db):
    def rows(connection):
        twice, alone = add_story(connection), add_story(connection, "Another")
        # The posts of a named chat have always been known by its number.
        by_name = add_delivery(connection, twice, NAMED)
        deliveries.mark_posted(connection, by_name, MessageRef(OWN, "1"), "en", 1, NOW)
        posted = [by_name, add_post(connection, twice, OWN, "2")]
        posted.append(add_post(connection, alone, OWN, "3"))
        connection.execute(insert(total).values(delivery_id=posted[1], mirror=False, emoji="👍", sentiment=1, count=3))
        return twice, alone, posted

    twice, alone, (first, second, third) = await db.write(rows)
    heard = [
        press(OWN, "1", "u1", first, BULL, "e1"),
        press(OWN, "2", "u1", second, BEAR, "e2"),
        press(OWN, "2", "u2", second, BEAR, "e3"),
        react(OWN, "2", "u3", "👍"),
        press(OWN, "3", "u1", third, BULL, "e4"),
    ]
    await db.write(votes.record_batch, RULES, heard, NOW)
    await db.write(naming.identify, NAMED, OWN)
    here = await only_chat(db)
    assert await db.read(tallies_of, twice) == {"-100": (1, 2), "everywhere": (1, 2)}
    assert await db.read(tallies_of, alone) == {"-100": (1, 0), "everywhere": (1, 0)}
    assert await db.read(ledger.recount) == []
    assert await db.read(posts_of, first) == [("1", False), ("2", True)]
    assert {(await db.read(delivery_row, one)).chat_id for one in (first, third)} == {here.id}
    assert len(await db.read(lambda connection: connection.execute(select(delivery.c.id)).all())) == 2
    # The second message still takes reactions.
    outcome = await db.write(votes.record_batch, RULES, [react(OWN, "2", "u9", "👍")], NOW)
    assert outcome.recorded[0].outcome == votes.Outcome.COUNTED
    assert await db.read(tallies_of, twice) == {"-100": (2, 2), "everywhere": (2, 2)}


async def test_of_two_duties_the_one_that_was_done_stays(db):
    def rows(connection):
        story_id = add_story(connection)
        return add_delivery(connection, story_id, NAMED, "waiting"), add_post(connection, story_id, OWN, "2")

    waiting, posted = await db.write(rows)
    await db.write(naming.identify, NAMED, OWN)
    assert (await db.read(delivery_row, posted)).chat_id == (await only_chat(db)).id
    assert await db.read(lambda connection: connection.execute(select(delivery.c.id)).scalars().all()) == [posted]
    assert waiting != posted


async def test_rows_are_not_joined_while_a_post_that_both_owe_is_being_sent(db):
    def rows(connection):
        story_id = add_story(connection)
        add_post(connection, story_id, NAMED, "1")
        return add_delivery(connection, story_id, OWN, "sending")

    sending = await db.write(rows)
    assert await db.write(naming.identify, NAMED, OWN) is Outcome.LATER
    assert len(await db.read(chats.every)) == 2
    assert await db.read(naming.known_as, NAMED) == NAMED
    await db.write(
        lambda connection: connection.execute(update(delivery).where(delivery.c.id == sending).values(state="waiting"))
    )
    assert await db.write(naming.identify, NAMED, OWN) is Outcome.JOINED
    assert (await only_chat(db)).ref == OWN


@pytest.mark.parametrize("under_way", [NAMED, OWN])
async def test_rows_are_not_joined_while_either_sends_something(db, under_way):
    def rows(connection):
        add_post(connection, add_story(connection), NAMED, "1")
        add_post(connection, add_story(connection), OWN, "2")
        return add_delivery(connection, add_story(connection), under_way, "sending")

    sending = await db.write(rows)
    assert await db.write(naming.identify, NAMED, OWN) is Outcome.LATER
    await db.write(deliveries.mark_posted, sending, MessageRef(OWN, "3"), "en", 1, NOW)
    assert await db.write(naming.identify, NAMED, OWN) is Outcome.JOINED
