"""The ledger: events become facts, votes and tallies, in the one transaction that reads what stood before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import structlog
from sqlalchemy import Connection, and_, delete, insert, select

from bot.events import (
    ButtonPressed,
    Change,
    Cleared,
    PostMirrored,
    ReactionsChanged,
    ReactionsCounted,
    ReactionsRead,
    VotesErased,
)
from bot.model import Actor, MessageRef, Sentiment, Tally, parse_vote_button
from bot.storage import early, erasing, known_posts, ledger
from bot.storage.database import refuses
from bot.storage.early import EarlyEvent, MessageKey, VoteEvent, about, message_key
from bot.storage.hot import savepoint
from bot.storage.known_posts import KnownPost
from bot.storage.once import once
from bot.storage.plan import EVERYWHERE, Heard, Press, VoterKey, VotingRules, plan
from bot.storage.tables import rejected_fact, seen_event, story, tally

log = structlog.get_logger()

SEEN_FOR = timedelta(days=3)
"""How long an event's id is remembered. Telegram repeats an update for a day at most, and after a quiet week it begins
its ids anew at random: what is remembered must be forgotten by then."""

ADOPTED_AT_ONCE = 256

LedgerEvent: TypeAlias = VoteEvent | VotesErased
"""All that changes votes."""


class Outcome(StrEnum):
    """What became of an event."""

    COUNTED = "counted"
    REPLAYED = "replayed"
    """Heard before; it changed nothing."""
    CLOSED = "closed"
    """Voting on that post has ended."""
    EARLY = "early"
    """Its message isn't known yet; it counts as soon as it is."""
    UNKNOWN = "unknown"
    """Not about a post of ours, or forged."""
    REJECTED = "rejected"
    """It could not be stored, and is kept for the operator."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an event; of a press also its voter's vote on the story in that chat right after it."""

    outcome: Outcome
    standing: Sentiment | None = None


_PLAIN = {outcome: Recorded(outcome) for outcome in Outcome}


@dataclass(slots=True)
class BatchOutcome:
    """What became of a batch."""

    recorded: list[Recorded] = field(default_factory=list)
    """One for each event, in order."""
    changed: set[int] = field(default_factory=set)
    """Ledgers whose posts may have to be drawn anew."""
    found: set[int] = field(default_factory=set)
    """Deliveries of which it was not known that they had become posts."""


def record_batch(
    connection: Connection, rules: VotingRules, batch: Sequence[LedgerEvent], now: datetime
) -> BatchOutcome:
    """Record events in this order. One that can't be stored is set aside; the others count."""
    result = BatchOutcome()
    for run in _runs(batch):
        done = (
            _erase(connection, rules, run, now)
            if isinstance(run, VotesErased)
            else _record_what_can(connection, rules, run, now, again=False)
        )
        result = BatchOutcome(result.recorded + done.recorded, result.changed | done.changed, result.found | done.found)
    return result


def adopt(connection: Connection, rules: VotingRules, delivery_id: int, now: datetime) -> BatchOutcome:
    """A delivery has become a post, or only others know whether it has: count what was heard of its message before, and
    have its posts looked at."""
    outcome = _learn_from_copies(connection, rules, now)
    ledger_id, messages = known_posts.of_delivery(connection, delivery_id)
    outcome.changed.update(_adopt_early(connection, rules, messages, now).changed)
    outcome.changed.update(() if ledger_id is None else (ledger_id,))
    return outcome


def sweep(connection: Connection, rules: VotingRules, now: datetime) -> BatchOutcome:
    """Count what a crash kept from being adopted, and forget what is too old."""
    outcome = _learn_from_copies(connection, rules, now)
    kept = early.known_since(connection, ADOPTED_AT_ONCE)
    outcome.changed.update(_adopt_early(connection, rules, kept, now).changed)
    early.forget(connection, now)
    erasing.forget(connection, now - rules.open_for)
    connection.execute(delete(seen_event).where(seen_event.c.seen_at < now - SEEN_FOR))
    return outcome


def tallies(connection: Connection, story_ids: Iterable[int]) -> dict[int, Tally]:
    """The tallies everywhere of these stories; of those without votes too."""
    ids = list(story_ids)
    rows = connection.execute(
        select(story.c.id, tally.c.bullish, tally.c.bearish)
        .join(tally, and_(tally.c.ledger_id == story.c.ledger_id, tally.c.chat_id == EVERYWHERE))
        .where(story.c.id.in_(ids))
    )
    counted = {story_id: Tally(bullish, bearish) for story_id, bullish, bearish in rows}
    return {story_id: counted.get(story_id, Tally()) for story_id in ids}


# --- batches ---------------------------------------------------------------------------------------------------------


