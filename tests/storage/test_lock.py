"""One product a database: whoever comes second, and whoever names an impossible place, is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage.lock import only_one


def test_a_second_one_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "new" / "newstally.db"
    with only_one(path), pytest.raises(StorageError, match="Another Newstally"), only_one(path):
        raise AssertionError
    with only_one(path):
        pass


def test_a_place_where_no_file_can_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught, only_one(tmp_path / "file" / "newstally.db"):
        raise AssertionError
    assert str(caught.value).startswith(f"The database {tmp_path / 'file' / 'newstally.db'} can't be used: ")


def test_what_goes_wrong_meanwhile_is_not_taken_for_the_lock(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), only_one(tmp_path / "newstally.db"):
        raise BlockingIOError
