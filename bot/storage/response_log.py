"""The response log: one line per complaint, read from indexes however many there are.

No index serves every mix of filters. So a page walks the receipts from the newest on,
looks at ``WALK`` of them at most, and says where it stopped. Rare words are found by
their own index, however far back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    FromClause,
    Table,
    Text,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    type_coerce,
)
from sqlalchemy.sql import Select

from bot.domain.clocks import (
    Clock,
    ClockKind,
    ClockState,
    Kept,
    to_the_second,
)
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.response_log import Figure, LogEntry, LogFilter, LogPage, Place
from bot.domain.search import Hit, Question
from bot.domain.tickets import OVERTURNED, Ticket, TicketId
from bot.errors import Missing
from bot.storage.clocks import to_clock, to_run
from bot.storage.log_words import LogWords, these
from bot.storage.replies import to_reply
from bot.storage.rows import to_stored
from bot.storage.statements import AnyRow, Repository
from bot.storage.tables import (
    IS_DOUBTFUL,
    IS_JUDGED_NO,
    IS_OPEN_CLOCK,
    ClockRow,
    ClockRunRow,
    DecisionRow,
    MentionRow,
    ReplyRow,
    TicketEventRow,
    TicketRow,
    table,
)
from bot.storage.tickets import to_event, to_ticket

TICKETS, CLOCKS, RUNS = table(TicketRow), table(ClockRow), table(ClockRunRow)
DECISIONS, MENTIONS = table(DecisionRow), table(MentionRow)
EVENTS, REPLIES = table(TicketEventRow), table(ReplyRow)

BROKEN = (Kept.MISSED, Kept.OVERDUE, Kept.STRICT_ONLY, Kept.LATE_EXCUSED)

WALK = 10_000
"""Receipts that one page looks at; it bounds the time of the rarest filter."""

WALK_BY_WORDS = 5_000
"""The same where texts are looked into, of which each receipt has several."""

FIRST = 1_000
"""Receipts that are looked at before it is judged how many more it takes."""


class SqlResponseLog(Repository):
    """Reads only; whoever changes a complaint does so elsewhere."""

    __slots__ = ()

    def page(
        self, asked: LogFilter, *, now: datetime, after: Place | None, limit: int
    ) -> LogPage:
        """Return the next lines, the newest receipt first."""
        found, end = self._found(asked, now, after, limit)
        entries = self._entries([TicketId(row.id) for row in found[:limit]])
        if len(found) > limit:
            return LogPage(entries=entries, after=_place(found[limit - 1]))
        if end is None:
            return LogPage(entries=entries, after=None)
        return LogPage(entries=entries, after=_place(end), is_cut=True)

    def _found(
        self, asked: LogFilter, now: datetime, after: Place | None, limit: int
    ) -> tuple[Sequence[AnyRow], AnyRow | None]:
        """Return a page with the line behind it, and where the looking was cut off.

        It looks as far as the first receipts let expect that it must.
        """
        most = WALK_BY_WORDS if asked.words.has_words else WALK
        walk, receipts = _walk(asked, after), min(FIRST, most)
        while True:
            found, end = self._along(walk, asked, now, limit, receipts)
            if len(found) > limit or end is None or receipts >= most:
                return found, end
            expected = 2 * receipts * (limit + 1) // max(len(found), 1)
            if expected > most and asked.words.has_words:
                told = self._from_index(walk, asked, now, limit)
                if told is not None:
                    return told, None
            receipts = min(expected, most)

    def _from_index(
        self, walk: Select[Any], asked: LogFilter, now: datetime, limit: int
    ) -> Sequence[AnyRow] | None:
        """Look at the tickets that the index of words knows; ``None`` if too many."""
        words = LogWords(self._db, asked.words)
        few = words.tickets()
        if few is None:
            return None
        theirs = walk.where(TICKETS.c.id.in_(these(few)))
        left = replace(asked, words=Question())
        still = left if words.are_told_by_index else asked
        return self._met(theirs, still, now, limit)

    def _along(
        self,
        walk: Select[Any],
        asked: LogFilter,
        now: datetime,
        limit: int,
        receipts: int,
    ) -> tuple[Sequence[AnyRow], AnyRow | None]:
        """Look at so many receipts."""
        found = self._met(walk.limit(receipts), asked, now, limit)
        if len(found) > limit:
            return found, None
        last: Select[Any] = walk.with_only_columns(TICKETS.c.id, TICKETS.c.received_at)
        return found, self._db.execute(last.offset(receipts - 1).limit(1)).one_or_none()

    def _met(
        self, walk: Select[Any], asked: LogFilter, now: datetime, limit: int
    ) -> Sequence[AnyRow]:
        """Return what meets a filter among some receipts, up to one more than asked."""
        some = walk.cte("walked")
        query: Select[Any] = (
            select(some.c.id, some.c.received_at)
            .where(*self._wanted(some, asked, now))
            .order_by(some.c.received_at.desc(), some.c.id.desc())
            .limit(limit + 1)
        )
        return self._db.execute(query).all()

    def hits(
        self, words: Question, tickets: Sequence[TicketId]
    ) -> Mapping[TicketId, Hit]:
        """Return of each ticket the first text in which the words stand."""
        return LogWords(self._db, words).hits(tickets)

    def _wanted(
        self, some: FromClause, asked: LogFilter, now: datetime
    ) -> list[ColumnElement[bool]]:
        same = {
            "brand": asked.brand,
            "channel": asked.channel,
            "queue": asked.queue,
            "tier": asked.tier,
        }
        wanted = [some.c[name] == value for name, value in same.items() if value]
        if asked.tier == 0:
            wanted.append(some.c.tier == 0)
        if asked.brands:
            wanted.append(some.c.brand.in_(sorted(asked.brands)))
        wanted.append(some.c.complaint.in_(asked.complaint))
        if asked.person:
            wanted.append(_is_theirs(some, asked.person))
        if asked.legal_class:
            words = type_coerce(CLOCKS.c.inputs, Text())
            said = f'"class":"{asked.legal_class}"'
            wanted.append(
                exists().where(
                    CLOCKS.c.ticket_id == some.c.id,
                    words.contains(said, autoescape=True),
                )
            )
        if asked.rule or asked.kept:
            wanted.append(or_(*self._promised(some, asked, now)))
        if asked.words.has_words:
            wanted.append(LogWords(self._db, asked.words).stand_in(some))
        return wanted

    def _promised(
        self, some: FromClause, asked: LogFilter, now: datetime
    ) -> Iterable[ColumnElement[bool]]:
        for rows in (CLOCKS, RUNS):
            wanted = [rows.c.ticket_id == some.c.id, rows.c.kind == ClockKind.LEGAL]
            if asked.rule:
                wanted[1:] = [rows.c.rule == asked.rule]
            if asked.kept:
                wanted.append(self._kept(rows, now).in_(asked.kept))
            yield exists().where(*wanted)

    def entry(self, ticket_id: TicketId) -> LogEntry:
        """Return one line, complaint or not; raises ``Missing``."""
        found = self._entries([ticket_id])
        if not found:
            raise Missing(f"there is no ticket {ticket_id}")
        return found[0]

    def _entries(self, ids: Sequence[TicketId]) -> list[LogEntry]:
        if not ids:
            return []
        tickets = {
            row.id: to_ticket(row)
            for row in self._db.execute(select(TICKETS).where(TICKETS.c.id.in_(ids)))
        }
        firsts = self._firsts(ids)
        clocks = self._of(CLOCKS, ids, CLOCKS.c.due_strict)
        runs = self._of(RUNS, ids, RUNS.c.due_strict)
        events = self._of(EVENTS, ids, EVENTS.c.id)
        replies = self._of(REPLIES, ids, REPLIES.c.id)
        return [
            LogEntry(
                ticket=tickets[each],
                clocks=tuple(map(to_clock, clocks[each])),
                earlier=tuple(map(to_run, runs[each])),
                events=tuple(map(to_event, events[each])),
                replies=tuple(map(to_reply, replies[each])),
                **_first(firsts.get(each)),
            )
            for each in ids
            if each in tickets
        ]

    def _of(
        self, rows: Table, ids: Sequence[TicketId], order: ColumnElement[Any]
    ) -> dict[int, list[AnyRow]]:
        query = select(rows).where(rows.c.ticket_id.in_(ids)).order_by(order, rows.c.id)
        found: dict[int, list[AnyRow]] = defaultdict(list)
        for row in self._db.execute(query):
            found[row.ticket_id].append(row)
        return found

    def _firsts(self, ids: Sequence[TicketId]) -> dict[int, AnyRow]:
        """Return of each ticket the mention with which it began, and its decision."""
        number = func.row_number().over(
            partition_by=DECISIONS.c.ticket_id,
            order_by=(MENTIONS.c.published_at, MENTIONS.c.id),
        )
        ranked = (
            select(
                DECISIONS.c.ticket_id,
                DECISIONS.c.mention_id,
                DECISIONS.c.decided_at,
                DECISIONS.c.legal_class,
                number.label("number"),
            )
            .join(MENTIONS, MENTIONS.c.id == DECISIONS.c.mention_id)
            .where(DECISIONS.c.ticket_id.in_(ids), MENTIONS.c.amplifies.is_(None))
            .subquery()
        )
        query = (
            select(
                ranked.c.ticket_id, ranked.c.decided_at, ranked.c.legal_class, MENTIONS
            )
            .join(MENTIONS, MENTIONS.c.id == ranked.c.mention_id)
            .where(ranked.c.number == 1)
        )
        return {row.ticket_id: row for row in self._db.execute(query)}

    def figures(
        self,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[Figure]:
        """Count the promises that were due in a period by how they were kept."""
        found: list[Figure] = []
        for rows in (CLOCKS, RUNS):
            found += map(
                _figure,
                self._db.execute(self._counted(rows, since, until, now, brands)),
            )
        return found

    def _counted(
        self,
        rows: Table,
        since: datetime,
        until: datetime,
        now: datetime,
        brands: frozenset[str],
    ) -> Select[Any]:
        by = (
            rows.c.rule,
            rows.c.cite,
            rows.c.kind,
            rows.c.force,
            TICKETS.c.channel,
            TICKETS.c.queue,
            TICKETS.c.is_influencer,
            self._day(rows.c.due_strict).label("day"),
            self._kept(rows, now).label("kept"),
        )
        query = (
            select(
                *by,
                func.count().label("number"),
                func.avg(self._seconds(rows)).label("took"),
            )
            .join(TICKETS, TICKETS.c.id == rows.c.ticket_id)
            .where(rows.c.due_strict >= since, rows.c.due_strict < until)
            .group_by(*by)
        )
        return query.where(TICKETS.c.brand.in_(sorted(brands))) if brands else query

    def coming(
        self,
        *,
        since: datetime,
        until: datetime,
        limit: int,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[tuple[Ticket, Clock]]:
        """Return promises that still run and fall due in a period, earliest first."""
        query = (
            select(CLOCKS)
            .join(TICKETS, TICKETS.c.id == CLOCKS.c.ticket_id)
            .where(text(f"clocks.{IS_OPEN_CLOCK}"))
            .where(CLOCKS.c.due_at >= since, CLOCKS.c.due_at < until)
            .order_by(CLOCKS.c.due_at, CLOCKS.c.id)
            .limit(limit)
        )
        if brands:
            query = query.where(TICKETS.c.brand.in_(sorted(brands)))
        clocks = [to_clock(row) for row in self._db.execute(query)]
        ids = {one.ticket_id for one in clocks}
        rows = self._db.execute(select(TICKETS).where(TICKETS.c.id.in_(ids)))
        tickets = {row.id: to_ticket(row) for row in rows}
        return [(tickets[one.ticket_id], one) for one in clocks]

    def breaches(
        self,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        limit: int,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[LogEntry]:
        """Return what holds a promise of the law that was due then and was not kept."""
        found: dict[TicketId, datetime] = {}
        for rows in (CLOCKS, RUNS):
            query = (
                select(rows.c.ticket_id, rows.c.due_strict)
                .where(rows.c.due_strict >= since, rows.c.due_strict < until)
                .where(rows.c.kind == ClockKind.LEGAL)
                .where(self._kept(rows, now).in_(BROKEN))
                .order_by(rows.c.due_strict.desc(), rows.c.id.desc())
                .limit(limit)
            )
            if brands:
                mine = TICKETS.c.brand.in_(sorted(brands))
                query = query.join(TICKETS, TICKETS.c.id == rows.c.ticket_id)
                query = query.where(mine)
            for ticket_id, due in self._db.execute(query):
                found[ticket_id] = max(due, found.get(ticket_id, due))
        latest = sorted(found, key=lambda one: (found[one], one), reverse=True)
        return self._entries(latest[:limit])

    def doubtful(
        self, *, limit: int, after: Place | None, brands: frozenset[str] = frozenset()
    ) -> Sequence[LogEntry]:
        """Return open tickets of which a person must say whether they complain."""
        query = (
            select(TICKETS.c.id)
            .where(text(IS_DOUBTFUL))
            .order_by(TICKETS.c.received_at, TICKETS.c.id)
            .limit(limit)
        )
        if after is not None:
            here = tuple_(TICKETS.c.received_at, TICKETS.c.id)
            query = query.where(
                TICKETS.c.received_at >= after.received_at, here > _pair(after)
            )
        if brands:
            query = query.where(TICKETS.c.brand.in_(sorted(brands)))
        return self._entries([TicketId(each) for each in self._db.scalars(query)])

    def judged_no(
        self,
        *,
        since: datetime,
        until: datetime,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[MentionId]:
        """Return what was decided to be no complaint, in the order of the decisions."""
        query = (
            select(DECISIONS.c.mention_id)
            .join(MENTIONS, MENTIONS.c.id == DECISIONS.c.mention_id)
            .where(text(IS_JUDGED_NO), MENTIONS.c.amplifies.is_(None))
            .where(DECISIONS.c.decided_at >= since, DECISIONS.c.decided_at < until)
            .order_by(DECISIONS.c.decided_at, DECISIONS.c.mention_id)
        )
        if brands:
            query = query.where(MENTIONS.c.brand.in_(sorted(brands)))
        return [MentionId(each) for each in self._db.scalars(query)]

    # -- what the two databases say differently

    @property
    def _is_sqlite(self) -> bool:
        return self._db.dialect.name == "sqlite"

    def _kept(self, rows: Table, now: datetime) -> ColumnElement[str]:
        """Say how a promise was kept, as ``bot.reports.deadlines.kept`` says it."""
        at = to_the_second(now)
        inputs = type_coerce(rows.c.inputs, Text())
        is_chance = or_(inputs.like('%"waives":%'), inputs.like('%"chance":%'))
        is_excused = inputs.like('%"excused_by":%')
        is_over = or_(rows.c.due_strict < at, rows.c.due_legal < at)
        is_open = rows.c.state.in_([ClockState.RUNNING, ClockState.LATE])
        is_late = or_(rows.c.due_legal < at, rows.c.state != ClockState.LATE)
        excuse = case(
            (and_(is_excused, rows.c.ended_by != OVERTURNED), Kept.LATE_EXCUSED.value),
            else_=Kept.NOT_OWED.value,
        )
        ended_late = case(
            (self._ended_after(rows), Kept.STRICT_ONLY.value), else_=Kept.IN_TIME.value
        )
        lapsed = or_(is_chance, is_excused)
        is_met = and_(rows.c.state == ClockState.MET, rows.c.ended_at.is_not(None))
        return case(
            (and_(is_open, is_over, lapsed), excuse),
            (and_(is_open, is_over, is_late), Kept.OVERDUE.value),
            (is_met, ended_late),
            (rows.c.state == ClockState.EXCUSED, excuse),
            (rows.c.state == ClockState.WAIVED, Kept.NOT_OWED.value),
            (rows.c.state == ClockState.LATE, Kept.STRICT_ONLY.value),
            (rows.c.state == ClockState.BREACHED, Kept.MISSED.value),
            else_=Kept.RUNNING.value,
        )

    def _ended_after(self, rows: Table) -> ColumnElement[bool]:
        """Whether it ended after its due time, by the second."""
        if self._is_sqlite:
            ended: ColumnElement[Any] = (
                func.substr(type_coerce(rows.c.ended_at, Text()), 1, 19) + ".000000"
            )
            due: list[ColumnElement[Any]] = [
                type_coerce(rows.c.due_strict, Text()),
                type_coerce(rows.c.due_legal, Text()),
            ]
        else:
            ended = func.date_trunc("second", rows.c.ended_at)
            due = [rows.c.due_strict, rows.c.due_legal]
        return or_(*(type_coerce(ended > one, Boolean()) for one in due))

    def _day(self, at: ColumnElement[datetime]) -> ColumnElement[str]:
        if self._is_sqlite:
            return func.substr(type_coerce(at, Text()), 1, 10)
        return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD")

    def _seconds(self, rows: Table) -> ColumnElement[float]:
        if self._is_sqlite:
            days = func.julianday(rows.c.ended_at) - func.julianday(rows.c.started_at)
            return type_coerce(days * literal(86_400.0), Float())
        lasted = rows.c.ended_at - rows.c.started_at
        return type_coerce(func.extract("epoch", lasted), Float())


def _walk(asked: LogFilter, after: Place | None) -> Select[Any]:
    query = select(
        TICKETS.c.id,
        TICKETS.c.received_at,
        TICKETS.c.brand,
        TICKETS.c.channel,
        TICKETS.c.queue,
        TICKETS.c.tier,
        TICKETS.c.complaint,
        TICKETS.c.owner,
    ).order_by(TICKETS.c.received_at.desc(), TICKETS.c.id.desc())
    if asked.since is not None:
        query = query.where(TICKETS.c.received_at >= asked.since)
    if asked.until is not None:
        query = query.where(TICKETS.c.received_at < asked.until)
    if after is not None:
        here = tuple_(TICKETS.c.received_at, TICKETS.c.id)
        # Both databases use the index for the first condition, not all for the pair.
        query = query.where(
            TICKETS.c.received_at <= after.received_at,
            here < _pair(after),
        )
    return query


def _pair(place: Place) -> Any:  # noqa: ANN401 - SQLAlchemy's own pair
    return tuple_(literal(place.received_at, TICKETS.c.received_at.type), place.id)


def _is_theirs(some: FromClause, person: str) -> ColumnElement[bool]:
    wrote = exists().where(
        REPLIES.c.ticket_id == some.c.id,
        or_(REPLIES.c.written_by == person, REPLIES.c.approved_by == person),
    )
    return or_(some.c.owner == person, wrote)


def _place(row: AnyRow) -> Place:
    return Place(received_at=row.received_at, id=TicketId(row.id))


def _first(row: AnyRow | None) -> dict[str, Any]:
    """Return what is known of a complaint's beginning; nothing of one by hand."""
    if row is None:
        return {
            "author": "",
            "first_seen_at": None,
            "decided_at": None,
            "legal_class": "",
        }
    stored: StoredMention = to_stored(row)
    author = stored.mention.author
    return {
        "author": author.handle if author else "",
        "first_seen_at": stored.ingested_at,
        "decided_at": row.decided_at,
        "legal_class": row.legal_class or "",
    }


def _figure(row: AnyRow) -> Figure:
    return Figure(
        rule=row.rule,
        cite=row.cite,
        kind=ClockKind(row.kind),
        force=row.force,
        channel=row.channel,
        queue=row.queue,
        is_influencer=row.is_influencer,
        day=row.day,
        kept=Kept(row.kept),
        number=row.number,
        took=None if row.took is None else timedelta(seconds=float(row.took)),
    )
