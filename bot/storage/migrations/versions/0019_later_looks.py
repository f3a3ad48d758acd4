"""When a reply was last found where it was seen, and when it had gone.

Runs before the new program starts (pre). What was seen before is not looked at again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both, and an index of what is looked at again."""
    for name in ("looked_at", "gone_at"):
        column = sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        op.add_column("replies", column)
    is_due = sa.text("state = 'seen' AND next_at IS NOT NULL")
    op.create_index(
        "ix_replies_look_again",
        "replies",
        ["next_at"],
        sqlite_where=is_due,
        postgresql_where=is_due,
    )


def downgrade() -> None:
    """Take them away again; the log keeps what had gone."""
    op.drop_index("ix_replies_look_again", table_name="replies")
    op.drop_column("replies", "gone_at")
    op.drop_column("replies", "looked_at")
