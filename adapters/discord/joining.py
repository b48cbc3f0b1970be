"""Servers and channels that come, change and go → events. Pure: reads the library's objects, asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import discord

from adapters.discord.inbound import PLATFORM, chat_kind, title
from adapters.discord.rights import may_write
from bot.events import ChatChanged, ChatJoined
from bot.model import ChatKind, ChatRef

_CHATS = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel | discord.Thread


def joined(guild: discord.Guild) -> ChatJoined | None:
    """A bot joins a server and not a channel: we introduce ourselves where newcomers are greeted, else in the first
    text channel in which we may write. None when there is none."""
    me = guild.me
    channels = [guild.system_channel] if guild.system_channel is not None else []
    channels += sorted(guild.text_channels, key=lambda channel: (channel.position, channel.id))
    for channel in channels:
        if may_write(channel.permissions_for(me)):
            name = title(guild.name, channel.name)
            beside = tuple(_ref(other) for other in all_channels(guild) if other != channel)
            return ChatJoined(_ref(channel), ChatKind.GROUP, name, locale=_locale(guild), beside=beside)
    return None


def _locale(guild: discord.Guild) -> str | None:
    """What the server says of its language. Only a community can choose one; American English is what Discord writes
    where nobody has, so that it tells us nothing, and whoever sets us up may read something else."""
    chosen = guild.preferred_locale
    return None if chosen is discord.Locale.american_english else chosen.value


def changed(
    channels: Iterable[discord.abc.GuildChannel | discord.Thread], *, present: bool, heard_anew: bool = False
) -> Iterator[ChatChanged]:
    """What happened to those of the channels that can be chats."""
    for channel in channels:
        if isinstance(channel, _CHATS):
            kind = chat_kind(channel.type.value)
            name = title(channel.guild.name, channel.name)
            yield ChatChanged(_ref(channel), present, kind, name, heard_anew)


def all_channels(guild: discord.Guild) -> list[discord.abc.GuildChannel | discord.Thread]:
    """Every channel and every thread that we know of in a server."""
    return [*guild.channels, *guild.threads]


def _ref(channel: discord.abc.GuildChannel | discord.Thread) -> ChatRef:
    return ChatRef(PLATFORM, str(channel.id))
