"""Forgets what has been kept long enough; called every hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from bot.storage import sources, stories
from bot.storage.tables import setting_log


def prune(connection: Connection, now: datetime, entries_for: timedelta, log_for: timedelta) -> None:
    """Drop stories that no source lists any more, sources that nobody follows, and old lines of the log of settings."""
    stories.prune(connection, now - entries_for)
    sources.prune(connection, now - entries_for)
    connection.execute(delete(setting_log).where(setting_log.c.at < now - log_for))
