"""Turns facts that stand and events that were heard into rows to write and differences of tallies: the rules of voting.

Pure. It stands here and not in bot/tally because it runs inside the transaction that reads what stands and writes what
it says, and because its facts are that transaction's rows: passed in from above, they would have to be declared here
all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from bot.events import Added, Change, Cleared, Removed, WholeSet
from bot.model import Ballot, Sentiment

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


class VoterKey(NamedTuple):
    """A voter beside one story: what a vote belongs to."""

    story: int
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


class Heard(NamedTuple):
    """One event about a post that is known."""

    story: int
    delivery: int
    chat: int
    shared: bool
    actor: tuple[str, str] | None
    """Platform and id of the voter; None concerns every voter."""
    change: Change | Press | None
    """None changes nothing and only asks what stands."""


@dataclass(slots=True)
class Plan:
    """What has to be written. Tally differences are (bullish, bearish) by story and chat, without those of nothing."""

    next_seq: int
    written: list[tuple[VoterKey, Slot, Fact]] = field(default_factory=list)
    withdrawn: list[tuple[VoterKey, Slot]] = field(default_factory=list)
    differences: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    standing: list[Sentiment | None] = field(default_factory=list)
    """For each event that was heard, in order: its voter's vote in its chat right after it. None for other than presses
    and questions."""


def plan(standing: Mapping[VoterKey, Facts], heard: Sequence[Heard], rules: VotingRules, next_seq: int) -> Plan:
    """What the events, in this order, do to the facts that stand. ``standing`` holds those of every voter concerned."""
    result = Plan(next_seq)
    after = {key: dict(facts) for key, facts in standing.items()}
    for event in heard:
        _apply(event, after, rules.ballots, result)
    for key, facts in after.items():
        _compare(key, standing.get(key, {}), facts, result)
    return result


def votes(facts: Iterable[Fact]) -> dict[int, int]:
    """What one voter's facts on one story say, by chat and everywhere: of each, the newest fact.

    Newest facts of opposite sentiment, seen together without an order, are no vote.
    """
    newest: dict[int, tuple[int, int]] = {}
    for fact in facts:
        for chat in (fact.chat, EVERYWHERE) if fact.shared else (fact.chat,):
            seq, says = newest.get(chat, (-1, 0))
            if fact.seq > seq:
                newest[chat] = (fact.seq, fact.sentiment)
            elif fact.seq == seq and fact.sentiment != says:
                newest[chat] = (seq, 0)
    return {chat: says for chat, (_, says) in newest.items() if says}


def _apply(event: Heard, after: dict[VoterKey, Facts], ballots: Mapping[str, Ballot], result: Plan) -> None:
    change = event.change
    if isinstance(change, Cleared):
        _clear(event, change.emoji, after)
        result.standing.append(None)
        return
    if event.actor is None:  # only a clear concerns everyone
        result.standing.append(None)
        return
    key = VoterKey(event.story, *event.actor)
    facts = after.setdefault(key, {})
    if _set(event, change, facts, ballots[key.platform], result.next_seq):
        result.next_seq += 1
    if change is None or isinstance(change, Press):
        says = votes(facts.values()).get(event.chat)
        result.standing.append(None if says is None else Sentiment(says))
    else:
        result.standing.append(None)


def _clear(event: Heard, emoji: str | None, after: Mapping[VoterKey, Facts]) -> None:
    """A moderator's clear takes reactions only: a press isn't the moderator's to withdraw."""
    for key, facts in after.items():
        if key.story == event.story:
            for slot in [slot for slot in facts if slot.delivery == event.delivery and slot.token != PRESS]:
                if emoji is None or slot.token == emoji:
                    del facts[slot]


def _set(event: Heard, change: Change | Press | None, facts: Facts, ballot: Ballot, seq: int) -> bool:
    """Change one voter's facts; returns whether a fact was seen for the first time."""
    match change:
        case Added(emoji=emoji):
            return _add(event, facts, [emoji], ballot, seq)
        case Removed(emoji=emoji):
            facts.pop(Slot(event.delivery, emoji), None)
        case WholeSet(emoji=emoji):
            gone = [slot for slot in facts if slot.delivery == event.delivery and slot.token not in (PRESS, *emoji)]
            for slot in gone:
                del facts[slot]
            return _add(event, facts, emoji, ballot, seq)
        case Press(sentiment=sentiment):
            return _press(event, facts, sentiment, seq)
    return False


def _add(event: Heard, facts: Facts, emoji: Sequence[str], ballot: Ballot, seq: int) -> bool:
    """Facts that stand already keep their order; emoji outside the ballot are no facts."""
    new = False
    for one in emoji:
        sentiment = ballot.sentiment(one)
        slot = Slot(event.delivery, one)
        if sentiment is not None and slot not in facts:
            facts[slot] = Fact(event.chat, event.shared, int(sentiment), seq)
            new = True
    return new


def _press(event: Heard, facts: Facts, sentiment: Sentiment, seq: int) -> bool:
    slot = Slot(event.delivery, PRESS)
    present = facts.get(slot)
    if present is not None and present.sentiment == sentiment:
        del facts[slot]
        return False
    facts[slot] = Fact(event.chat, event.shared, int(sentiment), seq)
    return True


def _compare(key: VoterKey, before: Facts, after: Facts, result: Plan) -> None:
    if before == after:
        return
    result.withdrawn.extend((key, slot) for slot in before if slot not in after)
    result.written.extend((key, slot, fact) for slot, fact in after.items() if before.get(slot) != fact)
    for chat, bullish, bearish in differences(votes(before.values()), votes(after.values())):
        known = result.differences.get((key.story, chat), (0, 0))
        total = (known[0] + bullish, known[1] + bearish)
        if total == (0, 0):
            del result.differences[key.story, chat]
        else:
            result.differences[key.story, chat] = total


def differences(before: Mapping[int, int], after: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """What moves in each chat's tally (bullish, bearish) when one voter's votes change."""
    for chat in before.keys() | after.keys():
        old, new = before.get(chat, 0), after.get(chat, 0)
        if old != new:
            bullish = (new == Sentiment.BULLISH) - (old == Sentiment.BULLISH)
            bearish = (new == Sentiment.BEARISH) - (old == Sentiment.BEARISH)
            yield chat, bullish, bearish
