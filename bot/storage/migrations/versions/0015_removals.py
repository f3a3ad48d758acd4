"""What authors took back or edited: when it is asked about, and what stood before.

Runs before the new program starts (pre). What was stored before it is asked about
first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OTHERS = ("id", "mention_id", "kind", "value", "was", "model", "said_by", "said_at")
"""The columns of ``corrections`` that nothing may ever change."""


def upgrade() -> None:
    """Add columns and a table; an older program does not know them."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    for column in (
        sa.Column("edits", whole, nullable=False, server_default="0"),
        sa.Column("checked_at", instant, nullable=True),
        sa.Column("check_at", instant, nullable=True),
        sa.Column("removed_at", instant, nullable=True),
        sa.Column("text_sha256", sa.Text(), nullable=True),
    ):
        op.add_column("mentions", column)
    _partial(
        "ix_mentions_standing", ["source", "check_at"], where="text_sha256 IS NULL"
    )
    _partial(
        "ix_mentions_to_withdraw",
        ["id"],
        where="removed_at IS NOT NULL AND text_sha256 IS NULL",
    )
    op.create_table(
        "mention_versions",
        sa.Column("id", whole, nullable=False),
        sa.Column("mention_id", whole, nullable=False),
        sa.Column("number", whole, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("edited_at", instant, nullable=True),
        sa.Column("replaced_at", instant, nullable=False),
        sa.Column("tags", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mention_versions"),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name="fk_mention_versions_mention_id"
        ),
        sa.UniqueConstraint(
            "mention_id", "number", name="uq_mention_versions_mention_id_number"
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        _let_notes_go_sqlite()
    else:
        _let_notes_go_postgresql()


def _partial(name: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        "mentions",
        columns,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _let_notes_go_sqlite() -> None:
    """A note may quote the author, so it may change where the text was withdrawn."""
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in OTHERS)
    gone = (
        "EXISTS (SELECT 1 FROM mentions WHERE id = OLD.mention_id"
        " AND text_sha256 IS NOT NULL)"
    )
    op.execute("DROP TRIGGER corrections_no_update")
    op.execute(
        "CREATE TRIGGER corrections_no_update BEFORE UPDATE ON corrections"
        f" WHEN NOT ({same} AND {gone})"
        " BEGIN SELECT RAISE(ABORT, 'corrections are append-only'); END"
    )


def _let_notes_go_postgresql() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_other_words() RETURNS trigger"
        " LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'UPDATE' THEN"
        " IF to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note' AND EXISTS"
        " (SELECT 1 FROM mentions WHERE id = OLD.mention_id"
        " AND text_sha256 IS NOT NULL) THEN RETURN NEW; END IF; END IF;"
        " RAISE EXCEPTION 'corrections are append-only'; END $$"
    )


def downgrade() -> None:
    """Take it away again, unless texts were withdrawn: they would come again."""
    db = op.get_bind()
    if db.scalar(sa.text("SELECT count(*) FROM mentions WHERE text_sha256 <> ''")):
        message = "this step cannot be undone; it would forget which texts were removed"
        raise NotImplementedError(message)
    if db.dialect.name == "sqlite":
        op.execute("DROP TRIGGER corrections_no_update")
        op.execute(
            "CREATE TRIGGER corrections_no_update BEFORE UPDATE ON corrections"
            " BEGIN SELECT RAISE(ABORT, 'corrections are append-only'); END"
        )
    else:
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_other_words() RETURNS trigger"
            " LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION 'corrections are append-only'; END $$"
        )
    op.drop_table("mention_versions")
    op.drop_index("ix_mentions_standing", "mentions")
    op.drop_index("ix_mentions_to_withdraw", "mentions")
    for name in ("edits", "checked_at", "check_at", "removed_at", "text_sha256"):
        op.drop_column("mentions", name)
