"""A voter's facts can be found, so that who has none any more is forgotten."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fact_voter_id"), ["voter_id"], unique=False)
