"""Proposed changes of packs, with their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from sqlalchemy import select, update

from bot.domain.activation import (
    PackChange,
    PackChangeId,
    PackChangeState,
    PackKind,
)
from bot.errors import Missing
from bot.storage.statements import AnyRow, Repository
from bot.storage.tables import PackChangeRow, table

CHANGES = table(PackChangeRow)


class SqlPackChanges(Repository):
    """Rows that change once, from proposed to what became of it."""

    __slots__ = ()

    def add(self, change: PackChange) -> PackChange:
        """Keep one and return it with its number."""
        row = {one.name: getattr(change, one.name) for one in fields(PackChange)}
        del row["id"]
        number = self._db.scalars(CHANGES.insert().returning(CHANGES.c.id), row).one()
        return replace(change, id=PackChangeId(number))

    def get(self, change_id: PackChangeId) -> PackChange:
        """Return one, or raise ``Missing``."""
        query = select(CHANGES).where(CHANGES.c.id == change_id)
        row = self._db.execute(query).one_or_none()
        if row is None:
            raise Missing(f"there is no change {change_id} of a pack")
        return _change(row)

    def listing(
        self, limit: int, *, before: PackChangeId | None = None
    ) -> Sequence[PackChange]:
        """Return the newest first; with ``before`` those with lower numbers."""
        query = select(CHANGES).order_by(CHANGES.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(CHANGES.c.id < before)
        return [_change(row) for row in self._db.execute(query)]

    def settle(self, change: PackChange) -> bool:
        """Write what became of one that was still proposed; ``False`` if it was not."""
        statement = (
            update(CHANGES)
            .where(
                CHANGES.c.id == change.id, CHANGES.c.state == PackChangeState.PROPOSED
            )
            .values(
                state=change.state,
                settled_by=change.settled_by,
                settled_at=change.settled_at,
            )
        )
        return self._db.execute(statement).rowcount == 1

    def simulate(self, change_id: PackChangeId, told: Mapping[str, str]) -> None:
        """Keep what a run over the past told of one."""
        statement = update(CHANGES).where(CHANGES.c.id == change_id)
        self._db.execute(statement.values(simulated=dict(told)))


def _change(row: AnyRow) -> PackChange:
    found = {one.name: getattr(row, one.name) for one in fields(PackChange)}
    found["kind"] = PackKind(row.kind)
    found["state"] = PackChangeState(row.state)
    return PackChange(**found)
