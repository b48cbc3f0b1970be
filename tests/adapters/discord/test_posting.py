"""Stories that Newstally posts on Discord."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from adapters.discord.rights import NO_SEND
from bot.errors import CardRejected, ChatGone, PlatformDown, Throttled, Unconfirmed
from bot.model import Actor, Ballot, ChatRef, MessageRef, Picture
from bot.pace import Pacer
from bot.ports import Capabilities, Traffic
from tests.around import FREE, Noted

SEND = "/channels/{}/messages"
EDIT = "/channels/{}/messages/{}"


def words(message) -> str:
    def found(components):
        for component in components:
            yield component.get("content", "")
            yield component.get("label", "")
            yield from found(component.get("components", []))

    return "\n".join(word for word in found(message.components) if word)


async def test_a_post_shows_the_story_and_its_buttons(world, place, core, story):
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)

    [message] = world.server.messages(place.news)
    assert ref == MessageRef(place.chat, message.id)
    assert "[Rates stay](https://news.example/1)" in words(message)
    assert "🐂 Bullish 0" in words(message)
    assert world.pace.turns[-1] == (Traffic.POST, ("discord", f"discord:{place.news.id}/send"))


async def test_the_same_key_twice_gives_one_message(world, place, core, story):
    async with world.running(core) as adapter:
        first = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        second = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        other = await adapter.send(place.chat, story(delivery=8), key="n8", departure=FREE)

    assert first == second != other
    assert len(world.server.messages(place.news)) == 2


async def test_an_answer_lost_on_the_way_leaves_a_doubt_that_the_key_resolves(world, place, core, story):
    async with world.running(core) as adapter:
        world.server.reset("POST", SEND, when="after")
        with pytest.raises(Unconfirmed):
            await adapter.send(place.chat, story(), key="n7", departure=FREE)
        found = await adapter.find(place.chat, "v:7:b")
        again = await adapter.send(place.chat, story(), key="n7", departure=FREE)

    assert found == again
    assert len(world.server.messages(place.news)) == 1


async def test_what_surely_wasnt_sent_is_no_doubt(world, place, core, story):
    async with world.running(core) as adapter:
        world.server.fail("POST", SEND, 503)
        with pytest.raises(PlatformDown):
            await adapter.send(place.chat, story(), key="n7", departure=FREE)
        world.server.fail("POST", SEND, 500)
        with pytest.raises(Unconfirmed):
            await adapter.send(place.chat, story(), key="n7", departure=FREE)

    sent = [one for one in world.server.requests if one.method == "POST" and one.path.endswith("/messages")]
    assert len(sent) == 2, "no hidden retries"


async def test_what_the_library_holds_back_after_its_turn_has_not_left(world, place, core, story):
    first, second = Noted(world.pace), Noted(world.pace)
    async with world.running(core) as adapter, asyncio.TaskGroup() as tasks:
        held = world.server.hold("POST", SEND)
        tasks.create_task(adapter.send(place.chat, story(), key="n7", departure=first))
        await held.arrived.wait()
        turns = len(world.pace.turns)
        tasks.create_task(adapter.send(place.chat, story(delivery=8), key="n8", departure=second))
        for _until_it_has_had_its_turn in range(5):
            await asyncio.sleep(0)
        assert (len(world.pace.turns), first.told, second.told) == (turns + 1, [("leaving", turns)], [])
        held.release()
    assert second.told == [("leaving", turns + 1)]


async def test_a_message_that_is_refused_and_sent_plainer_leaves_anew(world, place, core, story):
    noted = Noted(world.pace)
    async with world.running(core) as adapter:
        turns = len(world.pace.turns)
        world.server.fail("POST", SEND, 400)
        await adapter.send(
            place.chat, replace(story(), picture=Picture("https://p.example/a.png")), key="n7", departure=noted
        )
    assert noted.told == [("leaving", turns + 1), ("refused", turns + 1), ("leaving", turns + 2)]


async def test_a_forums_thread_leaves_once(world, place, core, story):
    forum = await world.server.create_forum(place.guild, "stories")
    noted = Noted(world.pace)
    async with world.running(core) as adapter:
        await adapter.send(ChatRef("discord", forum.id), story(), key="n7", departure=noted)
    assert [what for what, _ in noted.told] == ["leaving"]


async def test_before_it_is_connected_nothing_is_sent(world, place, story):
    with pytest.raises(PlatformDown):
        await world.adapter().send(place.chat, story(), key="n7", departure=FREE)


async def test_a_post_never_pings(world, place, core, story):
    await world.server.set_bot_permissions(place.guild, "VIEW_CHANNEL", "SEND_MESSAGES", "MENTION_EVERYONE")
    hostile = f"@everyone <@{place.ann.id}> <@&{place.guild.id}> look"
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(hostile), key="n7", departure=FREE)
        await adapter.edit(ref, story(hostile, tally=(1, 0)))

    assert world.server.pings == []


async def test_an_edit_redraws_and_an_unchanged_one_is_success(world, place, core, story):
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        await adapter.edit(ref, story(tally=(2, 1)))
        await adapter.edit(ref, story(tally=(2, 1)))

    message = world.server.message(ref.id)
    assert "🐂 Bullish 2" in words(message)
    assert "🐻 Bearish 1" in words(message)
    assert world.pace.turns[-1] == (Traffic.EDIT, ("discord", f"discord:{place.news.id}/edit"))


async def test_an_edit_of_a_deleted_message_is_given_up(world, place, core, story):
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        await world.server.delete_message(world.server.message(ref.id))
        with pytest.raises(CardRejected):
            await adapter.edit(ref, story())


async def test_a_picture_that_discord_refuses_costs_only_itself(world, place, core, story):
    card = story()
    card = type(card)(card.language, card.lines, card.buttons, Picture("https://p.example/a.png"))
    async with world.running(core) as adapter:
        world.server.fail("POST", SEND, 400)
        await adapter.send(place.chat, card, key="n7", departure=FREE)

    [message] = world.server.messages(place.news)
    assert "Rates stay" in words(message)
    assert [component["type"] for component in message.components[0]["components"]] == [10]


async def test_both_emoji_are_seeded_and_seeding_twice_changes_nothing(world, place, core, story):
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        await adapter.seed(ref, adapter.ballot)
        await adapter.seed(ref, adapter.ballot)

    reactions = world.server.message(ref.id).reactions
    assert list(reactions) == ["🐂", "🐻"]
    assert all(list(reaction.normal) == [world.server.bot.id] for reaction in reactions.values())
    assert (Traffic.SEED, ("discord", f"discord:{place.news.id}/react")) in world.pace.turns


async def test_seeds_that_cant_be_put_are_passed_over(world, place, core, story):
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        await adapter.seed(ref, Ballot(("✅no",), ("🐻",)))
        await world.server.set_bot_permissions(place.guild, "VIEW_CHANNEL", "SEND_MESSAGES", "READ_MESSAGE_HISTORY")
        await world.server.overwrite(place.news, "bot", deny=["ADD_REACTIONS"])
        await adapter.seed(ref, adapter.ballot)

    assert list(world.server.message(ref.id).reactions) == ["🐻"]


async def test_a_channel_where_we_may_not_write_is_paused_with_a_word_how_to_mend_it(world, place, core, story):
    await world.server.overwrite(place.news, "bot", deny=["SEND_MESSAGES"])
    async with world.running(core) as adapter:
        with pytest.raises(ChatGone, match="Send Messages"):
            await adapter.send(place.chat, story(), key="n7", departure=FREE)
        rights = await adapter.capabilities(place.chat)

    assert not rights.posts
    assert rights.missing == (NO_SEND,)


@pytest.mark.parametrize("number", ["123456789012345678", "general", "-5"])
async def test_a_channel_that_isnt_there_is_gone(world, place, core, story, number):
    async with world.running(core) as adapter:
        with pytest.raises(ChatGone):
            await adapter.send(ChatRef("discord", number), story(), key="n7", departure=FREE)
        with pytest.raises(ChatGone):
            await adapter.capabilities(ChatRef("discord", number))


async def test_a_channel_that_we_cant_see_is_gone(world, place, core, story):
    await world.server.overwrite(place.news, "bot", deny=["VIEW_CHANNEL"])
    async with world.running(core) as adapter:
        with pytest.raises(ChatGone):
            await adapter.send(place.chat, story(), key="n7", departure=FREE)


async def test_everything_is_allowed_by_the_rights_of_the_invitation(world, place, core):
    async with world.running(core) as adapter:
        assert await adapter.capabilities(place.chat) == Capabilities()


@pytest.mark.parametrize(("scope", "shut"), [("user", "discord:{}/send"), ("global", "discord")])
async def test_a_429_is_told_at_once_and_shuts_what_it_concerns(world, place, core, story, scope, shut):
    async with world.running(core) as adapter:
        world.server.fail("POST", SEND, 429, retry_after=3.0, scope=scope)
        with pytest.raises(Throttled) as slowed:
            await adapter.send(place.chat, story(), key="n7", departure=FREE)

    assert slowed.value.retry_after >= 3.0
    [(name, seconds)] = world.pace.penalties
    assert name == shut.format(place.news.id)
    assert seconds >= 3.0


async def test_a_429_of_the_proxy_is_one_too(world, place, core, story):
    async with world.running(core) as adapter:
        world.server.fail("POST", SEND, 429, retry_after=3.0, via=False)
        with pytest.raises(Throttled):
            await adapter.send(place.chat, story(), key="n7", departure=FREE)


async def test_many_posts_and_seeds_at_once_provoke_no_429(world, place, core, story):
    world.server.limits.real()
    world.pace = Pacer()
    chats = [ChatRef("discord", (await world.server.create_text(place.guild)).id) for _ in range(55)]
    async with world.running(core) as adapter:
        posts = await asyncio.gather(
            *(
                adapter.send(chat, story(delivery=number), key=f"n{number}", departure=FREE)
                for number, chat in enumerate(chats)
            )
        )
        await asyncio.gather(*(adapter.seed(post, adapter.ballot) for post in posts[:5]))

    assert world.server.throttled == []


async def test_a_story_in_a_forum_is_a_thread_that_can_be_edited_seeded_and_found(world, place, core, story):
    forum = await world.server.create_forum(place.guild, "stories", tags=["news"], require_tag=True)
    chat = ChatRef("discord", forum.id)
    async with world.running(core) as adapter:
        ref = await adapter.send(chat, story("Rates stay"), key="n7", departure=FREE)
        other = await adapter.send(chat, story("Rates fall", delivery=8), key="n8", departure=FREE)
        await adapter.edit(ref, story("Rates stay", tally=(1, 0)))
        await adapter.seed(ref, adapter.ballot)
        found = [await adapter.find(chat, f"v:{delivery}:b") for delivery in (7, 8, 9)]

    thread = world.server.channel(ref.chat.id)
    assert (thread.name, thread.parent, ref.id) == ("Rates stay", forum, thread.id)
    assert thread.applied_tags == [forum.tags[0].id]
    assert "🐂 Bullish 1" in words(world.server.message(ref.id))
    assert found == [ref, other, None]


async def test_a_forums_thread_is_found_in_the_archive_too(world, place, core, story):
    forum = await world.server.create_forum(place.guild, "stories")
    async with world.running(core) as adapter:
        ref = await adapter.send(ChatRef("discord", forum.id), story(), key="n7", departure=FREE)
        await world.server.archive(world.server.channel(ref.chat.id))
        assert await adapter.find(ChatRef("discord", forum.id), "v:7:b") == ref


async def test_a_broken_answer_opens_no_second_thread(world, place, core, story):
    forum = await world.server.create_forum(place.guild, "stories")
    async with world.running(core) as adapter:
        world.server.fail("POST", "/channels/{}/threads", 502, when="after")
        with pytest.raises(Unconfirmed):
            await adapter.send(ChatRef("discord", forum.id), story(), key="n7", departure=FREE)
        assert await adapter.find(ChatRef("discord", forum.id), "v:7:b") is not None

    assert len(place.guild.threads()) == 1


async def test_a_thread_that_fell_asleep_is_woken_for_the_last_edit(world, place, core, story, last_card):
    thread = await world.server.create_thread(place.ann, place.news, "talk")
    chat = ChatRef("discord", thread.id)
    async with world.running(core) as adapter:
        ref = await adapter.send(chat, story(), key="n7", departure=FREE)
        await world.server.archive(thread)
        await adapter.edit(ref, last_card("It is over"))

    assert "It is over" in words(world.server.message(ref.id))


async def test_a_locked_thread_keeps_its_last_tally(world, place, core, story, last_card):
    thread = await world.server.create_thread(place.ann, place.news, "talk")
    async with world.running(core) as adapter:
        ref = await adapter.send(ChatRef("discord", thread.id), story(), key="n7", departure=FREE)
        await world.server.archive(thread, locked=True)
        with pytest.raises(CardRejected):
            await adapter.edit(ref, last_card("It is over"))


async def test_announcement_channels_are_posted_in_like_others(world, place, core, story):
    channel = await world.server.create_announcement(place.guild)
    async with world.running(core) as adapter:
        await adapter.send(ChatRef("discord", channel.id), story(), key="n7", departure=FREE)

    assert len(world.server.messages(channel)) == 1


async def test_only_our_own_messages_are_found(world, place, core, story):
    async with world.running(core) as adapter:
        assert await adapter.find(place.chat, "v:7:b") is None
        await adapter.send(place.chat, story(), key="n7", departure=FREE)
        newest = await adapter.send(place.chat, story(), key="n9", departure=FREE)
        await world.server.say(place.bob, place.news, "v:7:b")
        assert await adapter.find(place.chat, "v:7:b") == newest
        assert await adapter.find(place.chat, "v:8:b") is None


async def test_without_the_history_we_dont_pretend_to_have_looked(world, place, core):
    await world.server.overwrite(place.news, "bot", deny=["READ_MESSAGE_HISTORY"])
    async with world.running(core) as adapter:
        with pytest.raises(PlatformDown, match="Read Message History"):
            await adapter.find(place.chat, "v:7:b")


async def test_who_may_manage_the_server_is_an_admin_of_its_chats(world, place, core):
    elsewhere = await world.server.create_guild("Elsewhere")
    await world.server.invite_bot(elsewhere)
    far = ChatRef("discord", (await world.server.create_text(elsewhere)).id)
    async with world.running(core) as adapter:
        ann, bob = Actor("discord", place.ann.id), Actor("discord", place.bob.id)
        assert await adapter.is_admin(place.chat, ann)
        assert not await adapter.is_admin(place.chat, bob)
        assert not await adapter.is_admin(far, ann)
        assert list(await adapter.administered(ann, [place.chat, far])) == [place.chat]


async def test_a_direct_message_is_its_recipients_alone(world, place, core):
    whisper = await world.server.whisper(place.bob, "hello")
    alone = ChatRef("discord", whisper.channel.id)
    async with world.running(core) as adapter:
        assert await adapter.is_admin(alone, Actor("discord", place.bob.id))
        assert not await adapter.is_admin(alone, Actor("discord", place.ann.id))
        assert list(await adapter.administered(Actor("discord", place.ann.id), [alone])) == []
