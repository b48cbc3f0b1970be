"""What /healthz says of a database that can't be used."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from bot.errors import StorageError
from bot.i18n import Catalogues
from bot.ports import Site
from bot.site.app import create_site
from bot.storage import meta
from bot.storage.database import open_database

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


async def test_a_database_that_refuses_is_told_at_once_and_is_an_illness_after_a_minute(tmp_path: Path) -> None:
    now = NOW
    async with open_database(tmp_path / "a.db", clock=lambda: now) as db:
        site = create_site(
            db,
            site=Site("127.0.0.1", 8080, "", "a-token-for-the-operator", loopback=True),
            adapters=dict,
            standing=lambda: True,
            registry=CollectorRegistry(),
            translators=Catalogues(),
            clock=lambda: now,
        )
        transport = httpx.ASGITransport(app=site)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:

            async def health() -> tuple[int, dict[str, object]]:
                answer = await client.get("/healthz")
                return answer.status_code, answer.json()

            assert await health() == (200, {"adapters": {}})
            await db.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1") and None)
            thief = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
            thief.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError):
                await db.write(meta.put, "a", "b")
            words = (
                "The database refuses since 2026-11-22 12:00:00 UTC: database is locked. "
                "Votes and stories wait until it can be used again."
            )
            storage = {"state": "refusing", "detail": words}
            assert await health() == (200, {"adapters": {}, "storage": storage})
            now += timedelta(minutes=2)
            assert await health() == (503, {"adapters": {}, "storage": storage})
            thief.execute("ROLLBACK")
            thief.close()
            await db.write(meta.put, "a", "b")
            assert await health() == (200, {"adapters": {}})
