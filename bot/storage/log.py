"""The whole log as it lies in the database, read without trusting any of it.

Whoever can alter rows can also put in what no program of ours writes: text that is not
UTF-8, a word where a number belongs, a leaf without its entry. Each becomes ``Damage``
for the proof to report; nothing of it ends the reading.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, select
from sqlalchemy.sql import Select

from bot.audit.records import Damage, Line, Record
from bot.domain.audit import LoggedEntry, Seal
from bot.storage.engine import snapshot
from bot.storage.failures import translated
from bot.storage.statements import AnyRow
from bot.storage.tables import AuditEntryRow, AuditLeafRow, AuditSealRow, table

ENTRIES, SEALS = table(AuditEntryRow), table(AuditSealRow)
LEAVES = table(AuditLeafRow)

_FETCH = 1000
"""Rows in memory at a time."""


@contextmanager
def open_log(engine: Engine) -> Iterator[Iterator[Record]]:
    """Give the log's records as of one instant, while others go on writing."""
    with (
        translated(engine.url),
        snapshot(engine).execution_options(yield_per=_FETCH).begin() as db,
        _any_bytes(db),
    ):
        yield _records(db)


@contextmanager
def _any_bytes(db: Connection) -> Iterator[None]:
    """Let SQLite hand out text that is not UTF-8, each wrong byte kept apart."""
    driver = db.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str


@dataclass(slots=True)
class _Batch:
    """The leaves of one seal as they are read."""

    seal: object = None
    ids: list[int] = field(default_factory=list)


def _records(db: Connection) -> Iterator[Record]:
    """Walk leaves and seals side by side, then what has no leaf."""
    leaves = iter(db.execute(_ALL_LEAVES))
    leaf = next(leaves, None)
    for seal in db.execute(select(SEALS).order_by(SEALS.c.number)):
        batch = _Batch(seal=seal.number)
        while leaf is not None and not _is_later(leaf.seal_number, seal.number):
            yield _leaf_record(leaf, batch)
            leaf = next(leaves, None)
        yield _seal_record(seal, batch)
    while leaf is not None:
        yield _leaf_record(leaf, _Batch())
        leaf = next(leaves, None)
    for row in db.execute(_NO_LEAF):
        yield _entry_record(row, "")
    yield from _torn(db)


def _torn(db: Connection) -> Iterator[Record]:
    """Name where SQLite's pages contradict each other, as after a bad disk.

    A row that a table and its index tell differently may have been read above from
    the one that is right.
    """
    if db.dialect.name != "sqlite":
        return
    for part in (ENTRIES, LEAVES, SEALS):
        for (found,) in db.exec_driver_sql(f"PRAGMA integrity_check({part.name})"):
            if found != "ok":
                what = " ".join(str(found).split())
                yield Damage(where=f"table {part.name}", what=what)


_ALL_LEAVES: Select[tuple[object, ...]] = (
    select(LEAVES, ENTRIES)
    .outerjoin(ENTRIES, ENTRIES.c.id == LEAVES.c.entry_id)
    .order_by(LEAVES.c.seal_number, LEAVES.c.position)
)
_NO_LEAF: Select[tuple[object, ...]] = (
    select(ENTRIES)
    .where(~select(LEAVES).where(LEAVES.c.entry_id == ENTRIES.c.id).exists())
    .order_by(ENTRIES.c.id)
)


def _is_later(leaf_seal: object, seal: object) -> bool:
    """Whether a leaf belongs to a later seal; what is no number sorts last."""
    if not isinstance(leaf_seal, int):
        return True
    return not isinstance(seal, int) or leaf_seal > seal


def _leaf_record(row: AnyRow, batch: _Batch) -> Record:
    where = f"leaf of entry {row.entry_id!r}"
    if row.seal_number != batch.seal:
        return Damage(where=where, what=f"there is no seal {row.seal_number!r}")
    position = len(batch.ids)
    batch.ids.append(row.entry_id)
    if row.position != position:
        what = f"stands at {row.position!r} where {position} belongs"
        return Damage(where=where, what=what)
    if row.id is None:
        return Damage(where=where, what="its entry is missing")
    if not isinstance(row.leaf, str) or not row.leaf:
        return Damage(where=where, what="is no hash")
    return _entry_record(row, row.leaf)


def _entry_record(row: AnyRow, leaf: str) -> Record:
    entry = LoggedEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
    )
    texts = (entry.at, entry.actor, entry.action, entry.subject, entry.detail)
    if not isinstance(entry.id, int) or not all(isinstance(x, str) for x in texts):
        return Damage(where=f"entry {row.id!r}", what="holds what is no text")
    return Line(entry=entry, leaf=leaf)


def _seal_record(row: AnyRow, batch: _Batch) -> Record:
    texts = (row.sealed_at, row.root, row.previous, row.hash)
    numbers = (row.number, row.total, *batch.ids)
    if not all(isinstance(each, str) for each in texts) or not all(
        isinstance(each, int) for each in numbers
    ):
        return Damage(where=f"seal {row.number!r}", what="cannot be read")
    return Seal(
        number=row.number,
        sealed_at=row.sealed_at,
        entry_ids=tuple(batch.ids),
        root=row.root,
        previous=row.previous,
        hash=row.hash,
        total=row.total,
    )
