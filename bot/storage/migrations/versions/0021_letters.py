"""Legal notices, and that a yes may be to one of them.

Runs before the new program starts (pre). Every yes until then is to a reply.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WORDS = (
    "pack",
    "notice",
    "event",
    "legal_class",
    "language",
    "state",
    "text",
    "text_hash",
    "written_by",
    "outcome",
    "issues",
    "reason_code",
    "findings",
    "approved_by",
    "way",
    "recipient",
    "receipt",
    "proof_sha256",
    "enclosures",
    "reason",
)


def upgrade() -> None:
    """Make the table; an older program goes on saying yes to replies alone."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "letters",
        sa.Column("id", whole, nullable=False),
        sa.Column("ticket_id", whole, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in WORDS),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("approved_at", instant, nullable=True),
        sa.Column("sending_at", instant, nullable=True),
        sa.Column("sent_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_letters_ticket_id"
        ),
    )
    op.create_index("ix_letters_ticket_id", "letters", ["ticket_id"])
    with op.batch_alter_table("approvals") as approvals:
        approvals.alter_column("reply_id", existing_type=whole, nullable=True)
        approvals.add_column(sa.Column("letter_id", whole, nullable=True))
        approvals.create_foreign_key(
            "fk_approvals_letter_id", "letters", ["letter_id"], ["id"]
        )
    op.create_index("ix_approvals_letter_id", "approvals", ["letter_id"])


def downgrade() -> None:
    """Take it away again, with every notice; the log keeps their hashes."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.execute("DELETE FROM approvals WHERE reply_id IS NULL")
    op.drop_index("ix_approvals_letter_id", "approvals")
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_constraint("fk_approvals_letter_id", type_="foreignkey")
        approvals.drop_column("letter_id")
        approvals.alter_column("reply_id", existing_type=whole, nullable=False)
    op.drop_table("letters")