def _record_what_can(
    connection: Connection, rules: VotingRules, batch: Sequence[VoteEvent], now: datetime, *, again: bool
) -> BatchOutcome:
    """A batch that fails is halved until the bad event is alone. ``again``: they come from what was kept early."""
    try:
        with savepoint(connection):
            return _record(connection, rules, batch, now, again=again)
    except Exception as error:
        if refuses(error):
            raise
        if len(batch) == 1:
            return _reject(connection, batch[0], error, now)
    middle = len(batch) // 2
    first = _record_what_can(connection, rules, batch[:middle], now, again=again)
    second = _record_what_can(connection, rules, batch[middle:], now, again=again)
    return BatchOutcome(first.recorded + second.recorded, first.changed | second.changed, first.found | second.found)


def _runs(batch: Sequence[LedgerEvent]) -> Iterator[VotesErased | list[VoteEvent]]:
    """The batch in parts that can be recorded at once: an erasure holds for what comes before it."""
    events: list[VoteEvent] = []
    for event in batch:
        if not isinstance(event, VotesErased):
            events.append(event)
            continue
        if events:
            yield events
        yield event
        events = []
    if events:
        yield events


def _erase(connection: Connection, rules: VotingRules, wish: VotesErased, now: datetime) -> BatchOutcome:
    try:
        with savepoint(connection):
            is_new, changed = once(connection, wish.voter.platform, wish.event_id, now, erasing.erase, rules, wish, now)
    except Exception as error:
        if refuses(error):
            raise
        return _reject(connection, wish, error, now)
    return BatchOutcome([_PLAIN[Outcome.COUNTED if is_new else Outcome.REPLAYED]], changed or set())


def _reject(connection: Connection, event: LedgerEvent, error: Exception, now: datetime) -> BatchOutcome:
    log.error("an event could not be recorded", kind=type(event).__name__, exc_info=error)
    # ascii(): what can't be stored may be a text that no encoding takes.
    problem = f"{type(error).__name__}: {str(error)!a}"
    connection.execute(insert(rejected_fact).values(at=now, payload=ascii(event)[:4000], problem=problem[:1000]))
    return BatchOutcome([Recorded(Outcome.REJECTED)])


def _record(
    connection: Connection, rules: VotingRules, batch: Sequence[VoteEvent], now: datetime, *, again: bool
) -> BatchOutcome:
    replayed = set() if again else _note_seen(connection, batch, now)
    keys = [message_key(about(event)) for event in batch]
    outcome = BatchOutcome()
    known = _learn(connection, rules, batch, now, outcome)
    sorted_out = _sort_out(connection, batch, [known.get(key) for key in keys], replayed, now)
    _count(connection, rules, sorted_out, outcome)
    return outcome


def _learn(
    connection: Connection, rules: VotingRules, batch: Sequence[VoteEvent], now: datetime, outcome: BatchOutcome
) -> dict[MessageKey, KnownPost]:
    """The posts that events are about, also those that they make known, with what was heard of them before."""
    open_after = now - rules.open_for
    keys = {message_key(about(event)) for event in batch}
    keys.update(message_key(event.mirror) for event in batch if isinstance(event, PostMirrored))
    known = known_posts.find(connection, keys, open_after)
    for new in known_posts.learn(connection, batch, known, now, open_after):
        outcome.changed.add(new.ledger)
        outcome.found.update(() if new.mirror else (new.delivery,))
    if known:
        outcome.changed.update(_adopt_early(connection, rules, known, now).changed)
    return known


def _learn_from_copies(connection: Connection, rules: VotingRules, now: datetime) -> BatchOutcome:
    """What copies were heard of while an attempt was under way may tell that it arrived, once it is unconfirmed."""
    outcome = BatchOutcome()
    if copies := early.copies(connection):
        _learn(connection, rules, copies, now, outcome)
    return outcome


def _adopt_early(
    connection: Connection, rules: VotingRules, messages: Iterable[MessageKey], now: datetime
) -> BatchOutcome:
    """Count what was heard of these messages before they were known: always before what is heard of them later."""
    kept = early.take(connection, messages)
    return _record_what_can(connection, rules, kept, now, again=True) if kept else BatchOutcome()


def _note_seen(connection: Connection, batch: Sequence[VoteEvent], now: datetime) -> set[int]:
    """Remember the ids of these events; returns the places of those that were remembered already."""
    ids = {
        index: (event.message.chat.platform, event.event_id)
        for index, event in enumerate(batch)
        if not isinstance(event, PostMirrored | ReactionsRead) and event.event_id is not None
    }
    try:
        with savepoint(connection):
            ledger.note_seen(connection, ids.values(), now)
        return set()
    except sqlite3.IntegrityError:  # a replay is among them: rare enough to look only now
        present = ledger.seen(connection, ids.values())
    replayed = set()
    fresh = []
    for index, key in ids.items():
        if key in present:
            replayed.add(index)
        else:
            present.add(key)
            fresh.append(key)
    ledger.note_seen(connection, fresh, now)
    return replayed


