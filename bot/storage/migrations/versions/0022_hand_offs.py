"""Private hand-offs, the links to their forms, and answers apart from all else.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them; an older program does not know them and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    at = sa.DateTime(timezone=True)
    op.create_table(
        "hand_offs",
        sa.Column("id", whole, nullable=False),
        sa.Column("version", whole, nullable=False),
        sa.Column("ticket_id", whole, nullable=False),
        sa.Column("mention_id", whole, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("begun_at", at, nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("moved_at", at, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("reply_id", whole, nullable=True),
        sa.Column("due_at", at, nullable=True),
        sa.Column("until", at, nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hand_offs"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_hand_offs_ticket_id"
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name="fk_hand_offs_mention_id"
        ),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name="fk_hand_offs_reply_id"
        ),
    )
    is_open = sa.text("state NOT IN ('private', 'closed')")
    for name, columns, unique in (
        ("uq_hand_offs_open", ["ticket_id"], True),
        ("ix_hand_offs_due", ["due_at", "id"], False),
        ("ix_hand_offs_author", ["channel", "author"], False),
    ):
        op.create_index(
            name,
            "hand_offs",
            columns,
            unique=unique,
            sqlite_where=is_open,
            postgresql_where=is_open,
        )
    op.create_index("ix_hand_offs_ticket_id", "hand_offs", ["ticket_id"])
    op.create_table(
        "hand_off_links",
        sa.Column("number", whole, nullable=False),
        sa.Column("hand_off_id", whole, nullable=False),
        sa.Column("made_at", at, nullable=False),
        sa.Column("expires_at", at, nullable=False),
        sa.Column("reply_id", whole, nullable=True),
        sa.Column("used_at", at, nullable=True),
        sa.Column("void_at", at, nullable=True),
        sa.Column("attempts", whole, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_hand_off_links"),
        sa.ForeignKeyConstraint(
            ["hand_off_id"], ["hand_offs.id"], name="fk_hand_off_links_hand_off_id"
        ),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name="fk_hand_off_links_reply_id"
        ),
        sa.UniqueConstraint("reply_id", name="uq_hand_off_links_reply_id"),
        # No number comes twice: a link that was given out must not open another's form.
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hand_off_links_hand_off_id", "hand_off_links", ["hand_off_id"])
    op.create_table(
        "hand_off_answers",
        sa.Column("hand_off_id", whole, nullable=False, autoincrement=False),
        sa.Column("locked", sa.Text(), nullable=False),
        sa.Column("given_at", at, nullable=False),
        sa.Column("purge_at", at, nullable=False),
        sa.PrimaryKeyConstraint("hand_off_id", name="pk_hand_off_answers"),
        sa.ForeignKeyConstraint(
            ["hand_off_id"], ["hand_offs.id"], name="fk_hand_off_answers_hand_off_id"
        ),
    )


def downgrade() -> None:
    """Take them away again; the log keeps who was led where."""
    op.drop_table("hand_off_answers")
    op.drop_table("hand_off_links")
    op.drop_table("hand_offs")
