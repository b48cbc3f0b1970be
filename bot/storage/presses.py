"""Which vote buttons somebody has pressed and not taken back, for rooms that have no platform to show it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Text, bindparam, func, select

from bot.model import Actor, Sentiment, parse_vote_button, vote_button
from bot.storage.hot import Hot
from bot.storage.keys import as_json
from bot.storage.plan import PRESS
from bot.storage.tables import delivery, fact, story, voter

_K = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")

# Each step finds its row by a whole key: a page asks for all of its posts, and ledgers may have any number of voters.
_STANDING = Hot(
    select(delivery.c.id, fact.c.sentiment)
    .select_from(_K)
    .join(delivery, delivery.c.id == _K.c.value)
    .join(story, story.c.id == delivery.c.story_id)
    .join(voter, (voter.c.platform == bindparam("platform")) & (voter.c.actor == bindparam("actor")))
    .join(
        fact,
        (fact.c.ledger_id == story.c.ledger_id)
        & (fact.c.voter_id == voter.c.id)
        & (fact.c.delivery_id == delivery.c.id)
        & (fact.c.token == bindparam("press")),
    ),
    "keys",
    "platform",
    "actor",
    "press",
)


def pressed(connection: Connection, actor: Actor, buttons: Iterable[str]) -> frozenset[str]:
    """Those of the buttons whose press by the actor stands; ids that are no vote button's are left out."""
    asked = {button: vote for button in buttons if (vote := parse_vote_button(button)) is not None}
    if not asked:
        return frozenset()
    deliveries = sorted({delivery_id for delivery_id, _ in asked.values()})
    rows = _STANDING.all(connection, as_json(deliveries), actor.platform, actor.id, PRESS)
    return frozenset(vote_button(delivery_id, Sentiment(sentiment)) for delivery_id, sentiment in rows) & asked.keys()
