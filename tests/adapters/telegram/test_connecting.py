"""How it gets to Telegram, and what the operator is told of it."""

from __future__ import annotations

import asyncio

from bot.events import CommandInvoked
from bot.model import Phrase
from bot.ports import Answer, Command, State
from tests.adapters.telegram.test_answers import group_with, is_press, posted, says

NOWHERE = "http://127.0.0.1:9/bot"  # the port of the discard service, on which nobody listens


async def test_an_account_without_a_name_is_one_too(world, core):
    ann = world.server.add_user("Ann")
    private = world.server.create_private(ann)
    world.server.bot.user.username = ""
    async with world.running(core) as adapter:
        world.server.say(ann, private, "/help")
        await core.first(CommandInvoked)
        await world.server.wait_for(lambda: adapter.state is State.READY)
    findings = await adapter.diagnose([])
    assert [finding.ok for finding in findings] == [True]
    assert "{link}" not in findings[0].text.msgid


async def test_a_network_that_is_not_there_is_told_once(world, core, capsys):
    world.base_url = NOWHERE
    naps = asyncio.Semaphore(0)
    sleep = world.sleep

    async def counted(seconds: float) -> None:
        naps.release()
        await sleep(seconds)

    world.sleep = counted
    task = asyncio.create_task(world.adapter().run(core.dispatch))
    for _ in range(5):
        await naps.acquire()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    told = [line for line in capsys.readouterr().out.splitlines() if "elegram" in line]
    assert len(told) == 1, told
    assert "no network: Telegram could not be reached; trying again" in told[0]


async def test_what_keeps_telegram_away_is_told_when_it_changes_and_anew_after_it_was_there(world, core, capsys):
    world.server.fail("getMe", 502, times=3)
    world.server.reset("getUpdates", times=3)
    async with world.running(core) as adapter:
        await world.server.wait_for(lambda: adapter.state is State.READY)
        fault = world.server.fail("getUpdates", 502)
        world.server.bot.queue.release()
        await asyncio.wait_for(fault.arrived.wait(), 20)
        await world.server.wait_for(lambda: world.server.bot.queue.is_polled)
    told = [line for line in capsys.readouterr().out.splitlines() if "trying again" in line]
    assert len(told) == 2, told


async def test_a_server_without_menus_of_commands_costs_one_line(world, core, capsys):
    world.server.fail("setMyCommands", 404, times=1000)
    async with world.running(core, [Command("help", Phrase("Words"))]):
        await world.server.wait_for(lambda: world.server.calls("setMyCommands"))
        ann = world.server.add_user("Ann")
        world.server.say(ann, world.server.create_private(ann), "/help")
        await core.first(CommandInvoked)
    told = capsys.readouterr().out
    assert "Traceback" not in told
    assert [line for line in told.splitlines() if "menu" in line] != []
    assert len(world.server.calls("setMyCommands")) == 1


async def test_an_answer_that_finds_nobody_says_whom_it_was_for_and_where(world, core, capsys):
    group, ann = group_with(world, "Ann")  # who has no chat with the bot
    core.replies = lambda event: Answer(says("y" * 300), private=True) if is_press(event) else None
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        await world.server.press(ann, group, message, "v:7:b")
        await world.server.wait_for(lambda: len(world.server.calls("sendMessage")) == 2)
        world.server.say(ann, group, "/help@newstally_bot")
        await core.first(CommandInvoked)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "could not be delivered" in line]
    assert f"chat={ann.id}" in line
    assert f"person=u{ann.id}" in line
    assert "Ann" not in line


async def test_commands_are_understood_in_any_case(world, core):
    group, ann = group_with(world, "Ann")
    async with world.running(core, [Command("help", Phrase("Help"))]):
        world.server.say(ann, world.server.create_private(ann), "/HELP")
        for said in ("/Help@Newstally_BOT", "/hElP@newstally_bot me"):
            world.server.say(ann, group, said)
        heard = await core.heard(3, CommandInvoked)
    assert [(event.name, event.text) for event in heard] == [("help", ""), ("help", ""), ("help", "me")]
