"""Messages to our own people that wait to go out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select, text, update

from bot.domain.ports import GivenUp, Notice, StoredNotice
from bot.domain.tickets import TicketId
from bot.storage.statements import AnyRow, Repository, chunks, insert_new
from bot.storage.tables import (
    DELIVERED,
    GIVEN_UP,
    IS_GIVEN_UP,
    IS_UNDECIDABLE,
    IS_WAITING_NOTICE,
    WAITING,
    NoticeRow,
    table,
)

NOTICES = table(NoticeRow)


class SqlNotices(Repository):
    """One message per key, however often it is told."""

    __slots__ = ()

    def add(self, notice: Notice, at: datetime) -> bool:
        """Queue one; ``False`` if its key was queued before."""
        statement = insert_new(self._db, NOTICES, "id")
        row = {
            "key": notice.key,
            "recipient": notice.to,
            "subject": notice.subject,
            "body": notice.body,
            "ticket_id": notice.ticket_id,
            "is_important": notice.is_important,
            "facts": notice.facts or None,
            "created_at": at,
            "state": WAITING,
            "attempts": 0,
            "reason": "",
            "delivered_by": "",
        }
        return self._db.scalar(statement, row) is not None

    def waiting(self, now: datetime, limit: int) -> Sequence[StoredNotice]:
        """Return those whose time has come: important ones first, then oldest."""
        query = (
            select(NOTICES)
            .where(
                text(IS_WAITING_NOTICE),
                or_(NOTICES.c.next_at.is_(None), NOTICES.c.next_at <= now),
            )
            .order_by(NOTICES.c.is_important.desc(), NOTICES.c.id)
            .limit(limit)
        )
        return [_stored(row) for row in self._db.execute(self._held(query))]

    def settle(self, notice_id: int, *, delivered_by: str, at: datetime) -> None:
        """Record that one was delivered, and how."""
        self._db.execute(
            update(NOTICES)
            .where(NOTICES.c.id == notice_id)
            .values(
                state=DELIVERED,
                attempts=NOTICES.c.attempts + 1,
                delivered_by=delivered_by,
                delivered_at=at,
            )
        )

    def postpone(self, notice_id: int, *, until: datetime | None, reason: str) -> None:
        """Try again at ``until``; ``None`` gives up and keeps the reason."""
        self._db.execute(
            update(NOTICES)
            .where(NOTICES.c.id == notice_id, text(IS_WAITING_NOTICE))
            .values(
                state=GIVEN_UP if until is None else WAITING,
                attempts=NOTICES.c.attempts + 1,
                next_at=until,
                reason=reason,
            )
        )

    def given_up(self, limit: int) -> Sequence[GivenUp]:
        """Return what reached nobody, the newest first."""
        query = select(NOTICES).where(text(IS_GIVEN_UP)).order_by(NOTICES.c.id.desc())
        return [
            GivenUp(notice=_stored(row), reason=row.reason, at=row.created_at)
            for row in self._db.execute(query.limit(limit))
        ]

    def take_up(self, ids: Collection[int]) -> int:
        """Let notices that were given up wait anew; return how many did."""
        taken = 0
        for some in chunks(sorted(ids)):
            statement = update(NOTICES).where(NOTICES.c.id.in_(some), text(IS_GIVEN_UP))
            news = {"state": WAITING, "attempts": 0, "next_at": None}
            taken += self._db.execute(statement.values(news)).rowcount
        return taken

    def undecidable(self, limit: int) -> Sequence[StoredNotice]:
        """Return what was told of mentions that could not be decided, newest first."""
        query = select(NOTICES).where(text(IS_UNDECIDABLE))
        newest = query.order_by(NOTICES.c.id.desc()).limit(limit)
        return [_stored(row) for row in self._db.execute(newest)]

    def hold(self, notice_id: int, *, until: datetime) -> None:
        """Let one wait until then without counting it as a try."""
        self._db.execute(
            update(NOTICES)
            .where(NOTICES.c.id == notice_id, text(IS_WAITING_NOTICE))
            .values(next_at=until)
        )


def _stored(row: AnyRow) -> StoredNotice:
    ticket_id = None if row.ticket_id is None else TicketId(row.ticket_id)
    notice = Notice(
        key=row.key,
        to=row.recipient,
        subject=row.subject,
        body=row.body,
        ticket_id=ticket_id,
        is_important=row.is_important,
        facts=row.facts or {},
    )
    return StoredNotice(id=row.id, notice=notice, attempts=row.attempts)
