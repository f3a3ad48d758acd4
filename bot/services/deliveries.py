"""Take in what others deliver to a source, so that it is read from there later."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.channels import Cursor, Delivery
from bot.domain.ports import Store, Work

KNOWN_FOR = timedelta(days=30)
"""How long it is known that a body was here, after its words were read and dropped."""


def keep(store: Store, clock: Clock, source: str, body: str) -> bool:
    """Keep a body for good before the sender hears of it; ``False``: it was here."""
    now = clock.now()
    with store.work() as work:
        is_new = work.deliveries.add(source, body, now)
        if is_new:
            work.audit.append([_entry(source, body, now)])
    return is_new


def read_until(work: Work, source: str, cursor: Cursor | None, now: datetime) -> None:
    """Drop the words that were read, in the transaction that moves the cursor."""
    if cursor is not None:
        work.deliveries.drop(source, until=int(cursor), before=now - KNOWN_FOR)


class DeliveredTo:
    """What was delivered to one source; the database is opened when it is asked."""

    def __init__(self, store: Callable[[], Store], source: str) -> None:
        self._store, self._source = store, source

    def after(self, number: int, limit: int) -> Sequence[Delivery]:
        """Return what came after a number, in the order in which it was kept."""
        with self._store().reading() as work:
            return work.deliveries.after(self._source, number, limit)

    def last_at(self) -> datetime | None:
        """Say when something was delivered last."""
        with self._store().reading() as work:
            return work.deliveries.last_at(self._source)


def _entry(source: str, body: str, now: datetime) -> AuditEntry:
    written = body.encode("utf-8", "surrogatepass")
    return AuditEntry(
        action="delivery.kept",
        subject=f"source:{source}",
        at=now,
        detail={"sha256": hashlib.sha256(written).hexdigest(), "bytes": len(written)},
    )
