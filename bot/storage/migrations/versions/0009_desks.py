"""Mirrors of tickets at outside desks, and changes on their way to them.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables; a ticket of the past is mirrored with its next change."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "desk_links",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("ticket_id", whole, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("known", sa.Text(), nullable=False),
        sa.Column("told", whole, nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("desk", "ticket_id", name="pk_desk_links"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_desk_links_ticket_id"
        ),
    )
    _partial(
        "uq_desk_links_external", "desk_links", ["desk", "external_id"],
        where="external_id <> ''", unique=True,
    )  # fmt: skip
    op.create_table(
        "desk_changes",
        sa.Column("id", whole, nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("ticket_id", whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("joined", whole, nullable=False),
        sa.Column("attempts", whole, nullable=False),
        sa.Column("looks", whole, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_changes"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_desk_changes_ticket_id"
        ),
    )
    _partial(
        "uq_desk_changes_waiting", "desk_changes", ["desk", "ticket_id"],
        where="state = 'waiting'", unique=True,
    )  # fmt: skip
    _partial(
        "ix_desk_changes_open", "desk_changes", ["desk", "id"],
        where="state <> 'done'", unique=False,
    )  # fmt: skip


def _partial(
    name: str, table: str, columns: list[str], *, where: str, unique: bool
) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    """Take both away again; the desks keep what they have."""
    op.drop_table("desk_changes")
    op.drop_table("desk_links")
