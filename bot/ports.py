"""The seam between the core and the platforms: what an adapter must be, what it may be, and what the core gives it.

An adapter imports only this module, `events`, `model` and `errors`. It opts into an optional port by inheriting it;
the core asks with ``isinstance`` and never for a platform's name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias, runtime_checkable

from bot.events import Event
from bot.model import Actor, Ballot, Card, ChatRef, MessageRef, Phrase

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver

# --- words -----------------------------------------------------------------------------------------------------------


class Translator(Protocol):
    """The words and formats of one language. Passed in, never ambient."""

    @property
    def language(self) -> str:
        """Its code: one of `Translators.names`."""
        ...

    @property
    def direction(self) -> str:
        """How it is written, as HTML's ``dir`` says it: ``ltr`` or ``rtl``."""
        ...

    def __call__(self, msgid: str, /, **args: object) -> str:
        """The translation of ``msgid`` with its ``{named}`` places filled."""
        ...

    def plural(self, one: str, many: str, n: int, /, **args: object) -> str:
        """The form that fits ``n``; ``{n}`` is filled with the number as the language writes it."""
        ...

    def phrase(self, phrase: Phrase, /) -> str:
        """A Phrase in this language."""
        ...

    def number(self, n: int, /) -> str:
        """A whole number, grouped as the language does."""
        ...

    def moment(self, at: datetime, /) -> str:
        """An absolute date and time with the name of its zone, for text that stays: in the zone of the language, or in
        that for which the Translator was asked."""
        ...

    def ago(self, at: datetime, now: datetime, /) -> str:
        """A relative time such as "4 months ago", for text that is redrawn."""
        ...

    def listed(self, values: Sequence[str], /) -> str:
        """Several as one reads them out: "A, B and C"."""
        ...

    def language_name(self, code: str, /) -> str:
        """What any language is called in this one, such as "German"; its code where there is no name for it."""
        ...


class Translators(Protocol):
    """The languages that there are, and the Translator of each."""

    @property
    def names(self) -> Mapping[str, str]:
        """Every language by its own name, so that everyone finds theirs; in the order in which they are offered."""
        ...

    @property
    def words_for_language(self) -> Mapping[str, str]:
        """The word for "language" in each, in the same order."""
        ...

    def __call__(self, language: str, timezone: str | None = None, /) -> Translator:
        """The Translator of a language, English for an unknown one. ``timezone``: the IANA name of the zone whose time
        it tells; None or an unknown one: the language's own."""
        ...

    def zone(self, language: str, /) -> str:
        """The IANA name of the zone whose time is told in a language where nothing else is said."""
        ...

    def locale(self, language: str, /) -> str:
        """What CLDR calls a language, such as ``zh_Hans``: the locale whose names of places are its own."""
        ...

    def supported(self, tag: str | None) -> str | None:
        """The one of the languages that a BCP 47 tag such as ``pt-br`` or ``zh_Hant`` means, or None."""
        ...

    def preferred(self, accept_language: str) -> str:
        """The one that an Accept-Language header likes best; English where it names none of them."""
        ...


# --- commands --------------------------------------------------------------------------------------------------------


class Audience(StrEnum):
    """Who may use a command."""

    MEMBER = "member"
    ADMIN = "admin"
    """Administrators of the chat, as the platform itself says."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a parameter can take. A label that is a Phrase is translated; a str stands as it is."""

    value: str
    label: str | Phrase


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command. ``name`` is ASCII lower case and the same in every language."""

    name: str
    description: Phrase
    choices: tuple[Choice, ...] = ()
    required: bool = True
    suggests: bool = False
    """Whether the core answers ChoicesWanted for it."""
    shown_as: Phrase | None = None
    """Its name followed by a colon, "pack:", for platforms that show names in the language of who reads them."""
    keyword: bool = False
    """Its name stands before its value where the command is typed, as in ``/language fallback ru``."""

    def typed(self, value: str) -> str:
        """How a value of it is typed."""
        return f"{self.name} {value}" if self.keyword else value


@dataclass(frozen=True, slots=True)
class Task:
    """A command as a form says it, where people fill in instead of type."""

    title: Phrase
    """What it is for, in a few words. Where there is nothing to fill in, it is all that the button says."""
    button: Phrase | None = None
    """The verb on the button beside the fields."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A verb below a command, with parameters of its own."""

    name: str
    description: Phrase
    parameters: tuple[Parameter, ...] = ()
    audience: Audience = Audience.MEMBER
    shown_as: Phrase | None = None
    """As it is typed, with the command before it: "/sources add"; see `Parameter.shown_as`."""
    task: Task | None = None
    """None: its form says the description."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command as declared once for every platform: either with subcommands or with parameters, not both.

    Descriptions are at most 100 characters in every language (Discord's limit).
    """

    name: str
    description: Phrase
    parameters: tuple[Parameter, ...] = ()
    subcommands: tuple[Subcommand, ...] = ()
    audience: Audience = Audience.MEMBER
    elsewhere: bool = False
    """It can be given about another chat than the one where it is given, by that chat's admins."""
    shown_as: Phrase | None = None
    """As it is typed: "/sources"; see `Parameter.shown_as`. What comes back always has the names declared here."""
    task: Task | None = None
    """None: its form says the description."""
    by_words: bool = False
    """Where only commands are understood, words without one mean this: its one parameter. True of one at most."""
    chooses_language: bool = False
    """It settles which language a chat speaks: of no use where `LanguageByChat` holds, and not offered there, but for
    its parameters with a keyword."""


