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


def writing(chat: ChatRef, kind: Traffic) -> tuple[Limit, ...]:
    """What sending or editing a message costs. The widest limit comes first, as the Pace wants it."""
    if is_person(chat):
        return (TOKEN, _chat(chat))
    edits = (_edits(chat),) if kind is Traffic.EDIT else ()
    return (TOKEN, _chat(chat), _group(chat), *edits)


def asking(chat: ChatRef) -> tuple[Limit, ...]:
    """What a question about a chat costs: no message, so not the limit of one a second."""
    return (TOKEN,) if is_person(chat) else (TOKEN, _group(chat))


def shut(chat: ChatRef) -> tuple[str, ...]:
    """The names that a 429 about a chat shuts: that chat alone."""
    return (_chat(chat).name,) if is_person(chat) else (_chat(chat).name, _group(chat).name)
