"""The emulated Telegram, told as stories by the real python-telegram-bot over a socket."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChatAdministrators,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    MessageEntity,
    ReactionTypeEmoji,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from tests.emulators.telegram import CannotDo, Limits, TelegramServer
from tests.emulators.telegram.errors import ApiError
from tests.emulators.telegram.text import TEXT_LIMIT, finish, read

# python-telegram-bot warns each time it raises RetryAfter that the attribute will be a timedelta one day
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


@dataclass
class Clock:
    """Time that moves when told to."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tg(clock: Clock) -> AsyncIterator[TelegramServer]:
    async with TelegramServer(clock=clock) as server:
        yield server


@pytest.fixture
async def bot(tg: TelegramServer) -> AsyncIterator[Bot]:
    # proxies of the environment must not come between the test and loopback
    requests = [HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2)]
    bot = Bot(tg.token, tg.base_url, tg.base_file_url, request=requests[0], get_updates_request=requests[1])
    async with bot:
        yield bot


def png(width: int = 4, height: int = 4) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x2a\x7f\xd4" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def drain(bot: Bot, allowed: list[str] | None = None) -> None:
    """Forgets what is waiting."""
    for update in await bot.get_updates(offset=-1, allowed_updates=allowed):
        await bot.get_updates(offset=update.update_id + 1)


VOTE = InlineKeyboardMarkup(
    [[InlineKeyboardButton("👍 0", callback_data="v:up"), InlineKeyboardButton("👎 0", callback_data="v:down")]]
)


async def test_a_bot_posts_and_edits_what_members_read(tg: TelegramServer, bot: Bot) -> None:
    ann = tg.add_user("Ann")
    group = tg.create_supergroup("Readers", members=[ann])
    tg.add_bot(group)
    sent = await bot.send_message(
        group.id,
        "<b>Rates up</b> &amp; away",
        parse_mode="HTML",
        reply_markup=VOTE,
        link_preview_options=LinkPreviewOptions(url="https://example.org/x", show_above_text=True),
    )
    assert sent.text == "Rates up & away"
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [("bold", 0, 8)]
    assert [b["text"] for b in tg.buttons(group, sent.message_id)] == ["👍 0", "👎 0"]
    await bot.edit_message_text("Rates down", group.id, sent.message_id, entities=[MessageEntity("italic", 6, 4)])
    shown = tg.last_message(group)
    assert (shown.text, shown.entities[0]["type"], shown.keyboard) == ("Rates down", "italic", None)


async def test_an_unchanged_edit_is_refused_in_the_servers_words(tg: TelegramServer, bot: Bot) -> None:
    chat = tg.create_private(tg.add_user("Ann"))
    sent = await bot.send_message(chat.id, "same")
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content and reply markup"):
        await bot.edit_message_text("same", chat.id, sent.message_id)


async def test_updates_are_kept_until_they_are_acknowledged(tg: TelegramServer, bot: Bot) -> None:
    ann = tg.add_user("Ann", language_code="hy")
    chat = tg.create_private(ann)
    for text in ("one", "two", "three"):
        tg.say(ann, chat, text)
    first = await bot.get_updates(limit=2)
    assert [u.message.text for u in first if u.message] == ["one", "two"]
    assert len(await bot.get_updates()) == 3
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [u.message.text for u in rest if u.message] == ["three"]
    assert await bot.get_updates(offset=rest[-1].update_id + 1) == ()


async def test_a_negative_offset_forgets_all_but_the_last(tg: TelegramServer, bot: Bot) -> None:
    ann = tg.add_user("Ann")
    chat = tg.create_private(ann)
    for text in ("one", "two", "three"):
        tg.say(ann, chat, text)
    assert [u.message.text for u in await bot.get_updates(offset=-1) if u.message] == ["three"]
    assert len(await bot.get_updates()) == 1


async def test_a_long_poll_ends_as_soon_as_somebody_writes(tg: TelegramServer, bot: Bot) -> None:
    ann = tg.add_user("Ann")
    chat = tg.create_private(ann)
    polling = asyncio.create_task(bot.get_updates(timeout=30))
    await tg.wait_for(lambda: tg.bot.queue.is_polled)
    tg.say(ann, chat, "hello")
    (update,) = await polling
    assert update.message
    assert update.message.text == "hello"


