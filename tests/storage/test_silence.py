"""A silence that a platform doesn't bridge is remembered; a shorter one isn't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.storage import silence
from bot.storage.database import open_database
from bot.storage.silence import Lost

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_only_a_silence_longer_than_the_platform_keeps_its_news_loses_any(tmp_path: Path):
    async with open_database(tmp_path / "house.db") as db:
        for hours in (0, 1, 24, 48):
            await db.write(silence.in_touch, "telegram", DAY, NOW + timedelta(hours=hours))
        assert await db.read(silence.lost, "telegram") is None

        back = NOW + timedelta(hours=48 + 30)
        await db.write(silence.in_touch, "telegram", DAY, back)
        await db.write(silence.in_touch, "telegram", DAY, back + timedelta(hours=1))

        assert await db.read(silence.lost, "telegram") == Lost(NOW + timedelta(hours=48), back - DAY)
        assert await db.read(silence.lost, "elsewhere") is None
