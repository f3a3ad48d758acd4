"""What people say of tags, and triggers that let nobody change it.

Runs before the new program starts (pre).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; an older program does not know it and is not disturbed."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "corrections",
        sa.Column("id", whole, nullable=False),
        sa.Column("mention_id", whole, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name="fk_corrections_mention_id"
        ),
    )
    op.create_index(
        "ix_corrections_mention_id_kind_id",
        "corrections",
        ["mention_id", "kind", "id"],
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    """Refuse: it would delete what people said."""
    message = "this step cannot be undone; it would delete the corrections"
    raise NotImplementedError(message)


def _guard_sqlite() -> None:
    refuse = "SELECT RAISE(ABORT, 'corrections are append-only')"
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER corrections_no_{event.lower()} BEFORE {event}"
            f" ON corrections BEGIN {refuse}; END"
        )
    op.execute(
        "CREATE TRIGGER corrections_no_replace BEFORE INSERT ON corrections"
        " WHEN NEW.id IN (SELECT id FROM corrections)"
        " BEGIN SELECT RAISE(ABORT, 'corrections are append-only'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_other_words() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'corrections are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER corrections_no_change BEFORE UPDATE OR DELETE ON corrections"
        " FOR EACH ROW EXECUTE FUNCTION refuse_other_words()"
    )
    op.execute(
        "CREATE TRIGGER corrections_no_truncate BEFORE TRUNCATE ON corrections"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_words()"
    )