async def test_two_pollers_on_one_token_are_in_conflict(tg: TelegramServer, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await tg.wait_for(lambda: tg.bot.queue.is_polled)
    async with aiohttp.ClientSession() as session:
        second = asyncio.create_task(session.get(f"{tg.base_url}{tg.token}/getUpdates?timeout=30"))
        with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot"):
            await first
        tg.bot.queue.release()
        assert (await second).status == 200


async def test_updates_older_than_a_day_are_gone(tg: TelegramServer, bot: Bot, clock: Clock) -> None:
    ann = tg.add_user("Ann")
    chat = tg.create_private(ann)
    tg.say(ann, chat, "old")
    clock.now += 86_399
    assert len(await bot.get_updates()) == 1
    clock.now += 1
    assert await bot.get_updates() == ()


async def test_update_ids_may_start_lower_after_a_quiet_week(tg: TelegramServer, bot: Bot) -> None:
    ann = tg.add_user("Ann")
    chat = tg.create_private(ann)
    tg.say(ann, chat, "before")
    (before,) = await bot.get_updates()
    await bot.get_updates(offset=before.update_id + 1)
    tg.renumber_updates(17)
    tg.say(ann, chat, "after")
    (after,) = await bot.get_updates(offset=before.update_id + 1)
    assert after.update_id == 17


async def test_allowed_updates_stay_until_they_are_given_again(tg: TelegramServer, bot: Bot) -> None:
    group = tg.create_supergroup("Readers", members=[ann := tg.add_user("Ann")])
    tg.add_bot(group, "admin")
    await drain(bot, ["message_reaction"])
    sent = await bot.send_message(group.id, "story")
    tg.say(ann, group, "not wanted")
    tg.react(ann, group, sent.message_id, ["👍"])
    updates = await bot.get_updates()
    assert [u.message_reaction is not None for u in updates] == [True]
    await bot.get_updates(offset=updates[-1].update_id + 1, allowed_updates=["nonsense"])
    tg.react(ann, group, sent.message_id, ["👎"])
    tg.say(ann, group, "wanted again")
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["wanted again"]


async def reacting_group(tg: TelegramServer, bot: Bot, rights: str | None = "admin") -> tuple[int, int]:
    group = tg.create_supergroup("Readers")
    tg.add_bot(group, rights)
    sent = await bot.send_message(group.id, "story")
    await drain(bot, Update.ALL_TYPES)
    return group.id, sent.message_id


async def reactions_seen(bot: Bot) -> list[tuple[list[str], list[str]]]:
    def chars(kinds: tuple[object, ...]) -> list[str]:
        return [kind.emoji for kind in kinds if isinstance(kind, ReactionTypeEmoji)]

    seen = [u.message_reaction for u in await bot.get_updates() if u.message_reaction]
    return [(chars(r.old_reaction), chars(r.new_reaction)) for r in seen]


async def test_a_group_tells_each_members_whole_set(tg: TelegramServer, bot: Bot) -> None:
    chat_id, message_id = await reacting_group(tg, bot)
    group, bo = tg.world.chats[chat_id], tg.add_user("Bo", is_premium=True)
    tg.join(group, bo)
    tg.react(bo, group, message_id, ["👍"])
    tg.react(bo, group, message_id, ["👍", "👎"])
    tg.react(bo, group, message_id, [])
    assert await reactions_seen(bot) == [([], ["👍"]), (["👍"], ["👍", "👎"]), (["👍", "👎"], [])]


async def test_only_administrators_hear_of_reactions(tg: TelegramServer, bot: Bot) -> None:
    chat_id, message_id = await reacting_group(tg, bot, rights=None)
    group = tg.world.chats[chat_id]
    tg.react(tg.owner(group), group, message_id, ["👍"])
    assert await reactions_seen(bot) == []


async def test_an_anonymous_administrator_and_a_channel_react_as_chats(tg: TelegramServer, bot: Bot) -> None:
    chat_id, message_id = await reacting_group(tg, bot)
    group, channel = tg.world.chats[chat_id], tg.create_channel("Elsewhere")
    tg.set_anonymous(group, tg.owner(group))
    tg.react(tg.owner(group), group, message_id, ["🔥"])
    tg.react(channel, group, message_id, ["🎉"])
    found = [u.message_reaction for u in await bot.get_updates() if u.message_reaction]
    assert [(r.user, r.actor_chat.id) for r in found if r.actor_chat] == [(None, group.id), (None, channel.id)]


async def test_a_channel_tells_totals_in_groups_and_late(tg: TelegramServer, bot: Bot, clock: Clock) -> None:
    discussion = tg.create_supergroup("Talk")
    channel = tg.create_channel("News", discussion=discussion)
    tg.add_bot(channel)
    tg.add_bot(discussion, "admin")
    readers = [tg.add_user(name) for name in ("Ann", "Bo", "Chloé")]
    for reader in readers:
        tg.join(channel, reader)
    await bot.get_updates(allowed_updates=Update.ALL_TYPES)
    post = await bot.send_message(channel.id, "story")
    await bot.set_message_reaction(channel.id, post.message_id, "👍")
    for reader, kind in zip(readers, "👍👍🔥", strict=True):
        tg.react(reader, channel, post.message_id, [kind])
    assert not [u for u in await bot.get_updates() if u.message_reaction_count]
    clock.now += 61
    (count,) = [u.message_reaction_count for u in await bot.get_updates() if u.message_reaction_count]
    assert [(c.total_count, c.type.emoji) for c in count.reactions] == [(3, "👍"), (1, "🔥")]


async def test_a_channel_post_appears_in_its_discussion_group(tg: TelegramServer, bot: Bot) -> None:
    discussion = tg.create_supergroup("Talk")
    channel = tg.create_channel("News", discussion=discussion)
    tg.add_bot(channel)
    tg.add_bot(discussion, "admin")
    await drain(bot, Update.ALL_TYPES)
    post = await bot.send_message(channel.id, "story", reply_markup=VOTE)
    (forward,) = [u.message for u in await bot.get_updates() if u.message and u.message.is_automatic_forward]
    assert forward.forward_origin
    assert forward.forward_origin.message_id == post.message_id
    assert (forward.from_user.id, forward.sender_chat.id, forward.reply_markup) == (777000, channel.id, None)
    comment = await bot.send_message(discussion.id, "more", reply_to_message_id=forward.message_id)
    assert comment.reply_to_message
    assert comment.reply_to_message.message_id == forward.message_id
    assert (await bot.get_chat(channel.id)).linked_chat_id == discussion.id


async def test_a_bot_sets_one_of_the_free_reactions_only(tg: TelegramServer, bot: Bot) -> None:
    chat_id, message_id = await reacting_group(tg, bot)
    await bot.set_message_reaction(chat_id, message_id, ReactionTypeEmoji("👍"))
    for kinds, words in (
        ([ReactionTypeEmoji("🚀")], "Reaction_invalid"),
        ([ReactionTypeEmoji("❤️")], "Reaction_invalid"),
        ([ReactionTypeEmoji("👍"), ReactionTypeEmoji("👎")], "Reactions_too_many"),
    ):
        with pytest.raises(BadRequest, match=words):
            await bot.set_message_reaction(chat_id, message_id, kinds)
    tg.set_available_reactions(tg.world.chats[chat_id], ["👎"])
    with pytest.raises(BadRequest, match="Reaction_invalid"):
        await bot.set_message_reaction(chat_id, message_id, ReactionTypeEmoji("🔥"))
    assert await reactions_seen(bot) == []


async def test_get_chat_tells_all_reactions_from_none(tg: TelegramServer, bot: Bot) -> None:
    group = tg.create_supergroup("Readers")
    tg.add_bot(group)
    async with aiohttp.ClientSession() as session:

        async def raw_chat() -> dict[str, object]:
            async with session.get(f"{tg.base_url}{tg.token}/getChat?chat_id={group.id}") as answer:
                return (await answer.json())["result"]

        assert "available_reactions" not in await raw_chat()
        tg.set_available_reactions(group, [])
        assert (await raw_chat())["available_reactions"] == []
    assert (await bot.get_chat(group.id)).max_reaction_count == 11


async def test_a_press_is_answered_once_and_in_time(tg: TelegramServer, bot: Bot, clock: Clock) -> None:
    group = tg.create_group("Readers", members=[ann := tg.add_user("Ann")])
    tg.add_bot(group)
    sent = await bot.send_message(group.id, "story", reply_markup=VOTE)
    pressing = asyncio.create_task(tg.press(ann, group, sent.message_id, "👍 0"))
    await tg.wait_for(lambda: tg.world.presses)
    (query,) = [u.callback_query for u in await bot.get_updates() if u.callback_query]
    assert (query.data, query.from_user.id, query.message.message_id) == ("v:up", ann.id, sent.message_id)
    await query.answer("Counted")
    assert (await pressing).text == "Counted"
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await query.answer("Twice")
    late = tg.tap(ann, group, sent.message_id, "v:down")
    clock.now += 16
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(late.id)
    with pytest.raises(CannotDo, match="it has: 👍 0, 👎 0"):
        tg.tap(ann, group, sent.message_id, "maybe")


async def test_privacy_mode_hides_what_is_not_meant_for_the_bot(tg: TelegramServer, bot: Bot) -> None:
    group = tg.create_supergroup("Readers", members=[ann := tg.add_user("Ann")])
    other = tg.new_bot("Other", "other_bot", privacy=False)
    tg.add_bot(group)
    tg.add_bot(group, bot=other)
    sent = await bot.send_message(group.id, "story")
    await drain(bot)
    tg.say(ann, group, "chatter")
    tg.say(ann, group, "/status")
    tg.say(ann, group, "/status@other_bot")
    tg.say(ann, group, "/help@Newstally_Bot")
    tg.say(ann, group, "why?", reply_to=sent.message_id)
    seen = [u.message.text for u in await bot.get_updates() if u.message]
    assert seen == ["/status", "/help@Newstally_Bot", "why?"]
    assert len(other.queue.entries) > len(seen)
    tg.promote(group, ["can_delete_messages"])
    tg.say(ann, group, "chatter, heard")
    assert [u.message.text for u in await bot.get_updates(offset=-1) if u.message] == ["chatter, heard"]


async def test_the_bot_learns_of_its_own_standing(tg: TelegramServer, bot: Bot) -> None:
    ann, group = tg.add_user("Ann"), tg.create_supergroup("Readers")
    tg.add_bot(group)
    tg.promote(group, ["can_pin_messages"])
    tg.demote(group)
    tg.remove(group)
    tg.block(ann)
    tg.unblock(ann)
    changes = [u.my_chat_member for u in await bot.get_updates() if u.my_chat_member]
    told = [(c.chat.type, c.old_chat_member.status, c.new_chat_member.status) for c in changes]
    assert told == [
        ("supergroup", "left", "member"),
        ("supergroup", "member", "administrator"),
        ("supergroup", "administrator", "member"),
        ("supergroup", "member", "kicked"),
        ("private", "member", "kicked"),
        ("private", "kicked", "member"),
    ]
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(group.id, "anybody?")


async def test_a_group_becomes_a_supergroup_and_old_messages_stay_editable(tg: TelegramServer, bot: Bot) -> None:
    group = tg.create_group("Readers")
    tg.add_bot(group)
    sent = await bot.send_message(group.id, "story")
    new = tg.migrate(group)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "again")
    assert moved.value.new_chat_id == new.id
    await bot.edit_message_text("story, corrected", group.id, sent.message_id)
    told = [u.message for u in await bot.get_updates() if u.message]
    assert [m.migrate_to_chat_id for m in told if m.migrate_to_chat_id] == [new.id]
    assert [m.migrate_from_chat_id for m in told if m.migrate_from_chat_id] == [group.id]
    assert (await bot.send_message(new.id, "here now")).message_id == 2


