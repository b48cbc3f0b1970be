"""What the platform says of a chat reaches the chats that the config declared, which were known by name alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.dispatch import Dispatcher
from bot.events import ChatChanged, ChatJoined
from bot.i18n import Catalogues
from bot.model import ChatKind, ChatRef
from bot.storage import chats, declared
from bot.storage.declared import Declaration
from bot.storage.plan import VotingRules
from bot.tally.recorder import Recorder
from bot.tally.reread import Rereader
from tests.commands.stage import ADMIN, CHANNEL, NOW, Stage, buttons, raised
from tests.commands.test_channels import ALONE


def dispatcher(stage: Stage) -> Dispatcher:
    rules = VotingRules({"village": stage.adapter.ballot}, timedelta(days=14), b"key")
    recorder = Recorder(stage.db, rules, lambda: NOW, lambda stories: None)
    rereader = Rereader(stage.db, {}, recorder, timedelta(days=14), lambda: NOW, asyncio.sleep)
    return Dispatcher(stage.db, recorder, rereader, stage.commands, Catalogues(), lambda: NOW)


EVENTS = [
    ChatChanged(CHANNEL, True, ChatKind.CHANNEL, "The tower"),
    ChatJoined(CHANNEL, ChatKind.CHANNEL, "The tower", ADMIN),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
async def test_a_declared_channel_can_be_set_up_from_a_private_chat_once_the_platform_has_told_of_it(
    tmp_path: Path, event: ChatChanged | ChatJoined
) -> None:
    async with raised(tmp_path) as stage:
        await stage.db.write(declared.apply, Declaration(CHANNEL, "fr", (), (), "one"), NOW)
        await dispatcher(stage).dispatch(event)
        answer = await stage.types("/language", ADMIN, ALONE, kind=ChatKind.PRIVATE)
        assert [one.label for one in buttons(answer)] == ["This chat", "The tower"]


class Noting(Rereader):
    """Notes which chats are to be read again."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.back: list[ChatRef] = []

    async def resumed(self, chat: ChatRef) -> None:
        self.back.append(chat)


async def test_reactions_are_read_again_only_where_some_may_have_been_missed(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        rules = VotingRules({"village": stage.adapter.ballot}, timedelta(days=14), b"key")
        recorder = Recorder(stage.db, rules, lambda: NOW, lambda stories: None)
        rereader = Noting(stage.db, {}, recorder, timedelta(days=14), lambda: NOW, asyncio.sleep)
        dispatch = Dispatcher(stage.db, recorder, rereader, stage.commands, Catalogues(), lambda: NOW).dispatch
        await stage.db.write(declared.apply, Declaration(CHANNEL, "fr", (), (), "one"), NOW)
        back = ChatChanged(CHANNEL, True, ChatKind.CHANNEL)
        await dispatch(back)
        assert rereader.back == []
        await dispatch(ChatChanged(CHANNEL, False, ChatKind.CHANNEL))
        await dispatch(back)
        assert rereader.back == [CHANNEL]
        await dispatch(ChatChanged(CHANNEL, True, ChatKind.CHANNEL, heard_anew=True))
        assert rereader.back == [CHANNEL, CHANNEL]


async def test_a_change_of_a_chat_that_nobody_set_up_makes_no_chat(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        await dispatcher(stage).dispatch(EVENTS[0])
        assert await stage.db.read(chats.every) == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
async def test_a_chat_that_threw_us_out_right_after_it_told_something_else_stays_paused(
    tmp_path: Path, event: ChatChanged | ChatJoined
) -> None:
    async with raised(tmp_path) as stage:
        await stage.db.write(declared.apply, Declaration(CHANNEL, "fr", (), (), "one"), NOW)
        dispatch = dispatcher(stage).dispatch
        await asyncio.gather(dispatch(event), dispatch(ChatChanged(CHANNEL, False, ChatKind.CHANNEL)))
        assert await stage.db.read(chats.paused, CHANNEL.platform) == [CHANNEL]
