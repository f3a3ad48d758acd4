"""What waits for somebody's yes, with the clock that runs for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import merge
from operator import attrgetter

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_, select, text

from bot.domain.inbox import NO_CLOCK, Place, Waiting
from bot.domain.letters import LetterState
from bot.domain.replies import ReplyState
from bot.storage.letters import LETTERS, letter_of
from bot.storage.replies import REPLIES, to_reply
from bot.storage.statements import Repository
from bot.storage.tables import IS_RED, SourceRow, TicketRow, table
from bot.storage.types import Instant

SOURCES, TICKETS = table(SourceRow), table(TicketRow)

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

    def free_and_red(self, brands: Collection[str] = (), *, most: int) -> int:
        """Count open tickets in code red that nobody has, no further than ``most``."""
        found = select(TICKETS.c.id).where(text(IS_RED), TICKETS.c.owner == "")
        if brands:
            found = found.where(TICKETS.c.brand.in_(sorted(brands)))
        counted = select(func.count()).select_from(found.limit(most).subquery())
        return self._db.scalar(counted) or 0

    def sources_off(self) -> Mapping[str, str]:
        """Return the sources that are not listened to, each with its reason."""
        query = select(SOURCES.c.name, SOURCES.c.off_because).where(
            SOURCES.c.off_because != ""
        )
        return {row.name: row.off_because for row in self._db.execute(query)}


def _behind(rows: Table, after: Place, *, is_reply: bool) -> ColumnElement[bool]:
    at = literal(after.due_at, Instant())
    if is_reply and not after.is_reply:
        return at <= DUE
    if after.is_reply and not is_reply:
        return at < DUE
    return or_(at < DUE, and_(at == DUE, rows.c.id > after.number))
