"""What every test shares: the browser, that the tests which need it come last, and the options of the long tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")


_SOAK = Path(__file__).parent / "soak"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make soak` says."""
    parser.addoption("--soak", action="store_true", help="run the long tests of tests/soak, too")
    parser.addoption("--seed", type=int, default=0, help="what the long tests draw from (default: 0)")
    parser.addoption("--screens", type=Path, help="where the long tests put pictures of what they saw")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A failure in a browser is easiest to read once everything below it is known to work."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if not config.getoption("--soak"):
        for item in items:
            if item.path.is_relative_to(_SOAK):
                item.add_marker(pytest.mark.skip(reason="a long test: make soak"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What a long test draws from."""
    return int(request.config.getoption("--seed"))


@pytest.fixture
def screens(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder for pictures of what a long test saw."""
    return request.config.getoption("--screens") or tmp_path / "screens"


@pytest.fixture(scope="session")
def browser_program() -> str:
    """Where a Chromium is."""
    for name in _BROWSERS:
        found = shutil.which(name)
        if found is not None:
            return found
    if os.environ.get("NEWSTALLY_REQUIRE_BROWSER") == "1":
        pytest.fail("no Chromium found, and NEWSTALLY_REQUIRE_BROWSER=1")
    pytest.skip("no Chromium found")
