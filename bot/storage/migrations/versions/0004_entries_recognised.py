"""Entries are recognised, not stories: by title, address and clues of their own; they know whether they came late."""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "clue_of_entry",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_clue_entry_id_entry"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "entry_id", name=op.f("pk_clue")),
        sqlite_with_rowid=False,
    )
    # They were those of the entry by which a story is told.
    op.execute(
        "INSERT INTO clue_of_entry SELECT clue.key, min(entry.id) FROM clue JOIN entry USING (story_id)"
        " WHERE entry.merged_from IS NULL GROUP BY clue.key, clue.story_id"
    )
    op.drop_table("clue")
    op.rename_table("clue_of_entry", "clue")
    op.create_index(op.f("ix_clue_entry_id"), "clue", ["entry_id"], unique=False)

    op.add_column("entry", sa.Column("title_key", sa.Text(), server_default="", nullable=False))
    op.add_column("entry", sa.Column("address_key", sa.Text(), nullable=True))
    op.add_column("entry", sa.Column("backlog", sa.Boolean(), server_default="0", nullable=False))
    op.execute(
        "UPDATE entry SET address_key = (SELECT address_key FROM story WHERE story.id = entry.story_id)"
        " WHERE id IN (SELECT min(id) FROM entry GROUP BY story_id)"
    )
    connection = op.get_bind()
    titles = connection.exec_driver_sql("SELECT id, title FROM entry").all()
    connection.execute(
        sa.text("UPDATE entry SET title_key = :key WHERE id = :id"),
        [{"id": entry_id, "key": _title_key(title)} for entry_id, title in titles] or [{"id": 0, "key": ""}],
    )
    op.create_index(op.f("ix_entry_address_key"), "entry", ["address_key"], unique=False)
    op.create_index(
        op.f("ix_entry_source_id_title_key_published_at"),
        "entry",
        ["source_id", "title_key", "published_at"],
        unique=False,
    )
    op.drop_index(op.f("ix_story_address_key_title_key"), "story")
    op.drop_column("story", "address_key")
    op.drop_column("story", "title_key")


def _title_key(title: str) -> str:
    """As bot/gather/identity.py made them when this was written."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded)) or folded.strip()