# --- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    """A text file that goes with an answer. ``name`` is plain ASCII, made by the core."""

    name: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the core says to an event; the adapter delivers it by the event's own token, in a task of its own."""

    card: Card | None = None
    private: bool = False
    """Only the member who asked sees it, where the platform can do that (for a button: a toast or an ephemeral
    note)."""
    replaces: bool = False
    """The card takes the place of the message whose button was pressed (menus)."""
    choices: tuple[Choice, ...] = ()
    """For ChoicesWanted; labels are str already."""
    follow_up: Callable[[], Awaitable[Card]] | None = field(default=None, compare=False)
    """Long work: the adapter shows ``card`` at once, awaits this in the same task, and puts its card in that one's
    place.
    It never raises NewstallyError."""
    document: Document | None = field(default=None, compare=False)
    """A file to keep: below ``card`` or with it. Only with ``instead``."""
    instead: Card | None = None
    """Given, nobody but the member who asked may see ``card`` and ``document``, not even where ``private`` is only a
    courtesy or the message to be replaced is everyone's: what can't be told to them alone at this place goes into their
    chat with us, and if there is none, everyone sees this card instead."""


Dispatch: TypeAlias = Callable[[Event], Awaitable[Answer | None]]
"""Hands an event to the core. When it returns, the event's facts are durable: only then acknowledge it to the platform.
Events count in the order of the calls, so calls may overlap. It raises StorageError when nothing could be committed."""


# --- pace ------------------------------------------------------------------------------------------------------------


class Traffic(IntEnum):
    """Classes of requests, most urgent first."""

    ANSWER = 0
    POST = 1
    SEED = 2
    EDIT = 3
    LOOK = 4
    """A question whose answer is most likely known."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A platform's limit as data: ``count`` requests in any ``seconds``, kept apart by ``name`` (which names the chat
    too)."""

    name: str
    count: int
    seconds: float


class Turn(Protocol):
    """One request's leave to go."""

    def used(self) -> None:
        """The request goes only now, some time after it was let go: what its limits count is when it goes."""
        ...


class Pace(Protocol):
    """The one limiter. Every request that costs a platform's budget asks it first."""

    async def turn(self, kind: Traffic, limits: Sequence[Limit]) -> Turn:
        """Returns when the request may go, having taken one from each limit. More urgent kinds go first; cancel to
        give up. Who goes at once needn't say that the turn is used."""
        ...

    def penalise(self, name: str, seconds: float) -> None:
        """The platform said 429: nothing under the limit of that name goes for ``seconds``; all others go on."""
        ...


# --- going out -------------------------------------------------------------------------------------------------------


class Departure(Protocol):
    """Keeps track, for the caller of `ChatAdapter.send`, of whether its message is on the way: what waits for its turn
    isn't, and must be neither lost nor taken for sent when we stop."""

    async def leaving(self) -> None:
        """Awaited when a request had its turn and nothing is left to wait for but the platform: it becomes durable that
        the message is on its way. What this raises, `send` raises, and the request isn't made: the message may have
        become unwanted while it waited. None of it is an error of the platform's library."""
        ...

    async def refused(self) -> None:
        """Awaited when the platform surely did nothing and the same `send` tries another request, which has to wait for
        its turn and leaves anew."""
        ...


# --- what a chat can do ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a chat allows now. Asked of the platform; the adapter may remember it until the platform says that it
    changed."""

    posts: bool = True
    """We may write here."""
    buttons: bool = True
    reactions: bool = True
    """Members' reactions reach us, each with its voter."""
    totals: bool = False
    """Only anonymous totals of reactions reach us (Telegram channels)."""
    emoji: frozenset[str] | None = None
    """The reactions that members may use, in normal form; None: any."""
    missing: tuple[Phrase, ...] = ()
    """Each right that we lack and how to grant it, a sentence each."""


