"""Dates as feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.dates import read_date

AT = datetime(2018, 9, 24, 22, 42, 40, tzinfo=UTC)
MINUTE = AT.replace(second=0)
DAY = datetime(2018, 9, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Mon, 24 Sep 2018 22:42:40 GMT", AT),
        ("Mon, 24 Sep 2018 22:42:40 GMT\n      ", AT),
        ("24 Sep 2018 22:42:40 UT", AT),
        ("Mon, 24 Sep 18 22:42:40 Z", AT),
        ("Mon, 24 Sep 2018 19:42:40 -0300", AT),
        ("Mon, 24 Sep 2018 18:42:40 EDT", AT),
        ("Mon, 24 Sep 2018 15:42:40 PDT", AT),
        ("Tue, 25 Sep 2018 00:42:40 CEST", AT),
        ("Tue, 25 Sep 2018 01:42:40 MSK", AT),
        ("Tue, 25 Sep 2018 07:42:40 JST", AT),
        ("Tue, 25 Sep 2018 04:12:40 IST", AT),
        ("Mon, 24 Sep 2018 22:42:40", AT),
        ("Mon, 24 Sep 2018 22:42:40 +0000 (UTC)", AT),
        ("Mon Sep 24 2018 19:42:40 GMT-0300 (BRT)", AT),
        ("Mon Sep 24 22:42:40 2018", AT),
        ("Monday, September 24, 2018 10:42:40 PM", AT),
        ("Sept. 24, 2018, 10:42 p.m.", MINUTE),
        ("2018-09-24T22:42:40Z", AT),
        ("2018-09-24T22:42:40.123456Z", AT),
        ("2018-09-24T19:42:40-03:00", AT),
        ("2018-09-24T19:42:40-0300", AT),
        ("2018-09-25T00:42:40+02", AT),
        ("2018-09-24 22:42:40", AT),
        ("2018-09-24 22:42:40 UTC", AT),
        ("20180924T224240Z", AT),
        ("2018-09-24", DAY),
        ("2018-09", datetime(2018, 9, 1, tzinfo=UTC)),
        ("1537828960", AT),
        ("1537828960000", AT),
        ("24.09.2018 22:42", MINUTE),
        ("24/09/2018 22:42:40", AT),
        ("2018/09/24 22:42:40", AT),
        ("09/24/2018 10:42:40 PM", AT),
        ("24 September 2018", DAY),
        ("Seg, 24 Set 2018 19:42:40 -0300", AT),
        ("segunda-feira, 24 de setembro de 2018 19:42:40 -0300", AT),
        ("Montag, 24. September 2018, 22:42 Uhr", MINUTE),
        ("Di, 25 Sep 2018 00:42:40 MESZ", AT),
        ("lun., 24 sept. 2018 22:42:40 GMT", AT),
        ("mar., 25 sept. 2018 00:42:40 +0200", AT),
        ("lundi 24 septembre 2018 à 22h42", MINUTE),
        ("lun, 24 sep 2018 22:42:40 +0000", AT),
        ("24 de septiembre de 2018", DAY),
        ("lun, 24 set 2018 22:42:40 GMT", AT),
        ("24 settembre 2018", DAY),
        ("ma, 24 sep 2018 22:42:40 GMT", AT),
        ("24 september 2018", DAY),
        ("Пн, 24 сен 2018 22:42:40 +0000", AT),
        ("24 сентября 2018", DAY),
        ("Pzt, 24 Eyl 2018 22:42:40 +0000", AT),
        ("24 Eylül 2018 Pazartesi", DAY),
        ("24 սեպտեմբերի 2018", DAY),
        ("24 սեպ 2018 22:42:40 +0000", AT),
        ("2018年9月24日 22:42:40", AT),
        ("2018年09月24日", DAY),
        ("2018년 9월 24일 오후 10:42", MINUTE),
        ("2018年9月24日 下午10:42", MINUTE),
        ("2018-09-24T24:00:00Z", datetime(2018, 9, 25, tzinfo=UTC)),
        ("Mon, 24 Sep 2018 22:42:60 GMT", AT.replace(second=59)),
        ("5 août 2018", datetime(2018, 8, 5, tzinfo=UTC)),
        ("5 AOUT 2018", datetime(2018, 8, 5, tzinfo=UTC)),
        ("5 März 2018", datetime(2018, 3, 5, tzinfo=UTC)),
        ("5 мая 2018", datetime(2018, 5, 5, tzinfo=UTC)),
        ("5 Ağustos 2018", datetime(2018, 8, 5, tzinfo=UTC)),
        ("월, 24 9 2018 22:42:40 +0000", AT),
        ("월, 24 9월 2018 22:42:40 +0000", AT),
        ("(月), 24 9月 2018 22:42:40 GMT", AT),
        ("月, 25 9 2018 07:42:40 +0900", AT),
        ("周一, 24 9月 2018 22:42:40 +0000", AT),
        ("星期一, 24 九月 2018 22:42:40 +0000", AT),
        ("28.11.2026 08.15", datetime(2026, 11, 28, 8, 15, tzinfo=UTC)),
        ("24.9.2018, 22.42", MINUTE),
        ("24.09.2018 22.42.40", AT),
        ("24 settembre 2018 alle 22.42", MINUTE),
        ("24. September 2018, 22.42 Uhr", MINUTE),
        ("2018. 9. 24.", DAY),
        ("1537828960.123", AT),
        ("1537828960.0", AT),
        ("5 Aralık 2018", datetime(2018, 12, 5, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_however_it_is_written(text: str, at: datetime) -> None:
    assert read_date(text) == at


@pytest.mark.parametrize(
    "text",
    [None, "", "   ", "yesterday", "soon", "30 Feb 2018", "Mon, 01 Jan 0001 00:00:00 GMT", "0000-00-00",
     "0000-00-00 00:00:00", "2018-13-01", "99", "12345", "2018", "x" * 200, "September", "24", "Set", "25:99",
     "2018-09-24T99:99:99Z"],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert read_date(text) is None


@given(st.text(max_size=60) | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,5} \d{1,3}:\d{1,3}(:\d+)? [+-]?\w{0,5}"))
def test_no_text_is_too_odd(text: str) -> None:
    at = read_date(text)
    assert at is None or at.tzinfo is UTC