async def test_topics_general_is_the_absence_of_a_thread(tg: TelegramServer, bot: Bot) -> None:
    tg.limits = Limits.off()
    forum = tg.create_forum("Readers")
    tg.add_bot(forum, ["can_manage_topics"])
    topic = await bot.create_forum_topic(forum.id, "Crypto")
    sent = await bot.send_message(forum.id, "story", message_thread_id=topic.message_thread_id)
    assert sent.is_topic_message
    assert sent.reply_to_message
    assert sent.reply_to_message.forum_topic_created
    assert (await bot.send_message(forum.id, "in General")).message_thread_id is None
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "no", message_thread_id=1)
    await bot.close_forum_topic(forum.id, topic.message_thread_id)
    await bot.send_message(forum.id, "managers may", message_thread_id=topic.message_thread_id)
    tg.demote(forum)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.id, "no", message_thread_id=topic.message_thread_id)


async def test_pictures_by_upload_by_id_and_by_address(tg: TelegramServer, bot: Bot) -> None:
    chat = tg.create_private(tg.add_user("Ann"))
    uploaded = await bot.send_photo(chat.id, png(400, 300), caption="<i>fig. 1</i>", parse_mode="HTML")
    assert (uploaded.photo[-1].width, uploaded.caption) == (400, "fig. 1")
    again = await bot.send_photo(chat.id, uploaded.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == uploaded.photo[-1].file_unique_id
    unique_id = tg.last_message(chat).picture.unique_id
    assert (await bot.send_photo(chat.id, f"{tg.url}/_picture/{unique_id}")).photo
    for address, words in (
        (f"{tg.url}/_picture/none", "Failed to get http url content"),
        (f"{tg.url}/", "Wrong type of the web page content"),
        ("http://127.0.0.1:9/x.png", "Wrong file identifier/http url specified"),
    ):
        with pytest.raises(BadRequest, match=words):
            await bot.send_photo(chat.id, address)
    file = await bot.get_file(uploaded.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == png(400, 300)


async def test_text_turns_into_a_picture_but_not_back(tg: TelegramServer, bot: Bot) -> None:
    tg.limits = Limits.off()
    chat = tg.create_private(tg.add_user("Ann"))
    sent = await bot.send_message(chat.id, "story")
    await bot.edit_message_media(InputMediaPhoto(png(), caption="now seen"), chat.id, sent.message_id)
    assert tg.last_message(chat).picture
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("story", chat.id, sent.message_id)
    album = await bot.send_media_group(chat.id, [InputMediaPhoto(png(5)), InputMediaPhoto(png(6))], caption="two")
    assert album[0].media_group_id == album[1].media_group_id
    assert album[0].caption == "two"


async def test_the_strict_limits_and_what_ignoring_them_costs(tg: TelegramServer, bot: Bot, clock: Clock) -> None:
    chat = tg.create_private(tg.add_user("Ann"))
    for number in range(3):
        await bot.send_message(chat.id, f"burst {number}")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "one too many")
    clock.now += tg.throttled[-1].retry_after
    await bot.send_message(chat.id, "patient")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "impatient")
    clock.now += 0.5
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "still in the same breath")
    assert [(t.scope, t.retry_after) for t in tg.throttled] == [("chat", 1)] * 3
    tg.limits = Limits(chat_burst=1)
    await bot.send_message(chat.id, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "impatient")
    clock.now += 0.5
    tg.limits = Limits.off()
    for number in range(50):
        await bot.send_message(chat.id, f"free {number}")


