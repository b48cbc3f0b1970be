"""Finds channels and what people may do in them: from what the gateway told, else by asking."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from adapters.discord.calls import Calls
from adapters.discord.client import Client
from adapters.discord.errors import GONE, UNKNOWN_MEMBER, code_of
from adapters.discord.inbound import PLATFORM, chat_kind, is_admin
from adapters.discord.rights import Place
from bot.errors import ChatGone, DeliveryError
from bot.model import Actor, ChatKind, ChatRef
from bot.ports import Traffic

Channel = discord.abc.GuildChannel | discord.Thread


class Places:
    """Raises DeliveryError where Discord can't be asked; ChatGone for channels that we can't see."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def of(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Place:
        """What a chat is and what we may do there."""
        channel = await self._channel(channel_id(chat), kind)
        if channel is None:
            return Place(channel_id(chat), chat_kind(1))
        guild, me = channel.guild, await self._member(channel.guild, int(self._calls.me), kind)
        tags: tuple[int, ...] = ()
        if isinstance(channel, discord.ForumChannel) and channel.flags.require_tag:
            tags = tuple(tag.id for tag in channel.available_tags if not tag.moderated)[:1]
        return Place(
            channel.id, chat_kind(channel.type.value), guild.id, await self._permissions(channel, me, kind), tags
        )

    async def forum(self, chat: ChatRef) -> Place | None:
        """The forum that this chat is; None for all else, mostly without asking."""
        known = self._calls.client.get_channel(channel_id(chat))
        if known is not None and not isinstance(known, discord.ForumChannel):
            return None
        place = await self.of(chat)
        return place if place.kind is ChatKind.FORUM else None

    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        """Whether the person administers the server of this chat and sees it; a direct message is its recipient's."""
        channel = await self._channel(channel_id(chat))
        if channel is None:
            return await self._recipient(channel_id(chat)) == actor.id
        member = await self._member_or_none(channel.guild, actor)
        if member is None:
            return False
        rights = await self._permissions(channel, member)
        return is_admin(rights.value) and rights.view_channel

    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        """Those of the chats whose server the person administers; each server is asked once."""
        servers: dict[int, bool] = {}
        theirs = []
        for chat in chats:
            try:
                channel = await self._channel(channel_id(chat))
                if channel is None:
                    continue
                guild = channel.guild
                if guild.id not in servers:
                    servers[guild.id] = await self._administers(guild, actor)
            except DeliveryError:
                continue  # one that can't be asked about isn't offered
            if servers[guild.id]:
                theirs.append(chat)
        return theirs

    async def is_member(self, chat: ChatRef, actor: Actor) -> bool:
        """Whether the person is in the server of the channel; who writes to us is in their direct messages."""
        channel = await self._channel(channel_id(chat), Traffic.LOOK)
        if channel is None:
            return True
        guild = channel.guild

        async def asked() -> bool:
            try:
                await guild.fetch_member(int(actor.id))
            except discord.NotFound as error:
                if code_of(error) != UNKNOWN_MEMBER:
                    raise
                return False
            return True

        return await self._calls.ask(asked, Traffic.LOOK)

    async def _administers(self, guild: discord.Guild, actor: Actor) -> bool:
        member = await self._member_or_none(guild, actor)
        return member is not None and (guild.owner_id == member.id or is_admin(member.guild_permissions.value))

    async def _member_or_none(self, guild: discord.Guild, actor: Actor) -> discord.Member | None:
        try:
            return await self._member(guild, int(actor.id))
        except ChatGone:
            return None  # no member of that server

    async def _channel(self, number: int, kind: Traffic = Traffic.ANSWER) -> Channel | None:
        """The channel; None for a direct message."""
        client = self._calls.client
        channel = client.get_channel(number)
        if channel is None:
            channel = await self._calls.ask(lambda: client.fetch_channel(number), kind)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return None
        return channel if channel.guild.roles else await self._asked_anew(client, channel, kind)

    async def _recipient(self, number: int) -> str | None:
        """With whom we are in this direct message."""
        client = self._calls.client
        known = client.get_channel(number)
        if not isinstance(known, discord.DMChannel) or known.recipient is None:
            known = await self._calls.ask(lambda: client.fetch_channel(number))
        recipient = known.recipient if isinstance(known, discord.DMChannel) else None
        return None if recipient is None else str(recipient.id)

    async def _asked_anew(self, client: Client, channel: Channel, kind: Traffic) -> Channel:
        """The same channel in a server that knows its roles: the gateway hasn't told us of it (yet)."""
        guild = await self._calls.ask(lambda: client.fetch_guild(channel.guild.id, with_counts=False), kind)
        fetched = await self._calls.ask(lambda: guild.fetch_channel(channel.id), kind)
        if not isinstance(fetched, discord.abc.GuildChannel | discord.Thread):
            raise ChatGone(GONE)
        return fetched

    async def _member(self, guild: discord.Guild, number: int, kind: Traffic = Traffic.ANSWER) -> discord.Member:
        known = guild.get_member(number)
        return known if known is not None else await self._calls.ask(lambda: guild.fetch_member(number), kind)

    async def _permissions(
        self, channel: Channel, member: discord.Member, kind: Traffic = Traffic.ANSWER
    ) -> discord.Permissions:
        """In a thread its parent's permissions hold."""
        if not isinstance(channel, discord.Thread) or channel.parent is not None:
            return channel.permissions_for(member)
        parent = await self._calls.ask(lambda: channel.guild.fetch_channel(channel.parent_id), kind)
        return parent.permissions_for(member)


def channel_id(chat: ChatRef) -> int:
    """The number that Discord gave the channel. Raises ChatGone for what can't be one."""
    if chat.platform == PLATFORM and chat.id.isascii() and chat.id.isdecimal():
        return int(chat.id)
    raise ChatGone(GONE)
