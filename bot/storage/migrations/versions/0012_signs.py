"""Signs of a need on a ticket, and an index of the tickets that bear any.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; what an older program decided bears none."""
    op.add_column("tickets", sa.Column("signs", sa.Text(), nullable=True))
    is_marked = sa.text("signs IS NOT NULL")
    op.create_index(
        "ix_tickets_signs",
        "tickets",
        ["channel", "conversation"],
        sqlite_where=is_marked,
        postgresql_where=is_marked,
    )


def downgrade() -> None:
    """Take them away again; the tickets stay in their queues."""
    op.drop_index("ix_tickets_signs", table_name="tickets")
    op.drop_column("tickets", "signs")
