"""Private hand-offs, the links to their forms, and answers until a person read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, delete, func, select, text, update

from bot.domain.handoff import (
    HandOff,
    HandOffId,
    HandOffLink,
    HandOffState,
    HandOffWay,
    LinkNumber,
    LockedAnswers,
)
from bot.domain.replies import ReplyId
from bot.domain.tickets import TicketId
from bot.errors import Missing
from bot.storage.statements import AnyRow, Repository, insert_new
from bot.storage.tables import (
    IS_OPEN_HAND_OFF,
    HandOffAnswerRow,
    HandOffLinkRow,
    HandOffRow,
    table,
)

HAND_OFFS, LINKS = table(HandOffRow), table(HandOffLinkRow)
ANSWERS = table(HandOffAnswerRow)


class SqlHandOffs(Repository):
    """Who is on the way from the public to a private talk."""

    __slots__ = ()

    def add(self, hand_off: HandOff) -> HandOff | None:
        """Store one; ``None`` if the ticket has one that is not over."""
        statement = insert_new(self._db, HAND_OFFS, "id")
        number = self._db.scalar(statement, _row(hand_off))
        return None if number is None else replace(hand_off, id=HandOffId(number))

    def get(self, hand_off_id: HandOffId) -> HandOff:
        """Return one, or raise ``Missing``."""
        found = self._all(HAND_OFFS.c.id == hand_off_id)
        if not found:
            message = f"there is no hand-off {hand_off_id}"
            raise Missing(message)
        return found[0]

    def open_of(self, ticket_id: TicketId) -> HandOff | None:
        """Return the one of a ticket that is not over."""
        found = self._all(HAND_OFFS.c.ticket_id == ticket_id, text(IS_OPEN_HAND_OFF))
        return found[0] if found else None

    def of_ticket(self, ticket_id: TicketId) -> Sequence[HandOff]:
        """Return all of a ticket, oldest first."""
        return self._all(HAND_OFFS.c.ticket_id == ticket_id)

    def of_author(self, channel: str, brand: str, author: str) -> Sequence[HandOff]:
        """Return an author's that are not over, oldest first."""
        return self._all(
            HAND_OFFS.c.channel == channel,
            HAND_OFFS.c.brand == brand,
            HAND_OFFS.c.author == author,
            text(IS_OPEN_HAND_OFF),
        )

    def due(self, now: datetime, limit: int) -> Sequence[HandOff]:
        """Return those to be looked at, earliest first, none held."""
        query = (
            select(HAND_OFFS)
            .where(text(IS_OPEN_HAND_OFF), HAND_OFFS.c.due_at <= now)
            .order_by(HAND_OFFS.c.due_at, HAND_OFFS.c.id)
            .limit(limit)
        )
        return [_hand_off(row) for row in self._db.execute(self._held(query))]

    def listing(
        self, *, state: HandOffState | None = None, limit: int = 50
    ) -> Sequence[HandOff]:
        """Return those in a state, or all that are not over, oldest first."""
        if state is None:
            return self._all(text(IS_OPEN_HAND_OFF), limit=limit)
        return self._all(HAND_OFFS.c.state == state, limit=limit)

    def change(self, before: HandOff, after: HandOff) -> bool:
        """Write the changed one, if nobody has changed it meanwhile."""
        statement = (
            update(HAND_OFFS)
            .where(HAND_OFFS.c.id == before.id, HAND_OFFS.c.version == before.version)
            .values(_row(replace(after, version=before.version + 1)))
        )
        return self._db.execute(statement).rowcount == 1

    def look_later(self, hand_off: HandOff, until: datetime) -> None:
        """Let one that has not changed be looked at then; it is none the newer."""
        self._db.execute(
            update(HAND_OFFS)
            .where(
                HAND_OFFS.c.id == hand_off.id, HAND_OFFS.c.version == hand_off.version
            )
            .values(due_at=until)
        )

    def add_link(self, link: HandOffLink) -> HandOffLink:
        """Store a link and give it its number."""
        statement = LINKS.insert().returning(LINKS.c.number)
        number = self._db.scalar(statement, _link_row(link))
        return replace(link, number=LinkNumber(number))

    def carry(self, number: LinkNumber, reply_id: ReplyId) -> None:
        """Say which reply carries a link."""
        self._db.execute(
            update(LINKS).where(LINKS.c.number == number).values(reply_id=reply_id)
        )

    def link(self, number: LinkNumber) -> HandOffLink:
        """Return one that nobody else changes until this transaction ends.

        Raises ``Missing``.
        """
        query = select(LINKS).where(LINKS.c.number == number)
        row = self._db.execute(query.with_for_update()).first()
        if row is None:
            message = "this link is none of ours"
            raise Missing(message)
        return _link(row)

    def link_in(self, reply_id: ReplyId) -> LinkNumber | None:
        """Return the number of the link that a reply carries."""
        number: int | None = self._db.scalar(
            select(LINKS.c.number).where(LINKS.c.reply_id == reply_id)
        )
        return None if number is None else LinkNumber(number)

    def has_link(self, hand_off_id: HandOffId, now: datetime) -> bool:
        """Whether a link of theirs is good still."""
        query = select(func.count()).where(
            LINKS.c.hand_off_id == hand_off_id,
            LINKS.c.used_at.is_(None),
            LINKS.c.void_at.is_(None),
            LINKS.c.expires_at > now,
        )
        return bool(self._db.scalar(query))

    def use_link(self, number: LinkNumber, at: datetime) -> bool:
        """Use a link up; ``False`` if somebody did already."""
        statement = (
            update(LINKS)
            .where(
                LINKS.c.number == number,
                LINKS.c.used_at.is_(None),
                LINKS.c.void_at.is_(None),
            )
            .values(used_at=at)
        )
        return self._db.execute(statement).rowcount == 1

    def miss(self, number: LinkNumber) -> int:
        """Count answers that could not be taken; return how many those are by now."""
        statement = (
            update(LINKS)
            .where(LINKS.c.number == number)
            .values(attempts=LINKS.c.attempts + 1)
            .returning(LINKS.c.attempts)
        )
        return int(self._db.scalar(statement) or 0)

    def void_links(self, hand_off_id: HandOffId, at: datetime) -> None:
        """Let no link of theirs be good any more."""
        self._db.execute(
            update(LINKS)
            .where(
                LINKS.c.hand_off_id == hand_off_id,
                LINKS.c.used_at.is_(None),
                LINKS.c.void_at.is_(None),
            )
            .values(void_at=at)
        )

    def keep_answers(self, answers: LockedAnswers) -> None:
        """Keep what was answered, in the place of what was before."""
        self.purge_answers(answers.hand_off_id)
        self._db.execute(
            ANSWERS.insert(),
            {one.name: getattr(answers, one.name) for one in fields(answers)},
        )

    def answers(self, hand_off_id: HandOffId) -> LockedAnswers | None:
        """Return what was answered, as long as it is kept."""
        query = select(ANSWERS).where(ANSWERS.c.hand_off_id == hand_off_id)
        row = self._db.execute(query).first()
        return None if row is None else _answers(row)

    def kept_too_long(self, now: datetime) -> Sequence[HandOffId]:
        """Return whose answers are here still though their time is over."""
        query = select(ANSWERS.c.hand_off_id).where(ANSWERS.c.purge_at <= now)
        return [HandOffId(number) for number in self._db.scalars(query)]

    def purge_answers(self, hand_off_id: HandOffId) -> bool:
        """Forget what was answered; say whether there was anything."""
        statement = delete(ANSWERS).where(ANSWERS.c.hand_off_id == hand_off_id)
        return self._db.execute(statement).rowcount > 0

    def _all(
        self, *wanted: ColumnElement[bool] | TextClause, limit: int | None = None
    ) -> Sequence[HandOff]:
        query = select(HAND_OFFS).where(*wanted).order_by(HAND_OFFS.c.id).limit(limit)
        return [_hand_off(row) for row in self._db.execute(query)]


_NAMES = tuple(field.name for field in fields(HandOff))
"""The columns bear the fields' names."""
_LINK_NAMES = tuple(field.name for field in fields(HandOffLink))


def _row(hand_off: HandOff) -> dict[str, object]:
    return {name: getattr(hand_off, name) for name in _NAMES if name != "id"}


def _hand_off(row: AnyRow) -> HandOff:
    kept = HandOff(**{name: getattr(row, name) for name in _NAMES})
    return replace(kept, state=HandOffState(row.state), way=HandOffWay(row.way))


def _link_row(link: HandOffLink) -> dict[str, object]:
    return {name: getattr(link, name) for name in _LINK_NAMES if name != "number"}


def _link(row: AnyRow) -> HandOffLink:
    return HandOffLink(**{name: getattr(row, name) for name in _LINK_NAMES})


def _answers(row: AnyRow) -> LockedAnswers:
    return LockedAnswers(
        hand_off_id=HandOffId(row.hand_off_id),
        locked=row.locked,
        given_at=row.given_at,
        purge_at=row.purge_at,
    )
