"""A Phrase as JSON and back, for the columns that say what is wrong."""

from __future__ import annotations

from typing import Any

from bot.model import Phrase


def phrase_to_json(phrase: Phrase) -> dict[str, Any]:
    """The phrase as values that JSON knows; a Phrase among its arguments likewise."""
    return {"msgid": phrase.msgid, "args": {name: _to_json(value) for name, value in phrase.args.items()}}


def _to_json(value: object) -> object:
    if isinstance(value, tuple):
        return [_to_json(one) for one in value]
    return phrase_to_json(value) if isinstance(value, Phrase) else value


def phrase_from_json(data: Any) -> Phrase:
    """What `phrase_to_json` made."""
    msgid = data["msgid"]
    return Phrase(msgid, {name: _from_json(value) for name, value in data["args"].items()})


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_from_json(one) for one in value)
    return phrase_from_json(value) if isinstance(value, dict) else value
