"""What made no sense, kept whole, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update

from bot.domain.channels import Aside, AsideState, Quarantined
from bot.domain.ports import QuarantineRow
from bot.errors import Missing
from bot.storage.statements import AnyRow, Repository, insert_new
from bot.storage.tables import IS_KEPT_OPEN, QuarantineItemRow, table

QUARANTINE = table(QuarantineItemRow)


class SqlQuarantine(Repository):
    """Items kept aside, each once."""

    __slots__ = ()

    def add(self, source: str, items: Sequence[Quarantined], at: datetime) -> int:
        """Keep items not kept before (source, where, content); return how many."""
        rows = [
            {
                "source": source,
                "place": item.where,
                "reason": item.reason,
                "payload": item.payload,
                "context": item.context,
                "kind": item.kind,
                "digest": _digest(item),
                "kept_at": at,
            }
            for item in items
        ]
        if not rows:
            return 0
        statement = insert_new(self._db, QUARANTINE, "id")
        return len(self._db.execute(statement, rows).all())

    def listing(
        self,
        limit: int,
        *,
        with_settled: bool = False,
        sources: Collection[str] | None = None,
    ) -> Sequence[QuarantineRow]:
        """Return what is open, newest first, or all that there ever was.

        ``sources`` leaves out all others.
        """
        query = select(QUARANTINE).order_by(QUARANTINE.c.id.desc()).limit(limit)
        if not with_settled:
            query = query.where(text(IS_KEPT_OPEN))
        if sources is not None:
            query = query.where(QUARANTINE.c.source.in_(sorted(sources)))
        return [_to_row(row) for row in self._db.execute(query)]

    def get(self, row_id: int) -> QuarantineRow:
        """Return one, or raise ``Missing``."""
        query = select(QUARANTINE).where(QUARANTINE.c.id == row_id)
        row = self._db.execute(query).one_or_none()
        if row is None:
            raise Missing(f"nothing was kept aside under the number {row_id}")
        return _to_row(row)

    def hold(self, row_id: int) -> QuarantineRow:
        """Return one that nobody else changes until this transaction ends."""
        lock = select(QUARANTINE.c.id).where(QUARANTINE.c.id == row_id)
        self._db.execute(lock.with_for_update())
        return self.get(row_id)

    def to_try(self, *, source: str | None, limit: int | None) -> Sequence[int]:
        """Name the open items that may be read again, those tried longest ago first.

        ``source`` leaves out all others. What only tells of a source is no item, and
        of what was withdrawn nothing is left.
        """
        tried_at = QUARANTINE.c.tried_at
        query = select(QUARANTINE.c.id).where(
            text(IS_KEPT_OPEN),
            QUARANTINE.c.kind != Aside.NOTE,
            QUARANTINE.c.payload != "",
        )
        if source is not None:
            query = query.where(QUARANTINE.c.source == source)
        order = (tried_at.is_not(None), tried_at, QUARANTINE.c.id)
        return self._db.scalars(query.order_by(*order).limit(limit)).all()

    def save(self, row: QuarantineRow) -> None:
        """Keep what a try or a person made of one; words that were read go.

        They stand in the mention that was made of them; the digest stays.
        """
        news: dict[str, Any] = {
            "state": row.state,
            "tried_at": row.tried_at,
            "tried_by": row.tried_by,
            "settled_at": row.settled_at,
            "settled_by": row.settled_by,
            "outcome": row.outcome,
        }
        if row.state is AsideState.READ:
            news |= {"payload": "", "context": ""}
        here = QUARANTINE.c.id == row.id
        self._db.execute(update(QUARANTINE).where(here).values(news))


def _to_row(row: AnyRow) -> QuarantineRow:
    return QuarantineRow(
        id=row.id,
        source=row.source,
        item=Quarantined(
            where=row.place,
            reason=row.reason,
            payload=row.payload,
            context=row.context,
            kind=Aside(row.kind),
        ),
        kept_at=row.kept_at,
        state=AsideState(row.state),
        tried_at=row.tried_at,
        tried_by=row.tried_by,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        outcome=row.outcome,
    )


def _digest(item: Quarantined) -> str:
    """Name an item by place and content; an index would not take 10 MB."""
    name = hashlib.sha256()
    for part in (item.where, item.payload):
        name.update(hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest())
    return name.hexdigest()
