"""An index of the open tickets of which a person must say whether they complain.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

NAME = "ix_tickets_doubtful"
IS_DOUBTFUL = "status = 'open' AND complaint = 'needs_human'"


def upgrade() -> None:
    """Make it; an older program may use it as well."""
    is_doubtful = sa.text(IS_DOUBTFUL)
    op.create_index(
        NAME,
        "tickets",
        ["received_at", "id"],
        sqlite_where=is_doubtful,
        postgresql_where=is_doubtful,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index(NAME, table_name="tickets")
