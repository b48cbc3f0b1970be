"""Reads who reacted to a message: which of its reactions have to be asked about, and by whom they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.discord.calls import Calls
from adapters.discord.inbound import emoji_name
from bot.model import MessageRef
from bot.ports import Traffic

PAGE = 100
"""As many users as one request gives."""


@dataclass(frozen=True, slots=True)
class Form:
    """One of the reactions on a message that are the same emoji to us: with a skin tone, or a super reaction."""

    emoji: str
    """In normal form."""
    route: str
    """As reaction routes take it."""
    burst: bool
    count: int
    """Ours not counted."""


async def voters(
    calls: Calls, message: MessageRef, known: Mapping[str, int | None], kind: Traffic
) -> dict[str, frozenset[str]]:
    """The people who have each emoji of which another number stands than is known. Raises DeliveryError, and what
    `forms_of` does."""
    forms = forms_of(await calls.message(message, kind), message.id)
    result: dict[str, frozenset[str]] = {}
    for emoji in differing(forms, known):
        people: set[str] = set()
        for form in forms:
            if form.emoji == emoji:
                people.update(await _people(calls, message, form, kind))
        result[emoji] = frozenset(people)
    return result


def forms_of(message: Mapping[str, Any], number: str) -> list[Form]:
    """What somebody else than we reacted with. Raises LookupError, TypeError or ValueError for what isn't the message
    of this number: a proxy's page would take down every vote."""
    if str(message["id"]) != number:
        raise ValueError("this is another message")
    found = []
    for reaction in message.get("reactions") or ():
        emoji = reaction["emoji"]
        name = emoji_name(emoji)
        route = f"e:{int(emoji['id'])}" if emoji.get("id") else str(emoji["name"])
        burst = int((reaction.get("count_details") or {}).get("burst") or 0)
        normal = int(reaction["count"]) - burst - bool(reaction.get("me"))
        burst -= bool(reaction.get("me_burst"))
        found += [Form(name, route, False, normal)] if normal > 0 else []
        found += [Form(name, route, True, burst)] if burst > 0 else []
    return found


def differing(forms: Iterable[Form], known: Mapping[str, int | None]) -> Sequence[str]:
    """The emoji of ``known`` that others have in another number (None: any), or in several forms, which one person can
    have."""
    counts: defaultdict[str, list[int]] = defaultdict(list)
    for form in forms:
        counts[form.emoji].append(form.count)
    return [emoji for emoji, number in known.items() if sum(counts[emoji]) != number or len(counts[emoji]) > 1]


async def _people(calls: Calls, message: MessageRef, form: Form, kind: Traffic) -> list[str]:
    people: list[str] = []
    after = 0
    while True:
        page = await calls.reacted(message, form.route, kind, burst=form.burst, after=after, limit=PAGE)
        people += [str(int(user["id"])) for user in page if not user.get("bot") and str(user["id"]) != calls.me]
        if len(page) < PAGE:
            return people
        last = max(int(user["id"]) for user in page)
        if last <= after:
            raise ValueError("the same people again: this would never end")
        after = last
