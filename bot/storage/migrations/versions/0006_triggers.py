"""What triggers must hear of, how often they acted, and what they count.

Runs before the new program starts (pre). Of clocks that run already triggers hear
when they are breached, but no more at a part of their time.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a clock warns, and the tables of triggers."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column(
        "clocks", sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(
        "UPDATE clocks SET warn_at = due_strict WHERE state IN ('running', 'late')"
    )
    is_warned = sa.text(
        "state IN ('running', 'late', 'breached') AND warn_at IS NOT NULL"
    )
    op.create_index(
        "ix_clocks_warned",
        "clocks",
        ["warn_at", "id"],
        sqlite_where=is_warned,
        postgresql_where=is_warned,
    )
    op.create_table(
        "trigger_items",
        sa.Column("id", whole, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trigger_items"),
    )
    op.create_index(
        "ix_trigger_items_trigger_scope_happened_at",
        "trigger_items",
        ["trigger", "scope", "happened_at"],
    )
    op.create_table(
        "ticket_marks",
        sa.Column("ticket_id", whole, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "mark", name="pk_ticket_marks"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_marks_ticket_id"
        ),
    )
    op.create_index(
        "ix_ticket_marks_mark_ticket_id", "ticket_marks", ["mark", "ticket_id"]
    )
    op.create_table(
        "incidents",
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lasts_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("trigger", "scope", name="pk_incidents"),
    )


def downgrade() -> None:
    """Take it all away again; the log keeps what was done."""
    op.drop_table("incidents")
    op.drop_table("ticket_marks")
    op.drop_table("trigger_items")
    op.drop_index("ix_clocks_warned", "clocks")
    with op.batch_alter_table("clocks") as clocks:
        clocks.drop_column("warn_at")
