"""Translations of stories: which are wanted, which are due, what became of them; and the texts that were translated.

A story has one row for each language that some chat needs it in, however many chats those are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model import Phrase
from bot.spending import Spent, spent_so_far
from bot.storage import meta
from bot.storage.keys import among
from bot.storage.phrases import phrase_from_json, phrase_to_json
from bot.storage.tables import (
    UtcDateTime,
    chat,
    delivery,
    source,
    story,
    subscription,
    subscription_cursor,
    translated_text,
    translation,
)

RECENT = timedelta(days=2)
"""Stories older than this have been read: they aren't translated any more, nor anew."""

STILL_READ = timedelta(hours=6)
"""Posts of the last hours get a translation afterwards, where their chat chooses another language or a translator is
new: all that stand in the chats would cost a month's budget at once."""

MOST_AT_ONCE = 200
"""In one look, so many of them at most, the newest."""

ANY, INTO = "*", ">"
"""How what providers offer is written: "en>hy", or "*>hy" from every language."""


class TranslationState(StrEnum):
    """Where a translation stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    """It could not be had; it is tried again now and then."""


@dataclass(frozen=True, slots=True)
class TranslationKey:
    """Names a translation."""

    story_id: int
    language: str


@dataclass(frozen=True, slots=True)
class StoryWords:
    """A story's own words, with what is known of their translation."""

    key: TranslationKey
    source: str
    """The story's language."""
    title: str
    lede: str
    revision: int
    """The story's, as it is now."""
    text_hash: str | None
    """Of the words that were looked at last."""
    attempts: int
    """So far."""
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Translated:
    """A text in another language, as a provider gave it."""

    provider: str
    title: str
    lede: str


# --- what is wanted --------------------------------------------------------------------------------------------------

# Looked up in a list that is read once, however many stories there are.
_OFFERS = select(func.json_each(bindparam("offers", type_=Text)).table_valued("value", name="o").c.value)
_IS_OFFERED = or_(
    (story.c.language + INTO + chat.c.language).in_(_OFFERS), (literal(ANY + INTO) + chat.c.language).in_(_OFFERS)
)
_UNKNOWN = ~exists(
    select(literal(1)).where(translation.c.story_id == story.c.id, translation.c.language == chat.c.language)
)
_FOREIGN = (
    select(
        story.c.id,
        chat.c.language,
        literal(TranslationState.WAITING.value),
        bindparam("now", type_=UtcDateTime),
        bindparam("now", type_=UtcDateTime),
    )
    .select_from(delivery)
    .join(story, story.c.id == delivery.c.story_id)
    .join(chat, chat.c.id == delivery.c.chat_id)
    .where(
        chat.c.translates,
        chat.c.paused.is_(None),
        chat.c.language.is_not(None),
        story.c.language.not_in(["und", chat.c.language]),
        _UNKNOWN,
        _IS_OFFERED,
    )
)
_WANT = upsert(translation)
_WANT_FOR_WAITING = _WANT.from_select(
    ["story_id", "language", "state", "asked_at", "next_try_at"],
    _FOREIGN.where(delivery.c.state == "waiting").distinct(),
).on_conflict_do_nothing()
_POSTS_WITHOUT = (
    _FOREIGN.where(delivery.c.state == "posted", delivery.c.next_try_at >= bindparam("since", type_=UtcDateTime))
    .order_by(delivery.c.next_try_at.desc())
    .limit(MOST_AT_ONCE)
)


def want(connection: Connection, offers: str, now: datetime) -> int:
    """Have the stories translated that chats wait for in another language than theirs. Returns how many.

    ``offers``: the pairs of languages that are offered, as a JSON list: ``["en>hy", "*>de", …]``.
    """
    return connection.execute(_WANT_FOR_WAITING, {"offers": offers, "now": now}).rowcount


def posts_without(connection: Connection, offers: str, now: datetime) -> list[TranslationKey]:
    """What recent posts lack: their chat speaks another language now, or translates again, or nobody offered it when
    they were made."""
    rows = connection.execute(_POSTS_WITHOUT, {"offers": offers, "now": now, "since": now - STILL_READ})
    return list(dict.fromkeys(TranslationKey(row.id, row.language) for row in rows))


def want_these(connection: Connection, keys: Sequence[TranslationKey], now: datetime) -> None:
    """Have these stories translated, unless they are already."""
    for key in keys:
        values = {"state": TranslationState.WAITING.value, "asked_at": now, "next_try_at": now}
        row = _WANT.values(story_id=key.story_id, language=key.language, **values)
        connection.execute(row.on_conflict_do_nothing())


