"""What `newstally check` says of Discord. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from adapters.discord.rights import NEEDED
from bot.errors import DeliveryError
from bot.model import ChatRef, Phrase
from bot.ports import Capabilities, Finding


def invitation(application: int) -> str:
    """The address at which an admin adds us, with exactly the rights that we need."""
    query = {
        "client_id": application,
        "scope": "bot applications.commands",
        "permissions": NEEDED.value,
    }
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"


def account(name: str, application: int, servers: int, *, interactions_elsewhere: bool) -> Iterator[Finding]:
    """What is right and wrong with the bot itself."""
    yield Finding(True, Phrase("Discord accepts the token. The bot is {name}.", {"name": name}))
    yield Finding(True, Phrase("To add it to a server, open {link}", {"link": invitation(application)}))
    yield Finding(True, Phrase("Servers on Discord that it is in: {n}", {"n": servers}))
    if interactions_elsewhere:
        yield Finding(
            False,
            Phrase(
                "An interactions endpoint URL is set for the bot in Discord's developer portal: "
                "take it out, or buttons and commands don't reach Newstally."
            ),
        )


def chat(ref: ChatRef, found: Capabilities | DeliveryError) -> Iterator[Finding]:
    """What is right and wrong in one chat."""
    place = {"chat": ref.id}
    if isinstance(found, DeliveryError):
        yield Finding(False, Phrase("Discord channel {chat}: {problem}", {**place, "problem": found.phrase}))
        return
    if found.posts and not found.missing:
        yield Finding(True, Phrase("Discord channel {chat}: all permissions are there.", place))
    for missing in found.missing:
        yield Finding(False, Phrase("Discord channel {chat}: {problem}", {**place, "problem": missing}))
