"""The tail of the log, with whose each thing is: read by primary keys alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    func,
    null,
    select,
)

from bot.domain.live import Change
from bot.domain.tickets import TicketId
from bot.storage.statements import AnyRow, chunks
from bot.storage.tables import (
    AuditEntryRow,
    LetterRow,
    MentionRow,
    ReplyRow,
    TicketRow,
    table,
)

ENTRIES, MENTIONS = table(AuditEntryRow), table(MentionRow)
REPLIES, TICKETS = table(ReplyRow), table(TicketRow)
LETTERS = table(LetterRow)


_WHOSE: Mapping[str, tuple[Table, Select[Any]]] = {
    "ticket": (
        TICKETS,
        select(TICKETS.c.id, TICKETS.c.brand, TICKETS.c.id.label("ticket")),
    ),
    "mention": (
        MENTIONS,
        select(MENTIONS.c.id, MENTIONS.c.brand, null().label("ticket")),
    ),
    "reply": (
        REPLIES,
        select(REPLIES.c.id, REPLIES.c.brand, REPLIES.c.ticket_id.label("ticket")),
    ),
    "letter": (
        LETTERS,
        select(
            LETTERS.c.id, TICKETS.c.brand, LETTERS.c.ticket_id.label("ticket")
        ).join_from(LETTERS, TICKETS, TICKETS.c.id == LETTERS.c.ticket_id),
    ),
}


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
        "letter": _brands(db, "letter", rows),
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
    wanted = {
        _number(row.subject.partition(":")[2])
        for row in rows
        if row.subject.startswith(f"{kind}:")
    }
    of, query = _WHOSE[kind]
    return {
        row.id: (row.brand, None if row.ticket is None else TicketId(row.ticket))
        for some in chunks(sorted(wanted))
        for row in db.execute(query.where(of.c.id.in_(some)))
    }


def _number(written: str) -> int:
    return int(written) if written.isdecimal() else 0
