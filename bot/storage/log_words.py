"""Words in the response log: in which tickets' texts they stand, whole and in time.

Two ways lead there, and one condition decides. Along the receipts each ticket's texts
are looked up by their numbers, which finds frequent words soon. From the index of words
come all tickets that may hold them, however old, as long as those are few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    TableClause,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql import Select

from bot.domain.search import Hit, Kind, Question, Unit
from bot.domain.tickets import TicketId
from bot.storage.search import (
    AUTHORS,
    DECISIONS,
    EVENTS,
    MENTIONS,
    NEWEST,
    REPLIES,
    WRITTEN,
    asked_of,
    hits_of,
    holds,
    index_of,
)

FEW = 3_000
"""Texts of one kind that are taken from an index, to be put in order of receipt."""


class _Texts(NamedTuple):
    """Which rows know the ticket of a text, and its number in the index."""

    rows: Table
    number: ColumnElement[int]


TEXTS: Mapping[Kind, _Texts] = {
    Kind.MENTION: _Texts(DECISIONS, DECISIONS.c.mention_id),
    Kind.REPLY: _Texts(REPLIES, REPLIES.c.id),
    Kind.NOTE: _Texts(EVENTS, EVENTS.c.id),
}


class LogWords:
    """One question, of which one text of a ticket must hold everything."""

    def __init__(self, db: Connection, question: Question) -> None:
        """Take what is asked, which must not be empty."""
        self._db = db
        of_each = {kind: asked_of(kind, question) for kind in Kind}
        self._asked = {kind: one for kind, one in of_each.items() if one is not None}

    @property
    def _is_sqlite(self) -> bool:
        return self._db.dialect.name == "sqlite"

    def stand_in(self, some: FromClause) -> ColumnElement[bool]:
        """Say in which of some tickets they stand."""
        return or_(false(), *(self._of_kind(kind, some) for kind in self._asked))

    def _of_kind(self, kind: Kind, some: FromClause) -> ColumnElement[bool]:
        rows, _ = TEXTS[kind]
        if self._is_sqlite:
            theirs = rows.c.ticket_id.in_(select(some.c.id))
            return some.c.id.in_(self._texts(kind, theirs, rows.c.ticket_id))
        here = self._texts(kind, rows.c.ticket_id == some.c.id, literal(1))
        # The offset keeps PostgreSQL from joining all before the first is given.
        return exists(here.correlate(some).offset(0))

    def _texts(
        self, kind: Kind, theirs: ColumnElement[bool], *columns: ColumnElement[Any]
    ) -> Select[Any]:
        """Ask for those of some tickets' texts that hold everything."""
        rows, number = TEXTS[kind]
        question = self._asked[kind]
        query = select(*columns).select_from(rows).where(theirs)
        if question.author:
            query = query.where(number.in_(_written_by(kind, question.author)))
        if not question.units:
            return query
        words = index_of(self._db, kind)
        found = holds(words, question.units)
        if not self._is_sqlite:
            return query.join(words, words.c.id == number).where(found)
        held = select(words.c.rowid).where(found)
        if kind is not Kind.NOTE:
            # Of frequent words it reads only what lies among these tickets' texts.
            for bound, edge in ((func.min, "__ge__"), (func.max, "__le__")):
                one = select(bound(number)).where(theirs).correlate(None)
                held = held.where(getattr(words.c.rowid, edge)(one.scalar_subquery()))
        return query.where(number.in_(held))

    @property
    def are_told_by_index(self) -> bool:
        """Whether ``tickets`` are not only all that may hold them, but just those."""
        if any(one.author for one in self._asked.values()):
            return False
        units = [unit for one in self._asked.values() for unit in one.units]
        return self._is_sqlite or all(len(unit.words) == 1 for unit in units)

    def tickets(self) -> Sequence[TicketId] | None:
        """Return all in which they may stand; ``None`` if those are too many."""
        found: set[TicketId] = set()
        for kind in self._asked:
            numbers = self._candidates(kind)
            if numbers is None:
                return None
            rows, number = TEXTS[kind]
            query = select(rows.c.ticket_id).where(number.in_(these(numbers)))
            found.update(self._db.scalars(query.where(rows.c.ticket_id.is_not(None))))
        return sorted(found)

    def _candidates(self, kind: Kind) -> Sequence[int] | None:
        """Return the texts that may hold them; ``None`` if those are too many."""
        question = self._asked[kind]
        if question.author:
            few = self._few(_written_by(kind, question.author))
            if few is not None or not question.units:
                return few
        words = index_of(self._db, kind)
        if self._is_sqlite:
            return self._few(select(words.c.rowid).where(holds(words, question.units)))
        # Its index knows nothing of the order of words, and would try each in vain.
        beside = [Unit((one,)) for unit in question.units for one in unit.words[:-1]]
        beside += [Unit(unit.words[-1:], unit.is_open) for unit in question.units]
        if self._are_frequent(words, beside):
            return None
        found = select(words.c.id).where(holds(words, beside)).cte("found")
        return self._few(select(found.prefix_with("MATERIALIZED").c.id))

    def _few(self, query: Select[Any]) -> Sequence[int] | None:
        found = self._db.scalars(query.limit(FEW + 1)).all()
        return found if len(found) <= FEW else None

    def _are_frequent(self, words: TableClause, units: Sequence[Unit]) -> bool:
        """Guess from the newest: to know takes PostgreSQL the whole of its index."""
        last = self._db.scalar(select(func.max(words.c.id))) or 0
        lately = select(words).where(words.c.id > last - NEWEST).offset(0).subquery()
        query = select(func.count()).select_from(lately).where(holds(lately, units))
        found = self._db.scalar(query) or 0
        return found * max(last / NEWEST, 1) > FEW

    def hits(self, tickets: Sequence[TicketId]) -> Mapping[TicketId, Hit]:
        """Return of each ticket the first text that holds everything."""
        found: dict[TicketId, Hit] = {}
        for kind in self._asked:
            left = [one for one in tickets if one not in found]
            if not left:
                break
            rows, number = TEXTS[kind]
            theirs = rows.c.ticket_id.in_(left)
            query = self._texts(kind, theirs, rows.c.ticket_id, func.min(number))
            firsts = self._db.execute(query.group_by(rows.c.ticket_id)).all()
            hits = hits_of(self._db, kind, [one[1] for one in firsts])
            found |= {hit.ticket_id: hit for hit in hits if hit.ticket_id is not None}
        return found


def _written_by(kind: Kind, author: str) -> Select[Any]:
    """Ask for the numbers of what somebody wrote."""
    if kind is Kind.REPLY:
        return select(REPLIES.c.id).where(REPLIES.c.written_by == author, WRITTEN)
    return (
        select(MENTIONS.c.id)
        .join(
            AUTHORS,
            and_(
                AUTHORS.c.channel == MENTIONS.c.channel,
                AUTHORS.c.external_id == MENTIONS.c.author_id,
            ),
        )
        .where(AUTHORS.c.handle.in_({author, author.lower()}))
    )


def these(numbers: Sequence[int]) -> Any:  # noqa: ANN401 - SQLAlchemy's own list
    """Write numbers of our own into the statement: no database binds that many."""
    return bindparam(None, numbers, expanding=True, literal_execute=True)
