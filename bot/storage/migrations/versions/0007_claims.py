"""How long a claim lasts, and an index of the claims that can run out.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; nothing was ever claimed by an older program."""
    op.add_column("tickets", sa.Column("claim_lasts", sa.Text(), nullable=True))
    is_claimed = sa.text("status = 'open' AND claim_expires_at IS NOT NULL")
    op.create_index(
        "ix_tickets_claimed",
        "tickets",
        ["claim_expires_at", "id"],
        sqlite_where=is_claimed,
        postgresql_where=is_claimed,
    )


def downgrade() -> None:
    """Take them away again; claims then hold until somebody ends them."""
    op.drop_index("ix_tickets_claimed", table_name="tickets")
    op.drop_column("tickets", "claim_lasts")
