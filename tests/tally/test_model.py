"""Random histories of votes against a reference so simple that it can be checked by eye."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert, select, update

from bot.errors import CommandError
from bot.events import (
    Added,
    ButtonPressed,
    Cleared,
    ReactionsChanged,
    ReactionsRead,
    Removed,
    VotesErased,
    WholeSet,
)
from bot.model import Actor, ChatRef, MessageRef, Sentiment, vote_button
from bot.storage import corrections, ledger, tables, votes
from bot.storage.database import open_database
from bot.storage.votes import Outcome
from tests.tally.stage import BALLOT, NOW, RULES, add_chat, add_post, add_story, tallies_of

CHATS = (ChatRef("alpha", "a"), ChatRef("alpha", "b"), ChatRef("beta", "c"), ChatRef("beta", "quiet"))
LANGUAGES = ("en", "en", "en", "de", "fr")
STORIES = len(LANGUAGES)
VOTERS = ("ann", "bob", "cid")
EMOJI = ("👍", "🔥", "👎", "😢", "🤡")

chats = st.integers(0, len(CHATS) - 1)
stories = st.integers(0, STORIES - 1)
voters = st.sampled_from(VOTERS)
emoji = st.sampled_from(EMOJI)
on_ballot = st.sampled_from(EMOJI[:4])
several = st.frozensets(voters)
told_meanwhile = st.frozensets(st.tuples(voters, st.none() | on_ballot))
sentiments = st.sampled_from(Sentiment)
changes = st.one_of(
    st.builds(Added, emoji),
    st.builds(Removed, emoji),
    st.builds(lambda some: WholeSet(tuple(some)), st.lists(emoji, max_size=3, unique=True)),
)


class Reference:
    """Every fact in one list, oldest first; a vote is read off from its end.

    Which stories share an account is written down as what the operator has said, and followed from story to story.
    """

    def __init__(self) -> None:
        self.facts: list[tuple[int, tuple, int, int, str, int]] = []  # when, voter, story, chat, token, sentiment
        self.erased: set[tuple[tuple, int, int, str]] = set()
        """Reactions that may still stand on the platform and count for nothing: voter, story, chat, token."""
        self.clock = 0
        self.seen: set[tuple[str, str]] = set()
        self.orders: dict[int, int] = {}
        """The moments at which something was missed, by the order that its facts get."""
        self.links: set[frozenset[int]] = set()
        self.into: dict[int, int] = {}
        """Merged stories, and what they are part of."""
        self.apart: set[frozenset[int]] = set()

    def group(self, story: int) -> set[int]:
        edges = [*self.links, *(frozenset(pair) for pair in self.into.items())]
        found: set[int] = set()
        more = {story}
        while more - found:
            found |= more
            more = set().union(*(edge for edge in edges if edge & found))
        return found

    def families(self, one: int, other: int) -> set[frozenset[int]]:
        """Every pair of a story of the one (it, or a part of it) and a story of the other."""
        ones = {one, *(part for part, into in self.into.items() if into == one)}
        others = {other, *(part for part, into in self.into.items() if into == other)}
        return {frozenset((a, b)) for a in ones for b in others}

    def kept_apart(self, one: int, other: int) -> bool:
        """Whether their accounts can't be joined: something else was said of stories of theirs."""
        ones, others = self.group(one), self.group(other)
        if ones == others:
            return False
        across = {frozenset((a, b)) for a in ones for b in others}
        return bool(across & self.apart - self.families(one, other))

    def merge(self, into: int, other: int) -> None:
        self.apart -= self.families(into, other)
        self.into = {part: into if whole == other else whole for part, whole in self.into.items()} | {other: into}

    def hear(self, event, story: int, chat: int) -> None:
        if isinstance(event, VotesErased):
            self.clock += 1
            self.erase((event.voter.platform, event.voter.id), range(len(CHATS)) if chat is None else {chat})
            return
        if isinstance(event, ReactionsRead):
            self.read(event, story, chat)
            return
        if event.event_id is not None:
            key = (event.message.chat.platform, event.event_id)
            if key in self.seen:
                return
            self.seen.add(key)
        self.clock += 1
        if isinstance(event, ButtonPressed):
            self.press(event, story, chat)
        elif isinstance(event.change, Cleared):
            which = event.change.emoji
            self.erased = {e for e in self.erased if e[1:3] != (story, chat) or which not in (None, e[3])}
            self.drop(lambda f: f[2:4] == (story, chat) and f[4] != "press" and which in (None, f[4]))
        else:
            self.react((event.voter.platform, event.voter.id), event.change, story, chat)

    def press(self, event, story, chat):
        who = (event.actor.platform, event.actor.id)
        says = 1 if event.button.endswith("b") else -1
        here = (who, story, chat, "press")
        before = [f for f in self.facts if f[1:5] == here]
        self.drop(lambda f: f[1:5] == here)
        if not before or before[0][5] != says:
            self.facts.append((self.clock, *here, says))

    def react(self, who, change, story, chat):
        here = {f[4] for f in self.facts if f[1:4] == (who, story, chat) and f[4] != "press"}
        match change:
            case Added(emoji=one):
                after = here | {one}
            case Removed(emoji=one):
                after = here - {one}
            case WholeSet(emoji=all_of_them):
                after = set(all_of_them)
        self.drop(lambda f: f[1:4] == (who, story, chat) and f[4] in here - after)
        repeated = {e for e in self.erased if e[:3] == (who, story, chat)} if isinstance(change, WholeSet) else set()
        if isinstance(change, WholeSet):
            self.erased -= {e for e in repeated if e[3] not in after}
        else:
            self.erased.discard((who, story, chat, change.emoji))
        for token in sorted(after - here - {e[3] for e in repeated}):
            says = BALLOT.sentiment(token)
            if says is not None:
                self.facts.append((self.clock, who, story, chat, token, int(says)))

    def read(self, event, story, chat):
        for emoji, voters in event.voters.items():
            for name in set(VOTERS) - {name for name, which in event.fresher if which in (None, emoji)}:
                here = ((event.message.chat.platform, name), story, chat, emoji)
                if name not in voters:
                    self.drop(lambda f, here=here: f[1:5] == here)
                    self.erased.discard(here)
                elif here not in self.erased and not [f for f in self.facts if f[1:5] == here]:
                    self.facts.append((self.orders[event.order], *here, int(BALLOT.sentiment(emoji))))

    def erase(self, who, chats):
        gone = [f for f in self.facts if f[1] == who and f[3] in chats]
        self.erased |= {f[1:5] for f in gone if f[4] != "press"}
        self.drop(lambda f: f in gone)

    def drop(self, which):
        self.facts = [f for f in self.facts if not which(f)]

    def says(self, who, story, chats) -> int:
        group = self.group(story)
        theirs = [f for f in self.facts if f[1] == who and f[2] in group and f[3] in chats]
        newest = {f[5] for f in theirs if f[0] == max(g[0] for g in theirs)}
        return newest.pop() if len(newest) == 1 else 0

    def tallies(self, story) -> dict[str, tuple[int, int]]:
        result = defaultdict(lambda: [0, 0])
        everyone = {f[1] for f in self.facts}
        places = {ref.id: {number} for number, ref in enumerate(CHATS)} | {"everywhere": {0, 1, 2}}
        for name, where in places.items():
            for who in everyone:
                says = self.says(who, story, where)
                if says:
                    result[name][says < 0] += 1
        return {name: (count[0], count[1]) for name, count in result.items()}


