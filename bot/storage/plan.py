"""Turns facts that stand and events that were heard into rows to write and differences of tallies: the rules of voting.

Pure. It stands here and not in bot/tally because it runs inside the transaction that reads what stands and writes what
it says, and because its facts are that transaction's rows: passed in from above, they would have to be declared here
all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from bot.events import Added, Change, Cleared, ReactionsRead, Removed, WholeSet
from bot.model import Ballot, Sentiment
from bot.storage.marks import Marks

EVERYWHERE = 0
"""Stands for all chats together where a chat's id is asked for."""

PRESS = ""
"""The token of a press among the tokens of reactions, which are emoji."""


@dataclass(frozen=True, slots=True)
class VotingRules:
    """What an operator and the adapters settle about voting."""

    ballots: Mapping[str, Ballot]
    """By platform."""
    open_for: timedelta
    """How long after it was posted a post can be voted on."""
    erasure_key: bytes = field(repr=False)
    """What the marks of erased reactions are made with; the same for as long as there are any. A secret."""


class VoterKey(NamedTuple):
    """A voter beside one ledger, which linked stories share: what a vote belongs to."""

    ledger: int
    platform: str
    actor: str


class Slot(NamedTuple):
    """Where a voter can leave a fact: an emoji, or the press, on one delivery."""

    delivery: int
    token: str


class Fact(NamedTuple):
    """A reaction or press that stands."""

    chat: int
    shared: bool
    """Whether the chat's votes count toward everywhere."""
    sentiment: int
    seq: int
    """The order in which facts were first seen; equal for those first seen together without an order."""


Facts: TypeAlias = dict[Slot, Fact]


class Press(NamedTuple):
    """A vote button was pressed."""

    sentiment: Sentiment


class Erasure(NamedTuple):
    """The voter wants to have said nothing: in these chats, or anywhere (None)."""

    chats: frozenset[int] | None


class Heard(NamedTuple):
    """One event about a post that is known, or an erasure on one ledger."""

    ledger: int
    delivery: int
    chat: int
    shared: bool
    voter: VoterKey | None
    """None concerns every voter."""
    change: Change | Press | ReactionsRead | Erasure | None
    """None changes nothing and only asks what stands."""
    message: tuple[str, str, str]
    """Platform, native chat and id of the message that it happened on; of an erasure they are empty."""


@dataclass(slots=True)
class Plan:
    """What has to be written. Tally differences are (bullish, bearish) by ledger and chat, without those of nothing."""

    next_seq: int
    written: list[tuple[VoterKey, Slot, Fact]] = field(default_factory=list)
    withdrawn: list[tuple[VoterKey, Slot]] = field(default_factory=list)
    differences: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    standing: list[Sentiment | None] = field(default_factory=list)
    """For each event that was heard, in order: its voter's vote in its chat right after it. None for other than presses
    and questions."""


def plan(
    standing: Mapping[VoterKey, Facts], heard: Sequence[Heard], rules: VotingRules, next_seq: int, marks: Marks
) -> Plan:
    """What the events, in this order, do to the facts that stand. ``standing`` holds those of every voter concerned,
    ``marks`` what was erased on their messages; marks that count no more are taken off it."""
    result = Plan(next_seq)
    after = {key: facts.copy() for key, facts in standing.items()}
    for event in heard:
        _apply(event, after, rules.ballots, result, marks)
    moved: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for key, facts in after.items():
        _compare(key, standing[key], facts, result, moved)
    result.differences = {where: (by[0], by[1]) for where, by in moved.items() if by != [0, 0]}
    return result


def votes(facts: Collection[Fact]) -> dict[int, int]:
    """What one voter's facts on one ledger say, by chat and everywhere: of each, the newest fact.

    Newest facts of opposite sentiment, seen together without an order, are no vote.
    """
    if len(facts) == 1:  # nearly everyone
        ((chat, shared, sentiment, _),) = facts
        return {chat: sentiment, EVERYWHERE: sentiment} if shared else {chat: sentiment}
    newest: dict[int, tuple[int, int]] = {}
    for fact in facts:
        for chat in (fact.chat, EVERYWHERE) if fact.shared else (fact.chat,):
            seq, says = newest.get(chat, (-1, 0))
            if fact.seq > seq:
                newest[chat] = (fact.seq, fact.sentiment)
            elif fact.seq == seq and fact.sentiment != says:
                newest[chat] = (seq, 0)
    return {chat: says for chat, (_, says) in newest.items() if says}


def _apply(
    event: Heard, after: dict[VoterKey, Facts], ballots: Mapping[str, Ballot], result: Plan, marks: Marks
) -> None:
    change, key = event.change, event.voter
    erased = _erased(event, marks) if marks else _NOTHING
    if isinstance(change, Cleared):
        _clear(event, change.emoji, after)
    elif isinstance(change, ReactionsRead):
        _reread(event, change, after, ballots, erased)
    elif key is not None:  # only a clear concerns everyone
        facts = after[key]
        if _set(event, change, facts, ballots[key.platform], result.next_seq, erased):
            result.next_seq += 1
        if change is None or isinstance(change, Press):
            says = votes(facts.values()).get(event.chat)
            result.standing.append(None if says is None else Sentiment(says))
            return
    result.standing.append(None)


