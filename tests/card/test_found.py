"""The row of a story that a search found."""

from __future__ import annotations

import pytest

from bot.card.found import snippet_of
from bot.words import terms

TOLD = "The bank of the town of Velden said on Tuesday that its customers may withdraw what they please, " * 3


@pytest.mark.parametrize("wanted", ["Velden", "bank", "withdraw", "please"])
def test_what_a_snippet_shows_of_a_text_are_whole_words(wanted: str) -> None:
    shown = "".join(span.text for span in snippet_of(TOLD, terms(wanted)))
    assert shown.endswith("…")
    assert shown.strip("…").split()[-1] in {word.strip(",") for word in TOLD.split()}
    assert shown.strip("…").split()[0] in TOLD.split()
    assert wanted in shown
