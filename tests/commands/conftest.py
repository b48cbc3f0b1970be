"""The stage on which the stories about commands play."""

from __future__ import annotations

import pytest

from tests.commands.stage import raised


@pytest.fixture
async def stage(tmp_path):
    async with raised(tmp_path) as ready:
        yield ready
