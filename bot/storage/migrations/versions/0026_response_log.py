"""Indexes by which the response log is read, however long it has grown.

Receipts in order, promises by when they were due, what was judged to be no complaint,
and the log's entries about one thing. Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

PLAIN = (
    ("ix_tickets_received_at_id", "tickets", ["received_at", "id"]),
    ("ix_clocks_due_strict_id", "clocks", ["due_strict", "id"]),
    ("ix_audit_entries_subject_id", "audit_entries", ["subject", "id"]),
)
IS_JUDGED_NO = "verdict = 'no' AND outcome <> 'add_reach'"


def upgrade() -> None:
    """Make them; an older program may use them as well."""
    for name, table, columns in PLAIN:
        op.create_index(name, table, columns)
    is_judged_no = sa.text(IS_JUDGED_NO)
    op.create_index(
        "ix_decisions_judged_no",
        "decisions",
        ["decided_at", "mention_id"],
        sqlite_where=is_judged_no,
        postgresql_where=is_judged_no,
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_decisions_judged_no", table_name="decisions")
    for name, table, _ in reversed(PLAIN):
        op.drop_index(name, table_name=table)