async def test_twenty_a_minute_in_a_group_edits_included(tg: TelegramServer, bot: Bot, clock: Clock) -> None:
    group = tg.create_group("Readers")
    tg.add_bot(group)
    sent = await bot.send_message(group.id, "0")
    for number in range(1, 20):
        clock.now += 1
        await bot.edit_message_text(f"{number}", group.id, sent.message_id)
    clock.now += 1
    with pytest.raises(RetryAfter):
        await bot.send_message(group.id, "twenty-first")
    clock.now += 10
    with pytest.raises(RetryAfter):
        await bot.send_message(group.id, "already?")
    assert [(t.scope, t.retry_after) for t in tg.throttled] == [("group", 40), ("group", 35)]


async def test_trouble_on_demand(tg: TelegramServer, bot: Bot) -> None:
    chat = tg.create_private(tg.add_user("Ann"))
    tg.fail("sendMessage", 429, retry_after=7)
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "a")
    tg.fail("sendMessage", 502)
    with pytest.raises(NetworkError):
        await bot.send_message(chat.id, "b")
    tg.garble("sendMessage")
    with pytest.raises(TelegramError, match="Invalid server response"):
        await bot.send_message(chat.id, "c")
    tg.reset("sendMessage", when="before")
    with pytest.raises(NetworkError):
        await bot.send_message(chat.id, "d")
    assert tg.messages(chat) == []
    tg.reset("sendMessage", when="after")
    with pytest.raises(NetworkError):
        await bot.send_message(chat.id, "delivered, yet in doubt")
    assert [m.text for m in tg.messages(chat)] == ["delivered, yet in doubt"]
    held = tg.hold("sendMessage")
    sending = asyncio.create_task(bot.send_message(chat.id, "e"))
    await held.arrived.wait()
    assert len(tg.messages(chat)) == 1
    held.release()
    assert (await sending).text == "e"
    assert [r.status for r in tg.calls("sendMessage")] == [429, 502, 200, 0, 0, 200]


