"""What made no sense, kept whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from bot.domain.channels import Quarantined
from bot.domain.ports import QuarantineRow
from bot.storage.statements import Repository, insert_new
from bot.storage.tables import QuarantineItemRow, table

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
                "digest": _digest(item),
                "kept_at": at,
            }
            for item in items
        ]
        if not rows:
            return 0
        statement = insert_new(self._db, QUARANTINE, "id")
        return len(self._db.execute(statement, rows).all())

    def listing(self, limit: int) -> Sequence[QuarantineRow]:
        """Return the newest first."""
        query = select(QUARANTINE).order_by(QUARANTINE.c.id.desc()).limit(limit)
        return [
            QuarantineRow(
                id=row.id,
                source=row.source,
                item=Quarantined(
                    where=row.place, reason=row.reason, payload=row.payload
                ),
                kept_at=row.kept_at,
            )
            for row in self._db.execute(query)
        ]


def _digest(item: Quarantined) -> str:
    """Name an item by place and content; an index would not take 10 MB."""
    name = hashlib.sha256()
    for part in (item.where, item.payload):
        name.update(hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest())
    return name.hexdigest()
