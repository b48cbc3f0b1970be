"""Discord as a chat platform: builds the parts and keeps the order in which they run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

import discord
import structlog

from adapters.discord import diagnosis, reacted
from adapters.discord.calls import Calls
from adapters.discord.client import Client, Watcher, point_library_at
from adapters.discord.errors import FAILURES, NO_ANSWER, UNREADABLE, Slowed, unreachable
from adapters.discord.finding import Finder
from adapters.discord.inbound import ELSEWHERE, PLATFORM
from adapters.discord.limits import asking
from adapters.discord.listener import Listener
from adapters.discord.locales import CLIENT_LANGUAGES
from adapters.discord.patience import backoff
from adapters.discord.places import Places, channel_id
from adapters.discord.rights import NO_HISTORY, capabilities_of
from adapters.discord.settings import DiscordSettings
from adapters.discord.surface import application_commands, publish, spelled
from bot.errors import ConfigError, DeliveryError, PlatformDown, StorageError, TokenRefused
from bot.model import Actor, Ballot, Card, ChatKind, ChatRef, MessageRef, Phrase
from bot.ports import (
    Capabilities,
    ChatAdapter,
    Command,
    Departure,
    Diagnoses,
    Dispatch,
    Finding,
    FindsOwnPosts,
    KnowsAdmins,
    KnowsMembers,
    PublishesCommands,
    RereadsReactions,
    SeedsReactions,
    State,
    Surroundings,
    Traffic,
)

log = structlog.get_logger()

REFUSED = Phrase(
    "Discord does not accept the token. Take a new one from the bot's page at {link}",
    {"link": "https://discord.com/developers/applications"},
)
INTENTS = Phrase("Discord does not allow this bot to connect with the intents that it asks for.")
CLOSED = Phrase("Discord closed the connection for good (code {code}).")


class DiscordAdapter(
    ChatAdapter,
    KnowsAdmins,
    KnowsMembers,
    SeedsReactions,
    RereadsReactions,
    FindsOwnPosts,
    PublishesCommands,
    Diagnoses,
):
    """See the ports."""

    platform: ClassVar[str] = PLATFORM
    ballot: ClassVar[Ballot] = Ballot(bullish=("🐂", "👍", "🚀", "📈"), bearish=("🐻", "👎", "📉"))
    elsewhere_parameter: ClassVar[str] = ELSEWHERE
    client_languages: ClassVar[frozenset[str] | None] = CLIENT_LANGUAGES

    def __init__(self, settings: DiscordSettings, surroundings: Surroundings) -> None:
        if settings.token is None:
            raise ConfigError(("discord.token: is missing",))
        self._settings = settings
        self._token = settings.token
        self._surroundings = surroundings
        self._calls = Calls(surroundings.pace, surroundings.clock)
        self._places = Places(self._calls)
        self._finder = Finder(self._calls)
        self._commands: tuple[Command, ...] = ()

    # --- posts ---------------------------------------------------------------------------------------------------

    async def send(self, chat: ChatRef, card: Card, *, key: str, departure: Departure) -> MessageRef:
        """See `ChatAdapter`. In a forum each card opens a thread, and the message is in that thread's chat."""
        forum = await self._places.forum(chat)
        if forum is not None:
            return await self._calls.start_thread(forum, card, departure)
        return await self._calls.post(channel_id(chat), card, Traffic.POST, nonce=key, departure=departure)

    async def edit(self, message: MessageRef, card: Card, *, posted_at: datetime | None = None) -> None:
        """See `ChatAdapter`. In a sleeping thread a post shows it when somebody wakes that."""
        channel_id(message.chat)
        await self._calls.edit(message, card, posted_at)

    async def seed(self, message: MessageRef, ballot: Ballot) -> None:
        """See `SeedsReactions`. Where reactions can't be put, the buttons remain."""
        await self._calls.seed(message, (*ballot.bullish[:1], *ballot.bearish[:1]))

    async def reread(
        self, message: MessageRef, known: Mapping[str, int | None], kind: Traffic
    ) -> Mapping[str, frozenset[str]]:
        """See `RereadsReactions`. One request where the numbers are right."""
        channel_id(message.chat)
        return await reacted.voters(self._calls, message, known, kind)

    async def find(self, chat: ChatRef, button: str, since: datetime | None = None) -> MessageRef | None:
        """See `FindsOwnPosts`. In a forum it is a thread's first message."""
        place = await self._places.of(chat)
        if place.permissions is not None and not place.permissions.read_message_history:
            # Discord would show us no messages, as if there were none.
            raise PlatformDown(NO_HISTORY)
        if place.kind is ChatKind.FORUM:
            return await self._finder.thread(place, button, since)
        return await self._finder.message(place.id, button, since)

    # --- chats ---------------------------------------------------------------------------------------------------

    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        """See `ChatAdapter`."""
        return capabilities_of(await self._places.of(chat, kind))

    async def is_member(self, chat: ChatRef, actor: Actor) -> bool:
        """See `KnowsMembers`: whoever is in the server."""
        return await self._places.is_member(chat, actor)

    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        """See `KnowsAdmins`: who may manage the server and sees the channel."""
        return await self._places.is_admin(chat, actor)

    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        """See `KnowsAdmins`."""
        return await self._places.administered(actor, chats)

    def declare(self, commands: Sequence[Command]) -> None:
        """See `PublishesCommands`."""
        self._commands = tuple(commands)

    def spelled(self, command: str) -> str:
        """See `ChatAdapter`. The options of a command have names here."""
        return spelled(self._commands, command)

    # --- running -------------------------------------------------------------------------------------------------

    async def run(self, dispatch: Dispatch) -> None:
        """See `ChatAdapter`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._serve(Listener(self._report, self._calls, self._surroundings, dispatch, tasks), tasks)
        except ExceptionGroup as group:
            refused = group.subgroup(TokenRefused)
            if refused is None:
                raise
            # The group is only how it got here; the caller waits for the one error.
            raise TokenRefused(self.detail or REFUSED) from None

    async def _serve(self, listener: Listener, tasks: asyncio.TaskGroup) -> None:
        client = await self._connected(listener)
        publishing = tasks.create_task(self._publish_commands())
        try:
            await listener.begin(client.application_id)
            await client.connect()
        except discord.PrivilegedIntentsRequired:
            raise self._refused(INTENTS) from None
        except discord.ConnectionClosed as closed:
            # 4004: authentication failed; the others that don't go away by themselves come from our own settings.
            phrase = REFUSED if closed.code == 4004 else replace(CLOSED, args={"code": closed.code})
            raise self._refused(phrase) from None
        finally:
            publishing.cancel()
            self._calls.use(None)
            await client.close()

    async def _connected(self, listener: Listener) -> Client:
        """Log in until Discord lets us. Raises TokenRefused."""
        failures = 0
        while True:
            client = await self._login(listener)
            if isinstance(client, Client):
                return client
            failures += 1
            why = unreachable(client)
            log.info("Discord could not be reached", error=type(client).__name__, reason=why.msgid)
            self._report(State.CONNECTING, why)
            await self._surroundings.sleep(client.retry_after if isinstance(client, Slowed) else backoff(failures))

    async def _login(self, watcher: Watcher) -> Client | Exception:
        point_library_at(self._settings)
        client = Client(watcher, self._surroundings)
        try:
            for _who_we_are_and_which_application in range(2):
                await self._surroundings.pace.turn(Traffic.ANSWER, asking())
            await client.login(self._token.get_secret_value())
        except discord.LoginFailure:
            await client.close()
            raise self._refused(REFUSED) from None
        except (*FAILURES, *UNREADABLE) as error:
            await client.close()
            return error
        except BaseException:
            await client.close()
            raise
        self._calls.use(client)
        return client

    async def _publish_commands(self) -> None:
        """In a task of its own: whatever goes wrong with the menu costs no vote."""
        try:
            payload = application_commands(self._commands, self._surroundings.translators)
            await publish(payload, self._calls, self._surroundings.keys, self._surroundings.sleep)
        except StorageError as error:
            log.warning("the commands could not be published", reason=str(error))  # the next connection tries again
        except Exception:
            log.exception("publishing the commands on Discord failed")

    def _refused(self, phrase: Phrase) -> TokenRefused:
        self._report(State.REFUSED, phrase)
        return TokenRefused(phrase)

    def _report(self, state: State, detail: Phrase | None) -> None:
        if state is not self.state:
            log.info("Discord", state=state.value)
        self.state, self.detail = state, detail

    # --- check ---------------------------------------------------------------------------------------------------

    async def diagnose(self, chats: Sequence[ChatRef]) -> Sequence[Finding]:
        """See `Diagnoses`."""
        try:
            client = await self._login(Watcher())
        except TokenRefused as error:
            return [Finding(False, error.phrase)]
        if not isinstance(client, Client):
            return [Finding(False, unreachable(client))]
        try:
            return await self._findings(client, chats)
        except DeliveryError as error:
            return [Finding(False, error.phrase)]
        finally:
            self._calls.use(None)
            await client.close()

    async def _findings(self, client: Client, chats: Sequence[ChatRef]) -> Sequence[Finding]:
        application = client.application
        user = client.user
        if application is None or user is None:
            return [Finding(False, NO_ANSWER)]

        async def servers() -> int:
            return len(await client.http.get_guilds(200))

        elsewhere = application.interactions_endpoint_url is not None
        findings = list(
            diagnosis.account(
                user.name, application.id, await self._calls.ask(servers), interactions_elsewhere=elsewhere
            )
        )
        for ref in chats:
            try:
                findings += diagnosis.chat(ref, await self.capabilities(ref))
            except DeliveryError as error:
                findings += diagnosis.chat(ref, error)
        return findings