# --- what is due -----------------------------------------------------------------------------------------------------

_WORDS = (
    select(
        translation.c.story_id,
        translation.c.language,
        story.c.language.label("source"),
        story.c.title,
        story.c.lede,
        story.c.revision,
        translation.c.text_hash,
        translation.c.attempts,
        translation.c.asked_at,
    )
    .select_from(translation)
    .join(story, story.c.id == translation.c.story_id)
)


def due(connection: Connection, now: datetime, limit: int) -> list[StoryWords]:
    """What is to be translated now: what posts wait for first, then what could not be had, the newest first."""
    unsettled = (TranslationState.WAITING.value, TranslationState.FAILED.value)
    waits_first = case((translation.c.state == TranslationState.WAITING, 0), else_=1)
    rows = connection.execute(
        _WORDS.where(
            translation.c.state.in_(unsettled),
            translation.c.next_try_at <= now,
            translation.c.asked_at >= now - RECENT,
        )
        .order_by(waits_first, translation.c.asked_at.desc(), translation.c.story_id.desc())
        .limit(limit)
    )
    return [_words(row) for row in rows]


def edited(connection: Connection, now: datetime) -> list[StoryWords]:
    """Recent stories that have been edited since their words were looked at last."""
    rows = connection.execute(
        _WORDS.where(
            story.c.sorted_at >= now - RECENT,
            translation.c.revision != story.c.revision,
            translation.c.state != TranslationState.WAITING,
        )
    )
    return [_words(row) for row in rows]


def look_again(
    connection: Connection, same: Collection[StoryWords], others: Collection[StoryWords], now: datetime
) -> None:
    """Of edited stories, ``same`` have the words that they had; those of ``others`` are to be translated anew."""
    for one in same:
        connection.execute(update(translation).where(_is(one.key)).values(revision=one.revision))
    for one in others:
        values = {"state": TranslationState.WAITING.value, "next_try_at": now, "asked_at": now, "attempts": 0}
        connection.execute(update(translation).where(_is(one.key)).values(**values))


# --- what became of it -----------------------------------------------------------------------------------------------


def finish(connection: Connection, all_of: Sequence[StoryWords], text_hash: str, found: Translated) -> set[int]:
    """These stories, which all say the same, are translated. Returns the ledgers whose posts have something to show."""
    connection.execute(
        update(translation)
        .where(_among([one.key for one in all_of]))
        .values(
            state=TranslationState.DONE.value,
            version=translation.c.version + case((_shows(found), 0), else_=1),
            text_hash=text_hash,
            title=found.title,
            lede=found.lede,
            provider=found.provider,
            attempts=0,
            problem=None,
        )
    )
    for one in all_of:
        connection.execute(update(translation).where(_is(one.key)).values(revision=one.revision))
    return _ledgers(connection, all_of)


def fail(
    connection: Connection, all_of: Sequence[StoryWords], text_hash: str, problem: Phrase, next_try_at: datetime
) -> set[int]:
    """It can't be had for now: posts that have nothing to show of it yet say so. Returns all the ledgers."""
    connection.execute(
        update(translation)
        .where(_among([one.key for one in all_of]))
        .values(
            state=TranslationState.FAILED.value,
            version=func.max(translation.c.version, 1),
            text_hash=text_hash,
            next_try_at=next_try_at,
            attempts=translation.c.attempts + 1,
            problem=phrase_to_json(problem),
        )
    )
    for one in all_of:
        connection.execute(update(translation).where(_is(one.key)).values(revision=one.revision))
    return _ledgers(connection, all_of)


def later(connection: Connection, all_of: Sequence[StoryWords], next_try_at: datetime) -> None:
    """It can't be had just now, and posts still wait for it."""
    connection.execute(
        update(translation)
        .where(_among([one.key for one in all_of]))
        .values(next_try_at=next_try_at, attempts=translation.c.attempts + 1)
    )


# --- texts -----------------------------------------------------------------------------------------------------------


def known_text(connection: Connection, text_hash: str, target: str, providers: Sequence[str]) -> Translated | None:
    """What one of these providers, the first if there are several, has made of a text."""
    rows = connection.execute(
        select(translated_text).where(
            translated_text.c.text_hash == text_hash,
            translated_text.c.target == target,
            translated_text.c.provider.in_(providers),
        )
    )
    by_provider = {row.provider: Translated(row.provider, row.title, row.lede) for row in rows}
    return next((by_provider[name] for name in providers if name in by_provider), None)


