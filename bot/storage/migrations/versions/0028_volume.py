"""Figures by hour and day, and marks of what is to be counted anew.

What is there already is counted by the program afterwards, a little at a time. Runs
before the new program starts (pre); an older one leaves no marks, so that after it was
used again `bot report rebuild` is due.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them, the indexes by which they are counted, and mark all that there is."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    at = sa.DateTime(timezone=True)
    op.create_table(
        "volume",
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("starts_at", at, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("number", whole, nullable=False),
        sa.PrimaryKeyConstraint(
            "grain",
            "aspect",
            "starts_at",
            "brand",
            "channel",
            "value",
            name="pk_volume",
        ),
    )
    op.create_table(
        "volume_marks",
        sa.Column("id", whole, nullable=False),
        sa.Column("at", at, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_volume_marks"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO volume_marks (at) "
        "SELECT NULL WHERE EXISTS (SELECT 1 FROM mentions)"
    )
    op.create_index("ix_mentions_published_at_id", "mentions", ["published_at", "id"])
    op.create_index("ix_tickets_opened_at", "tickets", ["opened_at"])


def downgrade() -> None:
    """Take them away; they can be counted again."""
    op.drop_index("ix_tickets_opened_at", table_name="tickets")
    op.drop_index("ix_mentions_published_at_id", table_name="mentions")
    op.drop_table("volume_marks")
    op.drop_table("volume")
