"""`make migration NAME=what_changes`: drafts one from the difference between tables.py and the newest migration."""

from __future__ import annotations

import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from bot.storage import tables
from bot.storage.migrate import HEAD, MIGRATIONS, upgrade

TEMPLATE = '''"""{title}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.storage.tables

revision = "{revision}"
down_revision = {previous!r}


def upgrade() -> None:
{upgrade}
'''


def not_of_the_index(name: str | None, kind: str, _parents: object) -> bool:
    """SQLite makes the search index's own tables itself."""
    return kind != "table" or not (name or "").startswith("story_words")


def draft(name: str, *, first: bool) -> Path:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    if not first:
        with engine.begin() as connection:
            upgrade(connection)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"render_as_batch": True, "include_name": not_of_the_index}
        )
        script = produce_migrations(context, tables.metadata)
        assert script.upgrade_ops is not None
        body = render_python_code(script.upgrade_ops, render_as_batch=True, migration_context=context)
    revision = "0001" if first else f"{int(HEAD) + 1:04d}"
    path = MIGRATIONS / "versions" / f"{revision}_{name}.py"
    text = TEMPLATE.format(
        title=name.replace("_", " ").capitalize() + ".",
        revision=revision,
        previous=None if first else HEAD,
        upgrade="\n".join(line for line in body.splitlines() if not line.strip().startswith("# ###")).rstrip(),
    )
    path.write_text(text)
    return path


if __name__ == "__main__":
    print(draft(sys.argv[1], first="--first" in sys.argv))
