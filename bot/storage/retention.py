"""Forgets what has been kept long enough; called every hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from bot.storage import articles, candidates, sources, stories, translations
from bot.storage.tables import setting_log
from bot.storage.telling import MEETS_FOR


def prune(connection: Connection, now: datetime, entries_for: timedelta, log_for: timedelta) -> None:
    """Drop stories that no source lists any more, sources that nobody follows, and old lines of the log of settings."""
    stories.prune(connection, now - entries_for)
    sources.prune(connection, now - entries_for)
    candidates.forget(connection, now - MEETS_FOR)
    articles.forget_old(connection, now)
    translations.forget_texts(connection, now - entries_for)
    connection.execute(delete(setting_log).where(setting_log.c.at < now - log_for))
