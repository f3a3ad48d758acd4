"""What others deliver to us, kept until it is read.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; an older program does not know it and is not disturbed."""
    op.create_table(
        "deliveries",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("source", "digest", name="uq_deliveries_source_digest"),
        sqlite_autoincrement=True,
    )
    unread = sa.text("body <> ''")
    op.create_index(
        "ix_deliveries_unread",
        "deliveries",
        ["source", "id"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    op.create_index("ix_deliveries_source_kept_at", "deliveries", ["source", "kept_at"])


def downgrade() -> None:
    """Take it away again, with what was not read yet."""
    op.drop_table("deliveries")
