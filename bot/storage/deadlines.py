"""What each ticket owes next, kept beside it, so that lists need not read its clocks.

Whatever changes a clock has ``settle`` called in the same transaction, at its end.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    type_coerce,
    update,
)

from bot.domain.clocks import ClockKind, ClockState
from bot.domain.tickets import TicketId
from bot.storage.tables import IS_OPEN_CLOCK, ClockRow, TicketRow, table

TICKETS, CLOCKS = table(TicketRow), table(ClockRow)


def settle(db: Connection, ticket_id: TicketId) -> None:
    """Write anew what a ticket owes, after its clocks changed."""
    db.execute(_SETTLE, {"which": ticket_id})


def _first(at: ColumnElement[Any], *wanted: ColumnElement[bool]) -> Any:  # noqa: ANN401 - a scalar subquery
    told = type_coerce(CLOCKS.c.inputs, Text())
    return (
        select(func.min(at))
        .where(
            CLOCKS.c.ticket_id == TICKETS.c.id,
            *wanted,
            # A chance that nobody must take.
            told.not_like('%"waives":%'),
            told.not_like('%"chance":%'),
        )
        .scalar_subquery()
    )


_NEXT = case(
    (CLOCKS.c.state == ClockState.LATE, CLOCKS.c.due_legal), else_=CLOCKS.c.due_strict
)
_IS_OPEN: Any = text(IS_OPEN_CLOCK)
_IS_OWED_STILL = (CLOCKS.c.state == ClockState.BREACHED) & CLOCKS.c.ended_at.is_(None)
DEADLINES = {
    "next_legal_at": _first(_NEXT, _IS_OPEN, CLOCKS.c.kind == ClockKind.LEGAL),
    "next_service_at": _first(_NEXT, _IS_OPEN, CLOCKS.c.kind == ClockKind.SERVICE),
    "next_due_at": _first(_NEXT, _IS_OPEN),
    "overdue_at": _first(CLOCKS.c.due_legal, _IS_OWED_STILL),
}
"""Each column of a ticket that tells of deadlines, as its clocks say it."""

_WRITE = update(TICKETS).values(DEADLINES)
_SETTLE = _WRITE.where(TICKETS.c.id == bindparam("which"))
HAS_DRIFTED = or_(
    *(TICKETS.c[name].is_distinct_from(said) for name, said in DEADLINES.items())
)
"""Whether what stands beside a ticket is not what its clocks say."""

OWING_CLOCKS = select(CLOCKS.c.ticket_id).where(or_(_IS_OPEN, _IS_OWED_STILL))
"""The tickets of which clocks say that something is owed."""