# --- sorting out: what each event is about ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Sorted:
    """A batch, each event with its fate so far; those about votes as the plan wants to hear them."""

    outcomes: list[Outcome]
    heard: dict[int, Heard] = field(default_factory=dict)
    """By place in the batch."""
    counted: list[tuple[KnownPost, ReactionsCounted]] = field(default_factory=list)


def _sort_out(
    connection: Connection,
    batch: Sequence[VoteEvent],
    places: Sequence[KnownPost | None],
    replayed: set[int],
    now: datetime,
) -> _Sorted:
    result = _Sorted([Outcome.COUNTED] * len(batch))
    unknown: dict[int, EarlyEvent] = {}
    for index, (event, place) in enumerate(zip(batch, places, strict=True)):
        if place is None:
            if index in replayed:
                result.outcomes[index] = Outcome.REPLAYED
            elif isinstance(event, ReactionsRead):
                result.outcomes[index] = Outcome.UNKNOWN  # deleted since it was asked about
            elif isinstance(event, ButtonPressed) and event.carried is False:
                result.outcomes[index] = Outcome.UNKNOWN  # forged
            else:
                unknown[index] = event
        elif isinstance(event, ButtonPressed) and not _belongs(event, place):
            result.outcomes[index] = Outcome.UNKNOWN
        else:
            result.outcomes[index] = _fate(place, index in replayed)
            _hear(index, event, place, result)
    kept = early.keep(connection, list(unknown.values()), now) if unknown else []
    for index, keeps in zip(unknown, kept, strict=True):
        result.outcomes[index] = Outcome.EARLY if keeps else Outcome.UNKNOWN
    return result


def _fate(place: KnownPost, replayed: bool) -> Outcome:
    if replayed:
        return Outcome.REPLAYED
    return Outcome.COUNTED if place.open else Outcome.CLOSED


def _belongs(event: ButtonPressed, place: KnownPost) -> bool:
    """Whether the button is one that the post under this message has; else a client has forged it."""
    vote = parse_vote_button(event.button)
    return vote is not None and vote[0] == place.delivery


def _hear(index: int, event: VoteEvent, place: KnownPost, into: _Sorted) -> None:
    counts = into.outcomes[index] is Outcome.COUNTED
    if isinstance(event, ButtonPressed):
        vote = parse_vote_button(event.button)
        assert vote is not None  # else it would not belong
        pressed = Press(vote[1]) if counts else None  # asks what stands, for the answer to the member
        into.heard[index] = _heard(place, event.message, event.actor, pressed)
    elif not counts:
        return
    elif isinstance(event, ReactionsCounted):
        into.counted.append((place, event))
    elif isinstance(event, ReactionsRead):
        into.heard[index] = _heard(place, event.message, None, event)
    elif isinstance(event, ReactionsChanged):
        voter = None if isinstance(event.change, Cleared) else event.voter
        into.heard[index] = _heard(place, event.message, voter, event.change)


def _heard(
    place: KnownPost, message: MessageRef, voter: Actor | None, change: Change | Press | ReactionsRead | None
) -> Heard:
    key = None if voter is None else VoterKey(place.ledger, voter.platform, voter.id)
    return Heard(place.ledger, place.delivery, place.chat, place.shared, key, change, message_key(message))


# --- counting --------------------------------------------------------------------------------------------------------


def _count(connection: Connection, rules: VotingRules, batch: _Sorted, outcome: BatchOutcome) -> None:
    heard = list(batch.heard.values())
    standing_now: dict[int, Sentiment | None] = {}
    if heard:
        stood = ledger.read(connection, heard)
        marks = erasing.marks(connection, rules.erasure_key, (event.message for event in heard))
        planned = plan(stood.facts, heard, rules, stood.next_seq, marks)
        ledger.write(connection, planned, stood)
        erasing.drop(connection, marks.dropped)
        outcome.changed.update(account for account, _ in planned.differences)
        standing_now = dict(zip(batch.heard, planned.standing, strict=True))
    if batch.counted:
        ledger.write_totals(connection, rules, batch.counted)
        outcome.changed.update(place.ledger for place, _ in batch.counted)
    outcome.recorded = [
        Recorded(fate, standing_now[index]) if standing_now.get(index) else _PLAIN[fate]
        for index, fate in enumerate(batch.outcomes)
    ]
