"""What a platform tells us, as frozen values. Adapters make them from payloads; the core alone decides what they
mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.model import Actor, ChatKind, ChatRef, MessageRef, Span


@dataclass(frozen=True, slots=True)
class WholeSet:
    """All the emoji that the voter has on the message now (Telegram groups). Empty: none."""

    emoji: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """The voter put one emoji on the message (Discord)."""

    emoji: str


@dataclass(frozen=True, slots=True)
class Removed:
    """The voter took one emoji off the message (Discord)."""

    emoji: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """A moderator took everyone's reactions off the message: all of them, or those of one emoji."""

    emoji: str | None = None


Change: TypeAlias = WholeSet | Added | Removed | Cleared


@dataclass(frozen=True, slots=True)
class ReactionsChanged:
    """A voter's reactions on a message changed. Emoji are in the adapter's normal form (no variation selector, no
    skin tone)."""

    message: MessageRef
    voter: Actor | None
    """None only with Cleared, which concerns every voter."""
    change: Change
    event_id: str | None = None
    """The platform's id of the event, where it has one; an event seen before changes nothing."""
    within: ChatRef | None = None
    """The chat to which the message's own chat belongs (a thread's forum), as the platform itself says."""


@dataclass(frozen=True, slots=True)
class ReactionsCounted:
    """Anonymous totals on a message (Telegram channels): all the kinds that stand now, with their counts."""

    message: MessageRef
    totals: Mapping[str, int]
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """Someone pressed a button of ours. ``button`` is the id the card gave it, and may be forged: check it."""

    message: MessageRef
    actor: Actor
    button: str
    event_id: str
    admin: bool | None = None
    """Whether the platform itself says, with this event, that the actor administers the chat; None: not said, ask
    it."""
    within: ChatRef | None = None
    """As in ReactionsChanged."""
    carried: bool | None = None
    """Whether the message itself has this button, by what the platform tells of the message; None: it doesn't tell,
    which proves nothing."""


@dataclass(frozen=True, slots=True)
class ReactionsMissed:
    """Reactions that came until now were not told to us, and never will be, nor what we may do in chats; all of it can
    be asked for (`ports.RereadsReactions`)."""

    platform: str


@dataclass(frozen=True, slots=True)
class ReactionsRead:
    """Who has which emoji on a message, as the platform said when the core asked; emoji not named are as they were."""

    message: MessageRef
    voters: Mapping[str, frozenset[str]]
    """The ids of all who have it, by emoji."""
    order: int
    """When what is seen for the first time counts as given, among facts; the same for all that was missed together."""
    fresher: frozenset[tuple[str, str | None]] = frozenset()
    """Voters, each with an emoji (None: all of them), that were heard of while we asked: of these that holds, and not
    this."""


@dataclass(frozen=True, slots=True)
class VotesErased:
    """A voter doesn't want to have voted: all that stands is to be forgotten, or what stands in some chats. No platform
    tells it; members ask the core."""

    voter: Actor
    chats: frozenset[int] | None = None
    """The core's own numbers of chats; None: everywhere, with whatever else is kept of this voter's votes."""
    event_id: str | None = None
    """The platform's id of the event that asked for it: told again, it erases nothing that was given since."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another chat than the one where something happened, as the platform itself names it."""

    chat: ChatRef
    kind: ChatKind = ChatKind.GROUP
    title: str = ""
    admin: bool | None = None
    """As in ButtonPressed, but of this chat."""


@dataclass(frozen=True, slots=True)
class CommandInvoked:
    """Someone gave a command, typed (``text`` holds what followed its name) or by a form (``subcommand``,
    ``arguments``, which hold where ``text`` says the same)."""

    chat: ChatRef
    actor: Actor
    name: str
    text: str = ""
    subcommand: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    event_id: str | None = None
    admin: bool | None = None
    """As in ButtonPressed."""
    kind: ChatKind = ChatKind.GROUP
    title: str = ""
    about: Elsewhere | None = None
    """The chat that it concerns, where the person chose another one (`ports.ChatAdapter.elsewhere_parameter`)."""
    forum: Elsewhere | None = None
    """The forum to which the chat, one of its threads, belongs."""


@dataclass(frozen=True, slots=True)
class ChoicesWanted:
    """Someone is filling in a command's parameter and wants suggestions for what they typed so far (autocomplete)."""

    chat: ChatRef
    actor: Actor
    command: str
    subcommand: str
    parameter: str
    typed: str
    admin: bool | None = None
    about: Elsewhere | None = None
    """As in CommandInvoked."""


@dataclass(frozen=True, slots=True)
class ChatJoined:
    """We came into a chat, or a room was opened for the first time."""

    chat: ChatRef
    kind: ChatKind
    title: str = ""
    actor: Actor | None = None
    """Who brought us in."""
    locale: str | None = None
    """A first guess at the chat's language, from the guild or the person who added us."""
    language: str | None = None
    """Set where the place has a language by its nature (a web room); such a chat starts at once with the default
    sources."""
    beside: tuple[ChatRef, ...] = ()
    """Other chats of the same place (a server's channels): where one of them is set up, nobody needs an
    introduction."""


@dataclass(frozen=True, slots=True)
class ChatChanged:
    """Our rights in a chat, or its settings that matter to votes, may have changed. ``present`` False: we are out."""

    chat: ChatRef
    present: bool
    kind: ChatKind = ChatKind.GROUP
    title: str = ""
    heard_anew: bool = False
    """Our own rights have changed so that reactions reach us of which we were not told before."""


@dataclass(frozen=True, slots=True)
class ChatDescribed:
    """The platform was asked about a chat that the config file declares. It says nothing of whether we are in it."""

    declared: ChatRef
    """As the file names it."""
    chat: ChatRef
    """By the id that the platform's events use."""
    kind: ChatKind
    title: str = ""


@dataclass(frozen=True, slots=True)
class ChatMigrated:
    """A chat got a new id (Telegram's group to supergroup). Old messages keep the old id."""

    chat: ChatRef
    to: ChatRef


@dataclass(frozen=True, slots=True)
class PostMirrored:
    """The platform itself copied a post of ours elsewhere (a channel post into its discussion group): the two are
    one."""

    original: MessageRef
    mirror: MessageRef
    headline: Span | None = None
    """The linked words with which the copy begins, if it begins so. No buttons are copied, which would tell more."""


Event: TypeAlias = (
    ReactionsChanged
    | ReactionsCounted
    | ReactionsMissed
    | ButtonPressed
    | CommandInvoked
    | ChoicesWanted
    | ChatJoined
    | ChatChanged
    | ChatDescribed
    | ChatMigrated
    | PostMirrored
)
