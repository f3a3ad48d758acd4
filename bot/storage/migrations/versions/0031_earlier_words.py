"""Keep what a reply said before it was changed, and find what waits for a yes at once.

Runs before the new program starts (pre). Words from before then are not known.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and an index; an older program keeps no words."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "earlier_words",
        sa.Column("id", whole, nullable=False),
        sa.Column("reply_id", whole, nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_earlier_words"),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name="fk_earlier_words_reply_id"
        ),
        sa.UniqueConstraint(
            "reply_id", "text_hash", name="uq_earlier_words_reply_id_text_hash"
        ),
    )
    op.create_index("ix_letters_state_id", "letters", ["state", "id"])


def downgrade() -> None:
    """Forget what was said before."""
    op.drop_index("ix_letters_state_id", table_name="letters")
    op.drop_table("earlier_words")
