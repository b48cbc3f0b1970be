"""Chats: where we post, in which language, why not just now; and the log of who changed what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model import Actor, ChatKind, ChatRef, Phrase
from bot.storage import sources
from bot.storage.deliveries import State
from bot.storage.phrases import phrase_from_json, phrase_to_json
from bot.storage.tables import chat, delivery, setting_log, subscription, subscription_cursor


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as we know it."""

    id: int
    ref: ChatRef
    kind: ChatKind
    title: str
    language: str | None
    """None until an admin has chosen: nothing is posted before."""
    locale: str | None
    """A first guess at the language."""
    shares_votes: bool
    paused: Phrase | None
    """Why nothing is sent; None while all is well."""
    joined_at: datetime
    timezone: str | None
    """Its IANA name; None: the one that goes with the language."""
    declared_hash: str | None
    """Hash of its table in the config file when that was last applied."""
    translates: bool = True
    """Stories in other languages are translated for it, where a translator is configured."""
    fallbacks: tuple[str, ...] | None = None
    """The other languages, in order, that its admins have chosen; None: those that are usual
    (`model.fallback_languages`)."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A line of the log of settings."""

    at: datetime
    actor: str
    """``platform:id``, or ``config``."""
    setting: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Duties:
    """How many of a chat's posts are not there yet, or not surely."""

    waiting: int
    unconfirmed: int


LEFT = Phrase("I am no longer in this chat.")
"""Why a chat is paused that only we can be asked back into: the platform tells when that happens."""

STILL_NEWS = timedelta(hours=1)
"""What waits no longer than this is sent to a chat that was out of reach: rights are often given back at once."""


def any_set_up(connection: Connection, refs: tuple[ChatRef, ...]) -> bool:
    """Whether one of these chats of one platform has a language."""
    wanted = select(chat.c.id).where(
        chat.c.platform.in_({ref.platform for ref in refs}),
        chat.c.native_id.in_({ref.id for ref in refs}),
        chat.c.language.is_not(None),
    )
    return connection.execute(wanted.limit(1)).first() is not None


def ensure(
    connection: Connection,
    ref: ChatRef,
    kind: ChatKind,
    now: datetime,
    *,
    title: str = "",
    locale: str | None = None,
    shares_votes: bool = True,
) -> Chat:
    """The chat, made if need be. Kind and title are brought up to date; settings stay as they are."""
    statement = upsert(chat).values(
        platform=ref.platform,
        native_id=ref.id,
        topic=ref.topic,
        kind=kind.value,
        title=title,
        locale=locale,
        joined_at=now,
        shares_votes=shares_votes,
    )
    renewed: dict[str, Any] = {"kind": kind.value}
    if title:
        renewed["title"] = title
    if locale:
        renewed["locale"] = locale
    connection.execute(statement.on_conflict_do_update(index_elements=["platform", "native_id", "topic"], set_=renewed))
    found = by_ref(connection, ref)
    assert found is not None
    return found


def by_ref(connection: Connection, ref: ChatRef) -> Chat | None:
    """The chat of this name, or None."""
    row = connection.execute(select(chat).where(_is(ref))).first()
    return None if row is None else _chat(row)


def by_id(connection: Connection, chat_id: int) -> Chat | None:
    """The chat with this row id, or None."""
    row = connection.execute(select(chat).where(chat.c.id == chat_id)).first()
    return None if row is None else _chat(row)


def every(connection: Connection) -> list[Chat]:
    """All chats, for the operator."""
    return [_chat(row) for row in connection.execute(select(chat).order_by(chat.c.platform, chat.c.id))]


def channels(connection: Connection, platform: str) -> list[Chat]:
    """The channels of a platform that we are in."""
    rows = connection.execute(
        select(chat)
        .where(chat.c.platform == platform, chat.c.kind == ChatKind.CHANNEL.value, chat.c.paused.is_(None))
        .order_by(chat.c.title, chat.c.id)
    )
    return [_chat(row) for row in rows]


def paused(connection: Connection, platform: str) -> list[ChatRef]:
    """The chats of a platform to which nothing is sent."""
    rows = connection.execute(
        select(chat).where(chat.c.platform == platform, chat.c.paused.is_not(None)).order_by(chat.c.id)
    )
    return [_chat(row).ref for row in rows]


