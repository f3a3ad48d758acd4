"""Keep lists of tickets and filters of the log apart by their room, not by a name.

Runs before the new program starts (pre). An older program reads what it knows of and
keeps no list anew until the new one is there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NAMED_SO = "(SELECT name FROM users UNION ALL SELECT name FROM api_keys)"
BEFORE, AFTER = "uq_saved_views_owner_name", "uq_saved_views_owner_room_name"


def upgrade() -> None:
    """Give each its room; a person whose own name begins like one keeps theirs."""
    with op.batch_alter_table("saved_views") as views:
        views.add_column(
            sa.Column("room", sa.Text(), nullable=False, server_default="queues")
        )
        views.drop_constraint(BEFORE, type_="unique")
        views.create_unique_constraint(AFTER, ["owner", "room", "name"])
    op.execute(
        "UPDATE saved_views SET room = 'log', owner = substr(owner, 5)"  # noqa: S608
        f" WHERE owner LIKE 'log:%' AND owner NOT IN {NAMED_SO}"
    )


def downgrade() -> None:
    """Put the room before the name again."""
    op.execute("UPDATE saved_views SET owner = 'log:' || owner WHERE room = 'log'")
    with op.batch_alter_table("saved_views") as views:
        views.drop_constraint(AFTER, type_="unique")
        views.drop_column("room")
        views.create_unique_constraint(BEFORE, ["owner", "name"])
