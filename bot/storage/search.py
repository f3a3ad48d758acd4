"""Full text: SQLite's FTS5 and PostgreSQL's text search, kept by triggers.

Triggers write an index in the same transaction as the words, whoever writes them, and
take words out of it as they go. Numbers grow as texts come in, so that the newest are
found by reading an index from its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    String,
    Table,
    TableClause,
    and_,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)

from bot.domain.mentions import MentionId
from bot.domain.search import Hit, Kind, Question, Unit, Within, words_in
from bot.domain.tickets import TicketId
from bot.storage import tables
from bot.storage.rows import to_stored
from bot.storage.statements import Repository
from bot.storage.tables import (
    IS_WRITTEN,
    AuthorRow,
    DecisionRow,
    MentionRow,
    ReplyRow,
    TicketEventRow,
    TicketRow,
)

MENTIONS, AUTHORS = tables.table(MentionRow), tables.table(AuthorRow)
DECISIONS, REPLIES = tables.table(DecisionRow), tables.table(ReplyRow)
EVENTS, TICKETS = tables.table(TicketEventRow), tables.table(TicketRow)

INDEXES: Mapping[Kind, str] = {
    Kind.MENTION: "mention_words",
    Kind.REPLY: "reply_words",
    Kind.NOTE: "note_words",
}
"""The tables of words; the migrations make them in each database's own way."""

ROWS: Mapping[Kind, Table] = {
    Kind.MENTION: MENTIONS,
    Kind.REPLY: REPLIES,
    Kind.NOTE: EVENTS,
}
"""What an index is of."""

OF_WHOM: Mapping[Kind, FromClause] = {**ROWS, Kind.NOTE: TICKETS}
"""What tells of which brand and on which channel something is."""

NEWEST = 5_000
"""Numbers that PostgreSQL looks through first, without its index."""

FREQUENT, FREQUENT_BY_INDEX = 2, 6
"""From how many hits among the newest on it looks through more of them.

From more where the index knows all that is asked for: it knows nothing of the order of
words, of brands and of channels, and would give many rows in vain.
"""

WRITTEN: ColumnElement[bool] = literal_column(IS_WRITTEN)

MOST_ACCOUNTS = 50
"""Accounts of one name, on all channels together."""


def forget_words(db: Connection) -> None:
    """Write the index anew without what was taken out of it.

    SQLite only notes beside a word that it is gone, until parts of its index are
    merged; PostgreSQL's goes with the rows.
    """
    if db.dialect.name == "sqlite":
        for name in INDEXES.values():
            db.execute(text(f"INSERT INTO {name}({name}) VALUES ('optimize')"))  # noqa: S608 - names of our own


class SqlSearch(Repository):
    """All words that were said."""

    __slots__ = ()

    def find(
        self,
        kind: Kind,
        question: Question,
        within: Within,
        *,
        limit: int,
        before: int | None = None,
    ) -> Sequence[Hit]:
        """Return what holds everything that is asked for, the newest first."""
        meant = asked_of(kind, question)
        theirs = self._written_by(kind, meant.author) if meant else None
        if meant is None or theirs is None or not meant.has_words:
            return ()
        page = _Page(kind, meant.units, within, theirs, limit, before)
        found = sorted(self._numbers(page), reverse=True)
        hits = {hit.number: hit for hit in hits_of(self._db, kind, found)}
        return [hits[number] for number in found if number in hits]

    def _written_by(
        self, kind: Kind, author: str
    ) -> Sequence[ColumnElement[bool]] | None:
        """Say which rows are an author's; ``None`` if nobody is called so."""
        if not author:
            return ()
        if kind is Kind.REPLY:
            return (REPLIES.c.written_by == author, WRITTEN)
        of = AUTHORS.c
        query = select(of.channel, of.external_id).where(
            of.handle.in_({author, author.lower()})
        )
        accounts = self._db.execute(query.limit(MOST_ACCOUNTS)).all()
        mine = MENTIONS.c
        theirs = [
            and_(mine.channel == one[0], mine.author_id == one[1]) for one in accounts
        ]
        return (or_(*theirs),) if theirs else None

    def _numbers(self, page: _Page) -> Sequence[int]:
        if not page.units:
            return self._taken(page, None)
        words = index_of(self._db, page.kind)
        if self._db.dialect.name == "sqlite":
            return self._taken(page, words, holds(words, page.units))
        return self._numbers_postgresql(page, words)

    def _numbers_postgresql(self, page: _Page, words: TableClause) -> Sequence[int]:
        """Look through the newest, and through the whole index if that is too few.

        What is frequent is found among the newest at once; the index would give all of
        it, to be sorted. What is rare is found by the index at once.
        """
        if page.theirs:
            return self._taken(page, words, holds(words, page.units))
        found = self._lately(page, words, NEWEST)
        if page.frequent <= len(found) < page.limit:
            further = 2 * NEWEST * page.limit // len(found)
            found = self._lately(page, words, further)
        if len(found) >= page.limit:
            return found
        hits = select(words.c.id, words.c.brand, words.c.channel)
        whole = hits.where(holds(words, page.units)).cte("held")
        return self._taken(page, whole.prefix_with("MATERIALIZED"))

    def _lately(self, page: _Page, words: TableClause, count: int) -> Sequence[int]:
        """Look through so many of the newest, without the index of words."""
        last = page.before
        if last is None:
            last = (self._db.scalar(select(func.max(words.c.id))) or 0) + 1
        window = select(words).where(words.c.id < last, words.c.id >= last - count)
        some = window.order_by(words.c.id.desc()).offset(0).subquery("lately")
        return self._taken(page, some, holds(some, page.units))

    def _taken(
        self, page: _Page, words: FromClause | None, *holds: ColumnElement[bool]
    ) -> Sequence[int]:
        """Take the newest numbers that hold the words and lie within."""
        rows, of = ROWS[page.kind], OF_WHOM[page.kind]
        number = rows.c.id if words is None else next(iter(words.c))
        query = select(number).where(*holds, *page.theirs)
        if words is not None and "brand" in words.c and not page.theirs:
            of = words
        elif words is not None:
            query = query.join_from(words, rows, rows.c.id == number)
        if of is TICKETS:
            query = query.join(TICKETS, TICKETS.c.id == EVENTS.c.ticket_id)
        query = query.where(*_narrowed(of, page.within))
        if page.before is not None:
            query = query.where(number < page.before)
        return self._db.scalars(query.order_by(number.desc()).limit(page.limit)).all()


