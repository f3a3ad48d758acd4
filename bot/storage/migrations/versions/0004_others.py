"""What a text model answers beside sentiment and complaint.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the answers; tags of models that were asked nothing more have none."""
    op.add_column("tags", sa.Column("others", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away again; the log keeps what was said."""
    with op.batch_alter_table("tags") as tags:
        tags.drop_column("others")
