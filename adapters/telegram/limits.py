"""Telegram's limits as data (core.telegram.org/bots/faq), and which of them a request meets; edits are messages too."""

from __future__ import annotations

from bot.model import ChatRef
from bot.ports import Limit, Traffic

TOKEN = Limit("telegram", 30, 1.0)
"""Everything that a bot does."""


def _chat(chat: ChatRef) -> Limit:
    return Limit(f"telegram:{chat.id}", 1, 1.0)


def _group(chat: ChatRef) -> Limit:
    # By BotSupport's word channels are held to it like groups.
    return Limit(f"telegram:{chat.id}/minute", 20, 60.0)


def is_person(chat: ChatRef) -> bool:
    """Whether it is somebody's private chat: groups and channels have negative ids or names, people positive ids."""
    return chat.id.isdecimal()


def _edits(chat: ChatRef) -> Limit:
    # Ours, within the group's twenty a minute: tallies redrawn at every vote would use those up in seconds, and
    # then news and the final tally would wait for the rest of the minute.
    return Limit(f"telegram:{chat.id}/edits", 1, 4.0)


def _answers(chat: ChatRef) -> Limit:
    # Ours too: answers are more urgent than news, so that without it a crowd which asks for help would stop the news.
    # Over a whole minute, because an admin who sets a chat up needs several within seconds.
    return Limit(f"telegram:{chat.id}/answers", 12, 60.0)


def writing(chat: ChatRef, kind: Traffic) -> tuple[Limit, ...]:
    """What sending or editing a message costs. The widest limit comes first, as the Pace wants it."""
    if is_person(chat):
        return (TOKEN, _chat(chat))
    share = {Traffic.EDIT: (_edits(chat),), Traffic.ANSWER: (_answers(chat),)}.get(kind, ())
    return (TOKEN, _chat(chat), _group(chat), *share)


# As many as all requests, but shut alone: a question that is refused stops no news.
_QUESTIONS = Limit("telegram/questions", 30, 1.0)


def asking() -> tuple[Limit, ...]:
    """What a question about a chat costs: it is no message, so none of the chat's own limits."""
    return (TOKEN, _QUESTIONS)


def shut(chat: ChatRef, met: tuple[Limit, ...], *, others: bool) -> tuple[str, ...]:
    """The names that a 429 shuts, to a request about this chat that met these limits: that chat alone, or questions.
    Telegram doesn't say whose limit it was, but where requests about ``others`` are refused at the same time, it is the
    bot's."""
    if others:
        return (TOKEN.name,)
    if met == asking():
        return (_QUESTIONS.name,)
    return (_chat(chat).name,) if is_person(chat) else (_chat(chat).name, _group(chat).name)