def add_entries(connection, story_id, language):
    """Two, of a source of its own."""
    connection.execute(update(tables.story).where(tables.story.c.id == story_id).values(language=language))
    source_id = connection.execute(
        insert(tables.source).values(url=f"https://{story_id}.example", exempt=False, interval_seconds=600)
    ).inserted_primary_key[0]
    row = {"source_id": source_id, "story_id": story_id, "title": "A", "language": language, "content_hash": ""}
    row |= {"first_seen_at": NOW, "last_seen_at": NOW}
    connection.execute(insert(tables.entry), [row | {"identity": name} for name in ("one", "two")])


def entries_of(connection, story_id):
    return connection.execute(select(tables.entry).where(tables.entry.c.story_id == story_id)).all()


def ledger_of(connection, story_id):
    return connection.execute(select(tables.story.c.ledger_id).where(tables.story.c.id == story_id)).scalar_one()


class Ledger(RuleBasedStateMachine):
    """The same events, in the same order, go into the ledger (in batches of any size) and into the reference."""

    @initialize()
    def open(self):
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.opening = open_database(Path(self.folder.name) / "votes.db")
        self.db = self.run(self.opening.__aenter__())
        self.chats = [self.write(add_chat, ref, shares_votes=ref.id != "quiet") for ref in CHATS]
        self.stories = [self.write(add_story) for _ in range(STORIES)]
        for number, language in enumerate(LANGUAGES):
            self.write(add_entries, self.stories[number], language)
        self.posts = {
            (story, chat): self.write(add_post, self.stories[story], CHATS[chat], f"message {story}")
            for story in range(STORIES)
            for chat in range(len(CHATS))
        }
        self.reference = Reference()
        self.waiting: list[tuple] = []
        self.past: list[tuple] = []
        self.numbers = 0
        self.miss()

    def run(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def write(self, fn, *args, **kwargs):
        return self.run(self.db.write(fn, *args, **kwargs))

    def tell(self, event, story, chat):
        self.waiting.append((event, story, chat))

    def number(self):
        self.numbers += 1
        return str(self.numbers)

    def message(self, story, chat):
        return MessageRef(CHATS[chat], f"message {story}")

    @rule(story=stories, chat=chats, voter=voters, change=changes, numbered=st.booleans())
    def reacts(self, story, chat, voter, change, numbered):
        actor = Actor(CHATS[chat].platform, voter)
        event_id = self.number() if numbered else None
        self.tell(ReactionsChanged(self.message(story, chat), actor, change, event_id), story, chat)

    @rule(story=stories, chat=chats, voter=voters, says=sentiments)
    def presses(self, story, chat, voter, says):
        actor = Actor(CHATS[chat].platform, voter)
        button = vote_button(self.posts[story, chat], says)
        self.tell(ButtonPressed(self.message(story, chat), actor, button, self.number(), carried=True), story, chat)

    @rule(chat=chats, voter=voters, everywhere=st.booleans())
    def erases(self, chat, voter, everywhere):
        where = None if everywhere else frozenset({self.chats[chat]})
        self.tell(VotesErased(Actor(CHATS[chat].platform, voter), where), None, None if everywhere else chat)

    @rule(story=stories, chat=chats, which=st.none() | emoji)
    def moderator_clears(self, story, chat, which):
        self.tell(ReactionsChanged(self.message(story, chat), None, Cleared(which), self.number()), story, chat)

    @rule()
    def miss(self):
        self.batch_is_written()
        self.order = self.write(ledger.take_order)
        self.reference.clock += 1
        self.reference.orders[self.order] = self.reference.clock

    @rule(story=stories, chat=chats, has=st.dictionaries(on_ballot, several), fresher=told_meanwhile)
    def is_read_again(self, story, chat, has, fresher):
        self.tell(ReactionsRead(self.message(story, chat), has, self.order, fresher), story, chat)

    @rule(data=st.data())
    def replays(self, data):
        known = [told for told in self.past + self.waiting if getattr(told[0], "event_id", None) is not None]
        if known:
            self.tell(*data.draw(st.sampled_from(known)))

    @rule()
    def batch_is_written(self):
        batch, self.waiting = self.waiting, []
        outcome = self.write(votes.record_batch, RULES, [event for event, _, _ in batch], NOW)
        for (event, story, chat), said in zip(batch, outcome.recorded, strict=True):
            self.reference.hear(event, story, chat)
            if isinstance(event, ButtonPressed) and said.outcome is Outcome.COUNTED:
                who = (event.actor.platform, event.actor.id)
                assert int(said.standing or 0) == self.reference.says(who, story, {chat})
        self.past += batch

    @rule(one=stories, other=stories)
    def operator_merges(self, one, other):
        self.batch_is_written()
        known = self.reference
        may = one != other and not known.into.keys() & {one, other} and LANGUAGES[one] == LANGUAGES[other]
        with self.refused_unless(may and not known.kept_apart(one, other)):
            self.write(corrections.merge, self.stories[one], self.stories[other], NOW)
            known.merge(one, other)

    @rule(part=stories, all_of_it=st.booleans())
    def operator_splits(self, part, all_of_it):
        self.batch_is_written()
        known = self.reference
        whole = known.into.get(part, part)
        entries = self.run(self.db.read(entries_of, self.stories[whole]))
        chosen = [row.id for row in entries if row.merged_from == (self.stories[part] if whole != part else None)]
        chosen = chosen if all_of_it else chosen[:1]
        with self.refused_unless(0 < len(chosen) < len(entries)):
            off = self.write(corrections.split, self.stories[whole], chosen, NOW)
            if off.revived:
                assert off.story_id == self.stories[part]
                del known.into[part]
                known.apart.add(frozenset((whole, part)))
                known.links.discard(frozenset((whole, part)))

    @rule(one=stories, other=stories)
    def operator_links(self, one, other):
        self.batch_is_written()
        known = self.reference
        may = one != other and not known.into.keys() & {one, other} and LANGUAGES[one] != LANGUAGES[other]
        linked = bool(known.families(one, other) & known.links)
        with self.refused_unless(may and not linked and not known.kept_apart(one, other)):
            self.write(corrections.link, self.stories[one], self.stories[other], NOW)
            known.apart -= known.families(one, other)
            known.links.add(frozenset((one, other)))

    @rule(one=stories, other=stories)
    def operator_unlinks(self, one, other):
        self.batch_is_written()
        known = self.reference
        linked = known.families(one, other) & known.links
        with self.refused_unless(one != other and not known.into.keys() & {one, other} and linked):
            through = self.write(corrections.unlink, self.stories[one], self.stories[other], NOW)
            known.links -= linked
            known.apart.add(frozenset((one, other)))
            assert bool(through) == (other in known.group(one))

    @contextmanager
    def refused_unless(self, possible):
        try:
            yield
        except CommandError:
            assert not possible
        else:
            assert possible

    @invariant()
    def tallies_are_the_references(self):
        if not self.waiting:
            for number, story in enumerate(self.stories):
                account = self.stories[min(self.reference.group(number))]
                assert self.run(self.db.read(ledger_of, story)) == account
                assert self.run(self.db.read(tallies_of, account)) == self.reference.tallies(number)
            assert self.run(self.db.read(ledger.recount)) == []

    def teardown(self):
        if hasattr(self, "db"):
            self.run(self.opening.__aexit__(None, None, None))
            self.loop.close()
            self.folder.cleanup()


Ledger.TestCase.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLedger = Ledger.TestCase