def keep_text(connection: Connection, text_hash: str, target: str, found: Translated, now: datetime) -> None:
    """Remember what a provider has made of a text."""
    values = {"title": found.title, "lede": found.lede, "at": now}
    row = upsert(translated_text).values(text_hash=text_hash, target=target, provider=found.provider, **values)
    key = ["text_hash", "target", "provider"]
    connection.execute(row.on_conflict_do_update(index_elements=key, set_=values))


def forget_texts(connection: Connection, before: datetime) -> None:
    """Texts that were translated before that."""
    connection.execute(delete(translated_text).where(translated_text.c.at < before))


# --- what it costs ----------------------------------------------------------------------------------------------------


def spend(connection: Connection, provider: str, characters: int, budget: int, now: datetime) -> bool:
    """Count characters before they are sent, so that a crash spends too much rather than too little. False, and nothing
    is counted, where the month's budget (0: there is none) doesn't allow them."""
    spent = spent_so_far(meta.get(connection, _purse(provider)), now)
    if budget and spent.amount + characters > budget:
        return False
    meta.put(connection, _purse(provider), Spent(spent.month, spent.amount + characters).written())
    return True


def spent(connection: Connection, providers: Sequence[str], now: datetime) -> Mapping[str, int]:
    """The characters that each provider was sent this month."""
    return {name: spent_so_far(meta.get(connection, _purse(name)), now).amount for name in providers}


def _purse(provider: str) -> str:
    return f"translate:{provider}:spent"


# --- what people ask -------------------------------------------------------------------------------------------------


def foreign_languages(connection: Connection, chat_id: int) -> list[str]:
    """The languages of what the chat follows, other than its own."""
    language = func.coalesce(source.c.detected_language, source.c.language)
    rows = connection.execute(
        select(language)
        .select_from(subscription)
        .join(subscription_cursor, subscription_cursor.c.subscription_id == subscription.c.id)
        .join(source, source.c.id == subscription_cursor.c.source_id)
        .join(chat, chat.c.id == subscription.c.chat_id)
        .where(subscription.c.chat_id == chat_id, language.not_in(["und", chat.c.language]))
        .distinct()
        .order_by(language)
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True)
class Untranslated:
    """Recent stories that could not be translated, by language and reason."""

    language: str
    stories: int
    problem: Phrase


def untranslated(connection: Connection, now: datetime) -> list[Untranslated]:
    """What could not be had of late, for the operator."""
    rows = connection.execute(
        select(translation.c.language, func.count().label("stories"), translation.c.problem)
        .where(translation.c.state == TranslationState.FAILED, translation.c.asked_at >= now - RECENT)
        .group_by(translation.c.language, translation.c.problem)
        .order_by(translation.c.language)
    )
    return [Untranslated(row.language, row.stories, phrase_from_json(row.problem)) for row in rows]


def census(connection: Connection) -> Mapping[tuple[str, str], int]:
    """How many translations there are, by provider ("" for those that none has given) and state."""
    provider = func.coalesce(translation.c.provider, "")
    rows = connection.execute(
        select(provider, translation.c.state, func.count()).group_by(provider, translation.c.state)
    )
    return {(row[0], row[1]): row[2] for row in rows}


# --- rows ------------------------------------------------------------------------------------------------------------


def _words(row: Any) -> StoryWords:
    return StoryWords(
        key=TranslationKey(row.story_id, row.language),
        source=row.source,
        title=row.title,
        lede=row.lede,
        revision=row.revision,
        text_hash=row.text_hash,
        attempts=row.attempts,
        asked_at=row.asked_at,
    )


def _shows(found: Translated) -> ColumnElement[bool]:
    """Posts show these very words already."""
    return and_(translation.c.title == found.title, translation.c.lede == found.lede)


def _is(key: TranslationKey) -> ColumnElement[bool]:
    return and_(translation.c.story_id == key.story_id, translation.c.language == key.language)


def _among(keys: Sequence[TranslationKey]) -> ColumnElement[bool]:
    return tuple_(translation.c.story_id, translation.c.language).in_([(key.story_id, key.language) for key in keys])


def _ledgers(connection: Connection, all_of: Sequence[StoryWords]) -> set[int]:
    ids = [one.key.story_id for one in all_of]
    return set(connection.execute(select(story.c.ledger_id).where(story.c.id.in_(among(ids)))).scalars())
