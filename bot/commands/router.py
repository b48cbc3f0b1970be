"""Takes what people type, press and fill in to the handler of the command, in the words that they read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.card.answer import answer_card, paragraph
from bot.commands import fallback, sources, timezone
from bot.commands import help as help_command
from bot.commands.introduction import introduction
from bot.commands.registry import registry
from bot.commands.request import Request, parse_command_button
from bot.commands.services import Services
from bot.commands.targets import administered_chat, named_chat, require_admin_of
from bot.errors import CommandError, DeliveryError, SourceError
from bot.events import ButtonPressed, ChatJoined, ChoicesWanted, CommandInvoked, Elsewhere
from bot.model import Actor, ChatKind, ChatRef, Phrase
from bot.ports import Answer, Choice, Command, Translator
from bot.storage import chats, declared, subscriptions
from bot.storage.chats import Chat

START = "start"
"""What Telegram sends when a person opens a chat with a bot; it is nobody's declared command."""

MAX_SUGGESTED = 25
"""As many as Discord shows."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u061c\u2060\ufeff"))
"""What adapters put into words so that nothing in them becomes a link or a mention, our own examples included, and the
marks by which texts written from right to left hold others: whoever copies an example copies them too."""

ROOM_PACK = "crypto"
"""What a place with a language by its nature follows from the first moment."""


class Commands:
    """Answers the events that are questions."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._registry = registry(services.packs, services.translators.names)

    def declared(self) -> tuple[Command, ...]:
        """For the adapters that publish commands."""
        return tuple(registered.command for registered in self._registry.values())

    async def invoke(self, event: CommandInvoked) -> Answer:
        """Answers a command, typed or by a form."""
        here = await self._known(event)
        name = event.name
        if name == START:
            if here.language is None:
                return Answer(card=introduction(self._words(here, event.actor), self._services.translators))
            name = help_command.COMMAND.name
        registered = self._registry.get(name)
        words = typed_form(registered.command, event) if registered and name == event.name else ""
        asked = _Asked(
            name, words, event.actor, event.admin, event.event_id, about=_another(event.about, here), forum=event.forum
        )
        return await self._answer(asked, here)

    async def press(self, event: ButtonPressed) -> Answer | None:
        """Answers a button of a menu, in the menu's place; None when the button is not a command's."""
        parsed = parse_command_button(event.button)
        if parsed is None:
            return None
        here = await self._services.database.read(chats.by_ref, event.message.chat)
        if here is None:
            here = await self._ensure(event.message.chat, ChatKind.GROUP)
        asked = _Asked(*parsed, event.actor, event.admin, event.event_id, pressed=True)
        return await self._answer(asked, here)

    async def choices(self, event: ChoicesWanted) -> Answer:
        """Suggestions for what someone is typing into a command's parameter."""
        here = await self._services.database.read(chats.by_ref, event.chat)
        return Answer(choices=(await self._offered(event, here))[:MAX_SUGGESTED])

    async def joined(self, event: ChatJoined) -> Answer | None:
        """Remembers the chat and introduces the bot, unless it is known there by another chat; a place with a language
        of its own starts at once instead."""
        came, now = event.chat, self._services.clock()
        back = await self._services.database.write(declared.arrive, came, event.kind, event.title, now)
        if await self._is_known_beside(event):
            return None
        here = await self._ensure(came, event.kind, event.title, event.locale)
        if event.language is not None:
            await self._open_room(here, event.language)
            return None
        # A channel's readers needn't see how it is set up: its card goes to whoever brought us in.
        private = event.kind is ChatKind.CHANNEL
        t = self._words(here, event.actor)
        if here.language is None:
            parameter = self._services.adapters[here.ref.platform].elsewhere_parameter
            card = introduction(t, self._services.translators, here if private else None, parameter)
            return Answer(card=card, private=private)
        if not back:
            return None
        self._services.on_change()
        return Answer(
            card=answer_card(t.language, paragraph(t("I am back, with the settings from before."))), private=private
        )

    async def _is_known_beside(self, event: ChatJoined) -> bool:
        known = await self._services.database.read(chats.by_ref, event.chat)
        if known is not None and known.language is not None:
            return False
        return await self._services.database.read(chats.any_set_up, event.beside)

    async def reread(self) -> None:
        """What chats follow has changed by itself."""
        await self._services.gatherer.sync_subscriptions()
        self._services.on_change()

    async def _open_room(self, room: Chat, language: str) -> None:
        services = self._services
        if room.language is not None or language not in services.translators.names:
            return
        await services.database.write(
            declared.begin,
            room.id,
            language,
            services.clock(),
            packs=[ROOM_PACK] if ROOM_PACK in services.packs else [],
            source_ids=[await services.gatherer.sample_source(language)] if services.sample_wire else [],
        )
        await services.gatherer.sync_subscriptions()
        services.on_change()

    async def _answer(self, asked: _Asked, here: Chat) -> Answer:
        try:
            return await self._carried_out(asked, here)
        except (CommandError, DeliveryError, SourceError) as error:
            t = self._services.translators(self.language_of(asked.actor, here), here.timezone)
            return Answer(card=answer_card(t.language, paragraph(t.phrase(error.phrase))), private=True)

    async def _carried_out(self, asked: _Asked, here: Chat) -> Answer:
        registered = self._registry.get(asked.name)
        if registered is None:
            raise CommandError(_unknown(asked.name, self._registry))
        # Only a command that can be about another chat takes a name of one; in others it is a word like any.
        chat_id, words = named_chat(asked.words) if registered.command.elsewhere else (None, asked.words.strip())
        chat, said_admin = here, asked.admin
        if asked.about is not None:
            await require_admin_of(self._services, asked.actor, asked.about)
            chat, said_admin = await self._ensure(asked.about.chat, asked.about.kind, asked.about.title), True
        elif chat_id is not None and chat_id != here.id:
            chat, said_admin = await administered_chat(self._services, here, asked.actor, chat_id), True
        request = Request(
            services=self._services,
            command=asked.name,
            here=here,
            chat=chat,
            actor=asked.actor,
            t=self._words(here, asked.actor),
            words=words,
            chosen=chat_id is not None or asked.about is not None,
            said_admin=said_admin,
            forum=await self._forum(asked),
            pressed=asked.pressed,
            event_id=asked.event_id,
        )
        return await registered.handler(request)

    async def _forum(self, asked: _Asked) -> Chat | None:
        """The forum to which the thread belongs where it was asked, if the person may set it up and nobody has."""
        if asked.forum is None or asked.about is not None or not asked.forum.admin:
            return None
        known = await self._services.database.read(chats.by_ref, asked.forum.chat)
        if known is None:
            known = await self._ensure(asked.forum.chat, asked.forum.kind, asked.forum.title)
        return known if known.language is None else None

    async def _offered(self, event: ChoicesWanted, here: Chat | None) -> tuple[Choice, ...]:
        match event.command, event.subcommand, event.parameter:
            case "language", _, "language":
                names = self._services.translators.names
                return _fitting([Choice(code, name) for code, name in names.items()], event.typed)
            case "language", _, fallback.KEYWORD:
                return fallback.suggestions(event.typed, self._services.translators)
            case "timezone", _, "zone":
                locale = self._services.translators.locale(self.language_of(event.actor, here))
                return timezone.suggestions(event.typed, locale)
            case sources.NAME, "remove", "address":
                chat = await self._suggested_for(event, here)
                if chat is not None:
                    followed = await self._services.database.read(subscriptions.of_chat, chat.id)
                    return sources.suggestions(followed, event.typed, self._words(here or chat, event.actor))
        return ()

    async def _suggested_for(self, event: ChoicesWanted, here: Chat | None) -> Chat | None:
        if event.about is None:
            return here
        try:
            await require_admin_of(self._services, event.actor, event.about)
        except (CommandError, DeliveryError):
            return None
        return await self._services.database.read(chats.by_ref, event.about.chat)

    async def _known(self, event: CommandInvoked) -> Chat:
        here = await self._services.database.read(chats.by_ref, event.chat)
        if here is not None and (here.kind, here.title) == (event.kind, event.title or here.title):
            return here
        locale = event.actor.locale if event.kind is ChatKind.PRIVATE else None
        return await self._ensure(event.chat, event.kind, event.title, locale)

    async def _ensure(self, ref: ChatRef, kind: ChatKind, title: str = "", locale: str | None = None) -> Chat:
        return await self._services.database.write(
            chats.ensure,
            ref,
            kind,
            self._services.clock(),
            title=title,
            locale=locale,
            shares_votes=ref.platform not in self._services.unshared,
        )

    def _words(self, here: Chat, actor: Actor | None) -> Translator:
        """In the chat's language; before it has one, in that of the person, or what we were told of the place."""
        language = here.language or self._supported(here.locale) or self._reads(actor) or "en"
        return self._services.translators(language, here.timezone)

    def language_of(self, actor: Actor, here: Chat | None) -> str:
        """In which something is said that is for one person alone: their own before the chat's, unless the chat's is
        none that they could choose for their client."""
        if here is None:
            return self._reads(actor) or "en"
        offered = self._services.adapters[here.ref.platform].client_languages
        if here.language is not None and offered is not None and here.language.partition("-")[0] not in offered:
            return here.language
        return self._reads(actor) or here.language or self._supported(here.locale) or "en"

    def _reads(self, actor: Actor | None) -> str | None:
        return self._supported(actor.locale) if actor is not None else None

    def _supported(self, tag: str | None) -> str | None:
        return self._services.translators.supported(tag)


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    words: str
    actor: Actor
    admin: bool | None
    event_id: str | None
    pressed: bool = False
    about: Elsewhere | None = None
    forum: Elsewhere | None = None


