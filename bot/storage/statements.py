"""What all repositories share: the connection, and words that differ by database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")
AnyRow = Row[Any]

CHUNK = 1000
"""How many values one statement takes at most; SQLite allows 32,766."""


class Repository:
    """One noun's statements inside one transaction."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        """Work on the transaction of this connection."""
        self._db = db


def insert(db: Connection, table: Table) -> postgresql.Insert:
    """Start an INSERT that may say ON CONFLICT.

    SQLite's has the same methods, so that both pass for PostgreSQL's.
    """
    if db.dialect.name == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]
    return postgresql.insert(table)


def chunks(items: Sequence[Item], size: int = CHUNK) -> Iterator[Sequence[Item]]:
    """Cut a long list into pieces that fit one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
