"""The error tree, ordered by what the caller should do.

::

    NewstallyError                      show `phrase` to whoever asked
    ├── ConfigError                     tell every fault at once, exit with 2
    ├── StorageError                    at the start: stop; later: acknowledge nothing, try again
    ├── SourceError                     back the source off and say why in /sources
    ├── CommandError                    answer the member with `phrase`
    ├── TokenRefused                    stop this one adapter and say so
    ├── TranslationError                (raised by providers of translations)
    │   ├── ProviderRefuses             let it rest: its key isn't accepted
    │   ├── ProviderUsedUp(until)       let it rest until then, or tomorrow: its quota is spent
    │   ├── ProviderBusy(retry_after)   ask it again later
    │   └── NotTranslated               it makes nothing of this text: ask another one
    └── DeliveryError                   (raised by adapters)
        ├── ChatGone                    pause the chat, send it nothing more
        ├── ChatMoved(to)               remember the new id, send again there
        ├── CardRejected                give this one delivery up, record it
        ├── Throttled(retry_after)      wait, then send again
        ├── PlatformDown                nothing was sent: try again later
        └── Unconfirmed                 it may or may not have been sent: find out, never resend blindly
"""

from __future__ import annotations

from datetime import datetime

from bot.model import ChatRef, Phrase


class NewstallyError(Exception):
    """Something a person can act on. ``phrase`` says it, and is translated where it is shown."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.msgid)
        self.phrase = phrase

    def __str__(self) -> str:
        try:
            return self.phrase.msgid.format_map(dict(self.phrase.args))
        except (KeyError, IndexError, ValueError):
            return self.phrase.msgid


class ConfigError(NewstallyError):
    """The configuration can't be used. ``faults`` lists every fault found, a line each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(Phrase("The configuration has errors."))
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(self.faults)


class StorageError(NewstallyError):
    """The database file can't be opened or is not ours, or it can't be used now: the disk is full, it is locked."""


def is_storage_error(error: BaseException) -> bool:
    """Whether it is one, or a group of nothing else: tasks that run side by side end in a group."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(StorageError)[1] is None
    return isinstance(error, StorageError)


class SourceError(NewstallyError):
    """A source could not be read this time."""

    def __init__(
        self, phrase: Phrase, *, retry_after: float | None = None, permanent: bool = False, status: int | None = None
    ) -> None:
        super().__init__(phrase)
        self.status = status
        """What the server answered, where that is what went wrong."""
        self.retry_after = retry_after
        """Seconds that the server asked us to wait, if it did."""
        self.permanent = permanent
        """The server says that it will never come back (410)."""


class CommandError(NewstallyError):
    """A command can't be carried out as it was given."""


class TokenRefused(NewstallyError):
    """The platform doesn't accept our token."""


class TranslationError(NewstallyError):
    """A provider gave no translation."""


class ProviderRefuses(TranslationError):
    """It doesn't accept our key."""


class ProviderUsedUp(TranslationError):
    """What the key may translate in a day or month is spent."""

    def __init__(self, phrase: Phrase, until: datetime | None = None) -> None:
        super().__init__(phrase)
        self.until = until
        """When there is more; None: it doesn't say."""


class ProviderBusy(TranslationError):
    """It can't be reached or asks us to wait; nothing is wrong with the text."""

    def __init__(self, phrase: Phrase, retry_after: float | None = None) -> None:
        super().__init__(phrase)
        self.retry_after = retry_after
        """Seconds that it asked us to wait, if it did."""


class NotTranslated(TranslationError):
    """Its answer can't be used for this text."""


class DeliveryError(NewstallyError):
    """A request to a platform failed."""


class ChatGone(DeliveryError):
    """We are not in the chat any more, or may not write there."""


class ChatMoved(DeliveryError):
    """The chat has a new id."""

    def __init__(self, phrase: Phrase, to: ChatRef) -> None:
        super().__init__(phrase)
        self.to = to


class CardRejected(DeliveryError):
    """The platform refuses this message for what it is; sending it again won't help."""


class Throttled(DeliveryError):
    """The platform asks us to wait ``retry_after`` seconds."""

    def __init__(self, phrase: Phrase, retry_after: float) -> None:
        super().__init__(phrase)
        self.retry_after = retry_after


class PlatformDown(DeliveryError):
    """The request surely had no effect; the same one may succeed later."""


class Unconfirmed(DeliveryError):
    """The connection broke after the request went out: it may have had its effect."""
