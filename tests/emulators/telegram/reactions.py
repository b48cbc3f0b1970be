"""Which reactions exist, and who may set which of them where."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from .errors import ApiError, bad
from .model import Chat, Json, Message

# Bot API page, ReactionTypeEmoji: exactly these, spelt exactly so (❤ without, ❤️‍🔥 with a variation selector).
_EMOJI = (
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 "
    "💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤️‍🔥 🌚 🌭 💯 🤣 ⚡ "
    "🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 "
    "👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 "
    "🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂️ 🤷 🤷‍♀️ 😡"
)
EMOJI = tuple(_EMOJI.split())
assert len(EMOJI) == 73
PREMIUM_REACTIONS = 3
PAID: Json = {"type": "paid"}


def emoji(char: str) -> Json:
    return {"type": "emoji", "emoji": char}


def read(raw: str) -> list[Json]:
    """The `reaction` parameter: Client.cpp get_reaction_types."""
    if not raw:
        return []
    try:
        types = json.loads(raw)
    except ValueError:
        raise bad("Can't parse reaction types JSON object") from None
    if not isinstance(types, list):
        raise bad("Expected an Array of ReactionType")
    return [_type(item) for item in types]


def _type(raw: Any) -> Json:
    def fault(why: str) -> ApiError:
        return bad(f"Can't parse ReactionType: {why}")

    if not isinstance(raw, dict):
        raise fault("expected an Object")
    for name, kind in (("type", None), ("emoji", "emoji"), ("custom_emoji_id", "custom_emoji")):
        if kind in (None, raw.get("type")):
            if name not in raw:
                raise fault(f'Can\'t find field "{name}"')
            if not isinstance(raw[name], str) and not (name == "custom_emoji_id" and isinstance(raw[name], int)):
                raise fault(f'Field "{name}" must be of type String')
    if raw["type"] == "emoji":
        return emoji(raw["emoji"])
    if raw["type"] == "custom_emoji":
        if not str(raw["custom_emoji_id"]).lstrip("-").isdigit():
            raise fault('Field "custom_emoji_id" must be a valid Number')
        return {"type": "custom_emoji", "custom_emoji_id": str(raw["custom_emoji_id"])}
    raise fault("invalid reaction type specified")


def totals(message: Message) -> list[Json]:
    """All reactions of a message as ReactionCount objects, the most frequent first."""
    counts = Counter(json.dumps(kind, sort_keys=True) for kinds in message.reactions.values() for kind in kinds)
    return [{"type": json.loads(kind), "total_count": count} for kind, count in counts.most_common()]


def check(chat: Chat, message: Message, kinds: list[Json], *, bot: bool, premium: bool = False) -> None:
    """400 unless this set may stand on this message."""
    most = PREMIUM_REACTIONS if premium and not bot else 1
    if len(kinds) > most:
        raise bad("REACTIONS_TOO_MANY")
    present = {json.dumps(count["type"], sort_keys=True) for count in totals(message)}
    for kind in kinds:
        if kind["type"] == "emoji" and kind["emoji"] not in EMOJI:
            raise bad("REACTION_INVALID")
        if kind["type"] == "paid" and (bot or not chat.is_broadcast):
            raise bad("REACTION_INVALID")
        key = json.dumps(kind, sort_keys=True)
        # a bot may use a custom emoji only where it already is or where administrators allow it
        allowed = chat.available_reactions is None and (kind["type"] != "custom_emoji" or (premium and not bot))
        if chat.available_reactions is not None:
            allowed = kind in chat.available_reactions
        if not allowed and not (kind["type"] == "custom_emoji" and key in present) and kind["type"] != "paid":
            raise bad("REACTION_INVALID")
        if key not in present and len(present) >= chat.max_reaction_count:
            raise bad("REACTIONS_TOO_MANY")
        present.add(key)
