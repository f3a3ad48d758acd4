"""Changes of packs for two people, and indexes of notices that people look for.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

FOUND = {
    "ix_notices_given_up": "state = 'given_up'",
    "ix_notices_undecidable": "key LIKE '%undecidable'",
}
"""What people look for by an index of its own."""


def upgrade() -> None:
    """Make the table; an older program does not know it and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    at = sa.DateTime(timezone=True)
    op.create_table(
        "pack_changes",
        sa.Column("id", whole, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Text(), nullable=False),
        sa.Column("base_sha256", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", at, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settled_at", at, nullable=True),
        sa.Column("simulated", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pack_changes"),
    )

    for name, wanted in FOUND.items():
        op.create_index(
            name,
            "notices",
            ["id"],
            sqlite_where=sa.text(wanted),
            postgresql_where=sa.text(wanted),
        )


def downgrade() -> None:
    """Take it away; what was activated lies on disk and stands in the log."""
    for name in FOUND:
        op.drop_index(name, table_name="notices")
    op.drop_table("pack_changes")
