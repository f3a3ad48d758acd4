"""Find what is to be looked at again without reading all that was ever seen.

SQLite takes an index that begins with the state before one of due times alone. Runs
before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

IS_DUE = "state = 'seen' AND next_at IS NOT NULL"


def upgrade() -> None:
    """Make the index anew; an older program may use it as well."""
    _make(["state", "next_at"])


def downgrade() -> None:
    """Make it as it was."""
    _make(["next_at"])


def _make(columns: list[str]) -> None:
    name, is_due = "ix_replies_look_again", sa.text(IS_DUE)
    op.drop_index(name, table_name="replies")
    op.create_index(
        name, "replies", columns, sqlite_where=is_due, postgresql_where=is_due
    )
