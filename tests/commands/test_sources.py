"""`/sources`: following packs, adding feeds, the list with its health, removing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from adapters.discord import render as discord
from adapters.telegram import render as telegram
from bot.commands.sources_add import FULL, web_address
from bot.commands.sources_menu import pack_title
from bot.errors import SourceError
from bot.events import ChoicesWanted
from bot.model import ChatKind, ChatRef, Phrase
from bot.storage import subscriptions
from bot.storage.subscriptions import LIMIT
from bot.storage.tables import entry, source, story, subscription_cursor
from tests.commands.stage import ADMIN, CHANNEL, GROUP, MEMBER, NOW, Feed, button, buttons, refusal, said

SITE = "https://example.com"
FEED = Feed("https://example.com/feed.xml", "Example <News> {n}")
SECOND = Feed("https://example.com/comments.xml", "")
ONLY_ADMINS = Phrase("Only the admins of this chat can change that.")


async def adds(stage, words, **more):
    """Types the command and waits for what was found."""
    answer = await stage.types(f"/sources add {words}", **more)
    assert answer.follow_up is not None, said(answer)
    return await answer.follow_up()


async def urls(stage):
    return [one.url for followed in await stage.follows() for one in followed.sources]


# --- packs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["/sources follow crypto", "/sources FOLLOW  Crypto", "/sources  follow CRYPTO "])
async def test_a_pack_is_followed_by_its_name_however_it_is_typed(stage, text):
    await stage.speaks("en")
    answer = await stage.types(text)
    assert button(answer, "remove crypto").pressed
    assert [one.pack for one in await stage.follows()] == ["crypto"]
    assert stage.feeds.synced == 1
    assert stage.woken == [True]


async def test_a_form_follows_as_typing_does(stage):
    await stage.fills_in("sources", "follow", pack="tech")
    assert [one.pack for one in await stage.follows()] == ["tech"]


async def test_the_menu_follows_and_stops_following(stage):
    await stage.speaks("en")
    menu = await stage.types("/sources")
    assert not any(one.pressed for one in buttons(menu))
    menu = await stage.presses(button(menu, "follow world"))
    menu = await stage.presses(button(menu, "remove world"))
    assert not any(one.pressed for one in buttons(menu))
    assert await stage.follows() == []
    assert [(change.old, change.new) for change in await stage.log()][1:] == [(None, "world"), ("world", None)]


async def test_a_button_pressed_twice_changes_nothing_the_second_time(stage):
    for _ in range(2):
        await stage.presses("c:sources:follow crypto")
    assert len(await stage.follows()) == 1
    assert len(await stage.log()) == 1


async def test_an_unknown_pack_is_answered_with_those_that_there_are(stage):
    answer = await stage.types("/sources follow sports")
    assert answer.private
    assert "crypto, tech, markets, and world" in said(answer)


async def test_before_the_language_is_chosen_the_menu_says_why_nothing_comes(stage):
    assert "/language" in said(await stage.types("/sources follow crypto"))


async def test_sources_that_are_still_being_set_up_are_told_apart(stage):
    await stage.speaks("en")
    assert "This chat follows nothing yet." in said(await stage.types("/sources"))
    await stage.types("/sources follow crypto")
    assert how_many(await stage.types("/sources")) == ["1 pack has no sources yet."]
    (pack,) = await stage.follows()
    for name in ("well", "ill", "new"):
        await stage.db.write(reads, pack.id, f"https://{name}.example/")
    assert how_many(await stage.types("/sources")) == ["3 sources are being set up."]
    problem = {"msgid": "The server answered {status}.", "args": {"status": 503}}
    await stage.db.write(becomes, "https://well.example/", last_ok_at=NOW)
    await stage.db.write(becomes, "https://ill.example/", problem=problem)
    told = ["This chat follows 2 sources.", "1 source is being set up."]
    assert how_many(await stage.types("/sources")) == how_many(await stage.types("/status")) == told
    await stage.db.write(becomes, "https://new.example/", last_ok_at=NOW)
    assert how_many(await stage.types("/sources")) == ["This chat follows 3 sources."]


def how_many(answer):
    return [
        line for line in said(answer).splitlines() if any(word in line for word in ("follows", "set up", "no sources"))
    ]


# --- verbs without a word --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("admin", [True, False])
async def test_a_verb_without_a_word_shows_what_it_can_be_said_of(stage, admin):
    await stage.speaks("en")
    await stage.types("/sources follow crypto")
    actor = ADMIN if admin else MEMBER
    shown = {verb: await stage.types(f"/sources {verb}", actor) for verb in ("follow", "add", "remove", "unfollow")}
    assert all(answer.private for answer in shown.values())
    ids = {verb: {one.id for one in buttons(answer)} for verb, answer in shown.items()}
    assert ("c:sources:follow tech" in ids["follow"]) == admin
    assert ("/sources add https://example.com" in said(shown["add"])) == admin
    assert "c:sources:list" in ids["add"]
    assert ("c:sources:remove #1" in ids["remove"]) == admin
    assert ids["remove"] == ids["unfollow"]
    assert len(await stage.log()) == 2, "nothing is changed"


async def test_a_channel_is_asked_about_in_its_own_words(stage):
    await stage.types("/status", kind=ChatKind.PRIVATE, chat=ChatRef("village", "anna"))
    await stage.joins(CHANNEL, ChatKind.CHANNEL)
    channel = (await stage.chat(CHANNEL)).id
    answer = await stage.types(f"/sources @{channel} add", kind=ChatKind.PRIVATE, chat=ChatRef("village", "anna"))
    assert f"/sources @{channel} add https://example.com" in said(answer)


# --- adding ----------------------------------------------------------------------------------------------------------


async def test_a_feed_is_looked_for_and_followed(stage):
    await stage.speaks("en")
    stage.feeds.at[SITE] = [FEED]
    answer = await stage.types("/sources add example.com")
    assert SITE in said(answer)
    assert await stage.follows() == [], "nothing is followed before it is found"
    card = await answer.follow_up()
    assert FEED.title in card.plain()
    assert await urls(stage) == [FEED.url]
    assert (stage.feeds.synced, stage.woken) == (1, [True])
    assert (await stage.log())[-1].new == FEED.url


async def test_a_feed_that_is_followed_already_is_said_to_be(stage):
    stage.feeds.at[SITE] = [FEED]
    first, second = [(await adds(stage, SITE)).plain() for _ in range(2)]
    assert first != second
    assert await urls(stage) == [FEED.url]


async def test_of_several_feeds_one_is_chosen_by_a_button(stage):
    stage.feeds.at[SITE] = [FEED, SECOND]
    which = await adds(stage, SITE)
    assert FEED.title in which.plain()
    assert [one.label for one in buttons(which)] == [FEED.title, SECOND.url]
    assert await stage.follows() == []
    stage.feeds.at[SECOND.url] = [SECOND]
    await (await stage.presses(buttons(which)[1])).follow_up()
    assert await urls(stage) == [SECOND.url]


async def test_a_feed_with_a_long_address_is_chosen_by_its_mark(stage):
    long = [Feed(f"https://example.com/{'a' * 100}/{number}", f"Feed {number}") for number in range(3)]
    stage.feeds.at[SITE] = long
    which = await adds(stage, SITE)
    stage.feeds.at[SITE] = [Feed("https://example.com/new"), *reversed(long)]
    await (await stage.presses(buttons(which)[2])).follow_up()
    assert await urls(stage) == [long[2].url]


async def test_feeds_that_no_button_can_carry_are_told_as_commands(stage):
    address = f"https://example.com/{'ü' * 50}"
    stage.feeds.at[address] = [Feed(f"{address}/1"), Feed(f"{address}/2")]
    which = await adds(stage, address)
    assert buttons(which) == []
    assert f"/sources add {address}/2" in which.plain()


async def test_every_button_of_a_site_with_many_feeds_is_short_enough(stage):
    stage.feeds.at[SITE] = [Feed(f"https://example.com/{'x' * number * 8}.xml") for number in range(30)]
    which = await adds(stage, SITE)
    assert len(which.card.buttons if hasattr(which, "card") else which.buttons) <= 5
    assert all(len(one.id.encode()) <= 64 for one in buttons(which))


@pytest.mark.parametrize(
    "found", [[], SourceError(Phrase("The server answered {status}.", {"status": 404}))], ids=["no feed", "an error"]
)
async def test_what_is_wrong_with_an_address_is_said_in_plain_words(stage, found):
    stage.feeds.at[SITE] = found
    card = await adds(stage, SITE)
    assert SITE in card.plain()
    assert await stage.follows() == []
    if isinstance(found, SourceError):
        assert "The server answered 404." in card.plain()


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("example.com", "https://example.com"),
        ("HTTP://Example.com/x?y=1", "HTTP://Example.com/x?y=1"),
        ("https://example.com:8443/feed", "https://example.com:8443/feed"),
        ("http://127.0.0.1:9000/feed", "http://127.0.0.1:9000/feed"),
        ("http://[::1]/feed", "http://[::1]/feed"),
        ("https://пример.рф/лента", "https://пример.рф/лента"),
        ("example", None),
        ("", None),
        ("ftp://example.com", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://user:secret@example.com", None),
        ("https://example.com:port", None),
        ("https://exa\u200bmple.com/\n", None),
        ("https://[broken", None),
        ("https://example.com/" + "x" * 2000, None),
    ],
)
def test_an_address_is_taken_as_people_write_it(words, address):
    assert web_address(words) == address


async def test_words_that_are_no_address_are_answered_with_an_example(stage):
    for words in ("", "hello", "two words.com please", "ftp://example.com"):
        answer = await stage.types(f"/sources add {words}")
        assert answer.private
        assert answer.follow_up is None
        assert "/sources add https://" in said(answer)


async def test_a_full_chat_is_told_before_anything_is_fetched_and_after(stage):
    stage.feeds.at[SITE] = [FEED]
    looking = await stage.types(f"/sources add {SITE}")
    chat = await stage.chat()
    for number in range(LIMIT):
        await stage.db.write(subscriptions.follow_pack, chat.id, f"pack{number}", ADMIN, NOW)
    assert stage.services.translators("en").phrase(FULL) in (await looking.follow_up()).plain()
    assert refusal(await stage.types(f"/sources add {SITE}"), FULL)
    assert refusal(await stage.types("/sources follow crypto"), FULL)
    assert len(await stage.follows()) == LIMIT


# --- the list --------------------------------------------------------------------------------------------------------


def becomes(connection, url, **state):
    connection.execute(update(source).where(source.c.url == url).values(**state))


def reads(connection, subscription_id, url):
    source_id = connection.execute(
        insert(source).values(url=url, title=url, exempt=False, interval_seconds=600)
    ).inserted_primary_key[0]
    connection.execute(
        insert(subscription_cursor).values(subscription_id=subscription_id, source_id=source_id, entry_id=0)
    )


async def test_the_list_shows_every_source_with_how_it_does(stage):
    await stage.speaks("en")
    for name in ("well", "ill", "ended", "new"):
        stage.feeds.at[f"https://{name}.example"] = [Feed(f"https://{name}.example/feed", f"The {name} one")]
        await adds(stage, f"{name}.example")
    await stage.types("/sources follow crypto")
    pack = (await stage.follows())[-1]
    await stage.db.write(reads, pack.id, "https://pack.example/feed")
    problem = {"msgid": "The server answered {status}.", "args": {"status": 503}}
    seen = NOW - timedelta(hours=3)
    await stage.db.write(becomes, "https://well.example/feed", last_ok_at=seen)
    await stage.db.write(becomes, "https://ill.example/feed", last_ok_at=seen, problem=problem)
    await stage.db.write(becomes, "https://ended.example/feed", problem=problem, ended=True)
    answer = await stage.types("/sources list")
    lines = said(answer).splitlines()
    assert lines[1:] == [
        "1. The well one · working, read 3 hours ago",
        "2. The ill one · last read 3 hours ago: The server answered 503.",
        "Nothing comes from it until it answers again; I keep asking.",
        "3. The ended one · ended: The server answered 503.",
        "I don't ask it any more. If it has moved, add its new address.",
        "4. The new one · not read yet",
        "5. Pack Crypto",
        "– https://pack.example/feed · not read yet",
        lines[-1],
    ]


async def test_without_a_network_it_is_said_once_that_no_source_can_be_reached(stage):
    await stage.speaks("en")
    for name in ("one", "two"):
        stage.feeds.at[f"https://{name}.example"] = [Feed(f"https://{name}.example/feed", f"Number {name}")]
        await adds(stage, f"{name}.example")
    gone = {"msgid": "The server can't be reached.", "args": {}}
    nameless = {"msgid": "The name of the server isn't known.", "args": {}}
    await stage.db.write(becomes, "https://one.example/feed", last_ok_at=NOW - timedelta(hours=3), problem=gone)
    await stage.db.write(becomes, "https://two.example/feed", problem=nameless)
    said_once = "No source can be reached now: perhaps I have no network. I keep trying."
    assert said(await stage.types("/sources list")).splitlines()[1:-1] == [
        said_once,
        "1. Number one · working, read 3 hours ago",
        "2. Number two · not read yet",
    ]
    assert said_once in said(await stage.types("/status"))
    await stage.db.write(becomes, "https://two.example/feed", problem=DEAD)
    assert "The server can't be reached." in said(await stage.types("/sources list"))
    assert said_once not in said(await stage.types("/status"))


def publishes(connection, url, days_ago):
    found = connection.execute(select(source.c.id).where(source.c.url == url)).scalar_one()
    for number, days in enumerate(days_ago):
        at = NOW - timedelta(days=days)
        told = insert(story).values(title="x", language="en", first_seen_at=NOW, sorted_at=at)
        story_id = connection.execute(told).inserted_primary_key[0]
        values = {"source_id": found, "identity": str(number), "story_id": story_id, "title": "x", "language": "en"}
        seen = {"published_at": at, "first_seen_at": NOW, "last_seen_at": NOW}
        connection.execute(insert(entry).values(**values, **seen, content_hash=""))


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [
        ([], None),
        ([0.1], "about 1 story a day"),
        ([number / 24 for number in range(1, 37)], "about 24 stories a day"),
        ([6, 2], "about 2 stories a week"),
        ([6.9], "about 1 story a week"),
        ([8, 400], None),
        ([-3, 6.5], "about 2 stories a week"),
    ],
)
async def test_the_list_says_how_much_comes_from_a_source(stage, days_ago, words):
    await stage.speaks("en")
    stage.feeds.at[SITE] = [FEED]
    await adds(stage, SITE)
    await stage.db.write(becomes, FEED.url, last_ok_at=NOW - timedelta(hours=1))
    await stage.db.write(publishes, FEED.url, days_ago)
    line = said(await stage.types("/sources list")).splitlines()[1]
    assert line.partition(" ago · ")[2] == (words or "")


DEAD = {"msgid": "The server answered {status}.", "args": {"status": 503}}
A, B = "https://pack.example/a", "https://pack.example/b"


async def reads_a_pack(stage, **of_a) -> str:
    """What the list says of a pack of two sources, of which the first is as told."""
    await stage.speaks("en")
    await stage.types("/timezone UTC+1")
    await stage.types("/sources follow crypto")
    (pack,) = await stage.follows()
    await stage.db.write(reads, pack.id, A)
    await stage.db.write(reads, pack.id, B)
    await stage.db.write(becomes, A, **of_a)
    return said(await stage.types("/sources list"))


async def test_the_list_says_since_when_and_why_others_stand_in_for_a_dead_source(stage):
    listed = await reads_a_pack(stage, problem=DEAD, gave_way_at=NOW - timedelta(days=2))
    assert (
        "Since Nov 20, 2026, 8:06\u202fPM GMT+1 other sources of the pack stand in for it, until it answers again."
        in listed
    )


async def test_the_list_says_since_when_and_why_others_stand_in_for_a_silent_source(stage):
    days = {"gave_way_at": NOW - timedelta(days=2), "newest_at": NOW - timedelta(days=10), "last_ok_at": NOW}
    listed = await reads_a_pack(stage, **days)
    assert "working, read" in listed
    assert "Its newest entry is from Nov 12, 2026, 8:06\u202fPM GMT+1." in listed
    assert (
        "Since Nov 20, 2026, 8:06\u202fPM GMT+1 other sources of the pack stand in for it, until it has another."
        in listed
    )


async def test_where_nobody_stands_in_the_list_does_not_say_so(stage):
    await reads_a_pack(stage, problem=DEAD, gave_way_at=NOW)
    await stage.db.write(becomes, B, problem=DEAD, gave_way_at=NOW)
    listed = said(await stage.types("/sources list"))
    assert "stand in" not in listed
    assert listed.count("Nothing comes from it until it answers again; I keep asking.") == 2


async def test_a_blip_of_a_pack_is_told_as_that_of_any_source(stage):
    listed = await reads_a_pack(stage, problem=DEAD)
    assert "stand in" not in listed
    assert "I keep asking" in listed


async def test_sources_in_another_language_than_the_chats_are_told_apart(stage):
    await reads_a_pack(stage, language="ru")
    await stage.db.write(becomes, B, language="en")
    listed = said(await stage.types("/sources list")).splitlines()
    (russian,) = [line for line in listed if "pack.example/a" in line or "Русский" in line]
    assert "Русский" in russian
    assert not any("English" in line for line in listed)


async def test_members_see_the_list_without_what_only_admins_can_do(stage):
    await stage.types("/sources follow crypto")
    assert buttons(await stage.types("/sources list", MEMBER)) == []
    assert button(await stage.types("/sources list"), "#1").role == "danger"


async def test_the_menu_shows_members_no_button_that_would_refuse_them(stage):
    await stage.speaks("en")
    await stage.types("/sources follow crypto")
    menu = await stage.types("/sources", MEMBER)
    assert [one.id for one in buttons(menu)] == ["c:sources:list"]
    assert "The admins of this chat choose what I post." in said(menu)
    assert "Press a pack" not in said(menu)
    assert "The admins of this chat" not in said(await stage.types("/sources"))


async def test_the_list_has_one_numbering_and_no_bullets_beside_it(stage):
    await stage.speaks("en")
    stage.feeds.at[SITE] = [FEED]
    await adds(stage, SITE)
    await stage.types("/sources follow crypto")
    await stage.db.write(reads, (await stage.follows())[-1].id, "https://pack.example/feed")
    card = (await stage.types("/sources list")).card
    assert [line.kind for line in card.lines] == ["heading", "text", "note"]
    for text in (telegram.render(card).text, str(discord.render(card).components[0]["content"])):
        numbered = [row.replace("\\", "") for row in text.splitlines() if "not read yet" in row or "Crypto" in row]
        assert [row[:2] for row in numbered] == ["1.", "2.", "– "]


async def test_a_long_list_says_how_the_others_are_removed(stage):
    await stage.types("/sources follow crypto")
    chat = await stage.chat()
    for number in range(25):
        assert ("/sources remove 21" in said(await stage.types("/sources list"))) == (number > 19)
        await stage.db.write(subscriptions.follow_pack, chat.id, f"pack{number}", ADMIN, NOW)


async def test_a_long_list_has_no_more_buttons_than_fit(stage):
    await stage.types("/sources follow crypto")
    chat = await stage.chat()
    for number in range(30):
        await stage.db.write(subscriptions.follow_pack, chat.id, f"pack{number}", ADMIN, NOW)
    rows = (await stage.types("/sources list")).card.buttons
    assert len(rows) <= 5
    assert all(len(row) <= 5 for row in rows)


# --- removing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "1",
        "#1",
        "https://example.com/feed.xml",
        "example.com/feed.xml",
        "http://www.example.com/feed.xml/",
        "https://news.example.com",
        "EXAMPLE.com",
        "example <news> {n}",
    ],
)
async def test_a_feed_is_removed_by_its_place_its_address_its_site_or_its_title(stage, words):
    stage.feeds.at[SITE] = [FEED]
    await adds(stage, SITE)
    await stage.types("/sources follow crypto")
    await stage.db.write(becomes, FEED.url, site_url="https://news.example.com/")
    answer = await stage.types(f"/sources remove {words}")
    assert FEED.title in said(answer)
    assert [one.pack for one in await stage.follows()] == ["crypto"]
    assert (await stage.log())[-1].old == FEED.url


@pytest.mark.parametrize("words", ["remove crypto", "unfollow Crypto", "remove 1"])
async def test_a_pack_is_removed_by_its_name_or_place(stage, words):
    await stage.types("/sources follow crypto")
    await stage.types(f"/sources {words}")
    assert await stage.follows() == []


async def test_a_site_with_two_feeds_asks_for_the_number(stage):
    stage.feeds.at |= {FEED.url: [FEED], SECOND.url: [SECOND]}
    await adds(stage, FEED.url)
    await adds(stage, SECOND.url)
    assert "/sources list" in said(await stage.types("/sources remove example.com"))
    assert len(await stage.follows()) == 2


@pytest.mark.parametrize(
    "words", ["", "0", "2", "#99", "#x", "-1", "99999999999999999999", "²", "other.example", "tech"]
)
async def test_what_the_chat_does_not_follow_is_not_removed(stage, words):
    await stage.types("/sources follow crypto")
    answer = await stage.types(f"/sources remove {words}")
    assert answer.private
    assert len(await stage.follows()) == 1


async def test_a_removal_by_place_that_is_told_twice_removes_one(stage):
    await stage.types("/sources follow crypto")
    await stage.types("/sources follow tech")
    for _ in range(2):
        await stage.types("/sources remove 1", event_id="told twice")
    assert [one.pack for one in await stage.follows()] == ["tech"]


async def test_a_stale_remove_button_removes_nothing_else(stage):
    await stage.types("/sources follow crypto")
    await stage.types("/sources follow tech")
    listed = await stage.types("/sources list")
    first = button(listed, "remove #1")
    for _ in range(2):
        await stage.presses(first)
    assert [one.pack for one in await stage.follows()] == ["tech"]


# --- who may, and what is offered ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["follow tech", "add https://example.com", "remove crypto", "remove 1"])
async def test_members_change_nothing(stage, words):
    stage.feeds.at[SITE] = [FEED]
    await stage.types("/sources follow crypto")
    for answer in (await stage.types(f"/sources {words}", MEMBER), await stage.presses(f"c:sources:{words}", MEMBER)):
        assert refusal(answer, ONLY_ADMINS, "fr")
        assert answer.follow_up is None
    assert [one.pack for one in await stage.follows()] == ["crypto"]
    assert len(await stage.log()) == 1


async def test_words_that_are_no_command_are_answered_with_examples(stage):
    answer = await stage.types("/sources {dance} follow crypto")
    assert answer.private
    assert "{dance}" in said(answer)
    assert "/sources follow crypto" in said(answer)
    assert await stage.follows() == []


async def offered(stage, typed, subcommand="remove", parameter="address"):
    event = ChoicesWanted(GROUP, ADMIN, "sources", subcommand, parameter, typed)
    return [(choice.value, choice.label) for choice in (await stage.commands.choices(event)).choices]


async def test_what_can_be_removed_is_suggested_by_name(stage):
    assert await offered(stage, "") == []
    stage.feeds.at[SITE] = [FEED]
    await adds(stage, SITE)
    await stage.types("/sources follow crypto")
    assert await offered(stage, "") == [("#1", FEED.title), ("#2", "Crypto")]
    assert await offered(stage, "CRY") == [("#2", "Crypto")]
    assert await offered(stage, FEED.url) == await offered(stage, "http") == [("#1", FEED.title)]
    assert await offered(stage, "", "follow", "nonsense") == []
    await stage.fills_in("sources", "remove", address="#2")
    assert await urls(stage) == [FEED.url]


def test_the_packs_of_news_apis_go_by_their_own_names() -> None:
    assert [pack_title(name) for name in ("coinstats", "cryptopanic")] == [
        Phrase("{name}", {"name": "CoinStats"}),
        Phrase("{name}", {"name": "CryptoPanic"}),
    ]
