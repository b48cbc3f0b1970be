"""What gathering knows of sources, articles and topics; one account of votes for linked stories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.storage.tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "clue",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_clue_story_id_story"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "story_id", name=op.f("pk_clue")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("clue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clue_story_id"), ["story_id"], unique=False)

    op.create_table(
        "hub_lease",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("hub", sa.String(length=2048), nullable=False),
        sa.Column("topic", sa.String(length=2048), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("leased_until", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("next_try_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_hub_lease_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_hub_lease")),
        sa.UniqueConstraint("token", name=op.f("uq_hub_lease_token")),
    )
    with op.batch_alter_table("hub_lease", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_lease_next_try_at"), ["next_try_at"], unique=False)

    op.create_table(
        "story_pair",
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_id"], ["story.id"], name=op.f("fk_story_pair_first_id_story"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["story.id"], name=op.f("fk_story_pair_second_id_story"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_story_pair")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("story_pair", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_pair_second_id"), ["second_id"], unique=False)

    op.create_table(
        "story_topic",
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name=op.f("fk_story_topic_story_id_story"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("story_id", "topic", name=op.f("pk_story_topic")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("story_topic", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_topic_topic_story_id"), ["topic", "story_id"], unique=False)

    op.create_table(
        "article",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("next_try_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("read_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("lede", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("published_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("lines", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_article_entry_id_entry"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_article")),
    )
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_state_next_try_at"), ["state", "next_try_at"], unique=False)

    op.create_table(
        "outside_tally",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("bullish", sa.Integer(), nullable=False),
        sa.Column("bearish", sa.Integer(), nullable=False),
        sa.Column("at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_outside_tally_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_outside_tally")),
    )
    # Rebuilt, so that its ids are never used again; the program turns foreign keys off meanwhile.
    with op.batch_alter_table("delivery", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
        pass
    op.create_table(
        "fact_of_ledger",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("voter_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("sentiment", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_fact_delivery_id_delivery"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["voter_id"], ["voter.id"], name=op.f("fk_fact_voter_id_voter"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ledger_id", "voter_id", "delivery_id", "token", name=op.f("pk_fact")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO fact_of_ledger SELECT story_id, voter_id, delivery_id, token, chat_id, sentiment, seq FROM fact"
    )
    op.drop_table("fact")
    op.rename_table("fact_of_ledger", "fact")
    op.create_index(op.f("ix_fact_delivery_id"), "fact", ["delivery_id"], unique=False)

    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(sa.Column("detected_language", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("newest_at", bot.storage.tables.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("manners", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("rhythm", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("hub", sa.String(length=2048), nullable=True))
        batch_op.add_column(sa.Column("hub_topic", sa.String(length=2048), nullable=True))
        batch_op.add_column(sa.Column("told_at", bot.storage.tables.UtcDateTime(), nullable=True))

    op.add_column("entry", sa.Column("raw_hash", sa.String(length=32), nullable=True))
    op.add_column("entry", sa.Column("merged_from", sa.Integer(), nullable=True))
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ledger_id", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_story_ledger_id"), ["ledger_id"], unique=False)

    op.execute("UPDATE story SET ledger_id = id")
    op.create_table(
        "tally_of_ledger",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("bullish", sa.Integer(), nullable=False),
        sa.Column("bearish", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_id", "chat_id", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO tally_of_ledger SELECT story_id, chat_id, bullish, bearish FROM tally")
    op.drop_table("tally")
    op.rename_table("tally_of_ledger", "tally")
    op.execute(bot.storage.tables.WORDS)
