"""What an answer's headers say of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.headers import fresh_for, retry_after

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=900"}, 900),
        ({"Cache-Control": 'Public, Max-Age="900", must-revalidate'}, 900),
        ({"Cache-Control": "max-age=900", "Age": "300"}, 600),
        ({"Cache-Control": "max-age=900", "Age": "1000"}, None),
        ({"Cache-Control": "max-age=900", "Age": "old"}, 900),
        ({"Cache-Control": "max-age=900, no-cache"}, None),
        ({"Cache-Control": "no-store", "Expires": format_datetime(NOW + 5 * MINUTE)}, None),
        ({"Cache-Control": "max-age=0", "Expires": format_datetime(NOW + 5 * MINUTE)}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=soon"}, None),
        ({"Cache-Control": "s-maxage=900"}, None),
        ({"Cache-Control": "," * 100_000}, None),
        ({"Expires": format_datetime(NOW + 5 * MINUTE)}, 300),
        ({"Expires": format_datetime(NOW + 65 * MINUTE), "Date": format_datetime(NOW + 60 * MINUTE)}, 300),
        ({"Expires": "0"}, None),
        ({"Expires": "-1"}, None),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
    ],
)
def test_an_answer_stays_good_for_as_long_as_its_headers_say(headers: dict[str, str], seconds: float | None) -> None:
    assert fresh_for(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        (format_datetime(NOW + 2 * MINUTE), 120),
        (format_datetime(NOW - MINUTE), None),
        ("99999999999999999999", 86_400),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_a_day_at_most(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text(), st.text(), st.text())
def test_no_header_is_too_strange(one: str, two: str, three: str) -> None:
    for headers in ({"Cache-Control": one, "Age": two}, {"Expires": one, "Date": three}):
        assert (fresh_for(headers, NOW) or 1) > 0
    assert (retry_after(one, NOW) or 1) > 0
