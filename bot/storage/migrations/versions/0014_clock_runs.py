"""How clocks ended that ran anew since: what was missed stays missed.

Runs before the new program starts (pre). What ended before it stands in the log only.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; an older program does not know it and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "clock_runs",
        sa.Column("id", whole, nullable=False),
        sa.Column("clock_id", whole, nullable=False),
        sa.Column("ticket_id", whole, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("cite", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_strict", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_legal", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_by", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock_runs"),
        sa.ForeignKeyConstraint(
            ["clock_id"], ["clocks.id"], name="fk_clock_runs_clock_id"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_clock_runs_ticket_id"
        ),
        sa.UniqueConstraint(
            "clock_id", "started_at", name="uq_clock_runs_clock_id_started_at"
        ),
    )
    op.create_index("ix_clock_runs_ticket_id", "clock_runs", ["ticket_id"])
    op.create_index("ix_clock_runs_due_strict_id", "clock_runs", ["due_strict", "id"])


def downgrade() -> None:
    """Take it away again; the log keeps how each ended."""
    op.drop_table("clock_runs")
