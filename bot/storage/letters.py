"""Legal notices, and who agreed to which text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from bot.domain.letters import Letter, LetterId, LetterState, letter_key
from bot.domain.replies import Approval
from bot.domain.tickets import TicketId
from bot.errors import Missing
from bot.storage.rows import to_approval
from bot.storage.statements import AnyRow, Repository
from bot.storage.tables import ApprovalRow, LetterRow, table

LETTERS, APPROVALS = table(LetterRow), table(ApprovalRow)


class SqlLetters(Repository):
    """What a regulation makes us write to a complainant alone."""

    __slots__ = ()

    def add(self, letter: Letter) -> Letter:
        """Store a new one and return it with its id."""
        statement = insert(LETTERS).returning(LETTERS.c.id)
        letter_id = self._db.scalar(statement, _row(letter))
        assert letter_id is not None  # noqa: S101 - the database has just given it
        return replace(letter, id=LetterId(letter_id))

    def get(self, letter_id: LetterId) -> Letter:
        """Return one, or raise ``Missing``."""
        found = self._all(LETTERS.c.id == letter_id)
        if not found:
            message = f"there is no legal notice {letter_key(letter_id)}"
            raise Missing(message)
        return found[0]

    def hold(self, letter_id: LetterId) -> Letter:
        """Return one that nobody else changes until this transaction ends."""
        lock = select(LETTERS.c.id).where(LETTERS.c.id == letter_id)
        self._db.execute(lock.with_for_update())
        return self.get(letter_id)

    def move(self, letter: Letter, *, before: LetterState) -> bool:
        """Write the changed one, if it still stands at ``before``."""
        wanted = (LETTERS.c.id == letter.id, LETTERS.c.state == before)
        statement = update(LETTERS).where(*wanted).values(_row(letter))
        return self._db.execute(statement).rowcount == 1

    def of_ticket(self, ticket_id: TicketId) -> Sequence[Letter]:
        """Return the ticket's, oldest first."""
        return self._all(LETTERS.c.ticket_id == ticket_id)

    def listing(self, limit: int) -> Sequence[Letter]:
        """Return the newest first."""
        query = select(LETTERS).order_by(LETTERS.c.id.desc()).limit(limit)
        return [letter_of(row) for row in self._db.execute(query)]

    def approve(self, letter: Letter, *, by: str, at: datetime) -> None:
        """Keep a named person's yes to its exact text."""
        self._db.execute(
            insert(APPROVALS),
            {
                "letter_id": letter.id,
                "text_hash": letter.text_hash,
                "approved_by": by,
                "approved_at": at,
            },
        )

    def approvals(self, letter_id: LetterId) -> Sequence[Approval]:
        """Return every yes to its texts, void ones too, oldest first."""
        query = (
            select(APPROVALS)
            .where(APPROVALS.c.letter_id == letter_id)
            .order_by(APPROVALS.c.id)
        )
        return [to_approval(row) for row in self._db.execute(query)]

    def void_approvals(self, letter_id: LetterId, at: datetime) -> None:
        """Let no yes that was said to it so far hold any more."""
        holds = APPROVALS.c.voided_at.is_(None)
        statement = update(APPROVALS).where(APPROVALS.c.letter_id == letter_id, holds)
        self._db.execute(statement.values(voided_at=at))

    def _all(self, *wanted: ColumnElement[bool]) -> Sequence[Letter]:
        query = select(LETTERS).where(*wanted).order_by(LETTERS.c.id)
        return [letter_of(row) for row in self._db.execute(query)]


_NAMES = tuple(field.name for field in fields(Letter))
"""The columns bear the fields' names."""


def _row(letter: Letter) -> dict[str, object]:
    return {name: getattr(letter, name) for name in _NAMES if name != "id"}


def letter_of(row: AnyRow) -> Letter:
    """Return the letter that a row holds."""
    values = {name: getattr(row, name) for name in _NAMES}
    values["state"] = LetterState(values["state"])
    return Letter(**values)
