"""Find what is code red by an index of just those, on SQLite too.

SQLite takes an index that begins with what is asked for before one that only holds it.
Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

IS_RED = "status = 'open' AND code = 'red'"


def upgrade() -> None:
    """Make the index anew; an older program may use it as well."""
    _make(["code", "brand"])


def downgrade() -> None:
    """Make it as it was."""
    _make(["brand"])


def _make(columns: list[str]) -> None:
    name, is_red = "ix_tickets_red", sa.text(IS_RED)
    op.drop_index(name, table_name="tickets")
    op.create_index(
        name, "tickets", columns, sqlite_where=is_red, postgresql_where=is_red
    )