def _clear(event: Heard, emoji: str | None, after: Mapping[VoterKey, Facts]) -> None:
    """A moderator's clear takes reactions only: a press isn't the moderator's to withdraw."""
    for key, facts in after.items():
        if key.ledger == event.ledger:
            for slot in [slot for slot in facts if slot.delivery == event.delivery and slot.token != PRESS]:
                if emoji is None or slot.token == emoji:
                    del facts[slot]


_Said: TypeAlias = Collection[tuple[str, str]]
"""Actors, each with an emoji."""
_NOTHING: _Said = frozenset()


def _erased(event: Heard, marks: Marks) -> _Said:
    """What is told on this message and was erased before: it merely repeats what its voter took back from us. Marks of
    what has changed since are dropped, so that it counts when it is given again."""
    change, voter = event.change, event.voter
    match change:
        case Added(emoji=one) | Removed(emoji=one) if voter is not None:
            marks.drop(event.message, voter.actor, one)
        case WholeSet(emoji=emoji) if voter is not None:
            return {(voter.actor, one) for one in marks.keep_only(event.message, voter.actor, emoji)}
        case Cleared(emoji=one):
            marks.clear(event.message, one)
        case ReactionsRead(voters=voters, fresher=fresher):
            return marks.reread(event.message, voters, fresher)
    return _NOTHING


def _reread(
    event: Heard,
    read: ReactionsRead,
    after: Mapping[VoterKey, Facts],
    ballots: Mapping[str, Ballot],
    erased: _Said,
) -> None:
    """Who has an emoji that was asked about has its fact, who hasn't has none; a fact that stands keeps its order."""
    platform = read.message.chat.platform
    for key, facts in after.items():
        if key.ledger != event.ledger or key.platform != platform or (key.actor, None) in read.fresher:
            continue
        for emoji, voters in read.voters.items():
            if (key.actor, emoji) in read.fresher:
                continue
            if key.actor in voters:
                if (key.actor, emoji) not in erased:
                    _add(event, emoji, facts, ballots[platform], read.order)
            else:
                facts.pop(Slot(event.delivery, emoji), None)


def _set(
    event: Heard, change: Change | Press | Erasure | None, facts: Facts, ballot: Ballot, seq: int, erased: _Said
) -> bool:
    """Change one voter's facts; returns whether a fact was seen for the first time."""
    match change:
        case Added():
            return _add(event, change.emoji, facts, ballot, seq)
        case Removed():
            facts.pop(Slot(event.delivery, change.emoji), None)
        case Press():
            return _press(event, facts, change.sentiment, seq)
        case WholeSet():
            stays = {PRESS, *change.emoji}
            for slot in [slot for slot in facts if slot.delivery == event.delivery and slot.token not in stays]:
                del facts[slot]
            told = {emoji for _, emoji in erased}
            added = [_add(event, emoji, facts, ballot, seq) for emoji in change.emoji if emoji not in told]
            return any(added)
        case Erasure(chats=chats):
            for slot in [slot for slot, fact in facts.items() if chats is None or fact.chat in chats]:
                del facts[slot]
    return False


def _add(event: Heard, emoji: str, facts: Facts, ballot: Ballot, seq: int) -> bool:
    """A fact that stands already keeps its order; emoji outside the ballot are no facts."""
    slot = Slot(event.delivery, emoji)
    sentiment = ballot.sentiment(emoji)
    if sentiment is None or slot in facts:
        return False
    facts[slot] = Fact(event.chat, event.shared, sentiment.value, seq)
    return True


def _press(event: Heard, facts: Facts, sentiment: Sentiment, seq: int) -> bool:
    slot = Slot(event.delivery, PRESS)
    present = facts.get(slot)
    if present is not None and present.sentiment == sentiment:
        del facts[slot]
        return False
    facts[slot] = Fact(event.chat, event.shared, sentiment.value, seq)
    return True


def _compare(key: VoterKey, before: Facts, after: Facts, result: Plan, moved: dict[tuple[int, int], list[int]]) -> None:
    """Add what has changed for one voter: rows, and by how much each tally moves."""
    if before == after:
        return
    ledger = key.ledger
    result.written += [(key, slot, fact) for slot, fact in after.items() if before.get(slot) != fact]
    for chat, sentiment in votes(after.values()).items():
        moved[ledger, chat][sentiment < 0] += 1
    if before:
        result.withdrawn += [(key, slot) for slot in before if slot not in after]
        for chat, sentiment in votes(before.values()).items():
            moved[ledger, chat][sentiment < 0] -= 1
