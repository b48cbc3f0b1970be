"""What every test shares: the browser, and that the tests which need it come last."""

from __future__ import annotations

import os
import shutil

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A failure in a browser is easiest to read once everything below it is known to work."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


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
