"""How each source stands: what its platform says of our access, and its daily pace.

Runs before the new program starts (pre). The pace is known from then on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; an older program does not know them."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    op.add_column("sources", sa.Column("moved_at", instant, nullable=True))
    op.add_column("sources", sa.Column("newest_at", instant, nullable=True))
    op.create_table(
        "source_health",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("checked_at", instant, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("account_handle", sa.Text(), nullable=False),
        sa.Column("token_expires_at", instant, nullable=True),
        sa.Column("quotas", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_health"),
    )
    op.create_table(
        "usage_days",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("reads", whole, nullable=False),
        sa.Column("posts", whole, nullable=False),
        sa.PrimaryKeyConstraint("source", "day", name="pk_usage_days"),
    )


def downgrade() -> None:
    """Take it away again; the month's meters stay."""
    op.drop_table("usage_days")
    op.drop_table("source_health")
    op.drop_column("sources", "newest_at")
    op.drop_column("sources", "moved_at")
