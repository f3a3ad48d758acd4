"""What all repositories share: the connection, and words that differ by database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")
AnyRow = Row[Any]

READS = "bot_reads"
"""Marks a transaction that only reads: it needs no lock and waits for no writer."""

CHUNK = 1000
"""How many values one statement takes at most; SQLite allows 32,766."""


class Repository:
    """One noun's statements inside one transaction."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        """Work on the transaction of this connection."""
        self._db = db

    def _held(self, query: Select[Any]) -> Select[Any]:
        """Take what nobody holds and, on PostgreSQL, hold it until the end.

        Not in a transaction that only reads: what it holds is free again before
        anybody acts on it, and a row that changed since it began would end it.
        """
        if self._db.get_execution_options().get(READS, False):
            return query
        return query.with_for_update(skip_locked=True, key_share=True)


def insert(db: Connection, table: Table) -> postgresql.Insert:
    """Start an INSERT that may say ON CONFLICT.

    SQLite's has the same methods, so that both pass for PostgreSQL's.
    """
    if db.dialect.name == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]
    return postgresql.insert(table)


def insert_new(db: Connection, table: Table, *returned: str) -> postgresql.Insert:
    """INSERT that passes over rows which break a unique rule, and says which went in.

    It is built once per database and table: that costs more than running it.
    """
    return _insert_new(db.dialect.name, table, returned)


@cache
def _insert_new(
    dialect: str, table: Table, returned: tuple[str, ...]
) -> postgresql.Insert:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = make(table).on_conflict_do_nothing()
    columns = [table.c[name] for name in returned]
    return statement.returning(*columns) if columns else statement  # type: ignore[return-value]


def chunks(items: Sequence[Item], size: int = CHUNK) -> Iterator[Sequence[Item]]:
    """Cut a long list into pieces that fit one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