def duties(connection: Connection, chat_id: int) -> Duties:
    """How many of the chat's posts are waiting and how many may or may not have arrived."""
    rows = connection.execute(
        select(delivery.c.state, func.count().label("owed"))
        .where(
            delivery.c.chat_id == chat_id,
            delivery.c.state.in_([State.WAITING, State.SENDING, State.UNCONFIRMED]),
        )
        .group_by(delivery.c.state)
    )
    counts = {row.state: row.owed for row in rows}
    unconfirmed = counts.pop(State.UNCONFIRMED, 0)
    return Duties(waiting=sum(counts.values()), unconfirmed=unconfirmed)


def choose_language(connection: Connection, chat_id: int, language: str, by: Actor | None, now: datetime) -> None:
    """Set the chat's language; ``by`` None is the config file.

    A pack has other sources in another language: what the chat follows of it begins anew, with a first contact.
    """
    old = connection.execute(select(chat.c.language).where(chat.c.id == chat_id)).scalar_one()
    if old == language:
        return
    connection.execute(update(chat).where(chat.c.id == chat_id).values(language=language))
    packs = select(subscription.c.id).where(subscription.c.chat_id == chat_id, subscription.c.pack.is_not(None))
    connection.execute(delete(subscription_cursor).where(subscription_cursor.c.subscription_id.in_(packs)))
    connection.execute(update(subscription).where(subscription.c.id.in_(packs)).values(contacted_at=None))
    log_change(connection, chat_id, by, now, setting="language", old=old, new=language)


def choose_translation(connection: Connection, chat_id: int, translates: bool, by: Actor | None, now: datetime) -> None:
    """Settle whether stories in other languages are translated for the chat; ``by`` None is the config file."""
    old = connection.execute(select(chat.c.translates).where(chat.c.id == chat_id)).scalar_one()
    if old == translates:
        return
    connection.execute(update(chat).where(chat.c.id == chat_id).values(translates=translates))
    log_change(connection, chat_id, by, now, setting="translate", old=_switch(old), new=_switch(translates))


def _switch(on: bool) -> str:
    return "on" if on else "off"


def choose_fallbacks(
    connection: Connection, chat_id: int, languages: Sequence[str] | None, by: Actor | None, now: datetime
) -> None:
    """Set the languages in which the chat takes stories where there are none in its own; None: the usual ones.

    What it follows goes on: from now on the sources are others, where they are, and nothing is told again.
    """
    old = connection.execute(select(chat.c.fallbacks).where(chat.c.id == chat_id)).scalar_one()
    new = None if languages is None else list(languages)
    if old == new:
        return
    connection.execute(update(chat).where(chat.c.id == chat_id).values(fallbacks=new))
    log_change(connection, chat_id, by, now, setting="fallback", old=_listed(old), new=_listed(new))


def _listed(languages: Sequence[str] | None) -> str | None:
    return None if languages is None else " ".join(languages)


def choose_timezone(connection: Connection, chat_id: int, zone: str | None, by: Actor | None, now: datetime) -> None:
    """Set the chat's IANA time zone; None: the one that goes with its language."""
    old = connection.execute(select(chat.c.timezone).where(chat.c.id == chat_id)).scalar_one()
    if old == zone:
        return
    connection.execute(update(chat).where(chat.c.id == chat_id).values(timezone=zone))
    log_change(connection, chat_id, by, now, setting="timezone", old=old, new=zone)


def pause(connection: Connection, ref: ChatRef, reason: Phrase) -> None:
    """Send nothing more to the chat; without a topic, to none of its topics either."""
    connection.execute(update(chat).where(_is_or_holds(ref)).values(paused=phrase_to_json(reason)))


def resume(connection: Connection, ref: ChatRef, now: datetime) -> int:
    """All is well again with the chat; without a topic, with all of its topics too. Returns how many were paused.

    What it missed is no news any more, nor what waited to be sent for longer than `STILL_NEWS`: it begins anew, with a
    first contact, and sources that nobody else read are polled again.
    """
    paused = select(chat.c.id).where(_is_or_holds(ref), chat.c.paused.is_not(None))
    ids = connection.execute(paused).scalars().all()
    for chat_id in ids:
        begin_anew(connection, chat_id, now)
    connection.execute(update(chat).where(chat.c.id.in_(ids)).values(paused=None))
    if ids:
        sources.wake_followed(connection, now)
    return len(ids)


