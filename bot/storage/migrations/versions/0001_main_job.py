"""Main job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.storage.tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "chat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("native_id", sa.String(length=128), nullable=False),
        sa.Column("topic", sa.String(length=64), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("locale", sa.String(length=35), nullable=True),
        sa.Column("shares_votes", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("paused", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("joined_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("declared_hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat")),
        sa.UniqueConstraint("platform", "native_id", "topic", name=op.f("uq_chat_platform_native_id_topic")),
    )
    op.create_table(
        "early_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("native_chat", sa.String(length=128), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("mirror_chat", sa.String(length=128), nullable=True),
        sa.Column("mirror_id", sa.String(length=64), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("heard_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_event")),
    )
    with op.batch_alter_table("early_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_early_event_heard_at"), ["heard_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_early_event_mirror_chat_mirror_id"), ["mirror_chat", "mirror_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_early_event_platform_native_chat_message_id"),
            ["platform", "native_chat", "message_id"],
            unique=False,
        )

    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rejected_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_fact")),
    )
    op.create_table(
        "room_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("posted_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_message")),
        sa.UniqueConstraint("room", "key", name=op.f("uq_room_message_room_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "seen_event",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("seen_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "event_id", name=op.f("pk_seen_event")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("seen_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_event_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("site_url", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.Column("moved_to", sa.String(length=2048), nullable=True),
        sa.Column("listed_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("next_poll_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("last_polled_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("last_ok_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("last_new_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ended", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("url", "exempt", name=op.f("uq_source_url_exempt")),
    )
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_next_poll_at"), ["next_poll_at"], unique=False)

    op.create_table(
        "story",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("lede", sa.Text(), server_default="", nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("published_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("first_seen_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("sorted_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("sample", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("address_key", sa.Text(), nullable=True),
        sa.Column("title_key", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
    )
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_address_key_title_key"), ["address_key", "title_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_sorted_at_id"), ["sorted_at", "id"], unique=False)

    op.create_table(
        "voter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voter")),
        sa.UniqueConstraint("platform", "actor", name=op.f("uq_voter_platform_actor")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempted_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("posted_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("shown_revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_language", sa.String(length=16), nullable=True),
        sa.Column("shown_chat_bullish", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_chat_bearish", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_all_bullish", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_all_bearish", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_total_bullish", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_total_bearish", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edited_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("seeded", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_delivery_chat_id_chat"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name=op.f("fk_delivery_story_id_story"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("story_id", "chat_id", name=op.f("uq_delivery_story_id_chat_id")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_chat_id_state"), ["chat_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_state_next_try_at"), ["state", "next_try_at"], unique=False)

    op.create_table(
        "entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lede", sa.Text(), server_default="", nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("published_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("first_seen_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_entry_source_id_source"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_entry_story_id_story"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("source_id", "identity", name=op.f("uq_entry_source_id_identity")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entry_source_id_last_seen_at"), ["source_id", "last_seen_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_entry_story_id"), ["story_id"], unique=False)

    op.create_table(
        "setting_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=160), nullable=False),
        sa.Column("setting", sa.String(length=64), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_setting_log_chat_id_chat"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_log")),
    )
    with op.batch_alter_table("setting_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_setting_log_chat_id"), ["chat_id"], unique=False)

    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("added_at", bot.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("contacted_at", bot.storage.tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chat.id"], name=op.f("fk_subscription_chat_id_chat"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_subscription_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("chat_id", "pack", name=op.f("uq_subscription_chat_id_pack")),
        sa.UniqueConstraint("chat_id", "source_id", name=op.f("uq_subscription_chat_id_source_id")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscription_source_id"), ["source_id"], unique=False)

    op.create_table(
        "tally",
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("bullish", sa.Integer(), nullable=False),
        sa.Column("bearish", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_tally_story_id_story"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id", "chat_id", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact",
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("voter_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("sentiment", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_fact_delivery_id_delivery"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_fact_story_id_story"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["voter_id"], ["voter.id"], name=op.f("fk_fact_voter_id_voter"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id", "voter_id", "delivery_id", "token", name=op.f("pk_fact")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fact_delivery_id"), ["delivery_id"], unique=False)

    op.create_table(
        "post",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("native_chat", sa.String(length=128), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("mirror", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_post_delivery_id_delivery"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("platform", "native_chat", "message_id", name=op.f("pk_post")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_delivery_id"), ["delivery_id"], unique=False)

    op.create_table(
        "subscription_cursor",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_subscription_cursor_source_id_source"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_subscription_cursor_subscription_id_subscription"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "source_id", name=op.f("pk_subscription_cursor")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "total",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("mirror", sa.Boolean(), nullable=False),
        sa.Column("emoji", sa.String(length=64), nullable=False),
        sa.Column("sentiment", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_total_delivery_id_delivery"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "mirror", "emoji", name=op.f("pk_total")),
        sqlite_with_rowid=False,
    )
