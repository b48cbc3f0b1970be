"""A Phrase as JSON and back, for the columns that say what is wrong."""

from __future__ import annotations

from typing import Any

from bot.model import Phrase


def phrase_to_json(phrase: Phrase) -> dict[str, Any]:
    """The phrase as values that JSON knows; a Phrase among its arguments likewise."""
    args = {name: phrase_to_json(value) if isinstance(value, Phrase) else value for name, value in phrase.args.items()}
    return {"msgid": phrase.msgid, "args": args}


def phrase_from_json(data: Any) -> Phrase:
    """What `phrase_to_json` made."""
    args = {name: phrase_from_json(value) if isinstance(value, dict) else value for name, value in data["args"].items()}
    msgid = data["msgid"]
    return Phrase(msgid, args)
