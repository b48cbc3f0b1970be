"""What must stay goes out marked and comes back as it was, or the answer is refused."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.translate.marks import Marks, Part, as_it_is, marked, unmarked, whole

XML = Marks("x")
HTML = Marks("span", ' translate="no"', answers_escaped=False)
PLAIN = Marks("x", escaped=False, answers_escaped=False)
NEWS = (Part("Why "), Part("$BTC", kept=True), Part(" & "), Part("AT&T", kept=True), Part(" <fall>"))


def test_each_part_that_must_stay_stands_in_an_element_with_its_number() -> None:
    assert marked(NEWS, XML) == 'Why <x id="1">$BTC</x> &amp; <x id="2">AT&amp;T</x> &lt;fall&gt;'
    assert marked(NEWS, HTML).startswith('Why <span id="1" translate="no">$BTC</span> &amp; ')
    assert marked(NEWS, PLAIN) == 'Why <x id="1">$BTC</x> & <x id="2">AT&T</x> <fall>'


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('Warum <x id="1">$BTC</x> &amp; <x id="2">AT&amp;T</x> &lt;fallen&gt;', "Warum $BTC & AT&T <fallen>"),
        ('<x id="2">AT&amp;T</x>, <x id="1">$BTC</x>', "AT&T, $BTC"),  # grammar puts them elsewhere
        ("<x id='1'>$BTC</x><x id=\"2\">At und t</x>", "$BTCAT&T"),  # whatever it made of what stands within
        ('<x id="1"/> und <x class="a" id="2" />', "$BTC und AT&T"),
        ('<x id="1">$BTC</x>', None),  # lost
        ('<x id="1">$BTC</x><x id="1">$BTC</x><x id="2">AT&amp;T</x>', None),  # twice
        ('<x id="1">$BTC</x><x id="2">AT&amp;T</x><x id="3">Neu</x>', None),  # made up
        ('<x id="1">$BTC <x id="2">AT&amp;T</x></x>', None),  # one in the other
        ('<x id="1">$BTC</x><x id="2">AT&amp;T', None),  # never closed
        ("Warum $BTC und AT&T fallen", None),
        ("", None),
    ],
)
def test_the_answer_has_each_of_them_once_and_as_it_was_or_is_none(answer: str, text: str | None) -> None:
    found = unmarked(answer, NEWS, XML)
    assert (found and found.text) == text


def test_the_rest_is_what_a_translator_was_free_to_write() -> None:
    found = unmarked('Warum <x id="1">1</x> 2 &lt;3', (Part("Why "), Part("1", kept=True)), XML)
    assert found is not None
    assert found.text == "Warum 1 2 <3"
    assert found.rest == "Warum   2 <3"


def test_markup_in_a_title_is_only_words_to_either_side() -> None:
    hostile = (Part('<x id="1">Free</x> <script>'), Part("BTC", kept=True))
    sent = marked(hostile, XML)
    assert re.findall("<[^>]*>", sent) == ['<x id="1">', "</x>"]
    found = unmarked(sent, hostile, XML)
    assert found is not None
    assert found.text == whole(hostile)
    # A model reads it unescaped: counterfeit marks make its answer useless, and nothing worse.
    assert unmarked(marked(hostile, PLAIN), hostile, PLAIN) is None


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Warum $BTC und AT&T fallen", "Warum $BTC und AT&T fallen"),
        ("Warum $BTC fällt", None),
        ("$BTC $BTC AT&T", None),
    ],
)
def test_without_marks_each_must_stand_there_just_as_often(answer: str, text: str | None) -> None:
    found = as_it_is(answer, NEWS)
    assert (found and found.text) == text


def test_a_part_within_another_counts_for_itself_alone() -> None:
    both = (Part("WBTC", kept=True), Part(" "), Part("BTC", kept=True))
    assert as_it_is("BTC und WBTC", both) is not None
    assert as_it_is("WBTC", both) is None


parts = st.lists(st.builds(Part, st.text(min_size=1, max_size=20), st.booleans()), max_size=12)


@given(parts, st.sampled_from([XML, HTML]))
def test_what_a_faithful_translator_gives_back_is_the_text_itself(text: list[Part], marks: Marks) -> None:
    answer = marked(text, marks)
    if not marks.answers_escaped:
        answer = html.unescape(answer)
        if f"<{marks.tag}" in "".join(part.text for part in text if not part.kept):
            return
    found = unmarked(answer, text, marks)
    assert found is not None
    if all("&" not in part.text and "<" not in part.text for part in text):
        assert found.text == whole(text)


@given(st.text(alphabet='<>x/ id="123&;é', max_size=200), parts)
def test_no_answer_is_too_strange(answer: str, text: list[Part]) -> None:
    for marks in (XML, HTML, PLAIN):
        found = unmarked(answer, text, marks)
        assert found is None or all(part.text in found.text for part in text if part.kept)
    as_it_is(answer, text)
