"""The response log: what became of every complaint, one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clocks import Clock, ClockKind, Kept
from bot.domain.decisions import Answer
from bot.domain.mentions import MentionId
from bot.domain.replies import Reply
from bot.domain.search import Hit, Question
from bot.domain.tickets import Ticket, TicketEvent, TicketId

COMPLAINTS = (Answer.YES, Answer.NEEDS_HUMAN)
"""What is a complaint, or may be one: as long as a person has not looked, it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which lines are asked for; what is empty asks for all.

    ``since`` and ``until`` bound the receipt. ``kept`` and ``rule`` hold for one and
    the same promise. ``person`` is who owns it, or wrote or agreed to a reply.
    ``brands`` are those that whoever asks may see, all of them if empty. ``words`` must
    all stand in one text of the ticket: a post, a reply of ours or a note.
    """

    since: datetime | None = None
    until: datetime | None = None
    brand: str = ""
    channel: str = ""
    queue: str = ""
    tier: int | None = None
    complaint: tuple[Answer, ...] = COMPLAINTS
    legal_class: str = ""
    rule: str = ""
    kept: tuple[Kept, ...] = ()
    person: str = ""
    words: Question = field(default_factory=Question)
    brands: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: lines are read from the newest receipt to the oldest."""

    received_at: datetime
    id: TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """That something was done, when, and by whom or by what."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One complaint, from its publication to its closing.

    ``received_at`` of its ticket is the publication. ``earlier`` are runs of its
    clocks before the present ones. ``author`` is a handle, empty if nobody knows.
    """

    ticket: Ticket
    author: str
    first_seen_at: datetime | None
    decided_at: datetime | None
    legal_class: str
    clocks: tuple[Clock, ...]
    earlier: tuple[Clock, ...]
    events: tuple[TicketEvent, ...] = field(repr=False)
    replies: tuple[Reply, ...] = field(repr=False)

    @property
    def duties(self) -> tuple[Clock, ...]:
        """Its clocks of the law, of earlier runs first."""
        both = (*self.earlier, *self.clocks)
        return tuple(one for one in both if one.plan.kind is ClockKind.LEGAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Some lines, and where to go on; ``is_cut``: looking for more took too long."""

    entries: Sequence[LogEntry]
    after: Place | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How many promises of a kind were kept in one way.

    ``took`` is the mean time from start to end of those that ended, ``day`` the one on
    which they were due, in UTC.
    """

    rule: str
    cite: str
    kind: ClockKind
    force: str
    channel: str
    queue: str
    is_influencer: bool
    day: str
    kept: Kept
    number: int
    took: timedelta | None


class ResponseLog(Protocol):
    """Questions about all complaints at once; each is answered from an index."""

    def page(
        self, asked: LogFilter, *, now: datetime, after: Place | None, limit: int
    ) -> LogPage:
        """Return the next lines, the newest receipt first."""
        ...

    def hits(
        self, words: Question, tickets: Sequence[TicketId]
    ) -> Mapping[TicketId, Hit]:
        """Return of each ticket the first text in which the words stand."""
        ...

    def entry(self, ticket_id: TicketId) -> LogEntry:
        """Return one line, complaint or not; raises ``Missing``."""
        ...

    def figures(
        self,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[Figure]:
        """Count the promises that were due in a period by how they were kept."""
        ...

    def coming(
        self,
        *,
        since: datetime,
        until: datetime,
        limit: int,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[tuple[Ticket, Clock]]:
        """Return promises that still run and fall due in a period, earliest first."""
        ...

    def breaches(
        self,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        limit: int,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[LogEntry]:
        """Return what holds a promise of the law that was due then and was not kept.

        The latest due first.
        """
        ...

    def doubtful(
        self, *, limit: int, after: Place | None, brands: frozenset[str] = frozenset()
    ) -> Sequence[LogEntry]:
        """Return open tickets of which a person must say whether they complain.

        The oldest receipt first.
        """
        ...

    def judged_no(
        self,
        *,
        since: datetime,
        until: datetime,
        brands: frozenset[str] = frozenset(),
    ) -> Sequence[MentionId]:
        """Return what was decided to be no complaint, in the order of the decisions."""
        ...
