"""What is stored of one voter's votes, for nobody but themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from bot.model import Actor, Sentiment
from bot.storage import early, leavers
from bot.storage.keys import among
from bot.storage.plan import EVERYWHERE, PRESS, Fact, votes
from bot.storage.tables import chat, delivery, fact, story, voter

FORMAT = "newstally-votes"

MOST_EXPORTED = 20_000
"""Reactions and presses, the newest. Nobody gives as many by hand in the time for which they are kept, and a file of
more would be larger than some platforms take."""


@dataclass(frozen=True, slots=True)
class OwnVote:
    """A vote, and the story that it was last given on."""

    sentiment: Sentiment
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class OwnVotes:
    """All of a voter's votes; stories that share their votes are one."""

    bullish: int
    bearish: int
    chats: int
    newest: tuple[OwnVote, ...]
    stored: bool
    """Whether anything is stored that could be erased: facts that cancel each other out are no vote."""


def of(connection: Connection, actor: Actor, most: int) -> OwnVotes:
    """A voter's votes, with the newest few."""
    facts = connection.execute(
        select(fact.c.ledger_id, fact.c.chat_id, fact.c.sentiment, fact.c.seq, fact.c.delivery_id)
        .join(voter, voter.c.id == fact.c.voter_id)
        .where(*_whose(actor))
        .order_by(fact.c.ledger_id)
    ).all()
    given = [vote for _, rows in groupby(facts, key=lambda row: row.ledger_id) if (vote := _vote(list(rows)))]
    newest = sorted(given, reverse=True)[:most]
    stories = _stories(connection, [delivery_id for _, delivery_id, _ in newest])
    return OwnVotes(
        bullish=sum(says > 0 for _, _, says in given),
        bearish=sum(says < 0 for _, _, says in given),
        chats=len({row.chat_id for row in facts}),
        newest=tuple(OwnVote(Sentiment(says), *stories[delivery_id]) for _, delivery_id, says in newest),
        stored=bool(facts) or leavers.has_asked(connection, actor) or bool(early.of_voter(connection, actor)),
    )


def _vote(facts: list[Any]) -> tuple[int, int, int] | None:
    """Order, delivery and sentiment of what a voter says on one ledger, wherever it was said."""
    says = votes([Fact(row.chat_id, True, row.sentiment, row.seq) for row in facts]).get(EVERYWHERE)
    newest = max(facts, key=lambda row: row.seq)
    return None if says is None else (newest.seq, newest.delivery_id, says)


def _stories(connection: Connection, deliveries: Iterable[int]) -> dict[int, tuple[str, str | None]]:
    rows = connection.execute(
        select(delivery.c.id, story.c.title, story.c.url)
        .join(story, story.c.id == delivery.c.story_id)
        .where(delivery.c.id.in_(among(deliveries)))
    )
    return {row.id: (row.title, row.url) for row in rows}


def everything(connection: Connection, actor: Actor, now: datetime) -> dict[str, Any]:
    """All that is stored of a voter's votes, as it is written into a file."""
    rows = connection.execute(
        select(
            fact.c.ledger_id,
            fact.c.token,
            fact.c.sentiment,
            fact.c.seq,
            story.c.id,
            story.c.title,
            story.c.url,
            story.c.language,
            chat.c.native_id,
            chat.c.topic,
            chat.c.title.label("chat_title"),
            delivery.c.posted_at,
        )
        .join(voter, voter.c.id == fact.c.voter_id)
        .join(delivery, delivery.c.id == fact.c.delivery_id)
        .join(story, story.c.id == delivery.c.story_id)
        .join(chat, chat.c.id == fact.c.chat_id)
        .where(*_whose(actor))
        .order_by(fact.c.seq.desc())
        .limit(MOST_EXPORTED)
    ).all()
    total = select(func.count()).select_from(fact).join(voter, voter.c.id == fact.c.voter_id).where(*_whose(actor))
    return {
        "format": FORMAT,
        "platform": actor.platform,
        "voter": actor.id,
        "exported_at": now.isoformat(),
        "erased_on_leaving": leavers.has_asked(connection, actor),
        "left_out": connection.execute(total).scalar_one() - len(rows),
        "reactions_and_presses": [_written(row) for row in rows],
        "waiting_for_their_post": early.of_voter(connection, actor),
    }


def _written(row: Any) -> dict[str, Any]:
    return {
        "order": row.seq,
        "says": Sentiment(row.sentiment).name.lower(),
        "by": "button" if row.token == PRESS else row.token,
        "story": {"id": row.id, "title": row.title, "url": row.url, "language": row.language, "account": row.ledger_id},
        "chat": {"id": row.native_id, "topic": row.topic, "title": row.chat_title},
        "posted_at": None if row.posted_at is None else row.posted_at.isoformat(),
    }


def _whose(actor: Actor) -> tuple[Any, ...]:
    return voter.c.platform == actor.platform, voter.c.actor == actor.id
