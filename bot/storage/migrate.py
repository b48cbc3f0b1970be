"""Brings a database up to the newest migration, in process. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from bot.errors import StorageError
from bot.model import Phrase

MIGRATIONS = Path(__file__).with_name("migrations")

HEAD = "0001"
"""The newest migration (a test compares it with the folder), known here so that an ordinary start needn't load
Alembic."""


def migrate(engine: Engine) -> None:
    """Apply all outstanding migrations. Raises StorageError when the file was made by a newer Newstally."""
    with engine.begin() as connection:
        present = None
        if inspect(connection).has_table("alembic_version"):
            present = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if present == HEAD:
            return
        _upgrade(connection, present)


def _upgrade(connection: Connection, present: str | None) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory(str(MIGRATIONS))
    try:
        # What alembic's own command does, without its env.py: the connection is ours and in a transaction already.
        with EnvironmentContext(config, scripts, fn=lambda at, _: scripts._upgrade_revs("head", at)) as environment:
            environment.configure(connection=connection, render_as_batch=True)
            environment.run_migrations()
    except CommandError as error:
        raise StorageError(
            Phrase("The database was made by a newer version of Newstally ({version}).", {"version": str(present)})
        ) from error