def _fitting(offered: Sequence[Choice], typed: str) -> tuple[Choice, ...]:
    wanted = typed.strip().casefold()
    return tuple(one for one in offered if wanted in str(one.label).casefold() or wanted == one.value)


def _another(about: Elsewhere | None, here: Chat) -> Elsewhere | None:
    """The chat that was chosen, unless it is the one where it was asked."""
    return about if about is not None and about.chat != here.ref else None


def _unknown(name: str, known: Iterable[str]) -> Phrase:
    near = difflib.get_close_matches(name, list(known), n=1)
    if near:
        return Phrase("I don't know that command. Did you mean {command}?", {"command": f"/{near[0]}"})
    return Phrase("I don't know that command. What I can do: {command}", {"command": "/help"})


def typed_form(command: Command, event: CommandInvoked) -> str:
    """What would have been typed after the command's name to mean the same."""
    verb = next((verb for verb in command.subcommands if verb.name == event.subcommand), None)
    parameters = verb.parameters if verb is not None else command.parameters
    given = [parameter for parameter in parameters if parameter.name in event.arguments]
    values = [parameter.typed(event.arguments[parameter.name]) for parameter in given]
    words = " ".join([event.subcommand, *values]).strip() or event.text.strip()
    return words.translate(_INVISIBLE)
