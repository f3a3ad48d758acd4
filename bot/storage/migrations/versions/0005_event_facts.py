"""What came with an event: a reason code, a notice's contents, days granted.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the facts; events of the past came without any."""
    op.add_column("ticket_events", sa.Column("facts", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away again; the log keeps what was said."""
    with op.batch_alter_table("ticket_events") as events:
        events.drop_column("facts")
