"""What reading a kept item again needs, and what came of it.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

IS_KEPT_OPEN = "state = 'open'"
DEFAULTS = {"kind": sa.text("'item'"), "state": sa.text("'open'")}
ADDED = ("tried_by", "settled_by", "outcome", "context")
INSTANTS = ("tried_at", "settled_at")


def upgrade() -> None:
    """Add the columns; what an older program keeps is an open item without context."""
    for name in ("kind", "state", *ADDED):
        default = DEFAULTS.get(name, sa.text("''"))
        column = sa.Column(name, sa.Text(), nullable=False, server_default=default)
        op.add_column("quarantine", column)
    for name in INSTANTS:
        at = sa.DateTime(timezone=True)
        op.add_column("quarantine", sa.Column(name, at, nullable=True))
    # A mention that ingest did not believe was kept as what a connector had read.
    op.execute(
        sa.text(
            "UPDATE quarantine SET kind = 'mention' "
            "WHERE reason LIKE 'published_at is %, in the future'"
        )
    )
    op.create_index(
        "ix_quarantine_open",
        "quarantine",
        ["id"],
        sqlite_where=sa.text(IS_KEPT_OPEN),
        postgresql_where=sa.text(IS_KEPT_OPEN),
    )


def downgrade() -> None:
    """Take them away; what was read again stands among the mentions and in the log."""
    op.drop_index("ix_quarantine_open", table_name="quarantine")
    with op.batch_alter_table("quarantine") as quarantine:
        for name in ("kind", "state", *ADDED, *INSTANTS):
            quarantine.drop_column(name)
