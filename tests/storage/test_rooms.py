"""The messages of web rooms, and the small facts of meta."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.model import Button, ButtonRole, Card, Line, LineKind, Picture, Span, Style
from bot.storage import meta
from bot.storage.database import Database, open_database
from bot.storage.meta import Keys
from bot.storage.rooms import KEPT, Rooms

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_card(text: str) -> Card:
    return Card("en", (Line(LineKind.TEXT, (Span(text),)),))


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "newstally.db") as opened:
        yield opened


async def test_messages_come_back_as_they_were_oldest_first(db: Database) -> None:
    rooms = Rooms(db)
    card = Card(
        "hy",
        (Line(LineKind.META, (Span("x", Style.BOLD, "https://example.org", NOW), Span(" · "))),),
        ((Button("🐂 1", "v:1:b", ButtonRole.BULLISH, pressed=True),),),
        Picture("https://example.org/a.png", "alt"),
        "fr",
    )
    first = await rooms.append("hy", card, key="d1", at=NOW)
    second = await rooms.append("hy", a_card("two"), key="d2", at=NOW)
    await rooms.append("fr", a_card("elsewhere"), key="d1", at=NOW)
    assert first.card == card
    assert list(await rooms.page("hy")) == [first, second]
    assert list(await rooms.page("hy", limit=1)) == [second]
    assert list(await rooms.page("hy", before=second.id)) == [first]


async def test_a_key_is_stored_once(db: Database) -> None:
    rooms = Rooms(db)
    first = await rooms.append("en", a_card("one"), key="d1", at=NOW)
    again = await rooms.append("en", a_card("changed"), key="d1", at=NOW + timedelta(hours=1))
    assert again == first


async def test_a_message_can_be_changed_in_its_own_room_only(db: Database) -> None:
    rooms = Rooms(db)
    message = await rooms.append("en", a_card("one"), key="d1", at=NOW)
    changed = await rooms.replace("en", message.id, a_card("two"))
    assert changed is not None
    assert (changed.id, changed.posted_at, changed.card) == (message.id, NOW, a_card("two"))
    assert await rooms.replace("fr", message.id, a_card("three")) is None
    assert list(await rooms.page("en")) == [changed]


async def test_a_room_keeps_its_newest_messages_and_never_gives_an_id_twice(db: Database) -> None:
    rooms = Rooms(db)
    await rooms.append("fr", a_card("of another room"), key="d0", at=NOW)
    for number in range(KEPT + 3):
        last = await rooms.append("en", a_card(str(number)), key=f"d{number}", at=NOW)
    kept = await rooms.page("en", limit=KEPT * 2)
    assert [message.card for message in kept] == [a_card(str(number)) for number in range(3, KEPT + 3)]
    assert len(await rooms.page("fr")) == 1
    assert await rooms.replace("en", kept[0].id - 1, a_card("gone")) is None
    assert (await rooms.append("en", a_card("next"), key="next", at=NOW)).id > last.id


spans = st.builds(
    Span, st.text(), st.sampled_from(Style), st.none() | st.text(), st.none() | st.datetimes(timezones=st.just(UTC))
)
lines = st.builds(Line, st.sampled_from(LineKind), st.lists(spans, max_size=3).map(tuple))
buttons = st.builds(Button, st.text(), st.text(), st.sampled_from(ButtonRole), st.none() | st.text(), st.booleans())
CARD = TypeAdapter(Card)


@given(
    st.builds(
        Card,
        st.text(),
        st.lists(lines, max_size=3).map(tuple),
        st.lists(st.lists(buttons, max_size=2).map(tuple), max_size=2).map(tuple),
        st.none() | st.builds(Picture, st.text(), st.text()),
        st.none() | st.text(),
    )
)
def test_any_card_survives_json(card: Card) -> None:
    assert CARD.validate_python(CARD.dump_python(card, mode="json")) == card


async def test_keys_of_two_owners_are_kept_apart(db: Database) -> None:
    web, telegram = Keys(db, "web"), Keys(db, "telegram")
    assert await web.get("key") is None
    await web.put("key", "one")
    await telegram.put("key", "two")
    await web.put("key", "three")
    assert await web.get("key") == "three"
    assert await telegram.get("key") == "two"


async def test_keys_are_found_by_their_beginning_and_changed_together(db: Database) -> None:
    web, telegram = Keys(db, "web"), Keys(db, "telegram")
    await telegram.change({"asked:1": "one", "asked:2": "two", "asked": "no", "askew": "no", "asked:\uffff": "odd"}, ())
    await web.put("asked:3", "somebody else's")
    assert await telegram.under("asked:") == {"asked:1": "one", "asked:2": "two", "asked:\uffff": "odd"}
    await telegram.change({"asked:2": "new", "asked:4": "four"}, ["asked:1", "asked:\uffff", "asked:9", "asked:4"])
    assert await telegram.under("asked:") == {"asked:2": "new"}
    assert await web.under("") == {"asked:3": "somebody else's"}


async def test_the_file_remembers_when_it_was_made(tmp_path: Path) -> None:
    for run in range(2):
        async with open_database(tmp_path / "newstally.db") as db:
            assert await db.write(meta.created_at, NOW + timedelta(days=run)) == NOW
