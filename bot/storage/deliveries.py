"""What others delivered to us, each body once and in the order of its number."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, text, update

from bot.domain.channels import Delivery
from bot.storage.statements import Repository, insert_new
from bot.storage.tables import IS_UNREAD, DeliveryRow, table

DELIVERIES = table(DeliveryRow)

IS_READ, READ = "body = ''", ""
"""What stands for words that were read; no body that is kept is empty."""

_TURN = 0x64656C76
"""Names, on PostgreSQL, the lock that whoever keeps a delivery holds."""


class SqlDeliveries(Repository):
    """Bodies by source, until they are read."""

    __slots__ = ()

    def add(self, source: str, body: str, at: datetime) -> bool:
        """Keep a body; ``False`` if this source has it already.

        One at a time: a number that was given first and committed last would be passed
        over by who reads on behind the highest. On SQLite whoever writes is alone.
        """
        if self._db.dialect.name == "postgresql":
            self._db.execute(select(func.pg_advisory_xact_lock(_TURN)))
        digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
        row = {"source": source, "digest": digest, "body": body, "kept_at": at}
        added = self._db.scalar(insert_new(self._db, DELIVERIES, "id"), row)
        return added is not None

    def after(self, source: str, number: int, limit: int) -> Sequence[Delivery]:
        """Return what a source was given after a number, in order."""
        query = (
            select(DELIVERIES.c.id, DELIVERIES.c.body)
            .where(
                DELIVERIES.c.source == source,
                DELIVERIES.c.id > number,
                text(IS_UNREAD),
            )
            .order_by(DELIVERIES.c.id)
            .limit(limit)
        )
        return [
            Delivery(number=row.id, body=row.body) for row in self._db.execute(query)
        ]

    def last_at(self, source: str) -> datetime | None:
        """Say when a source was given something last."""
        newest = func.max(DELIVERIES.c.kept_at)
        query = select(newest).where(DELIVERIES.c.source == source)
        last: datetime | None = self._db.scalar(query)
        return last

    def drop(self, source: str, *, until: int, before: datetime) -> None:
        """Forget the words of what was read, up to and with a number.

        That it was here is known on, until ``before`` has passed it.
        """
        here = DELIVERIES.c.source == source
        self._db.execute(
            update(DELIVERIES)
            .where(here, DELIVERIES.c.id <= until, text(IS_UNREAD))
            .values(body=READ)
        )
        self._db.execute(
            delete(DELIVERIES).where(here, DELIVERIES.c.kept_at < before, text(IS_READ))
        )
