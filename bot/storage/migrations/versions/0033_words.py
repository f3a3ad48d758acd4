"""Full text over mentions, replies and notes, in each database's own way.

Runs before the new program starts (pre). Triggers keep the indexes, so that an older
program keeps them too; a step that makes one of these tables anew on SQLite must make
its triggers anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import sqlalchemy as sa
from alembic import context, op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BLOCK = 100_000
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""PostgreSQL would take addresses and the like for one word; SQLite does not."""


class Searched(NamedTuple):
    """One index: its table of words, what it is of, and which rows that holds.

    ``where_said``: the brand and the channel of a row.
    """

    words: str
    rows: str
    text: str
    where_said: str
    only: str = ""


INDEXES = (
    Searched("mention_words", "mentions", "text", "{0}.brand, {0}.channel"),
    Searched("reply_words", "replies", "text", "{0}.brand, {0}.channel"),
    Searched(
        "note_words",
        "ticket_events",
        "detail",
        "(SELECT brand FROM tickets WHERE tickets.id = {0}.ticket_id),"
        " (SELECT channel FROM tickets WHERE tickets.id = {0}.ticket_id)",
        "{0}.name = 'noted'",
    ),
)


def upgrade() -> None:
    """Make the indexes of what there is, and the triggers that keep them."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        _make_words_of()
    for one in INDEXES:
        if is_sqlite:
            _make_sqlite(one)
        else:
            _make_postgresql(one)
    op.create_index("ix_authors_handle", "authors", ["handle"])
    condition = sa.text("written_by <> ''")
    op.create_index(
        "ix_replies_written",
        "replies",
        ["written_by", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _in_blocks(one: Searched, fill: Callable[[int, int], sa.TextClause]) -> None:
    """Fill an index block by block, telling how far it is."""
    db, tell = op.get_bind(), context.config.attributes.get("tell")
    last = db.scalar(sa.text(f"SELECT max(id) FROM {one.rows}")) or 0  # noqa: S608 - names of this file
    for first in range(0, last, BLOCK):
        db.execute(fill(first, first + BLOCK))
        if tell is not None and last > BLOCK:
            done = min(first + BLOCK, last)
            tell(f"{one.words}: {done:,} of {last:,}")


def _make_sqlite(one: Searched) -> None:
    words, rows, text = one.words, one.rows, one.text
    op.execute(
        f"CREATE VIRTUAL TABLE {words} USING fts5({text}, content='{rows}',"
        " content_rowid='id', tokenize=\"unicode61 remove_diacritics 0\")"
    )
    where = f" AND {one.only.format(rows)}" if one.only else ""
    _in_blocks(
        one,
        lambda first, last: sa.text(
            f"INSERT INTO {words}(rowid, {text}) SELECT id, {text} FROM {rows}"  # noqa: S608
            f" WHERE id > {first} AND id <= {last}{where}"
        ),
    )
    put = f"INSERT INTO {words}(rowid, {text}) VALUES (NEW.id, NEW.{text});"  # noqa: S608
    take = (
        f"INSERT INTO {words}({words}, rowid, {text})"  # noqa: S608
        f" VALUES ('delete', OLD.id, OLD.{text});"
    )
    for name, event, row, does in (
        ("in", "INSERT", "NEW", put),
        ("out", "DELETE", "OLD", take),
        ("anew", f"UPDATE OF {text}", "NEW", f"{take} {put}"),
    ):
        when = f" WHEN {one.only.format(row)}" if one.only else ""
        op.execute(
            f"CREATE TRIGGER {words}_{name} AFTER {event} ON {rows}{when}"
            f" BEGIN {does} END"
        )


def _make_words_of() -> None:
    """Make the function that cuts a text into words, letters and digits alone."""
    spaces = " " * len(PUNCTUATION)
    marks = PUNCTUATION.replace("'", "''").replace(":", "\\:")
    op.execute(
        "CREATE FUNCTION words_of(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE"
        f" AS $$ SELECT to_tsvector('simple', translate(said, '{marks}', '{spaces}'))"
        " $$"
    )


def _make_postgresql(one: Searched) -> None:
    words, rows, text = one.words, one.rows, one.text
    op.execute(
        f"CREATE TABLE {words} (id bigint PRIMARY KEY, brand text NOT NULL,"
        " channel text NOT NULL, words tsvector NOT NULL)"
    )
    where = f" AND {one.only.format(rows)}" if one.only else ""
    _in_blocks(
        one,
        lambda first, last: sa.text(
            f"INSERT INTO {words} SELECT id, {one.where_said.format(rows)},"  # noqa: S608
            f" words_of({text}) FROM {rows}"
            f" WHERE id > {first} AND id <= {last}{where} ORDER BY id"
        ),
    )
    op.execute(f"CREATE INDEX ix_{words} ON {words} USING gin (words)")
    op.execute(
        f"CREATE FUNCTION keep_{words}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"  # noqa: S608
        f" IF TG_OP = 'DELETE' THEN DELETE FROM {words} WHERE id = OLD.id;"
        " RETURN NULL; END IF;"
        f" INSERT INTO {words} VALUES (NEW.id, {one.where_said.format('NEW')},"
        f" words_of(NEW.{text}))"
        " ON CONFLICT (id) DO UPDATE SET words = EXCLUDED.words;"
        " RETURN NULL; END $$"
    )
    for name, event, row in (
        ("kept", f"INSERT OR UPDATE OF {text}", "NEW"),
        ("dropped", "DELETE", "OLD"),
    ):
        when = f" WHEN ({one.only.format(row)})" if one.only else ""
        op.execute(
            f"CREATE TRIGGER {words}_{name} AFTER {event} ON {rows}"
            f" FOR EACH ROW{when} EXECUTE FUNCTION keep_{words}()"
        )
    op.execute(f"ANALYZE {words}")


def downgrade() -> None:
    """Take the indexes away; the words stand where they stood."""
    op.drop_index("ix_replies_written", "replies")
    op.drop_index("ix_authors_handle", "authors")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for one in INDEXES:
        names = ("in", "out", "anew") if is_sqlite else ("kept", "dropped")
        for name in names:
            of = "" if is_sqlite else f" ON {one.rows}"
            op.execute(f"DROP TRIGGER {one.words}_{name}{of}")
        op.execute(f"DROP TABLE {one.words}")
        if not is_sqlite:
            op.execute(f"DROP FUNCTION keep_{one.words}()")
    if not is_sqlite:
        op.execute("DROP FUNCTION words_of(text)")
