"""Brings a database up to the newest migration, in process. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from bot.errors import StorageError
from bot.model import Phrase
from bot.storage.tables import metadata

MIGRATIONS = Path(__file__).with_name("migrations")

HEAD = "0006"
"""The newest migration (a test compares it with the folder), known here so that an ordinary start needn't load
Alembic."""


def migrate(engine: Engine) -> None:
    """Apply all outstanding migrations. Raises StorageError when the file was made by a newer Newstally.

    A new file gets today's tables at once, which a test proves to be what all migrations together make: loading Alembic
    takes longer than everything else in a first start.
    """
    with engine.begin() as connection:
        tables = inspect(connection).get_table_names()
        present = None
        if "alembic_version" in tables:
            present = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if present == HEAD:
            return
        if not tables:
            metadata.create_all(connection)
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        else:
            upgrade(connection)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables from whatever migration they are at to another, by Alembic. Raises StorageError."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory(str(MIGRATIONS))
    try:
        # What alembic's own command does, without its env.py: the connection is ours and in a transaction already.
        with EnvironmentContext(config, scripts, fn=lambda at, _: scripts._upgrade_revs(to, at)) as environment:
            environment.configure(connection=connection, render_as_batch=True)
            environment.run_migrations()
    except CommandError as error:
        raise StorageError(Phrase("The database was made by a newer version of Newstally.")) from error
