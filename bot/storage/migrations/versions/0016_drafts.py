"""Whose words a reply is in, and which yes to them holds no more.

Runs before the new program starts (pre). What was written before is the house's own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; an older program leaves them as they begin."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    nobody = sa.text("''")
    op.add_column(
        "replies",
        sa.Column("written_by", sa.Text(), nullable=False, server_default=nobody),
    )
    op.add_column(
        "replies", sa.Column("tries_before", whole, nullable=False, server_default="0")
    )
    op.add_column(
        "approvals", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Take them away again; the log keeps who wrote what."""
    op.drop_column("approvals", "voided_at")
    op.drop_column("replies", "tries_before")
    op.drop_column("replies", "written_by")
