"""The tail of the log, with whose each thing is: read by primary keys alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, func, select

from bot.domain.live import Change
from bot.domain.tickets import TicketId
from bot.storage.statements import AnyRow, chunks
from bot.storage.tables import (
    AuditEntryRow,
    MentionRow,
    ReplyRow,
    TicketRow,
    table,
)

ENTRIES, MENTIONS = table(AuditEntryRow), table(MentionRow)
REPLIES, TICKETS = table(ReplyRow), table(TicketRow)


def newest_entry(db: Connection) -> int:
    """Return the highest number in the log; 0 for none."""
    return db.scalar(select(func.max(ENTRIES.c.id))) or 0


def changes(
    db: Connection, after: int, missing: Sequence[int], limit: int
) -> Sequence[Change]:
    """Return what came after an entry, and those of the missing that came since."""
    rows = [
        *(row for some in chunks(missing) for row in _read(db, ENTRIES.c.id.in_(some))),
        *_read(db, ENTRIES.c.id > after, limit),
    ]
    brands = {
        "ticket": _brands(db, "ticket", rows),
        "mention": _brands(db, "mention", rows),
        "reply": _brands(db, "reply", rows),
    }
    found = []
    for row in rows:
        kind, _, written = row.subject.partition(":")
        brand, ticket = brands.get(kind, {}).get(_number(written), ("", None))
        found.append(
            Change(
                entry=row.id,
                action=row.action,
                subject=row.subject,
                brand=brand,
                ticket=ticket,
            )
        )
    return found


def _read(
    db: Connection, which: ColumnElement[bool], limit: int | None = None
) -> list[AnyRow]:
    query = select(ENTRIES.c.id, ENTRIES.c.action, ENTRIES.c.subject).where(which)
    return list(db.execute(query.order_by(ENTRIES.c.id).limit(limit)))


def _brands(
    db: Connection, kind: str, rows: Iterable[AnyRow]
) -> dict[int, tuple[str, TicketId | None]]:
    of = {"ticket": TICKETS, "mention": MENTIONS, "reply": REPLIES}[kind]
    ticket = {"ticket": TICKETS.c.id, "reply": REPLIES.c.ticket_id}.get(kind)
    wanted = {
        _number(row.subject.partition(":")[2])
        for row in rows
        if row.subject.startswith(f"{kind}:")
    }
    columns = [of.c.id, of.c.brand, *([] if ticket is None else [ticket.label("of")])]
    return {
        row.id: (row.brand, None if ticket is None else TicketId(row.of))
        for some in chunks(sorted(wanted))
        for row in db.execute(select(*columns).where(of.c.id.in_(some)))
    }


def _number(written: str) -> int:
    return int(written) if written.isdecimal() else 0