class State(StrEnum):
    """How an adapter stands, for /healthz."""

    CONNECTING = "connecting"
    READY = "ready"
    REFUSED = "refused"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `newstally check`."""

    ok: bool
    text: Phrase


# --- the port --------------------------------------------------------------------------------------------------------


class ChatAdapter(ABC):
    """A chat platform. Constructed without touching the network; `run` connects."""

    platform: ClassVar[str]
    ballot: ClassVar[Ballot]
    """The default ballot here, in the normal form of this platform's emoji."""

    recognises_keys: ClassVar[bool] = False
    """A card sent again under the same key, however much later, gives the message that is there already."""

    elsewhere_parameter: ClassVar[str] = ""
    """By which parameter people choose another chat that a command shall concern (`Command.elsewhere`); empty where the
    platform has no such thing."""

    client_languages: ClassVar[frozenset[str] | None] = None
    """The languages, without script and region, that the platform's clients can be in; None: any. Whose chat speaks
    another may read it as well as that of their client."""

    keeps_for: ClassVar[timedelta | None] = None
    """How long the platform keeps for us what it can't tell us; what comes in a longer silence is lost. None: it is not
    so, or it can be asked for."""

    state: State = State.CONNECTING
    detail: Phrase | None = None
    """Why `state` is what it is, where that helps."""

    def spelled(self, command: str) -> str:
        """How a command is given here that reads ``/sources follow crypto`` where words follow one another."""
        return command

    @abstractmethod
    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        """What the chat allows now. May ask the platform, waiting for its turn (``kind``). Raises DeliveryError."""

    @abstractmethod
    async def send(self, chat: ChatRef, card: Card, *, key: str, departure: Departure) -> MessageRef:
        """Post a card. ``key`` (at most 25 ASCII characters) is the same for every attempt at the same delivery, so
        that a platform which can, recognises a repetition. Waits for its turn at the Pace (Traffic.POST) and for
        whatever else there is to wait for, and only then tells ``departure``. Raises DeliveryError, and what
        ``departure`` raises; Unconfirmed only when the platform may have acted."""

    @abstractmethod
    async def edit(self, message: MessageRef, card: Card, *, posted_at: datetime | None = None) -> None:
        """Redraw a post. An unchanged one is success. ``posted_at``: when it was posted, by the clock of the
        Surroundings, as a platform may take fewer edits of old ones, and not every server's ids tell the time; None:
        lately. Waits for its turn (Traffic.EDIT). Raises DeliveryError."""

    @abstractmethod
    async def run(self, dispatch: Dispatch) -> None:
        """Connect and turn what the platform tells into events until cancelled. A network failure is retried with
        back-off for ever and shows in `state`. Raises TokenRefused when the platform refuses the token."""


class KnowsAdmins(ABC):
    """Optional port: the platform can be asked who administers a chat."""

    @abstractmethod
    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        """Whether the actor administers the chat now. Raises DeliveryError."""

    @abstractmethod
    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        """Those of ``chats`` that the actor administers."""


class KnowsMembers(ABC):
    """Optional port: the platform can be asked who is a member of a chat."""

    @abstractmethod
    async def is_member(self, chat: ChatRef, actor: Actor) -> bool:
        """Whether the actor is in the chat (or in the server that it is part of) now. False only where the platform
        says so itself. Waits for its turn (Traffic.LOOK). Raises DeliveryError."""


class SeedsReactions(ABC):
    """Optional port: we put the ballot's first emoji under our own posts."""

    @abstractmethod
    async def seed(self, message: MessageRef, ballot: Ballot) -> None:
        """Idempotent. Waits for its turns (Traffic.SEED). Raises DeliveryError."""


class RereadsReactions(ABC):
    """Optional port: who reacted to a message can be asked. The adapter tells with ReactionsMissed when it was not
    told of reactions for a while; the core then asks about each open post, the newest first."""

    @abstractmethod
    async def reread(
        self, message: MessageRef, known: Mapping[str, int | None], kind: Traffic
    ) -> Mapping[str, frozenset[str]]:
        """Who has what on the message now: the ids of all voters (people, not bots) by emoji.

        Only emoji of ``known`` are asked about. It says how many voters of each the core counts, and those whose number
        is right may be left out; None: the number says nothing, as others may have it now. Waits for its turns
        (``kind``). Raises DeliveryError; CardRejected ends this one message, ChatGone its chat. Anything else that it
        raises is an answer that isn't the platform's: asked again, but not for ever.
        """


class FindsOwnPosts(ABC):
    """Optional port: after an attempt cut off mid-air we can look whether the message is there."""

    @abstractmethod
    async def find(self, chat: ChatRef, button: str, since: datetime | None = None) -> MessageRef | None:
        """Our message in the chat with a button of this id, posted not long before ``since`` or later (None: ever), or
        None when there surely is none. Raises DeliveryError; PlatformDown also where so much was written since that it
        hasn't looked through all of it yet: then the next call goes on."""


