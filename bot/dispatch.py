"""Takes each event to the room whose business it is. When `dispatch` returns, the event's facts are durable."""

from __future__ import annotations

from bot.card.answer import answer_card, paragraph
from bot.commands.router import Commands
from bot.events import (
    ButtonPressed,
    ChatChanged,
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
from bot.model import Phrase, Sentiment, parse_vote_button, supported_language
from bot.ports import Answer, Translator, Translators
from bot.storage import chats, declared
from bot.storage.database import Database
from bot.storage.votes import Outcome, Recorded
from bot.tally.recorder import Recorder
from bot.tally.reread import Rereader


class Dispatcher:
    """Its `dispatch` is the `ports.Dispatch` of every adapter."""

    def __init__(
        self, db: Database, recorder: Recorder, rereader: Rereader, commands: Commands, translators: Translators
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._rereader = rereader
        self._commands = commands
        self._translators = translators

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
                await self._db.write(declared.describe, event.chat, event.kind, event.title)
                return await self._commands.joined(event)
            case ChatChanged() | ChatMigrated() | ReactionsMissed():
                await self._noted(event)
                return None

    async def _pressed(self, event: ButtonPressed) -> Answer | None:
        if parse_vote_button(event.button) is None:
            return await self._commands.press(event)
        recorded = await self._recorder.record(event)
        chat = await self._db.read(chats.by_ref, event.message.chat)
        language = supported_language(event.actor.locale) or (chat and chat.language) or "en"
        return _confirmation(recorded, self._translators(language))

    async def _noted(self, event: ChatChanged | ChatMigrated | ReactionsMissed) -> None:
        match event:
            case ReactionsMissed(platform=platform):
                await self._rereader.missed(platform)
            case ChatMigrated(chat=old, to=to):
                await self._db.write(chats.migrate, old, to)
            case ChatChanged(chat=chat, present=True):
                await self._db.write(declared.describe, chat, event.kind, event.title)
                await self._db.write(chats.resume, chat)
            case ChatChanged(chat=chat):
                await self._db.write(chats.pause, chat, Phrase("I am no longer in this chat."))


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
