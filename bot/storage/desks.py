"""Mirrors of tickets at outside desks, and changes on their way to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, exists, func, or_, select, text, update

from bot.domain.desks import DeskChange, DeskLink, Sending
from bot.domain.tickets import TicketId, TicketStatus
from bot.storage.statements import AnyRow, Repository, insert
from bot.storage.tables import (
    IS_UNSENT,
    IS_WAITING_NOTICE,
    DeskChangeRow,
    DeskLinkRow,
    table,
)

LINKS, CHANGES = table(DeskLinkRow), table(DeskChangeRow)
ON_THE_WAY = (Sending.WAITING, Sending.SENDING, Sending.UNKNOWN)
IN_FLIGHT = (Sending.SENDING, Sending.UNKNOWN)


class SqlDesks(Repository):
    """One change of a ticket waits for a desk at most, and one is on its way."""

    __slots__ = ("_names",)

    def __init__(self, db: Connection, names: Sequence[str] = ()) -> None:
        """Work on the transaction of this connection; ``names`` are all desks."""
        super().__init__(db)
        self._names = names

    def touch(self, ticket_id: TicketId) -> None:
        """Line up a change for every desk; one that waits already takes it in."""
        for desk in self._names:
            self.touch_one(desk, ticket_id)

    def touch_one(self, desk: str, ticket_id: TicketId) -> None:
        """Line up a change for one desk.

        The change that waits is written, not passed over: whoever would send it waits
        for this transaction then, and reads the ticket as it leaves it.
        """
        statement = insert(self._db, CHANGES).on_conflict_do_update(
            index_elements=["desk", "ticket_id"],
            index_where=text(IS_WAITING_NOTICE),
            set_={"joined": CHANGES.c.joined + 1},
        )
        row = {
            "desk": desk,
            "ticket_id": ticket_id,
            "state": Sending.WAITING,
            "joined": 0,
            "attempts": 0,
            "looks": 0,
            "reason": "",
        }
        self._db.execute(statement, row)

    def due(self, desk: str, now: datetime, limit: int) -> Sequence[DeskChange]:
        """Return what may go out now, oldest first; of each ticket one at a time."""
        other = CHANGES.alias()
        is_free = ~exists().where(
            other.c.desk == CHANGES.c.desk,
            other.c.ticket_id == CHANGES.c.ticket_id,
            other.c.state.in_(IN_FLIGHT),
            other.c.id != CHANGES.c.id,
        )
        query = (
            select(CHANGES)
            .where(
                text(f"desk_changes.{IS_UNSENT}"),
                CHANGES.c.desk == desk,
                CHANGES.c.state.in_(ON_THE_WAY),
                or_(CHANGES.c.next_at.is_(None), CHANGES.c.next_at <= now),
                is_free,
            )
            .order_by(CHANGES.c.id)
            .limit(limit)
        )
        return [_change(row) for row in self._db.execute(query)]

    def claim(self, change: DeskChange, *, until: datetime) -> bool:
        """Move one to ``sending``, if it still stands as given, and count the try."""
        claimed = (
            update(CHANGES)
            .where(
                CHANGES.c.id == change.id,
                CHANGES.c.state == change.state,
                CHANGES.c.attempts == change.attempts,
            )
            .values(state=Sending.SENDING, attempts=change.attempts + 1, next_at=until)
        )
        return self._db.execute(claimed).rowcount == 1

    def settle(
        self,
        change: DeskChange,
        state: Sending,
        *,
        attempts: int,
        looks: int = 0,
        next_at: datetime | None = None,
        reason: str = "",
    ) -> bool:
        """Write what came of the try that ``claim`` counted, unless it was too late.

        One that is to wait again joins what was lined up meanwhile.
        """
        values = {
            "state": state,
            "attempts": attempts,
            "looks": looks,
            "next_at": next_at,
            "reason": reason,
        }
        mine = (
            CHANGES.c.id == change.id,
            CHANGES.c.state == Sending.SENDING,
            CHANGES.c.attempts == change.attempts + 1,
        )
        if state is Sending.WAITING:
            later = update(CHANGES).where(
                text(IS_WAITING_NOTICE),
                CHANGES.c.desk == change.desk,
                CHANGES.c.ticket_id == change.ticket_id,
            )
            if self._db.execute(later.values(values)).rowcount:
                values = {"state": Sending.DONE, "reason": "joined a later change"}
        return (
            self._db.execute(update(CHANGES).where(*mine).values(values)).rowcount == 1
        )

    def take_up(self, desk: str, ids: Collection[int]) -> Sequence[DeskChange]:
        """Line up anew what was given up, all of it if no ids are named."""
        which = [CHANGES.c.desk == desk, CHANGES.c.state == Sending.GIVEN_UP]
        if ids:
            which.append(CHANGES.c.id.in_(ids))
        taken = [
            _change(row)
            for row in self._db.execute(
                select(CHANGES).where(*which).order_by(CHANGES.c.id)
            )
        ]
        for one in taken:
            self._db.execute(
                update(CHANGES)
                .where(CHANGES.c.id == one.id)
                .values(state=Sending.DONE, reason="taken up anew")
            )
            self.touch_one(desk, one.ticket_id)
        return taken

    def listing(
        self, desk: str, *, states: Collection[Sending], limit: int
    ) -> Sequence[DeskChange]:
        """Return changes in these states, oldest first."""
        query = (
            select(CHANGES)
            .where(CHANGES.c.desk == desk, CHANGES.c.state.in_(states))
            .order_by(CHANGES.c.id)
            .limit(limit)
        )
        return [_change(row) for row in self._db.execute(query)]

    def counts(self, desk: str) -> Mapping[Sending, int]:
        """Count what is not done."""
        query = (
            select(CHANGES.c.state, func.count())
            .where(text(IS_UNSENT), CHANGES.c.desk == desk)
            .group_by(CHANGES.c.state)
        )
        return {Sending(state): count for state, count in self._db.execute(query)}

    def link(self, desk: str, ticket_id: TicketId) -> DeskLink | None:
        """Return a ticket's mirror at a desk, if there is one or may be."""
        query = select(LINKS).where(
            LINKS.c.desk == desk, LINKS.c.ticket_id == ticket_id
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else _link(row)

    def linked(self, desk: str, external_id: str) -> DeskLink | None:
        """Return the mirror that the desk names so."""
        query = select(LINKS).where(
            LINKS.c.desk == desk,
            LINKS.c.external_id == external_id,
            LINKS.c.external_id != "",
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else _link(row)

    def keep(self, link: DeskLink) -> None:
        """Write a mirror."""
        row = asdict(link)
        news = {name: row[name] for name in row if name not in {"desk", "ticket_id"}}
        statement = insert(self._db, LINKS).on_conflict_do_update(
            index_elements=["desk", "ticket_id"], set_=news
        )
        self._db.execute(statement, row)


def _change(row: AnyRow) -> DeskChange:
    return DeskChange(
        id=row.id,
        desk=row.desk,
        ticket_id=TicketId(row.ticket_id),
        state=Sending(row.state),
        attempts=row.attempts,
        looks=row.looks,
        reason=row.reason,
        next_at=row.next_at,
    )


def _link(row: AnyRow) -> DeskLink:
    return DeskLink(
        desk=row.desk,
        ticket_id=TicketId(row.ticket_id),
        key=row.key,
        external_id=row.external_id,
        url=row.url,
        known=row.known,
        told=row.told,
        in_doubt=row.in_doubt,
        status=TicketStatus(row.status),
        assignee=row.assignee,
        changed_at=row.changed_at,
    )
