"""The text of regulation packs, kept by its hash.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the packs in force are kept when the program starts."""
    op.create_table(
        "pack_texts",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_pack_texts"),
    )


def downgrade() -> None:
    """Take it away again; tickets then follow what lies in the folders only."""
    op.drop_table("pack_texts")
