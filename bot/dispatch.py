"""Takes each event to the room whose business it is. When `dispatch` returns, the event's facts are durable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.card.answer import answer_card, paragraph
from bot.commands.router import Commands
from bot.events import (
    ButtonPressed,
    ChatChanged,
    ChatDescribed,
    ChatJoined,
    ChatMigrated,
    ChoicesWanted,
    CommandInvoked,
    Event,
    PostMirrored,
    ReactionsChanged,
    ReactionsCounted,
    ReactionsMissed,
)
from bot.model import ChatRef, Sentiment, parse_vote_button
from bot.ports import Answer, Translator, Translators
from bot.storage import chats, declared, naming
from bot.storage.database import Database
from bot.storage.votes import Outcome, Recorded
from bot.tally.recorder import Recorder
from bot.tally.reread import Rereader

log = structlog.get_logger()


class Dispatcher:
    """Its `dispatch` is the `ports.Dispatch` of every adapter."""

    def __init__(
        self,
        db: Database,
        recorder: Recorder,
        rereader: Rereader,
        commands: Commands,
        translators: Translators,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._rereader = rereader
        self._commands = commands
        self._translators = translators
        self._clock = clock

    async def dispatch(self, event: Event) -> Answer | None:
        """See `bot.ports.Dispatch`."""
        match event:
            case ReactionsChanged() | ReactionsCounted() | PostMirrored():
                await self._recorder.record(event)
                return None
            case ButtonPressed():
                return await self._pressed(event)
            case CommandInvoked():
                return await self._commands.invoke(event)
            case ChoicesWanted():
                return await self._commands.choices(event)
            case ChatJoined():
                return await self._joined(event)
            case ChatChanged() | ChatDescribed() | ChatMigrated() | ReactionsMissed():
                await self._noted(event)
                return None

    async def _pressed(self, event: ButtonPressed) -> Answer | None:
        if parse_vote_button(event.button) is None:
            return await self._commands.press(event)
        recorded = await self._recorder.record(event)
        chat = await self._db.read(chats.by_ref, event.message.chat)
        return _confirmation(recorded, self._translators(self._commands.language_of(event.actor, chat)))

    async def _joined(self, event: ChatJoined) -> Answer | None:
        answer = await self._commands.joined(event)
        # Where we come back, we were not told of the reactions meanwhile.
        await self._rereader.resumed(event.chat)
        return answer

    async def _noted(self, event: ChatChanged | ChatDescribed | ChatMigrated | ReactionsMissed) -> None:
        match event:
            case ReactionsMissed(platform=platform):
                await self._rereader.missed(platform)
            case ChatMigrated(chat=old, to=to):
                await self._db.write(chats.migrate, old, to)
            case ChatDescribed(declared=named, chat=chat):
                await self._identify(named, chat)
                await self._db.write(declared.describe, chat, event.kind, event.title)
            case ChatChanged(chat=chat, present=True):
                resumed = await self._db.write(declared.arrive, chat, event.kind, event.title, self._clock())
                if resumed or event.heard_anew:
                    await self._rereader.resumed(chat)
            case ChatChanged(chat=chat):
                await self._db.write(chats.pause, chat, chats.LEFT)

    async def _identify(self, named: ChatRef, own: ChatRef) -> None:
        outcome = await self._db.write(naming.identify, named, own)
        if outcome is naming.Outcome.JOINED:
            log.info("two rows of a chat are joined", name=named.id, chat=own.id)
            await self._commands.reread()
        elif outcome is naming.Outcome.LATER:
            log.info("a declared chat has two rows until the next start", name=named.id, chat=own.id)


def _confirmation(recorded: Recorded, t: Translator) -> Answer:
    return Answer(card=answer_card(t.language, paragraph(_words(recorded, t))), private=True)


def _words(recorded: Recorded, t: Translator) -> str:
    match recorded.outcome, recorded.standing:
        case Outcome.CLOSED, _:
            return t("Voting on this story has ended.")
        case Outcome.UNKNOWN, _:
            return t("This story can't be voted on any more.")
        case _, Sentiment.BULLISH:
            return t("Your vote counts: bullish.")
        case _, Sentiment.BEARISH:
            return t("Your vote counts: bearish.")
    return t("Your vote is taken back.")
