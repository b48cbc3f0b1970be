"""Seeds where we may add no reactions: each refusal counts towards a ban, so that few are provoked."""

from __future__ import annotations

from bot.events import ChatChanged, ReactionsChanged
from bot.model import ChatRef

REACTION = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"


async def test_where_reactions_are_not_allowed_that_is_asked_once_until_our_rights_change(world, place, core, story):
    await world.server.overwrite(place.news, "everyone", deny=["ADD_REACTIONS"])
    await world.server.overwrite(place.news, "bot", deny=["ADD_REACTIONS"])
    async with world.running(core) as adapter:
        refs = [await world.send(adapter, place.chat, story(delivery=number), f"n{number}") for number in range(3)]
        for ref in refs:
            await adapter.seed(ref, adapter.ballot)
        assert [one.status for one in world.server.asked("PUT", REACTION)] == [403]

        await world.server.overwrite(place.news, "bot", allow=["ADD_REACTIONS"])
        await core.heard(1, ChatChanged)
        await adapter.seed(refs[-1], adapter.ballot)

    assert list(world.server.message(refs[-1].id).reactions) == ["🐂", "🐻"]


async def test_what_a_forum_does_not_allow_its_threads_dont_either(world, place, core, story):
    forum = await world.server.create_forum(place.guild, "stories")
    await world.server.overwrite(forum, "bot", deny=["ADD_REACTIONS"])
    async with world.running(core) as adapter:
        for number in range(3):
            ref = await world.send(adapter, ChatRef("discord", forum.id), story(delivery=number), f"n{number}")
            await world.server.react(place.bob, world.server.message(ref.id), "🚀")
            await core.heard(number + 1, ReactionsChanged)  # of the thread we have heard before
            await adapter.seed(ref, adapter.ballot)
        elsewhere = await world.send(adapter, place.chat, story(delivery=9), "n9")
        await adapter.seed(elsewhere, adapter.ballot)

    assert [one.status for one in world.server.asked("PUT", REACTION)] == [403, 204, 204]


async def test_a_server_that_we_come_back_to_is_asked_anew(world, place, core, story):
    await world.server.overwrite(place.news, "bot", deny=["ADD_REACTIONS"])
    async with world.running(core) as adapter:
        ref = await world.send(adapter, place.chat, story())
        await adapter.seed(ref, adapter.ballot)
        world.server.gateway.invalidate()
        await world.server.wait_for(lambda: len(world.server.gateway.identifies) == 2)
        await world.server.wait_connected()
        await core.heard(2)
        await adapter.seed(ref, adapter.ballot)

    assert [one.status for one in world.server.asked("PUT", REACTION)] == [403, 403]
