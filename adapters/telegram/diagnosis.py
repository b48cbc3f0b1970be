"""What `newstally check` says of Telegram: the token, the rights in each chat, the links that invite us."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.telegram.rights import CHANNEL_RIGHTS, GROUP_RIGHTS
from bot.errors import DeliveryError
from bot.model import ChatRef, Phrase
from bot.ports import Capabilities, Finding


def group_link(username: str) -> str:
    """Opens a choice of groups, then a form with exactly the rights needed."""
    return f"https://t.me/{username}?startgroup=newstally&admin={'+'.join(GROUP_RIGHTS)}"


def channel_link(username: str) -> str:
    """The same for channels."""
    return f"https://t.me/{username}?startchannel&admin={'+'.join(CHANNEL_RIGHTS)}"


def account(username: str, *, can_join_groups: bool) -> Sequence[Finding]:
    """What can be said once the token is accepted."""
    findings = _invitations(username) if username else [Finding(True, Phrase("Telegram accepts the token."))]
    if not can_join_groups:
        findings.append(
            Finding(False, Phrase("This bot may not join groups. Allow it with @BotFather by /setjoingroups."))
        )
    return findings


def _invitations(username: str) -> list[Finding]:
    return [
        Finding(True, Phrase("Telegram knows this bot as @{name}.", {"name": username})),
        Finding(True, Phrase("Add the bot to a Telegram group with this link: {link}", {"link": group_link(username)})),
        Finding(
            True, Phrase("Add the bot to a Telegram channel with this link: {link}", {"link": channel_link(username)})
        ),
    ]


def chat(ref: ChatRef, capabilities: Capabilities | DeliveryError) -> Sequence[Finding]:
    """What can be said of one chat."""
    if isinstance(capabilities, DeliveryError):
        return [_about(ref, capabilities.phrase, ok=False)]
    if not capabilities.missing:
        return [_about(ref, Phrase("All rights are there."), ok=True)]
    return [_about(ref, missing, ok=False) for missing in capabilities.missing]


def _about(ref: ChatRef, text: Phrase, *, ok: bool) -> Finding:
    return Finding(ok, Phrase("Telegram chat {id}: {text}", {"id": ref.id, "text": text}))
