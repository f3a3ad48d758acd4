"""Which accounts are one author's, who looks at a ticket, and what they had to read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import delete, select, update

from bot.domain.dossiers import AccountId, AccountKey, JoinedAccount, Looking
from bot.domain.tickets import TicketId
from bot.storage.statements import AnyRow, Repository, insert
from bot.storage.tables import (
    ExposureRow,
    JoinedAccountRow,
    TicketViewerRow,
    table,
)

JOINED, VIEWERS = table(JoinedAccountRow), table(TicketViewerRow)
EXPOSURES = table(ExposureRow)


class SqlAccounts(Repository):
    """Accounts that people joined."""

    __slots__ = ()

    def of(self, key: AccountKey) -> JoinedAccount | None:
        """Return an account, if it is joined with any."""
        query = select(JOINED).where(
            JOINED.c.channel == key.channel, JOINED.c.author_id == key.external_id
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else _account(row)

    def together(self, person: int) -> Sequence[JoinedAccount]:
        """Return all accounts that are joined, in the order in which they were."""
        query = select(JOINED).where(JOINED.c.person == person).order_by(JOINED.c.id)
        return [_account(row) for row in self._db.execute(query)]

    def add(
        self, key: AccountKey, *, person: int, why: str, by: str, at: datetime
    ) -> JoinedAccount:
        """Put an account to a person's others; to none yet if ``person`` is 0."""
        row = {
            "channel": key.channel,
            "author_id": key.external_id,
            "person": person,
            "why": why,
            "joined_by": by,
            "joined_at": at,
        }
        number = self._db.scalars(JOINED.insert().returning(JOINED.c.id), row).one()
        if not person:
            self._db.execute(
                update(JOINED).where(JOINED.c.id == number).values(person=number)
            )
        return JoinedAccount(
            id=AccountId(number),
            key=key,
            person=person or number,
            why=why,
            joined_by=by,
            joined_at=at,
        )

    def move(self, person: int, to: int) -> None:
        """Let all accounts of one number share another."""
        self._db.execute(
            update(JOINED).where(JOINED.c.person == person).values(person=to)
        )

    def remove(self, account_id: AccountId) -> None:
        """Take one away from the others."""
        self._db.execute(delete(JOINED).where(JOINED.c.id == account_id))


def _account(row: AnyRow) -> JoinedAccount:
    return JoinedAccount(
        id=AccountId(row.id),
        key=AccountKey(channel=row.channel, external_id=row.author_id),
        person=row.person,
        why=row.why,
        joined_by=row.joined_by,
        joined_at=row.joined_at,
    )


class SqlViewers(Repository):
    """Who looks at what."""

    __slots__ = ()

    def look(self, ticket_id: TicketId, viewer: str, at: datetime) -> None:
        """Write that somebody looks at a ticket."""
        statement = insert(self._db, VIEWERS).values(
            ticket_id=ticket_id, viewer=viewer, seen_at=at
        )
        self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["viewer", "ticket_id"], set_={"seen_at": at}
            )
        )

    def forget(self, viewer: str, before: datetime) -> None:
        """Drop what somebody looked at before an instant."""
        self._db.execute(
            delete(VIEWERS).where(
                VIEWERS.c.viewer == viewer, VIEWERS.c.seen_at < before
            )
        )

    def looking(self, ticket_id: TicketId, since: datetime) -> Sequence[Looking]:
        """Return who was seen there since an instant, by name."""
        query = (
            select(VIEWERS.c.viewer, VIEWERS.c.seen_at)
            .where(VIEWERS.c.ticket_id == ticket_id, VIEWERS.c.seen_at >= since)
            .order_by(VIEWERS.c.viewer)
        )
        return [
            Looking(viewer=row.viewer, seen_at=row.seen_at)
            for row in self._db.execute(query)
        ]

    def looking_at(
        self, tickets: Collection[TicketId], since: datetime
    ) -> Mapping[TicketId, Sequence[str]]:
        """Return who was seen at each of several since an instant, by name."""
        query = (
            select(VIEWERS.c.ticket_id, VIEWERS.c.viewer)
            .where(VIEWERS.c.ticket_id.in_(tickets), VIEWERS.c.seen_at >= since)
            .order_by(VIEWERS.c.viewer)
        )
        found: dict[TicketId, list[str]] = {}
        for row in self._db.execute(query):
            found.setdefault(TicketId(row.ticket_id), []).append(row.viewer)
        return found

    def expose(self, viewer: str, day: date) -> int:
        """Count one more abusive text that somebody uncovered; return the day's."""
        statement = insert(self._db, EXPOSURES).values(
            viewer=viewer, day=day.isoformat(), texts=1
        )
        counted: int = self._db.scalars(
            statement.on_conflict_do_update(
                index_elements=["viewer", "day"],
                set_={"texts": EXPOSURES.c.texts + 1},
            ).returning(EXPOSURES.c.texts)
        ).one()
        return counted

    def exposures(self, day: date) -> Mapping[str, int]:
        """Return how many each of our people uncovered on a day."""
        query = select(EXPOSURES.c.viewer, EXPOSURES.c.texts).where(
            EXPOSURES.c.day == day.isoformat()
        )
        return {row.viewer: row.texts for row in self._db.execute(query)}
