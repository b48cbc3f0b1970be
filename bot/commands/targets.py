"""Which chat a command concerns: the one where it was given, a channel that is set up from a private chat, or one that
was chosen by a parameter where the platform has such parameters.

The chat travels in the words as ``@<row id>``, in buttons as when typed. Whoever names one is checked each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.card.answer import heading, item, note, paragraph
from bot.commands.request import Request, address_of, command_button, fits_button
from bot.commands.services import Services
from bot.errors import CommandError
from bot.events import Elsewhere
from bot.model import Actor, ChatKind, Line, Phrase
from bot.ports import Answer, KnowsAdmins
from bot.storage import chats
from bot.storage.chats import Chat

_NAMED = re.compile(r"@([0-9]{1,18})(?:\s+(.*))?", re.ASCII | re.DOTALL)

NOT_YOURS = Phrase("You are not an admin of that channel, or I am not in it.")

_CHOSEN_BY_PARAMETER = frozenset({ChatKind.GROUP, ChatKind.CHANNEL, ChatKind.THREAD, ChatKind.FORUM})

MAX_OFFERED = 20
"""Channels offered as buttons; more than the rows of any platform hold helps nobody."""


def named_chat(words: str) -> tuple[int | None, str]:
    """The row id of the chat that the words name first, if they do, and the words without it."""
    match = _NAMED.fullmatch(words.strip())
    return (int(match[1]), (match[2] or "").strip()) if match else (None, words.strip())


async def administered_chat(services: Services, here: Chat, actor: Actor, chat_id: int) -> Chat:
    """The chat with this row id, if the person may set it up from here. Raises CommandError otherwise."""
    chat = await services.database.read(chats.by_id, chat_id)
    if chat is None or chat.ref.platform != here.ref.platform or not _reachable(services, here, chat):
        # The same words whether or not there is such a chat: its existence is nobody else's business.
        raise CommandError(NOT_YOURS)
    await require_admin_of(services, actor, Elsewhere(chat.ref, chat.kind))
    return chat


async def require_admin_of(services: Services, actor: Actor, chat: Elsewhere) -> None:
    """Raises CommandError unless the platform says that the person administers that chat."""
    if chat.kind is ChatKind.PRIVATE:
        admin = False  # it is its person's, and never set up from elsewhere
    elif chat.admin is not None:
        admin = chat.admin
    else:
        adapter = services.adapters[chat.chat.platform]
        admin = isinstance(adapter, KnowsAdmins) and await adapter.is_admin(chat.chat, actor)
    if not admin:
        raise CommandError(NOT_YOURS)


def _reachable(services: Services, here: Chat, chat: Chat) -> bool:
    """Whether chats of this kind are set up from such a place at all."""
    if services.adapters[here.ref.platform].elsewhere_parameter:
        return chat.kind in _CHOSEN_BY_PARAMETER
    return here.kind is ChatKind.PRIVATE and chat.kind is ChatKind.CHANNEL


async def which_chat(request: Request) -> Answer | None:
    """Asks which chat is meant, when a person in private administers channels, and keeps the words until they have
    chosen; None when there is nothing to ask."""
    known_already = request.chosen or request.pressed  # menus are about the chat for which they were shown
    if request.here.kind is not ChatKind.PRIVATE or known_already or not isinstance(request.adapter, KnowsAdmins):
        return None
    known = await request.services.database.read(chats.channels, request.here.ref.platform)
    theirs = set(await request.adapter.administered(request.actor, [chat.ref for chat in known])) if known else set()
    offered = [chat for chat in known if chat.ref in theirs][:MAX_OFFERED]
    if not offered:
        return None
    t = request.t
    # TRANSLATORS: a button; it means the private chat with the bot itself
    named = [(request.here, t("This chat")), *((chat, chat.title or chat.ref.id) for chat in offered)]
    lines = [
        heading(t("Which chat is it about?")),
        note(t("Channels of which you are an admin are set up here.")),
    ]
    if not all(fits_button(request.command, _chosen(request, chat)) for chat, _ in named):
        return request.answer(*lines, *_say_it_again(request, named), private=True)
    rows = [(command_button(name, request.command, _chosen(request, chat)),) for chat, name in named]
    return request.answer(*lines, buttons=rows, private=True)


def _say_it_again(request: Request, named: Sequence[tuple[Chat, str]]) -> Iterator[Line]:
    """How to say what no button can carry."""
    if request.adapter.elsewhere_parameter:
        yield paragraph(request.t("This is too long for a button. Use the command in the channel that you mean."))
        return
    yield paragraph(request.t("This is too long for a button. Send it again with the number of the chat:"))
    for chat, name in named:
        yield item(f"{name}: /{request.command} {address_of(chat)} {request.verb} …")


def _chosen(request: Request, chat: Chat) -> str:
    """The same words, about this chat."""
    return f"{address_of(chat)} {request.words}".strip()