async def test_commands_are_shown_by_scope_and_language(tg: TelegramServer, bot: Bot) -> None:
    ann, dora = tg.add_user("Ann", language_code="en"), tg.add_user("Dora", language_code="de-at")
    group = tg.create_supergroup("Readers", owner=dora, members=[ann])
    tg.add_bot(group)
    private = tg.create_private(dora)
    await bot.set_my_commands([BotCommand("news", "Latest stories")])
    await bot.set_my_commands([BotCommand("news", "Neueste Meldungen")], language_code="de")
    await bot.set_my_commands([BotCommand("language", "Sprache")], BotCommandScopeAllPrivateChats())
    await bot.set_my_commands([BotCommand("setup", "Einrichten")], BotCommandScopeChatAdministrators(group.id))
    assert tg.commands_shown(ann, group)[0]["description"] == "Latest stories"
    assert tg.commands_shown(dora, group)[0]["command"] == "setup"
    assert tg.commands_shown(dora, private)[0]["command"] == "language"
    for code in ("pt-br", "PT", "zho"):
        with pytest.raises(BadRequest, match="Invalid language code specified"):
            await bot.set_my_commands([BotCommand("news", "x")], language_code=code)


async def test_a_poison_update_is_handed_out_as_it_is(tg: TelegramServer) -> None:
    update_id = tg.poison({"message": {"nonsense": True}})
    async with aiohttp.ClientSession() as session, session.get(f"{tg.base_url}{tg.token}/getUpdates") as answer:
        assert (await answer.json())["result"] == [{"message": {"nonsense": True}, "update_id": update_id}]


