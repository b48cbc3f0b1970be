"""Takes a question from when it is heard to when its answer is said, over a restart too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog

from adapters.telegram.answers import ATTEMPTS, Answers
from adapters.telegram.inbound import Ears, Heard
from adapters.telegram.kept import LATE, Kept, hear_kept
from adapters.telegram.limits import is_person
from adapters.telegram.questions import Question, Questions, Refusal, chat_of, question
from adapters.telegram.updates import backoff
from bot.errors import StorageError
from bot.events import CommandInvoked
from bot.model import Card, Line, LineKind, Phrase, Span
from bot.ports import Answer, Dispatch, Surroundings

log = structlog.get_logger()

TOO_MUCH = Phrase("That is more than I can do at once. Try again in a minute.")


class Desk:
    """Of one connection: its tasks end with it."""

    def __init__(
        self,
        answers: Answers,
        around: Surroundings,
        dispatch: Dispatch,
        tasks: asyncio.TaskGroup,
        *,
        answered: Callable[[CommandInvoked], Awaitable[None]],
    ) -> None:
        """``answered`` is called when the answer to a command has gone into the command's own chat."""
        self._answers = answers
        self._around = around
        self._dispatch = dispatch
        self._tasks = tasks
        self._answered = answered
        self._kept = Kept(around.keys, around.clock)
        self._questions = Questions(self._carry_out, around.clock)

    async def take(self, heard: Heard, asked: Question) -> None:
        """Returns when it may be acknowledged: it is kept until it is answered. Raises StorageError, and then it must
        come again."""
        waiting = self._questions.put(heard, asked, self._tasks)
        if isinstance(waiting, Refusal):
            if waiting is Refusal.TOO_MUCH:
                self._tasks.create_task(self._answers.warn(heard, self._too_much(asked)))
            else:
                self.answer(heard, None)
            return
        try:
            await self._kept.keep(heard.update)
        except BaseException:
            waiting.withdrawn()  # or its chat would wait for it for ever
            raise
        waiting.kept()

    async def take_up(self, ears: Ears) -> Sequence[Any]:
        """What was asked before a restart is carried out now. Returns the ids of its updates, which may come again."""
        try:
            waiting = await self._kept.load()
        except StorageError as error:
            log.warning("what was asked before the start waits for the next one", reason=str(error))
            return ()
        for one in waiting:
            late = self._around.clock() - one.at > LATE
            for heard in hear_kept(one.update, ears):
                asked = question(heard.event)
                if asked is not None:
                    self._questions.take_up(replace(heard, late=late, update=one.update), asked, self._tasks)
        if waiting:
            log.info("what was asked before the start is taken up", questions=len(waiting))
        return [one.update["update_id"] for one in waiting]

    def answer(self, heard: Heard, answer: Answer | None) -> None:
        """Say it in a task of its own; without an answer too a button must not spin for ever."""
        if answer is not None or heard.callback is not None:
            self._tasks.create_task(self._answers.deliver(heard, answer, self._tasks))

    def _too_much(self, asked: Question) -> Card:
        translators = self._around.translators
        t = translators(translators.supported(asked.actor.locale if asked.actor else None) or "en")
        return Card(t.language, (Line(LineKind.TEXT, (Span(t.phrase(TOO_MUCH)),)),))

    async def _carry_out(self, heard: Heard) -> None:
        """Ends when the chat's next question may be looked at: the answer and long work go on by themselves."""
        answer = None
        try:
            answer = await self._patiently(heard)
        except StorageError as error:
            log.warning("a question could not be answered", reason=str(error))
        except Exception:
            log.exception("a question could not be answered", event_kind=type(heard.event).__name__)
        self._tasks.create_task(self._see_off(heard, answer))

    async def _patiently(self, heard: Heard) -> Answer | None:
        """A database that refuses for a moment must not cost a command that Telegram has forgotten."""
        for failures in range(1, ATTEMPTS):
            try:
                return await self._dispatch(heard.event)
            except StorageError:
                await self._around.sleep(backoff(failures))
        return await self._dispatch(heard.event)

    async def _see_off(self, heard: Heard, answer: Answer | None) -> None:
        """Answer, and forget the question."""
        if heard.late and not _is_private(heard):
            await self._in_silence(answer)
        else:
            written = await self._answers.deliver(heard, answer, self._tasks)
            if isinstance(heard.event, CommandInvoked) and written == heard.event.chat:
                await self._answered(heard.event)
        try:
            await self._kept.drop(heard.update)
        except StorageError as error:
            log.warning("what is answered may be taken up again at the next start", reason=str(error))
        except Exception:
            log.exception("what is answered may be taken up again at the next start")

    async def _in_silence(self, answer: Answer | None) -> None:
        """Finish what was asked long ago, without a word into a chat that has moved on."""
        if answer is not None and answer.follow_up is not None:
            try:
                await answer.follow_up()
            except Exception:
                log.exception("what was asked could not be finished")


def _is_private(heard: Heard) -> bool:
    asked = question(heard.event)
    return asked is not None and is_person(chat_of(asked))