def begin_anew(connection: Connection, chat_id: int, now: datetime) -> None:
    """The chat was out of reach: what waited for it too long is dropped, and it gets a first contact again."""
    connection.execute(update(subscription).where(subscription.c.chat_id == chat_id).values(contacted_at=None))
    connection.execute(
        delete(delivery).where(
            delivery.c.chat_id == chat_id,
            delivery.c.state == State.WAITING,
            delivery.c.created_at < now - STILL_NEWS,
        )
    )


def migrate(connection: Connection, old: ChatRef, to: ChatRef) -> None:
    """The chat, with all its topics, has a new id. Messages sent before keep the old one (`post.native_chat`)."""
    for moved in [_chat(row) for row in connection.execute(select(chat).where(_holds(old))).all()]:
        target = ChatRef(to.platform, to.id, moved.ref.topic)
        present = by_ref(connection, target)
        if present is not None and (present.language is not None or _owes(connection, present.id)):
            # Someone has set the new one up already: that holds, and the old one rests.
            pause(connection, moved.ref, Phrase("This chat has moved to another one."))
            continue
        if present is not None:
            connection.execute(delete(chat).where(chat.c.id == present.id))
        # That we "left" the old one may be told before it is told that it moved: of the new one that says nothing.
        paused = None if moved.paused in (None, LEFT) else phrase_to_json(moved.paused)
        connection.execute(
            update(chat)
            .where(chat.c.id == moved.id)
            .values(platform=target.platform, native_id=target.id, paused=paused)
        )


def mark_declared(connection: Connection, chat_id: int, declared_hash: str) -> None:
    """The chat's table in the config file, of this hash, has been applied: commands hold until it changes."""
    connection.execute(update(chat).where(chat.c.id == chat_id).values(declared_hash=declared_hash))


# --- the log of settings ---------------------------------------------------------------------------------------------


def log_change(
    connection: Connection,
    chat_id: int,
    by: Actor | None,
    now: datetime,
    *,
    setting: str,
    old: str | None,
    new: str | None,
) -> None:
    """Keep who changed what, in the transaction that changes it."""
    actor = "config" if by is None else f"{by.platform}:{by.id}"
    connection.execute(
        insert(setting_log).values(at=now, chat_id=chat_id, actor=actor, setting=setting, old=old, new=new)
    )


def setting_changes(connection: Connection, chat_id: int) -> Sequence[SettingChange]:
    """The chat's log of settings, oldest first."""
    rows = connection.execute(select(setting_log).where(setting_log.c.chat_id == chat_id).order_by(setting_log.c.id))
    return [SettingChange(row.at, row.actor, row.setting, row.old, row.new) for row in rows]


# --- rows ------------------------------------------------------------------------------------------------------------


def _is(ref: ChatRef) -> ColumnElement[bool]:
    return and_(_holds(ref), chat.c.topic == ref.topic)


def _holds(ref: ChatRef) -> ColumnElement[bool]:
    return and_(chat.c.platform == ref.platform, chat.c.native_id == ref.id)


def _is_or_holds(ref: ChatRef) -> ColumnElement[bool]:
    return _is(ref) if ref.topic else _holds(ref)


def _owes(connection: Connection, chat_id: int) -> bool:
    return bool(connection.execute(select(exists().where(delivery.c.chat_id == chat_id))).scalar())


def _chat(row: Row[Any]) -> Chat:
    return Chat(
        id=row.id,
        ref=ChatRef(row.platform, row.native_id, row.topic),
        kind=ChatKind(row.kind),
        title=row.title,
        language=row.language,
        locale=row.locale,
        shares_votes=row.shares_votes,
        paused=None if row.paused is None else phrase_from_json(row.paused),
        joined_at=row.joined_at,
        timezone=row.timezone,
        declared_hash=row.declared_hash,
        translates=row.translates,
        fallbacks=None if row.fallbacks is None else tuple(row.fallbacks),
    )
