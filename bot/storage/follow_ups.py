"""Follow-ups: found through an index of just those that are not over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select, text, update

from bot.domain.follow_ups import FollowUp, FollowUpId, FollowUpState, Occasion
from bot.domain.tickets import TicketId
from bot.storage.statements import AnyRow, Repository, insert_new
from bot.storage.tables import IS_OPEN_FOLLOW_UP, FollowUpRow, table

FOLLOW_UPS = table(FollowUpRow)


class SqlFollowUps(Repository):
    """What the authors of tickets are to hear of us."""

    __slots__ = ()

    def add(self, follow_up: FollowUp) -> bool:
        """Store one; ``False`` if it was there (ticket, episode, occasion)."""
        statement = insert_new(self._db, FOLLOW_UPS, "id")
        return self._db.scalar(statement, _row(follow_up)) is not None

    def due(self, now: datetime, limit: int) -> Sequence[FollowUp]:
        """Return those to be looked at, earliest first, none held."""
        query = (
            select(FOLLOW_UPS)
            .where(text(IS_OPEN_FOLLOW_UP), FOLLOW_UPS.c.due_at <= now)
            .order_by(FOLLOW_UPS.c.due_at, FOLLOW_UPS.c.id)
            .limit(limit)
        )
        return [_follow_up(row) for row in self._db.execute(self._held(query))]

    def change(self, before: FollowUp, after: FollowUp) -> bool:
        """Write the changed one, if it still stands and is due as it was."""
        statement = (
            update(FOLLOW_UPS)
            .where(
                FOLLOW_UPS.c.id == before.id,
                FOLLOW_UPS.c.state == before.state,
                FOLLOW_UPS.c.due_at == before.due_at,
            )
            .values(_row(after))
        )
        return self._db.execute(statement).rowcount == 1

    def hurry(self, ticket_id: TicketId, at: datetime) -> int:
        """Let all of a ticket that are not over be looked at by then."""
        statement = (
            update(FOLLOW_UPS)
            .where(
                FOLLOW_UPS.c.ticket_id == ticket_id,
                text(IS_OPEN_FOLLOW_UP),
                FOLLOW_UPS.c.due_at > at,
            )
            .values(due_at=at)
        )
        return self._db.execute(statement).rowcount

    def of_ticket(self, ticket_id: TicketId) -> Sequence[FollowUp]:
        """Return all of a ticket, in the order in which they were planned."""
        return self._all(FOLLOW_UPS.c.ticket_id == ticket_id)

    def _all(self, *wanted: ColumnElement[bool]) -> Sequence[FollowUp]:
        query = select(FOLLOW_UPS).where(*wanted).order_by(FOLLOW_UPS.c.id)
        return [_follow_up(row) for row in self._db.execute(query)]


_NAMES = tuple(field.name for field in fields(FollowUp))
"""The columns bear the fields' names."""


def _row(follow_up: FollowUp) -> dict[str, object]:
    return {name: getattr(follow_up, name) for name in _NAMES if name != "id"}


def _follow_up(row: AnyRow) -> FollowUp:
    kept = FollowUp(**{name: getattr(row, name) for name in _NAMES})
    return replace(
        kept,
        id=FollowUpId(row.id),
        occasion=Occasion(row.occasion),
        state=FollowUpState(row.state),
    )