class _Page(NamedTuple):
    """What is asked for, and where a page of it begins."""

    kind: Kind
    units: Sequence[Unit]
    within: Within
    theirs: Sequence[ColumnElement[bool]]
    limit: int
    before: int | None

    @property
    def frequent(self) -> int:
        """From how many hits among the newest on the others are looked for there."""
        is_narrowed = any((self.within.seen, self.within.brand, self.within.channel))
        has_phrase = any(len(unit.words) > 1 for unit in self.units)
        return FREQUENT if is_narrowed or has_phrase else FREQUENT_BY_INDEX


def asked_of(kind: Kind, question: Question) -> Question | None:
    """Return what is asked of one kind: who wrote a note stands in its words.

    ``None`` where nothing of the kind can meet it.
    """
    if kind is not Kind.NOTE or not question.author:
        return question
    by = words_in(question.author)
    return Question(units=(Unit(by), *question.units)) if by else None


def index_of(db: Connection, kind: Kind) -> TableClause:
    """Return an index as this database has it; a text's number is the first column."""
    name = INDEXES[kind]
    if db.dialect.name == "sqlite":
        return table(name, column("rowid", BigInteger()), column(name, String()))
    of = [column(one, String()) for one in ("brand", "channel")]
    return table(name, column("id", BigInteger()), column("words"), *of)


def holds(words: FromClause, units: Sequence[Unit]) -> ColumnElement[bool]:
    """Say which rows of an index, or of a part of PostgreSQL's, hold all of this."""
    if "words" in words.c:
        meant = " & ".join(map(_behind_each_other, units))
        held = func.to_tsquery(text("'simple'"), meant)
        return words.c.words.op("@@", is_comparison=True)(held)
    _, own = words.c
    return own.match(" ".join(map(_quoted, units)))


def _quoted(unit: Unit) -> str:
    return f'"{" ".join(unit.words)}"{"*" if unit.is_open else ""}'


def _behind_each_other(unit: Unit) -> str:
    """Write a unit as PostgreSQL reads it: letters and digits alone."""
    return " <-> ".join(unit.words) + (":*" if unit.is_open else "")


def _narrowed(of: FromClause, within: Within) -> Iterator[ColumnElement[bool]]:
    if within.seen:
        yield of.c.brand.in_(sorted(within.seen))
    if within.brand:
        yield of.c.brand == within.brand
    if within.channel:
        yield of.c.channel == within.channel


def hits_of(db: Connection, kind: Kind, numbers: Sequence[int]) -> Sequence[Hit]:
    """Return what stands under these numbers, in no order."""
    return _HITS[kind](db, numbers)


def _mention_hits(db: Connection, numbers: Sequence[int]) -> Sequence[Hit]:
    query = (
        select(MENTIONS, DECISIONS.c.ticket_id)
        .outerjoin(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
        .where(MENTIONS.c.id.in_(numbers))
    )
    return [
        Hit(
            kind=Kind.MENTION,
            number=row.id,
            text=to_stored(row).shown,
            at=row.published_at,
            brand=row.brand,
            channel=row.channel,
            who=row.author.handle if row.author else "",
            ticket_id=row.ticket_id and TicketId(row.ticket_id),
            mention_id=MentionId(row.id),
        )
        for row in db.execute(query)
    ]


def _reply_hits(db: Connection, numbers: Sequence[int]) -> Sequence[Hit]:
    query = select(REPLIES).where(REPLIES.c.id.in_(numbers))
    return [
        Hit(
            kind=Kind.REPLY,
            number=row.id,
            text=row.text,
            at=row.sent_at or row.created_at,
            brand=row.brand,
            channel=row.channel,
            who=row.written_by,
            ticket_id=TicketId(row.ticket_id),
            mention_id=MentionId(row.mention_id),
        )
        for row in db.execute(query)
    ]


def _note_hits(db: Connection, numbers: Sequence[int]) -> Sequence[Hit]:
    query = (
        select(EVENTS, TICKETS.c.brand, TICKETS.c.channel)
        .join(TICKETS, TICKETS.c.id == EVENTS.c.ticket_id)
        .where(EVENTS.c.id.in_(numbers))
    )
    return [
        Hit(
            kind=Kind.NOTE,
            number=row.id,
            text=row.detail,
            at=row.recorded_at,
            brand=row.brand,
            channel=row.channel,
            who="",
            ticket_id=TicketId(row.ticket_id),
        )
        for row in db.execute(query)
    ]


_HITS = {
    Kind.MENTION: _mention_hits,
    Kind.REPLY: _reply_hits,
    Kind.NOTE: _note_hits,
}