async def test_members_and_administrators(tg: TelegramServer, bot: Bot) -> None:
    group = tg.create_supergroup("Readers", members=[ann := tg.add_user("Ann")])
    tg.add_bot(group, "admin")
    tg.restrict(group, ann, can_send_messages=False)
    assert (await bot.get_chat_member(group.id, ann.id)).status == "restricted"
    admins = await bot.get_chat_administrators(group.id)
    assert {a.status for a in admins} == {"creator", "administrator"}
    assert await bot.get_chat_member_count(group.id) == 3
    assert (await bot.get_chat(group.id)).permissions.can_send_messages


async def test_a_person_plays_by_hand_in_the_browser(tg: TelegramServer, bot: Bot) -> None:
    ann = tg.add_user("Ann")
    group = tg.create_supergroup("Lesegruppe <deutsch>", owner=ann)
    tg.add_bot(group, "admin")
    sent = await bot.send_photo(
        group.id, png(), caption="<b>Zinsen</b> & <script>", caption_entities=[], reply_markup=VOTE
    )
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{tg.url}/") as answer:
            assert "Lesegruppe &lt;deutsch&gt;" in await answer.text()
        form = {"user": str(ann.id), "message_id": str(sent.message_id)}
        async with session.post(f"{tg.url}/_chat/{group.id}/react", data=form | {"reaction": "🔥"}) as answer:
            page = await answer.text()
        assert "🔥 1" in page
        assert "&lt;script&gt;" in page
        assert "👍 0" in page
        assert "/_picture/" in page
        pressing = asyncio.create_task(session.post(f"{tg.url}/_chat/{group.id}/press", data=form | {"button": "v:up"}))
        await tg.wait_for(lambda: tg.world.presses)
        await bot.answer_callback_query(next(iter(tg.world.presses)), "Danke!")
        assert "Danke!" in await (await pressing).text()
        async with session.post(f"{tg.url}/_chat/{group.id}/say", data=form | {"text": "Hallo"}) as answer:
            assert "Hallo" in await answer.text()
    assert tg.last_message(group).text == "Hallo"


