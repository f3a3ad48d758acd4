"""Calls that are due on tickets, with an index of those that still wait.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; an older program does not know it and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "chain_steps",
        sa.Column("id", whole, nullable=False),
        sa.Column("ticket_id", whole, nullable=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("step", whole, nullable=False),
        sa.Column("round", whole, nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("moves", whole, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain_steps"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_chain_steps_ticket_id"
        ),
        sa.UniqueConstraint(
            "ticket_id",
            "episode",
            "step",
            "round",
            name="uq_chain_steps_ticket_id_episode_step_round",
        ),
    )
    is_waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_chain_steps_due",
        "chain_steps",
        ["due_at", "id"],
        sqlite_where=is_waiting,
        postgresql_where=is_waiting,
    )


def downgrade() -> None:
    """Take it away again; the log keeps who was told."""
    op.drop_table("chain_steps")
