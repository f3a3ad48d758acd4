"""What waits for somebody's yes, with the clock that runs for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import merge
from operator import attrgetter

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_, select, text

from bot.domain.inbox import NO_CLOCK, Place, Waiting
from bot.domain.letters import LetterState
from bot.domain.replies import ReplyState
from bot.storage.letters import LETTERS, letter_of
from bot.storage.replies import REPLIES, to_reply
from bot.storage.statements import Repository
from bot.storage.tables import IS_RED, TicketRow, table
from bot.storage.types import Instant

TICKETS = table(TicketRow)

DUE = func.coalesce(
    TICKETS.c.overdue_at,
    TICKETS.c.next_due_at,
    literal(NO_CLOCK, Instant()),
    type_=Instant(),
)


class SqlInbox(Repository):
    """Read-only questions of those who agree to what others wrote."""

    __slots__ = ()

    def waiting(
        self, *, limit: int, brands: Collection[str] = (), after: Place | None = None
    ) -> Sequence[Waiting]:
        """Return what waits, earliest due first; all brands' if none is named."""
        letters = self._of(LETTERS, LetterState.SUBMITTED, brands, after, limit)
        replies = self._of(REPLIES, ReplyState.SUBMITTED, brands, after, limit)
        by_place = attrgetter("place.due_at", "place.is_reply", "place.number")
        return list(merge(letters, replies, key=by_place))[:limit]

    def _of(
        self,
        rows: Table,
        state: str,
        brands: Collection[str],
        after: Place | None,
        limit: int,
    ) -> list[Waiting]:
        is_reply = rows is REPLIES
        query = (
            select(rows, TICKETS.c.brand.label("of_brand"), DUE.label("due"))
            .join(TICKETS, TICKETS.c.id == rows.c.ticket_id)
            .where(rows.c.state == state)
            .order_by(DUE, rows.c.id)
            .limit(limit)
        )
        if brands:
            query = query.where(TICKETS.c.brand.in_(sorted(brands)))
        if after is not None:
            query = query.where(_behind(rows, after, is_reply=is_reply))
        made = to_reply if is_reply else letter_of
        return [
            Waiting(what=made(row), brand=row.of_brand, due_at=row.due)
            for row in self._db.execute(query)
        ]

    def free_and_red(self, brands: Collection[str] = ()) -> int:
        """Count open tickets in code red that nobody has."""
        query = (
            select(func.count())
            .select_from(TICKETS)
            .where(text(IS_RED), TICKETS.c.owner == "")
        )
        if brands:
            query = query.where(TICKETS.c.brand.in_(sorted(brands)))
        return self._db.scalar(query) or 0


def _behind(rows: Table, after: Place, *, is_reply: bool) -> ColumnElement[bool]:
    at = literal(after.due_at, Instant())
    if is_reply and not after.is_reply:
        return at <= DUE
    if after.is_reply and not is_reply:
        return at < DUE
    return or_(at < DUE, and_(at == DUE, rows.c.id > after.number))
