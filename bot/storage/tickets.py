"""Tickets and their history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.exc import IntegrityError

from bot.domain.clocks import Force
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.mentions import StoredMention
from bot.domain.merging import CAME_FROM
from bot.domain.tags import Band, Sign
from bot.domain.tickets import (
    GIVEN_ELSEWHERE,
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
    key_of,
)
from bot.errors import Missing, Stale
from bot.storage.desks import SqlDesks
from bot.storage.marks import mark_instants
from bot.storage.rows import to_stored
from bot.storage.statements import AnyRow, Repository, insert_new
from bot.storage.tables import (
    IS_CLAIMED,
    IS_CLOSED_TICKET,
    IS_MARKED,
    IS_OPEN_CLOCK,
    IS_OPEN_TICKET,
    ClockRow,
    DecisionRow,
    MentionRow,
    MergedTicketRow,
    TicketEventRow,
    TicketMarkRow,
    TicketRow,
    table,
)

TICKETS, EVENTS = table(TicketRow), table(TicketEventRow)
MENTIONS, DECISIONS = table(MentionRow), table(DecisionRow)
MARKS = table(TicketMarkRow)
CLOCKS, MERGED = table(ClockRow), table(MergedTicketRow)


class SqlTickets(Repository):
    """Open work, and what happened to it; what is written, desks are told of."""

    __slots__ = ("_desks",)

    def __init__(self, db: Connection, desks: SqlDesks) -> None:
        """Work on the transaction of this connection."""
        super().__init__(db)
        self._desks = desks

    def add(self, ticket: Ticket) -> Ticket:
        """Store a new one and return it with its id.

        The loser of a race inserts nothing, which leaves its transaction usable, and
        is told ``Stale``.
        """
        statement = insert_new(self._db, TICKETS, "id")
        ticket_id = self._db.scalar(statement, _row(ticket))
        if ticket_id is None:
            message = "the conversation got an open ticket meanwhile; join that one"
            raise Stale(message)
        self._desks.touch(TicketId(ticket_id))
        mark_instants(self._db, [ticket.opened_at])
        return replace(ticket, id=TicketId(ticket_id))

    def get(self, ticket_id: TicketId) -> Ticket:
        """Return one, or raise ``Missing``."""
        row = self._db.execute(
            select(TICKETS).where(TICKETS.c.id == ticket_id)
        ).one_or_none()
        if row is None:
            raise _missing(ticket_id)
        return to_ticket(row)

    def open_for(self, channel: str, brand: str, conversation: str) -> Ticket | None:
        """Return the conversation's open ticket: its own, else what that went into."""
        which = {"channel": channel, "brand": brand, "conversation": conversation}
        row = self._db.execute(_OPEN_FOR, which).one_or_none()
        row = row or self._db.execute(_OPEN_BY_MERGE, which).one_or_none()
        return None if row is None else to_ticket(row)

    def last_closed(
        self, channel: str, brand: str, conversation: str, author_id: str
    ) -> Ticket | None:
        """Return the conversation's newest closed ticket with a mention by them."""
        query = (
            select(TICKETS)
            .where(
                TICKETS.c.channel == channel,
                TICKETS.c.brand == brand,
                TICKETS.c.conversation == conversation,
                text(IS_CLOSED_TICKET),
                exists().where(
                    DECISIONS.c.ticket_id == TICKETS.c.id,
                    MENTIONS.c.id == DECISIONS.c.mention_id,
                    MENTIONS.c.author_id == author_id,
                ),
            )
            .order_by(TICKETS.c.id.desc())
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else to_ticket(row)

    def of_mention(self, channel: str, external_id: str) -> Ticket | None:
        """Return the ticket that a mention opened or joined, open or closed."""
        which = {"channel": channel, "external_id": external_id}
        row = self._db.execute(_OF_MENTION, which).one_or_none()
        return None if row is None else to_ticket(row)

    def save(self, ticket: Ticket) -> Ticket:
        """Write a changed one, its version grown by one, and return it.

        ``Stale`` if the stored version is another, or if a closed one is to be opened
        again while its conversation has a newer open ticket.
        """
        grown = replace(ticket, version=ticket.version + 1)
        news = {"which": ticket.id, "before": ticket.version, **_row(grown)}
        if ticket.status is TicketStatus.OPEN:
            changed = self._write_open(news)
        else:
            changed = self._db.execute(_CHANGE, news).rowcount == 1
        if not changed:
            self.get(ticket.id)
            raise _stale(ticket)
        self._desks.touch(ticket.id)
        mark_instants(self._db, [ticket.opened_at])
        return grown

    def _write_open(self, news: dict[str, object]) -> bool:
        """Write one that is or becomes open.

        Only opening again can meet another open ticket: that alone pays for a
        savepoint, without which the error would spoil PostgreSQL's transaction.
        """
        if self._db.execute(_CHANGE_OPEN, news).rowcount == 1:
            return True
        try:
            with self._db.begin_nested():
                return self._db.execute(_CHANGE, news).rowcount == 1
        except IntegrityError:
            return False

    def renew_claim(self, ticket_id: TicketId, owner: str, at: datetime) -> bool:
        """Let a claim that still holds last anew from then, whoever else writes.

        The version grows, so that who read the ticket before does not write the old
        end back.
        """
        lasts = self._db.scalar(
            select(TICKETS.c.claim_lasts).where(
                TICKETS.c.id == ticket_id,
                TICKETS.c.owner == owner,
                TICKETS.c.claim_expires_at > at,
                text(IS_CLAIMED),
            )
        )
        if lasts is None:
            return False
        statement = (
            update(TICKETS)
            .where(
                TICKETS.c.id == ticket_id, TICKETS.c.owner == owner, text(IS_CLAIMED)
            )
            .values(claim_expires_at=at + lasts, version=TICKETS.c.version + 1)
        )
        return self._db.execute(statement).rowcount == 1

    def claims_over(self, now: datetime, limit: int) -> Sequence[Ticket]:
        """Return open tickets whose claim has run out, earliest first."""
        query = (
            select(TICKETS)
            .where(text(IS_CLAIMED), TICKETS.c.claim_expires_at <= now)
            .order_by(TICKETS.c.claim_expires_at, TICKETS.c.id)
            .limit(limit)
        )
        return [to_ticket(row) for row in self._db.execute(self._held(query))]

    def next_in_need(
        self, queues: Collection[str], *, brands: Collection[str] = ()
    ) -> Ticket | None:
        """Return the oldest critical ticket that bears a sign and that nobody has."""
        query = (
            select(TICKETS)
            .where(*_is_free(queues, brands), text(IS_MARKED))
            .where(TICKETS.c.severity == Severity.CRITICAL)
            .order_by(TICKETS.c.received_at, TICKETS.c.id)
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else to_ticket(row)

    def next_duty(
        self, queues: Collection[str], *, before: datetime, brands: Collection[str] = ()
    ) -> Ticket | None:
        """Return the ticket that nobody has and whose duty ends first, before then.

        A chance that nobody must take (one that ``waives``) is no duty.
        """
        query = (
            select(TICKETS)
            .join(CLOCKS, CLOCKS.c.ticket_id == TICKETS.c.id)
            .where(*_is_free(queues, brands), text(IS_OPEN_CLOCK))
            .where(CLOCKS.c.due_at < before)
            .where(CLOCKS.c.force.not_in([Force.EXPECT, Force.INTERNAL]))
            .where(type_coerce(CLOCKS.c.inputs, Text()).not_like('%"waives":%'))
            .order_by(CLOCKS.c.due_at, CLOCKS.c.id)
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else to_ticket(row)

    def free(
        self,
        queues: Collection[str],
        *,
        limit: int,
        is_ordinary: bool = False,
        brands: Collection[str] = (),
    ) -> Sequence[Ticket]:
        """Return tickets that nobody has: influencers, if at all, then by severity."""
        query = (
            select(TICKETS)
            .where(*_is_free(queues, brands))
            .order_by(TICKETS.c.urgency.desc(), TICKETS.c.received_at, TICKETS.c.id)
            .limit(limit)
        )
        if is_ordinary:
            query = query.where(TICKETS.c.urgency < len(Severity))
        return [to_ticket(row) for row in self._db.execute(query)]

    def load(self) -> Mapping[str, int]:
        """Count the open tickets of everybody who has claimed any."""
        query = (
            select(TICKETS.c.owner, func.count())
            .where(text(IS_CLAIMED))
            .group_by(TICKETS.c.owner)
        )
        return {row[0]: row[1] for row in self._db.execute(query)}

    def add_event(self, event: TicketEvent) -> None:
        """Append to the ticket's history."""
        self._db.execute(
            _ADD_EVENT,
            {
                "ticket_id": event.ticket_id,
                "name": event.name,
                "happened_at": event.happened_at,
                "recorded_at": event.recorded_at,
                "detail": event.detail,
                "facts": event.facts or None,
            },
        )
        self._desks.touch(event.ticket_id)

    def events(self, ticket_id: TicketId) -> Sequence[TicketEvent]:
        """Return the history, in the order recorded."""
        query = (
            select(EVENTS).where(EVENTS.c.ticket_id == ticket_id).order_by(EVENTS.c.id)
        )
        return [to_event(row) for row in self._db.execute(query)]

    def given_elsewhere(self) -> Sequence[TicketEvent]:
        """Return events of all tickets that rest on a person's word alone."""
        facts = type_coerce(EVENTS.c.facts, Text())
        told = facts.like(f'%"{GIVEN_ELSEWHERE}":%')
        is_first = facts.not_like(f'%"{CAME_FROM}":%')
        query = select(EVENTS).where(told, is_first).order_by(EVENTS.c.id)
        return [to_event(row) for row in self._db.execute(query)]

    def mentions(self, ticket_id: TicketId) -> Sequence[StoredMention]:
        """Return all mentions that opened, joined or amplified it, oldest first."""
        query = (
            select(MENTIONS)
            .join(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
            .where(DECISIONS.c.ticket_id == ticket_id)
            .order_by(MENTIONS.c.published_at, MENTIONS.c.id)
        )
        return [to_stored(row) for row in self._db.execute(query)]

    def last_word(self, ticket_id: TicketId) -> StoredMention | None:
        """Return the newest mention by whom it is for: the author of its first."""
        said = (
            DECISIONS.c.ticket_id == ticket_id,
            MENTIONS.c.id == DECISIONS.c.mention_id,
            MENTIONS.c.amplifies.is_(None),
            MENTIONS.c.author_id.is_not(None),
        )
        first = (
            select(MENTIONS.c.author_id)
            .where(*said)
            .order_by(MENTIONS.c.published_at, MENTIONS.c.id)
            .limit(1)
        )
        query = (
            select(MENTIONS)
            .where(*said, MENTIONS.c.author_id == self._db.scalar(first))
            .order_by(MENTIONS.c.published_at.desc(), MENTIONS.c.id.desc())
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else to_stored(row)

    def mark(self, ticket_id: TicketId, word: str, *, by: str, at: datetime) -> bool:
        """Put a word on a ticket; ``False`` if it bears it already."""
        row = {"ticket_id": ticket_id, "mark": word, "marked_by": by, "marked_at": at}
        statement = insert_new(self._db, MARKS, "mark")
        return self._db.scalar(statement, row) is not None

    def marks(self, ticket_id: TicketId) -> Sequence[str]:
        """Return the words on a ticket, in the order in which they came."""
        query = (
            select(MARKS.c.mark)
            .where(MARKS.c.ticket_id == ticket_id)
            .order_by(MARKS.c.marked_at, MARKS.c.mark)
        )
        return self._db.scalars(query).all()

    def signs_in(self, channel: str, brand: str, conversation: str) -> tuple[Sign, ...]:
        """Return the needs that the conversation's last marked ticket tells of."""
        which = {"channel": channel, "brand": brand, "conversation": conversation}
        return self._db.scalar(_SIGNS_IN, which) or ()

    def has_author(self, ticket_id: TicketId, author_id: str) -> bool:
        """Whether one of the ticket's mentions is by this author (external id)."""
        which = {"ticket_id": ticket_id, "author_id": author_id}
        return bool(self._db.scalar(_HAS_AUTHOR, which))

    def listing(
        self,
        *,
        status: str | None = None,
        queue: str | None = None,
        brand: str | None = None,
        mark: str | None = None,
        limit: int = 50,
        after: TicketId | None = None,
    ) -> Sequence[Ticket]:
        """Return tickets, influencers first, then by severity, then oldest first.

        ``after`` is the last ticket of the page before; ``Missing`` if there is none.
        """
        query = select(TICKETS)
        wanted = {"status": status, "queue": queue, "brand": brand}
        for name, value in wanted.items():
            if value is not None:
                query = query.where(TICKETS.c[name] == value)
        if mark is not None:
            bearing = select(MARKS.c.ticket_id).where(MARKS.c.mark == mark)
            told = type_coerce(TICKETS.c.signs, Text()).contains(
                f'"{mark}"', autoescape=True
            )
            query = query.where(or_(TICKETS.c.id.in_(bearing), told))
        if after is not None:
            query = query.where(_comes_after(self.get(after)))
        query = query.order_by(
            TICKETS.c.urgency.desc(), TICKETS.c.received_at, TICKETS.c.id
        ).limit(limit)
        return [to_ticket(row) for row in self._db.execute(query)]

    def unreviewed(self, limit: int) -> Sequence[Ticket]:
        """Return those of which a person must say whether they hold a complaint."""
        running = (
            select(
                CLOCKS.c.ticket_id, func.min(CLOCKS.c.started_at).label("started_at")
            )
            .where(CLOCKS.c.provisional, CLOCKS.c.ended_at.is_(None))
            .group_by(CLOCKS.c.ticket_id)
            .subquery()
        )
        since = func.coalesce(running.c.started_at, TICKETS.c.received_at)
        query = (
            select(TICKETS)
            .outerjoin(running, running.c.ticket_id == TICKETS.c.id)
            .where(
                TICKETS.c.complaint == Answer.NEEDS_HUMAN,
                or_(text(IS_OPEN_TICKET), running.c.ticket_id.is_not(None)),
            )
            .order_by(since, TICKETS.c.id)
            .limit(limit)
        )
        return [to_ticket(row) for row in self._db.execute(query)]


_IS_OPEN = text(IS_OPEN_TICKET)
_OPEN_FOR = select(TICKETS).where(
    TICKETS.c.channel == bindparam("channel"),
    TICKETS.c.brand == bindparam("brand"),
    TICKETS.c.conversation == bindparam("conversation"),
    _IS_OPEN,
)
_OPEN_BY_MERGE = (
    select(TICKETS)
    .join(MERGED, MERGED.c.into_id == TICKETS.c.id)
    .where(
        MERGED.c.channel == bindparam("channel"),
        MERGED.c.brand == bindparam("brand"),
        MERGED.c.conversation == bindparam("conversation"),
        TICKETS.c.status == TicketStatus.OPEN,
    )
    .order_by(MERGED.c.merged_at.desc(), MERGED.c.ticket_id.desc())
    .limit(1)
)
_OF_MENTION = (
    select(TICKETS)
    .join(DECISIONS, DECISIONS.c.ticket_id == TICKETS.c.id)
    .join(MENTIONS, MENTIONS.c.id == DECISIONS.c.mention_id)
    .where(
        MENTIONS.c.channel == bindparam("channel"),
        MENTIONS.c.external_id == bindparam("external_id"),
    )
)
_SIGNS_IN = (
    select(TICKETS.c.signs)
    .where(
        TICKETS.c.channel == bindparam("channel"),
        TICKETS.c.brand == bindparam("brand"),
        TICKETS.c.conversation == bindparam("conversation"),
        text(IS_MARKED),
    )
    .order_by(TICKETS.c.id.desc())
    .limit(1)
)
_HAS_AUTHOR = select(
    exists().where(
        DECISIONS.c.ticket_id == bindparam("ticket_id"),
        MENTIONS.c.id == DECISIONS.c.mention_id,
        MENTIONS.c.author_id == bindparam("author_id"),
    )
)
_CHANGE = update(TICKETS).where(
    TICKETS.c.id == bindparam("which"), TICKETS.c.version == bindparam("before")
)
_CHANGE_OPEN = _CHANGE.where(_IS_OPEN)
_ADD_EVENT = EVENTS.insert()


def _is_free(queues: Collection[str], brands: Collection[str]) -> tuple[Any, ...]:
    return (
        text(IS_OPEN_TICKET),
        TICKETS.c.claim_expires_at.is_(None),
        TICKETS.c.queue.in_(queues),
        *((TICKETS.c.brand.in_(brands),) if brands else ()),
    )


def _urgency(ticket: Ticket) -> int:
    """Return the order of listings as one number: influencers, then severity."""
    return ticket.is_influencer * len(Severity) + ticket.severity.rank


def _comes_after(ticket: Ticket) -> Any:  # noqa: ANN401 - an SQL condition
    column = TICKETS.c
    return or_(
        column.urgency < _urgency(ticket),
        and_(
            column.urgency == _urgency(ticket),
            or_(
                column.received_at > ticket.received_at,
                and_(column.received_at == ticket.received_at, column.id > ticket.id),
            ),
        ),
    )


def _row(ticket: Ticket) -> dict[str, object]:
    return {
        "version": ticket.version,
        "brand": ticket.brand,
        "channel": ticket.channel,
        "conversation": ticket.conversation,
        "status": ticket.status,
        "severity": ticket.severity,
        "urgency": _urgency(ticket),
        "code": ticket.code,
        "tier": int(ticket.tier),
        "queue": ticket.queue,
        "complaint": ticket.complaint,
        "band": ticket.band,
        "is_influencer": ticket.is_influencer,
        "house_pack": ticket.house_pack,
        "regulation_pack": ticket.regulation_pack,
        "received_at": ticket.received_at,
        "opened_at": ticket.opened_at,
        "closed_at": ticket.closed_at,
        "reach": ticket.reach,
        "mentions": ticket.mentions,
        "owner": ticket.owner,
        "claim_expires_at": ticket.claim_expires_at,
        "claim_lasts": ticket.claim_lasts,
        "signs": ticket.signs or None,
    }


def to_ticket(row: AnyRow) -> Ticket:
    """Read a row of ``tickets``."""
    return Ticket(
        id=TicketId(row.id),
        version=row.version,
        brand=row.brand,
        channel=row.channel,
        conversation=row.conversation,
        status=TicketStatus(row.status),
        severity=Severity(row.severity),
        code=Code(row.code),
        tier=Tier(row.tier),
        queue=row.queue,
        complaint=Answer(row.complaint),
        band=Band(row.band),
        is_influencer=row.is_influencer,
        house_pack=row.house_pack,
        regulation_pack=row.regulation_pack,
        received_at=row.received_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        reach=row.reach,
        mentions=row.mentions,
        owner=row.owner,
        claim_expires_at=row.claim_expires_at,
        claim_lasts=row.claim_lasts,
        signs=row.signs or (),
    )


def to_event(row: AnyRow) -> TicketEvent:
    """Read a row of ``ticket_events``."""
    return TicketEvent(
        ticket_id=TicketId(row.ticket_id),
        name=row.name,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        detail=row.detail,
        facts=row.facts or {},
        id=row.id,
    )


def _missing(ticket_id: TicketId) -> Missing:
    return Missing(f"there is no ticket {key_of(ticket_id)}")


def _stale(ticket: Ticket) -> Stale:
    return Stale(f"someone else changed ticket {ticket.key} first; reload it")
