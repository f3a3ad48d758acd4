"""Programs' writes that may be sent again, and who outside is told what the log says.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.types import Instant, Whole

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "repeats",
        sa.Column("id", Whole, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("status", Whole, nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_repeats"),
        sa.UniqueConstraint("by", "name", name="uq_repeats_by_name"),
    )
    op.create_index("ix_repeats_made_at", "repeats", ["made_at"])
    op.create_table(
        "webhooks",
        sa.Column("id", Whole, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("locked_secret", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("read_seal", Whole, nullable=False),
        sa.Column("read_position", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_at", Instant()),
        sa.Column("failures", Whole, nullable=False),
        sa.Column("failing_since", Instant()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("webhooks")
    op.drop_index("ix_repeats_made_at", table_name="repeats")
    op.drop_table("repeats")
