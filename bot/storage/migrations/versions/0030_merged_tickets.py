"""Which tickets went into others, and where their conversations go on.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it; an older program does not know it and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "merged_tickets",
        sa.Column("ticket_id", whole, nullable=False, autoincrement=False),
        sa.Column("into_id", whole, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("merged_by", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_merged_tickets"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_merged_tickets_ticket_id"
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["tickets.id"], name="fk_merged_tickets_into_id"
        ),
    )
    op.create_index("ix_merged_tickets_into_id", "merged_tickets", ["into_id"])
    op.create_index(
        "ix_merged_tickets_channel_brand_conversation",
        "merged_tickets",
        ["channel", "brand", "conversation"],
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("merged_tickets")
