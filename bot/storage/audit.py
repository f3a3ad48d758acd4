"""The append-only log.

Entries are appended without a lock, so that on PostgreSQL they may become visible out
of the order of their numbers: a transaction that took number 7 may commit after the
one that took 8 was sealed. What is unsealed is therefore never "newer than the last
sealed number" but "has no leaf".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Select

from bot.audit.seal import (
    leaf_hash,
    merkle_root,
    written_detail,
    written_instant,
)
from bot.domain.audit import (
    AuditEntry,
    Batch,
    KeptEntry,
    LoggedEntry,
    Seal,
    SealedAt,
)
from bot.errors import StorageError
from bot.storage.statements import AnyRow, Repository, chunks, insert_new
from bot.storage.tables import AuditEntryRow, AuditLeafRow, AuditSealRow, table
from bot.storage.types import storable

ENTRIES, SEALS = table(AuditEntryRow), table(AuditSealRow)
LEAVES = table(AuditLeafRow)

LOOK_BACK = 20_000
"""How many numbers below the newest sealed one are always searched for late commits."""


class SqlAudit(Repository):
    """What happened, in the transaction in which it happened."""

    __slots__ = ()

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Write entries in this transaction, without any lock."""
        rows = [
            {
                "at": written_instant(entry.at),
                "actor": storable(entry.actor),
                "action": storable(entry.action),
                "subject": storable(entry.subject),
                "detail": written_detail(entry),
            }
            for entry in entries
        ]
        if rows:
            self._db.execute(_ADD_ENTRY, rows)

    def about(self, subject: str) -> Sequence[LoggedEntry]:
        """Return all that happened to one thing, oldest first."""
        query = select(ENTRIES).where(ENTRIES.c.subject == subject)
        return [to_entry(row) for row in self._db.execute(query.order_by(ENTRIES.c.id))]

    def kept(self, subjects: Collection[str]) -> Sequence[KeptEntry]:
        """Return all that happened to several things, oldest first, with the seals."""
        found = []
        for some in chunks(sorted(subjects)):
            query = (
                select(ENTRIES, LEAVES.c.seal_number, LEAVES.c.leaf)
                .outerjoin(LEAVES, LEAVES.c.entry_id == ENTRIES.c.id)
                .where(ENTRIES.c.subject.in_(some))
            )
            found += [
                KeptEntry(
                    entry=to_entry(row), seal=row.seal_number, leaf=row.leaf or ""
                )
                for row in self._db.execute(query)
            ]
        return sorted(found, key=lambda one: one.entry.id)

    def unsealed(
        self, limit: int, *, everything: bool = False
    ) -> Sequence[LoggedEntry]:
        """Return entries that no seal covers yet, oldest first.

        Among the newest numbers, which an index finds at once, however long the log.
        With ``everything``, if that is not a full batch and the counts say that an
        older one was overlooked (a transaction stayed open while ``LOOK_BACK`` others
        came), among all.
        """
        last = self._db.execute(_LAST_SEAL).one_or_none()
        if last is None:
            return self._without_leaf(limit, above=0)
        newest = self._db.scalar(
            select(func.max(LEAVES.c.entry_id)).where(
                LEAVES.c.seal_number == last.number
            )
        )
        found = self._without_leaf(limit, above=(newest or 0) - LOOK_BACK)
        if everything and len(found) < limit:
            counted = self._db.scalar(select(func.count()).select_from(ENTRIES)) or 0
            if counted > last.total + len(found):
                return self._without_leaf(limit, above=0)
        return found

    def _without_leaf(self, limit: int, *, above: int) -> Sequence[LoggedEntry]:
        query = (
            select(ENTRIES)
            .where(ENTRIES.c.id > above)
            .where(~select(LEAVES).where(LEAVES.c.entry_id == ENTRIES.c.id).exists())
            .order_by(ENTRIES.c.id)
            .limit(limit)
        )
        return [to_entry(row) for row in self._db.execute(query)]

    def first_seal_since(self, at: datetime) -> str:
        """Return the hash of the first seal that was made from then on, if any was."""
        query = (
            select(SEALS.c.hash)
            .where(SEALS.c.sealed_at >= written_instant(at))
            .order_by(SEALS.c.number)
            .limit(1)
        )
        return self._db.scalar(query) or ""

    def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        row = self._db.execute(_LAST_SEAL).one_or_none()
        if row is None:
            return None
        query = (
            select(LEAVES.c.entry_id)
            .where(LEAVES.c.seal_number == row.number)
            .order_by(LEAVES.c.position)
        )
        return Seal(
            number=row.number,
            sealed_at=row.sealed_at,
            entry_ids=tuple(self._db.scalars(query)),
            root=row.root,
            previous=row.previous,
            hash=row.hash,
            total=row.total,
        )

    def batches(self, first: int, last: int) -> Sequence[Batch]:
        """Return the seals of these numbers, both included, with their leaves."""
        query = (
            select(SEALS, LEAVES.c.entry_id, LEAVES.c.leaf)
            .join(LEAVES, LEAVES.c.seal_number == SEALS.c.number)
            .where(SEALS.c.number.between(first, last))
            .order_by(SEALS.c.number, LEAVES.c.position)
        )
        rows = groupby(self._db.execute(query), key=lambda row: row.number)
        return [_batch(list(some)) for _number, some in rows]

    def sealed_after(
        self, place: SealedAt, limit: int
    ) -> Sequence[tuple[SealedAt, LoggedEntry]]:
        """Return sealed entries behind a place, in the order of the seals."""
        behind = tuple_(LEAVES.c.seal_number, LEAVES.c.position) > (
            place.seal,
            place.position,
        )
        query = (
            select(ENTRIES, LEAVES.c.seal_number, LEAVES.c.position)
            .join(LEAVES, LEAVES.c.entry_id == ENTRIES.c.id)
            .where(behind)
            .order_by(LEAVES.c.seal_number, LEAVES.c.position)
            .limit(limit)
        )
        return [
            (SealedAt(seal=row.seal_number, position=row.position), to_entry(row))
            for row in self._db.execute(query)
        ]

    def seal(self, seal: Seal) -> bool:
        """Write the next seal; ``False`` if another sealer was first.

        The leaves are hashed anew from what is stored: ``StorageError`` if they do
        not make the seal's root, because then an entry changed under our hands.
        """
        last = self._db.execute(_LAST_SEAL).one_or_none()
        expected = (0, None) if last is None else (last.number, last.hash)
        if seal.number != expected[0] + 1 or (last and seal.previous != expected[1]):
            return False
        leaves = self._leaves(seal)
        try:
            with self._db.begin_nested():
                return self._write(seal, leaves)
        except IntegrityError:
            return False

    def _leaves(self, seal: Seal) -> list[dict[str, object]]:
        stored: dict[int, str] = {}
        for some in chunks(seal.entry_ids):
            query = select(ENTRIES).where(ENTRIES.c.id.in_(some))
            stored |= {
                row.id: leaf_hash(to_entry(row)) for row in self._db.execute(query)
            }
        hashes = [stored.get(each, "") for each in seal.entry_ids]
        if merkle_root(hashes) != seal.root:
            message = f"seal {seal.number} does not fit the entries that are stored"
            raise StorageError(message)
        return [
            {"entry_id": each, "seal_number": seal.number, "position": i, "leaf": leaf}
            for i, (each, leaf) in enumerate(zip(seal.entry_ids, hashes, strict=True))
        ]

    def _write(self, seal: Seal, leaves: list[dict[str, object]]) -> bool:
        """Insert the seal, whose number only one sealer gets, then its leaves."""
        row = {
            "number": seal.number,
            "sealed_at": seal.sealed_at,
            "root": seal.root,
            "previous": seal.previous,
            "hash": seal.hash,
            "total": seal.total,
        }
        statement = insert_new(self._db, SEALS, "number")
        if self._db.scalar(statement, row) is None:
            return False
        self._db.execute(LEAVES.insert(), leaves)
        return True


_ADD_ENTRY = ENTRIES.insert()
_LAST_SEAL: Select[tuple[object, ...]] = (
    select(SEALS).order_by(SEALS.c.number.desc()).limit(1)
)


def _batch(rows: Sequence[AnyRow]) -> Batch:
    row = rows[0]
    seal = Seal(
        number=row.number,
        sealed_at=row.sealed_at,
        entry_ids=tuple(one.entry_id for one in rows),
        root=row.root,
        previous=row.previous,
        hash=row.hash,
        total=row.total,
    )
    return Batch(seal=seal, leaves=tuple(one.leaf for one in rows))


def to_entry(row: AnyRow) -> LoggedEntry:
    """Return a row of the log as it lies there."""
    return LoggedEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
    )
