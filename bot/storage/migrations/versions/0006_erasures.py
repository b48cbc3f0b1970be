"""Members erase their votes, also when they leave a chat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.storage.tables

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "erased_reaction",
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("voter", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("erased_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message", "voter", "token", name=op.f("pk_erased_reaction")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("erased_reaction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erased_reaction_erased_at"), ["erased_at"], unique=False)

    op.create_table(
        "leaver",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("voted_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("looked_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("platform", "actor", name=op.f("pk_leaver")),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "leaver_chat",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_leaver_chat_chat_id_chat"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("platform", "actor", "chat_id", name=op.f("pk_leaver_chat")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("leaver_chat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leaver_chat_chat_id"), ["chat_id"], unique=False)
