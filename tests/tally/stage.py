"""Stories posted in chats, for tests of votes: rows as the other rooms would have left them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from bot.events import Added, ButtonPressed, Change, ReactionsChanged
from bot.model import Actor, Ballot, ChatKind, ChatRef, MessageRef, Sentiment, Tally, vote_button
from bot.storage import chats, deliveries
from bot.storage.database import Database
from bot.storage.plan import EVERYWHERE, VotingRules
from bot.storage.tables import chat, delivery, fact, post, story, tally, voter

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BULL, BEAR = Sentiment.BULLISH, Sentiment.BEARISH
BALLOT = Ballot(bullish=("👍", "🔥"), bearish=("👎", "😢"))
RULES = VotingRules(ballots={"alpha": BALLOT, "beta": BALLOT}, open_for=timedelta(days=14), erasure_key=b"key")

ROOM = ChatRef("alpha", "room")
HALL = ChatRef("alpha", "hall")
YARD = ChatRef("beta", "yard")


def add_chat(connection: Connection, ref: ChatRef, *, shares_votes: bool = True, language: str = "en") -> int:
    made = chats.ensure(connection, ref, ChatKind.GROUP, NOW, shares_votes=shares_votes)
    connection.execute(update(chat).where(chat.c.id == made.id).values(language=language))
    return made.id


def add_story(connection: Connection, title: str = "A coin rises") -> int:
    row = {"language": "en", "title": title, "first_seen_at": NOW, "sorted_at": NOW}
    story_id = connection.execute(insert(story).values(row)).inserted_primary_key[0]
    connection.execute(update(story).where(story.c.id == story_id).values(ledger_id=story_id))
    return story_id


def add_delivery(connection: Connection, story_id: int, ref: ChatRef, state: str = "sending") -> int:
    chat_id = connection.execute(
        select(chat.c.id).where(chat.c.platform == ref.platform, chat.c.native_id == ref.id, chat.c.topic == ref.topic)
    ).scalar()
    if chat_id is None:
        chat_id = add_chat(connection, ref)
    row = {
        "story_id": story_id,
        "chat_id": chat_id,
        "state": state,
        "created_at": NOW,
        "next_try_at": NOW,
        "attempts": 1,
        "attempted_at": NOW,
    }
    return connection.execute(insert(delivery).values(row)).inserted_primary_key[0]


def add_post(connection: Connection, story_id: int, ref: ChatRef, message_id: str, *, posted_at: datetime = NOW) -> int:
    """A story posted in a chat; returns its delivery."""
    delivery_id = add_delivery(connection, story_id, ref)
    deliveries.mark_posted(connection, delivery_id, MessageRef(ref, message_id), "en", 1, posted_at)
    return delivery_id


def react(ref: ChatRef, message_id: str, voter_id: str, change: Change | str, event_id: str | None = None):
    """A voter's reaction; an emoji alone means that it was added."""
    if isinstance(change, str):
        change = Added(change)
    return ReactionsChanged(MessageRef(ref, message_id), Actor(ref.platform, voter_id), change, event_id)


def press(
    ref: ChatRef,
    message_id: str,
    voter_id: str,
    delivery_id: int,
    says: Sentiment,
    event_id: str,
    *,
    carried: bool | None = True,
):
    voter, button = Actor(ref.platform, voter_id), vote_button(delivery_id, says)
    return ButtonPressed(MessageRef(ref, message_id), voter, button, event_id, carried=carried)


def tallies_of(connection: Connection, story_id: int) -> dict[str, tuple[int, int]]:
    """The tally rows of a story by native chat id, and "everywhere"; those of nobody left out."""
    names = {row.id: row.native_id for row in connection.execute(select(chat))} | {EVERYWHERE: "everywhere"}
    rows = connection.execute(select(tally).where(tally.c.ledger_id == story_id))
    return {names[row.chat_id]: (row.bullish, row.bearish) for row in rows if (row.bullish, row.bearish) != (0, 0)}


def facts_of(connection: Connection, actor: str) -> set[tuple[int, str, int]]:
    """(delivery, token, sentiment) of what a voter has standing."""
    rows = connection.execute(
        select(fact.c.delivery_id, fact.c.token, fact.c.sentiment)
        .join(voter, voter.c.id == fact.c.voter_id)
        .where(voter.c.actor == actor)
    )
    return {(row[0], row[1], row[2]) for row in rows}


def delivery_row(connection: Connection, delivery_id: int):
    return connection.execute(select(delivery).where(delivery.c.id == delivery_id)).one()


def posts_of(connection: Connection, delivery_id: int) -> list[tuple[str, bool]]:
    rows = connection.execute(
        select(post.c.message_id, post.c.mirror).where(post.c.delivery_id == delivery_id).order_by(post.c.message_id)
    )
    return [(row[0], row[1]) for row in rows]


async def set_up(db: Database, *refs: ChatRef) -> tuple[int, list[int]]:
    """One story posted in these chats as message "1"; returns it and the deliveries."""

    def rows(connection: Connection) -> tuple[int, list[int]]:
        story_id = add_story(connection)
        return story_id, [add_post(connection, story_id, ref, "1") for ref in refs]

    return await db.write(rows)


def counts(said: Tally) -> tuple[int, int]:
    return said.bullish, said.bearish
