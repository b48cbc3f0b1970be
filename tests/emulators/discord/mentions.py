"""What a message mentions, and whom of these it notifies (Message: Allowed Mentions Object)."""

from __future__ import annotations

import re
from typing import Any

from . import permissions
from .forms import Form
from .state import Channel, Json, Message, Pings, World

USER = re.compile(r"<@!?(\d+)>")
ROLE = re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)\b")
_LISTS = ("users", "roles")


def validate(form: Form, value: Any) -> Json | None:
    if value is None:
        return None
    allowed = form.mapping(("allowed_mentions",), value)
    parse = form.listed(("allowed_mentions", "parse"), allowed.get("parse"))
    for index, kind in enumerate(parse):
        if kind not in ("users", "roles", "everyone"):
            form.choices(("allowed_mentions", "parse", index), ("users", "everyone", "roles"))
    for kind in _LISTS:
        ids = form.listed(("allowed_mentions", kind), allowed.get(kind))
        if len(ids) > 100:
            form.too_long(("allowed_mentions", kind), 100)
        if ids and kind in parse:
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.wrong(("allowed_mentions",), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)
    return allowed


def apply(message: Message, text: str, allowed: Json | None, world: World) -> None:
    """Fills in what is mentioned and who is pinged. No `allowed` means everything the author may ping."""
    users = [u for u in dict.fromkeys(USER.findall(text)) if u in world.users]
    guild = message.channel.guild
    roles = [r for r in dict.fromkeys(ROLE.findall(text)) if guild is not None and r in guild.roles]
    everyone = bool(EVERYONE.search(text)) and _may_ping_all(message.channel, message.author.id)
    replied = message.replied.author.id if message.replied else None

    parse = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or ())
    named = {kind: {str(i) for i in (allowed or {}).get(kind) or ()} for kind in _LISTS}
    pinged = Pings(everyone=everyone and "everyone" in parse)
    pinged.users = {u for u in users if "users" in parse or u in named["users"]}
    may_all = _may_ping_all(message.channel, message.author.id)
    for role_id in roles:
        pingable = guild is not None and (guild.roles[role_id].mentionable or may_all)
        if pingable and ("roles" in parse or role_id in named["roles"]):
            pinged.roles.add(role_id)
    # replied_user is off whenever allowed_mentions is given without it, and on when it is not given at all.
    if replied and (allowed is None or allowed.get("replied_user")):
        pinged.users.add(replied)
    message.pings = pinged
    # A mention that allowed_mentions suppresses is also left out of the message's lists of mentions.
    message.mentions = [u for u in [*users, *([replied] if replied and replied not in users else [])]
                        if u in pinged.users]  # fmt: skip
    message.mention_roles = [r for r in roles if r in pinged.roles]
    message.mention_everyone = pinged.everyone


def _may_ping_all(channel: Channel, user_id: str) -> bool:
    return channel.guild is None or permissions.may(channel, user_id, "MENTION_EVERYONE")
