"""Which accounts are one author's, who has a ticket open, and what they had to read.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them; an older program does not know them and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    at = sa.DateTime(timezone=True)
    op.create_table(
        "joined_accounts",
        sa.Column("id", whole, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("person", whole, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("joined_by", sa.Text(), nullable=False),
        sa.Column("joined_at", at, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_joined_accounts"),
        sa.UniqueConstraint(
            "channel", "author_id", name="uq_joined_accounts_channel_author_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_joined_accounts_person", "joined_accounts", ["person"])
    op.create_table(
        "ticket_viewers",
        sa.Column("viewer", sa.Text(), nullable=False),
        sa.Column("ticket_id", whole, nullable=False, autoincrement=False),
        sa.Column("seen_at", at, nullable=False),
        sa.PrimaryKeyConstraint("viewer", "ticket_id", name="pk_ticket_viewers"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_viewers_ticket_id"
        ),
    )
    op.create_index("ix_ticket_viewers_ticket_id", "ticket_viewers", ["ticket_id"])
    op.create_table(
        "exposures",
        sa.Column("viewer", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("texts", whole, nullable=False),
        sa.PrimaryKeyConstraint("viewer", "day", name="pk_exposures"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("exposures")
    op.drop_table("ticket_viewers")
    op.drop_table("joined_accounts")