async def test_another_process_acts_through_the_control_routes(tg: TelegramServer, bot: Bot) -> None:
    async with aiohttp.ClientSession() as session:

        async def act(action: str, **body: object) -> object:
            async with session.post(f"{tg.url}/_control/{action}", json=body) as answer:
                assert answer.status == 200, await answer.text()
                return (await answer.json())["result"]

        ann = await act("add_user", first_name="Ann", language_code="en")
        group = await act("create_supergroup", title="Readers", owner=ann["id"])
        await act("add_bot", chat=group["id"], rights="admin")
        await act("set_limits", off=True)
        sent = await bot.send_message(group["id"], "story", reply_markup=VOTE)
        pressing = asyncio.create_task(
            act("press", chat=group["id"], user=ann["id"], message_id=sent.message_id, button="👎 0")
        )
        await tg.wait_for(lambda: tg.world.presses)
        await bot.answer_callback_query(next(iter(tg.world.presses)), "ok")
        assert (await pressing)["text"] == "ok"
        await act("react", chat=group["id"], user=ann["id"], message_id=sent.message_id, reactions=["👍"])
        assert tg.last_message(tg.world.chats[group["id"]]).reactions
        assert [r["method"] for r in await act("requests", method="sendMessage")] == ["sendMessage"]


async def test_anonymous_administrators_and_channels_write_without_a_name(tg: TelegramServer, bot: Bot) -> None:
    group, channel = tg.create_supergroup("Readers"), tg.create_channel("Elsewhere")
    tg.add_bot(group, "admin")
    tg.set_anonymous(group, tg.owner(group))
    await drain(bot)
    tg.say(tg.owner(group), group, "/settings")
    tg.say(channel, group, "hello from a channel")
    first, second = [u.message for u in await bot.get_updates() if u.message]
    assert (first.from_user.id, first.sender_chat.id) == (1087968824, group.id)
    assert (second.from_user.is_bot, second.sender_chat.id) == (True, channel.id)


async def test_a_webhook_and_polling_exclude_each_other(tg: TelegramServer, bot: Bot) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=30))
    await tg.wait_for(lambda: tg.bot.queue.is_polled)
    await bot.set_webhook("https://bot.example.org/hook")
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await polling
    assert (await bot.get_webhook_info()).url == "https://bot.example.org/hook"
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_more_than_a_hundred_entities_are_dropped_silently(tg: TelegramServer, bot: Bot) -> None:
    chat = tg.create_private(tg.add_user("Ann"))
    spans = [MessageEntity("bold", 2 * n, 1) for n in range(150)]
    sent = await bot.send_message(chat.id, "x " * 150, entities=spans)
    assert len(sent.entities) == 100


PIECES = [
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    '<a href="x.org">',
    "</a>",
    "&amp;",
    "*",
    "_",
    "||",
    "`",
    "](",
    ")",
    "\n>",
    "a",
    "😀 ",
]


@given(st.sampled_from(["HTML", "MarkdownV2", "Markdown"]), st.lists(st.sampled_from(PIECES), max_size=12))
def test_whatever_the_markup_entities_nest_and_stay_inside_the_text(mode: str, pieces: list[str]) -> None:
    try:
        given_text = finish(read("".join(pieces), mode, None), limit=TEXT_LIMIT)
    except ApiError:
        return
    length = len(given_text.text.encode("utf-16-le")) // 2
    spans = [(e["offset"], e["offset"] + e["length"]) for e in given_text.entities]
    assert all(0 <= begin < end <= length for begin, end in spans)
    assert not any(a < c < b < d for a, b in spans for c, d in spans)
