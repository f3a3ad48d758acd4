"""Follow-ups that are due on tickets, and an index of a conversation's closed tickets.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both; an older program does not know them and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "follow_ups",
        sa.Column("id", whole, nullable=False),
        sa.Column("ticket_id", whole, nullable=False),
        sa.Column("mention_id", whole, nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply_id", whole, nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moves", whole, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_follow_ups_ticket_id"
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name="fk_follow_ups_mention_id"
        ),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name="fk_follow_ups_reply_id"
        ),
        sa.UniqueConstraint(
            "ticket_id",
            "episode",
            "occasion",
            name="uq_follow_ups_ticket_id_episode_occasion",
        ),
    )
    is_open = sa.text("state IN ('waiting', 'worded')")
    op.create_index(
        "ix_follow_ups_due",
        "follow_ups",
        ["due_at", "id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    is_closed = sa.text("status = 'closed'")
    op.create_index(
        "ix_tickets_closed",
        "tickets",
        ["conversation", "id"],
        sqlite_where=is_closed,
        postgresql_where=is_closed,
    )


def downgrade() -> None:
    """Take them away again; the log keeps what was said, and why."""
    op.drop_index("ix_tickets_closed", table_name="tickets")
    op.drop_table("follow_ups")
