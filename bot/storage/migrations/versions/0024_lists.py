"""What lists of tickets are ordered and narrowed by, kept beside each ticket.

Runs before the new program starts (pre). Also lists that people give a name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

COLUMNS = (
    "next_legal_at",
    "next_service_at",
    "next_due_at",
    "overdue_at",
    "opened_by",
    "language",
    "topic",
)
INDEXES = {
    "ix_tickets_listed": (
        [
            "urgency",
            "received_at",
            "id",
            "owner",
            "brand",
            "queue",
            "channel",
            "tier",
            "severity",
            "code",
            "language",
            "topic",
        ],
        "status = 'open'",
    ),
    "ix_tickets_owner": (
        ["owner", "brand"],
        "status = 'open' AND claim_expires_at IS NOT NULL",
    ),
    "ix_tickets_queue": (["queue", "brand"], "status = 'open'"),
    "ix_tickets_red": (["brand"], "status = 'open' AND code = 'red'"),
    "ix_tickets_owing": (["next_due_at", "id", "brand"], "next_due_at IS NOT NULL"),
    "ix_tickets_overdue": (["overdue_at", "id", "brand"], "overdue_at IS NOT NULL"),
}
OPEN = "state IN ('running', 'late')"
NEXT = "CASE WHEN state = 'late' THEN due_legal ELSE due_strict END"
FIRST = {
    "next_legal_at": (NEXT, f"{OPEN} AND kind = 'legal'"),
    "next_service_at": (NEXT, f"{OPEN} AND kind = 'service'"),
    "next_due_at": (NEXT, OPEN),
    "overdue_at": ("due_legal", "state = 'breached' AND ended_at IS NULL"),
}


def upgrade() -> None:
    """Add and fill columns, and a table; an older program does not know them."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    for name in COLUMNS:
        kind = instant if name.endswith("_at") else sa.Text()
        chosen = whole if name == "opened_by" else kind
        op.add_column("tickets", sa.Column(name, chosen, nullable=True))
    _fill()
    for name, (columns, where) in INDEXES.items():
        condition = sa.text(where)
        op.create_index(
            name,
            "tickets",
            columns,
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_table(
        "saved_views",
        sa.Column("id", whole, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("saved_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("owner", "name", name="uq_saved_views_owner_name"),
    )


def _fill() -> None:
    """Write beside each ticket what its clocks and its first mention say."""
    opened = (
        "FROM decisions LEFT JOIN tags ON tags.mention_id = decisions.mention_id"
        " WHERE decisions.ticket_id = tickets.id AND outcome = 'open_ticket'"
        " ORDER BY decisions.mention_id, tags.id DESC LIMIT 1"
    )
    op.execute(
        f"UPDATE tickets SET opened_by = (SELECT decisions.mention_id {opened}),"  # noqa: S608 - constants of this file
        f" language = (SELECT language {opened}), topic = (SELECT topic {opened})"
    )
    firsts = ", ".join(
        f"{name} = (SELECT min({at}) FROM clocks WHERE ticket_id = tickets.id"  # noqa: S608
        f" AND {wanted} AND inputs NOT LIKE '%\"waives\":%'"
        " AND inputs NOT LIKE '%\"chance\":%')"
        for name, (at, wanted) in FIRST.items()
    )
    op.execute(
        f"UPDATE tickets SET {firsts} WHERE id IN"  # noqa: S608
        f" (SELECT ticket_id FROM clocks WHERE {OPEN}"
        " OR (state = 'breached' AND ended_at IS NULL))"
    )


def downgrade() -> None:
    """Take it away again; the clocks and mentions say the same."""
    op.drop_table("saved_views")
    for name in INDEXES:
        op.drop_index(name, "tickets")
    for name in COLUMNS:
        op.drop_column("tickets", name)
