"""Topics, relevance, and what a person brought back.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what tags may say now, and an index of what was set aside."""
    op.add_column("tags", sa.Column("topic", sa.Text(), nullable=True))
    op.add_column("tags", sa.Column("topic_score", sa.Double(), nullable=True))
    op.add_column("tags", sa.Column("relevance", sa.Text(), nullable=True))
    op.add_column("mentions", sa.Column("restored_as", sa.Text(), nullable=True))
    is_set_aside = sa.text("outcome = 'set_aside' AND ticket_id IS NULL")
    op.create_index(
        "ix_decisions_set_aside",
        "decisions",
        ["decided_at", "mention_id"],
        sqlite_where=is_set_aside,
        postgresql_where=is_set_aside,
    )


def downgrade() -> None:
    """Take it all away again; the log keeps what was said."""
    op.drop_index("ix_decisions_set_aside", "decisions")
    with op.batch_alter_table("mentions") as mentions:
        mentions.drop_column("restored_as")
    with op.batch_alter_table("tags") as tags:
        for name in ("relevance", "topic_score", "topic"):
            tags.drop_column(name)
