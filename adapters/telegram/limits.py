"""Telegram's limits as data (core.telegram.org/bots/faq), and which of them a request meets; edits are messages too."""

from __future__ import annotations

from bot.model import ChatRef
from bot.ports import Limit, Traffic

TOKEN = Limit("telegram", 30, 1.0)
"""Everything that a bot does."""


RESERVE = 3
"""How many of a group's messages a minute no tally may take."""


def _chat(chat: ChatRef) -> Limit:
    return Limit(f"telegram:{chat.id}", 1, 1.0)


def _group(chat: ChatRef) -> Limit:
    # By BotSupport's word channels are held to it like groups.
    return Limit(f"telegram:{chat.id}/minute", 20, 60.0)


def is_person(chat: ChatRef) -> bool:
    """Whether it is somebody's private chat: groups and channels have negative ids or names, people positive ids."""
    return chat.id.isdecimal()


def _left_over(chat: ChatRef) -> Limit:
    # Ours: the group's own limit, but for what is kept free. Tallies redrawn at every vote would use up the twenty in
    # seconds, and news and answers would wait for the rest of the minute; so some always find a place at once.
    group = _group(chat)
    return Limit(group.name, group.count - RESERVE, group.seconds)


def _again(chat: ChatRef) -> Limit:
    # Ours too: as often as the twenty allow. A few posts that all vote on would else have a burst of edits and then
    # none for most of a minute.
    return Limit(f"telegram:{chat.id}/edits", 1, 3.0)


def _answers(chat: ChatRef) -> Limit:
    # Ours too: answers are more urgent than news, so that without it a crowd which asks for help would stop the news.
    # Over a whole minute, because an admin who sets a chat up needs several within seconds.
    return Limit(f"telegram:{chat.id}/answers", 12, 60.0)


def writing(chat: ChatRef, kind: Traffic, *, again: bool = False) -> tuple[Limit, ...]:
    """What sending or editing a message costs. The widest limit comes first, as the Pace wants it. ``again``: an edit
    of what was edited within the last minute."""
    if is_person(chat):
        return (TOKEN, _chat(chat))
    if kind is Traffic.EDIT:
        return (TOKEN, _chat(chat), _left_over(chat), *([_again(chat)] if again else []))
    return (TOKEN, _chat(chat), _group(chat), *([_answers(chat)] if kind is Traffic.ANSWER else []))


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
