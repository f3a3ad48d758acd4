"""Whether a reply goes to its author alone.

Runs before the new program starts (pre). What was written before is public.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; an older program leaves it as it begins and writes nothing private."""
    op.add_column(
        "replies",
        sa.Column(
            "is_private", sa.Boolean(), nullable=False, server_default=sa.text("false")
        ),
    )


def downgrade() -> None:
    """Take it away again; the log keeps what was sent."""
    op.drop_column("replies", "is_private")
