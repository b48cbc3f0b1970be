"""Translations; what a chat says of languages and time; which sources have given way to others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.storage.tables

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "translated_text",
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lede", sa.Text(), nullable=False),
        sa.Column("at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("text_hash", "target", "provider", name=op.f("pk_translated_text")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("translated_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_translated_text_at"), ["at"], unique=False)

    op.create_table(
        "translation",
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("lede", sa.Text(), nullable=True),
        sa.Column("provider", sa.String(length=32), nullable=True),
        sa.Column("asked_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name=op.f("fk_translation_story_id_story"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("story_id", "language", name=op.f("pk_translation")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("translation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_translation_state_next_try_at"), ["state", "next_try_at"], unique=False)

    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fallbacks", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("translates", sa.Boolean(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("timezone", sa.String(length=64), nullable=True))

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shown_timezone", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("shown_translation", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gave_way_at", bot.storage.tables.UtcDateTime(), nullable=True))

    with op.batch_alter_table("subscription_cursor", schema=None) as batch_op:
        batch_op.add_column(sa.Column("topics", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("since_entry_id", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_subscription_cursor_choosy",
            ["source_id"],
            unique=False,
            sqlite_where=sa.text("topics IS NOT NULL"),
            postgresql_where=sa.text("topics IS NOT NULL"),
        )
    # Of what had been read before, nothing becomes news by what is found out about it now.
    op.execute(sa.text("UPDATE subscription_cursor SET since_entry_id = entry_id"))