class LanguageByChat(ABC):
    """Optional port: each chat here has its language by its nature, and who wants another goes to another chat."""

    @abstractmethod
    def address_in(self, language: str) -> str:
        """Where the chat of that language is: the ``url`` of a button that leads there, which this adapter renders."""


class PublishesCommands(ABC):
    """Optional port: the platform shows the commands to its users."""

    @abstractmethod
    def declare(self, commands: Sequence[Command]) -> None:
        """Called once, before `run`; the adapter publishes them when connected, and only when they changed."""


class DescribesChats(ABC):
    """Optional port: can say what the chats are that the config file declares, by their names or ids alone."""

    @abstractmethod
    def expect(self, chats: Sequence[ChatRef]) -> None:
        """Called once, before `run`; once connected, the adapter asks the platform about each and tells with
        ChatDescribed. One that can't be asked is left as it is."""


class Diagnoses(ABC):
    """Optional port: can say for `newstally check` whether token and rights are in order, and how to invite us."""

    @abstractmethod
    async def diagnose(self, chats: Sequence[ChatRef]) -> Sequence[Finding]:
        """Connects, asks, disconnects. Never raises for what it found; includes the invitation link."""


class ServesPages(ABC):
    """Optional port: the adapter has pages that app.py mounts at the root of the one HTTP server."""

    @abstractmethod
    def pages(self) -> Any:
        """An ASGI application."""

    @abstractmethod
    def admin_link(self, address: str) -> str:
        """The link that makes whoever opens it an admin, for the operator's terminal; ``address`` is the site's,
        without
        a slash at its end. A secret."""

    @abstractmethod
    async def opened(self) -> None:
        """Returns once `run` has come far enough for the pages to be served."""


# --- what the core lends to adapters ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomMessage:
    """A post in a web room. ``id`` grows with time."""

    id: int
    room: str
    card: Card
    posted_at: datetime


class RoomStore(Protocol):
    """Keeps for rooms what elsewhere the platform keeps: their messages, and knows who has pressed which button."""

    async def append(self, room: str, card: Card, *, key: str, at: datetime) -> RoomMessage:
        """Store a message; one with the same room and key is returned as it is."""
        ...

    async def replace(self, room: str, message_id: int, card: Card) -> RoomMessage | None:
        """Change a message; None when there is none."""
        ...

    async def find(self, room: str, message_id: int) -> RoomMessage | None:
        """A message as it is now; None when there is none."""
        ...

    async def page(self, room: str, *, before: int | None = None, limit: int = 50) -> Sequence[RoomMessage]:
        """The newest messages (older than ``before``), oldest first."""
        ...

    async def pressed(self, actor: Actor, buttons: Collection[str]) -> Collection[str]:
        """Those of the buttons whose press by the actor stands as a vote; ids of any other kind are left out."""
        ...


class KeyStore(Protocol):
    """Small facts that an adapter must find again after a restart (the hash of published commands, a signing key)."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str) -> None: ...

    async def under(self, prefix: str) -> Mapping[str, str]:
        """All facts whose names begin so."""
        ...

    async def change(self, put: Mapping[str, str], drop: Collection[str]) -> None:
        """Set the one and forget the other, all of it or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """Where the one HTTP server listens, for adapters that have pages on it."""

    host: str
    port: int
    public_url: str
    """Empty unless configured."""
    admin_token: str = field(repr=False)
    """The configured one, or one made for this run. A secret."""
    loopback: bool

    @property
    def reached_by_others(self) -> bool:
        """Whether people on other machines see the site: directly, or by a proxy in front of it."""
        return not self.loopback or bool(self.public_url)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What app.py hands to every adapter when it builds it."""

    pace: Pace
    translators: Translators
    keys: KeyStore
    rooms: RoomStore
    site: Site
    clock: Callable[[], datetime]
    """Now, aware UTC."""
    sleep: Callable[[float], Awaitable[None]]
    """Seconds; injected so that tests needn't wait."""
    resolver: Callable[[], AbstractResolver]
    """Makes what a pool of connections looks names up with. aiohttp's own does it on threads for whose end the process
    waits, and without a network a lookup can take long."""


@runtime_checkable
class NamesChats(Protocol):
    """What a platform's settings model may also say: whether a chat that the config file names can exist there."""

    @classmethod
    def fault_of_chat(cls, chat_id: str, topic: str, languages: Collection[str]) -> str | None:
        """What is wrong with the name, in English for the operator; None when nothing is. ``languages``: the codes of
        those that there are."""
        ...


AdapterFactory: TypeAlias = Callable[[Any, Surroundings], ChatAdapter]
"""Builds an adapter from its own settings model."""
