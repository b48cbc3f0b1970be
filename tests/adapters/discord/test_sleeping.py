"""Posts in threads that fall asleep, and are woken by somebody or by nobody."""

from __future__ import annotations

import pytest

from adapters.discord import asleep
from bot.errors import CardRejected, PlatformDown, Throttled
from bot.model import ChatRef
from tests.emulators.discord.pages import words

THREAD = "/channels/{channel_id}"


@pytest.fixture
async def forum(world, place):
    return ChatRef("discord", (await world.server.create_forum(place.guild, "stories")).id)


async def asleep_with_a_post(world, adapter, forum, story):
    """A thread of ours that sleeps, and its post."""
    ref = await world.send(adapter, forum, story())
    thread = world.server.channel(ref.chat.id)
    await world.server.archive(thread)
    return thread, ref


async def test_votes_wake_no_thread_and_are_shown_once_somebody_does(world, core, story, forum):
    async with world.running(core) as adapter:
        thread, ref = await asleep_with_a_post(world, adapter, forum, story)
        for bullish in (1, 2):
            await adapter.edit(ref, story(tally=(bullish, 0)))
        assert thread.archived
        assert "🐂 Bullish 0" in words(world.server.message(ref.id))
        assert world.server.asked("PATCH", THREAD) == []

        await world.server.archive(thread, archived=False)
        await world.server.wait_for(lambda: "🐂 Bullish 2" in words(world.server.message(ref.id)))
        assert not thread.archived


async def test_a_message_wakes_a_thread_too(world, place, core, story, forum):
    async with world.running(core) as adapter:
        thread, ref = await asleep_with_a_post(world, adapter, forum, story)
        await adapter.edit(ref, story(tally=(1, 0)))
        await world.server.say(place.bob, thread, "what now?")
        await world.server.wait_for(lambda: "🐂 Bullish 1" in words(world.server.message(ref.id)))


async def test_the_last_edit_wakes_a_thread_and_lets_it_sleep_on(world, core, story, last_card, forum):
    async with world.running(core) as adapter:
        thread, ref = await asleep_with_a_post(world, adapter, forum, story)
        await adapter.edit(ref, story(tally=(1, 0)))
        await adapter.edit(ref, last_card("It is over"))

    assert "It is over" in words(world.server.message(ref.id))
    assert thread.archived
    assert len(world.server.message(ref.id).edit_times) == 1, "what was kept is older than the last"


async def test_a_thread_that_is_awake_is_not_put_to_sleep(world, core, story, last_card, forum):
    async with world.running(core) as adapter:
        ref = await world.send(adapter, forum, story())
        await adapter.edit(ref, last_card("It is over"))

    assert not world.server.channel(ref.chat.id).archived


async def test_where_the_thread_is_someone_elses_it_falls_asleep_by_itself(world, place, core, story, last_card):
    thread = await world.server.create_thread(place.ann, place.news, "talk")
    async with world.running(core) as adapter:
        ref = await world.send(adapter, ChatRef("discord", thread.id), story())
        await world.server.archive(thread)
        await adapter.edit(ref, last_card("It is over"))

    assert "It is over" in words(world.server.message(ref.id))


async def test_a_locked_thread_is_let_be(world, core, story, last_card, forum):
    async with world.running(core) as adapter:
        thread, ref = await asleep_with_a_post(world, adapter, forum, story)
        await world.server.lock(thread)
        await adapter.edit(ref, story(tally=(1, 0)))
        await world.server.set_bot_permissions(thread.guild, "VIEW_CHANNEL", "SEND_MESSAGES_IN_THREADS")
        with pytest.raises(CardRejected):
            await adapter.edit(ref, last_card("It is over"))


async def test_where_no_thread_can_be_woken_any_more_the_last_edit_waits(world, core, story, last_card, forum):
    async with world.running(core) as adapter:
        thread, ref = await asleep_with_a_post(world, adapter, forum, story)
        thread.guild.max_active_threads = 0
        with pytest.raises(Throttled) as full:
            await adapter.edit(ref, last_card("It is over"))
        assert full.value.retry_after >= 600
        world.server.fail("PATCH", "/channels/{}", 403, via=False)
        with pytest.raises(PlatformDown):
            await adapter.edit(ref, last_card("It is over"))
        assert thread.archived


async def test_of_too_many_posts_the_oldest_news_are_forgotten(world, core, story, forum, monkeypatch):
    monkeypatch.setattr(asleep, "MOST", 1)
    async with world.running(core) as adapter:
        (first, one), (second, other) = [await asleep_with_a_post(world, adapter, forum, story) for _ in range(2)]
        for ref in (one, other):
            await adapter.edit(ref, story(tally=(1, 0)))
        for thread in (first, second):
            await world.server.archive(thread, archived=False)
        await world.server.wait_for(lambda: "🐂 Bullish 1" in words(world.server.message(other.id)))

    assert "🐂 Bullish 0" in words(world.server.message(one.id))
