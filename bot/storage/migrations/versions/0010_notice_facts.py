"""What a notice says to a system that is told: its facts, each by its name.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the facts; what waits from before has none."""
    op.add_column("notices", sa.Column("facts", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away again; the words stay."""
    with op.batch_alter_table("notices") as notices:
        notices.drop_column("facts")
