"""A vote, or a poll, costs the same however much history there is: no statement of its path reads a whole table."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import create_engine
from sqlalchemy.dialects import sqlite

from bot.storage import (
    candidates,
    early,
    edits,
    known_posts,
    ledger,
    news,
    owed,
    posts,
    presses,
    rereads,
    stories,
    translations,
)
from bot.storage.hot import Hot
from bot.storage.migrate import migrate

DIALECT = sqlite.dialect(paramstyle="qmark")


def _sql(statement):
    return re.sub(r"__\[POSTCOMPILE_\w+\]", "?, ?", str(statement.compile(dialect=DIALECT)))


HOT = {
    f"{module.__name__}.{name}": value._sql
    for module in (candidates, early, edits, known_posts, ledger, news, presses, stories)
    for name, value in vars(module).items()
    if isinstance(value, Hot)
}
CORE = {
    f"{module.__name__}.{name}": _sql(vars(module)[name])
    for module, names in (
        (owed, ["_LATE_FOR"]),
        (early, ["_MAY_BECOME_KNOWN"]),
        (stories, ["_TOUCH", "_TOUCH_UNCHANGED", "_LEAVE"]),
        (known_posts, ["_UNSETTLED", "_CONFIRM"]),
        (rereads, ["_CHATS", "_OF_DELIVERY", "_PAGE"]),
        (posts, ["_OUTDATED_VIEW", "_OUTDATED_OF_LEDGERS", "_OUTDATED_OF_DELIVERIES", "_OPEN_PAGE", "_MARK"]),
        (translations, ["_WANT_FOR_WAITING", "_POSTS_WITHOUT"]),
    )
    for name in names
}


@pytest.fixture(scope="module")
def engine():
    engine = create_engine("sqlite://")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("name", "sql"), (HOT | CORE).items(), ids=lambda value: value.split()[0])
def test_no_statement_of_the_ledger_reads_a_whole_table(engine, name, sql):
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
    # Keys come from json_each; the table of early events is nearly always empty, and asked only whether it is.
    allowed = (
        "SCAN k VIRTUAL",
        "SCAN p VIRTUAL",
        "SCAN o VIRTUAL",
        "SCAN wanted VIRTUAL",
        "SCAN CONSTANT ROW",
        "SCAN best",
        "SCAN anon",
        "SCAN newest",
        "SCAN titled",
        "SCAN frequent",
        "SCAN there",
        "SCAN early_event USING",
    )
    assert [step for step in plan if step.startswith("SCAN") and not step.startswith(allowed)] == []


def test_the_sweep_goes_through_open_posts_by_index(engine):
    sql = CORE["bot.storage.posts._OPEN_PAGE"]
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
    assert plan == ["SEARCH delivery USING COVERING INDEX ix_delivery_state_next_try_at (state=?)"]


def test_a_re_read_goes_through_the_posts_of_its_chat_alone(engine):
    sql = CORE["bot.storage.rereads._PAGE"]
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
    assert plan[:2] == [
        "SEARCH post USING PRIMARY KEY (platform=? AND native_chat=?)",
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)",
    ]
