"""The operator's log: every known secret is struck out of every line, whoever wrote it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import log
from bot.log import MASK, Redactor

TELEGRAM = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_stands_in_any_line(form, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", form, ["a-configured-secret"])
    structlog.get_logger().warning("hello", token="a-configured-secret", url=f"https://x.example/bot{TELEGRAM}/getMe")
    logging.getLogger("some.library").warning("calling %s", f"https://x.example/bot{TELEGRAM}/getMe")
    try:
        raise ValueError("a-configured-secret")
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert "hello" in written
    assert "ValueError" in written
    assert "a-configured-secret" not in written
    assert TELEGRAM.split(":")[1] not in written


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_trace_tells_no_values_of_variables(form, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", form, [])

    def attend(interaction: str) -> None:
        raise ValueError("out of reach")

    try:
        attend("an interaction's " + "token")
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert "attend" in written
    assert "interaction's token" not in written


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "json", ["s3cret"])
    structlog.get_logger().info("said", what='quote " and s3cret')
    assert json.loads(capsys.readouterr().err)["what"] == f'quote " and {MASK}'


@given(st.text(min_size=1, max_size=20), st.text(max_size=40), st.text(max_size=40))
def test_a_secret_is_struck_out_wherever_it_stands(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret])(None, "info", before + secret + after).replace(MASK, "")
