"""Telegram's limits as data, and which of them a request meets (core.telegram.org/bots/faq; edits count like messages)."""

from __future__ import annotations

from bot.ports import Limit

TOKEN = Limit("telegram", 30, 1.0)
"""Everything that a bot does."""


def _chat(chat_id: str) -> Limit:
    return Limit(f"telegram:{chat_id}", 1, 1.0)


def _group(chat_id: str) -> Limit:
    # By BotSupport's word channels are held to it like groups.
    return Limit(f"telegram:{chat_id}/minute", 20, 60.0)


def _crowded(chat_id: str) -> bool:
    """Groups and channels have negative ids or names; people have positive ones."""
    return not chat_id.isdecimal()


def writing(chat_id: str) -> tuple[Limit, ...]:
    """What sending or editing a message costs. The widest limit comes first, as the Pace wants it."""
    return (TOKEN, _chat(chat_id), _group(chat_id)) if _crowded(chat_id) else (TOKEN, _chat(chat_id))


def asking(chat_id: str) -> tuple[Limit, ...]:
    """What a question about a chat costs: no message, so not the limit of one a second."""
    return (TOKEN, _group(chat_id)) if _crowded(chat_id) else (TOKEN,)


def shut(chat_id: str) -> tuple[str, ...]:
    """The names that a 429 about a chat shuts: that chat alone."""
    return (_chat(chat_id).name, _group(chat_id).name) if _crowded(chat_id) else (_chat(chat_id).name,)
