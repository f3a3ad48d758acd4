"""The lists that people work from: what is on one, in which order, where it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.clocks import Clock, ClockKind, ClockState
from bot.domain.decisions import Severity
from bot.domain.mentions import StoredMention
from bot.domain.tags import Sign, Tags
from bot.domain.tickets import Ticket, TicketId

DUE_WITHIN = timedelta(days=1)
"""How near a deadline is that is due soon."""

COUNTED = 1_000
"""Beyond so many nobody counts on: a list of more is long, and counting takes time."""


class View(StrEnum):
    """What a list holds; all but the two by deadline only what is open."""

    OPEN = "open"
    MINE = "mine"
    UNCLAIMED = "unclaimed"
    DUE_SOON = "due_soon"
    BREACHED = "breached"
    INFLUENCERS = "influencers"
    CODE_RED = "code_red"

    @property
    def is_by_deadline(self) -> bool:
        """Whether it is always in the order of what is owed."""
        return self in {View.DUE_SOON, View.BREACHED}


class Order(StrEnum):
    """What comes first: influencers, the gravest, the oldest; or what is due next."""

    URGENCY = "urgency"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """What a ticket owes next, under the law and by the house's word.

    ``overdue`` is when what was broken and is still owed fell due first.
    """

    legal: datetime | None = None
    service: datetime | None = None
    overdue: datetime | None = None

    @property
    def first(self) -> datetime | None:
        """The next of both."""
        return min((one for one in (self.legal, self.service) if one), default=None)


def deadlines_of(clocks: Iterable[Clock]) -> Deadlines:
    """Return what clocks say; a chance that nobody must take is no deadline."""
    owed = [(one.owed_at, one) for one in clocks if one.owed_at is not None]

    def next_of(kind: ClockKind) -> datetime | None:
        return min(
            (at for at, one in owed if one.plan.kind is kind and one.state.is_open),
            default=None,
        )

    return Deadlines(
        legal=next_of(ClockKind.LEGAL),
        service=next_of(ClockKind.SERVICE),
        overdue=min(
            (at for at, one in owed if one.state is ClockState.BREACHED),
            default=None,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; what is empty narrows nothing.

    ``seen`` are the brands that whoever looks may see at all, every one if empty.
    """

    seen: frozenset[str] = frozenset()
    brand: str = ""
    channel: str = ""
    language: str = ""
    topic: str = ""
    tier: int | None = None
    severity: Severity | None = None
    sign: Sign | None = None
    queues: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One list: its view, whose it is where it is somebody's, and its filters."""

    view: View = View.OPEN
    owner: str = ""
    order: Order = Order.URGENCY
    filters: Filters = field(default_factory=Filters)

    @property
    def is_by_deadline(self) -> bool:
        """Whether it is in the order of what is owed."""
        return self.view.is_by_deadline or self.order is Order.DEADLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: the last ticket, and what it was ordered by.

    ``urgency`` counts in lists by urgency alone; ``at`` is ``None`` where a list by
    deadline has come to what has none.
    """

    urgency: int
    at: datetime | None
    ticket_id: TicketId

    def __str__(self) -> str:
        """Return it as a link holds it."""
        at = "" if self.at is None else self.at.isoformat()
        return f"{self.urgency}_{self.ticket_id}_{at}"

    @classmethod
    def read(cls, text: str) -> Place:
        """Read what a link held; raises ``ValueError`` for anything else."""
        try:
            urgency, ticket_id, at = text.split("_")
            place = cls(
                urgency=int(urgency),
                ticket_id=TicketId(int(ticket_id)),
                at=datetime.fromisoformat(at) if at else None,
            )
        except ValueError:
            place = None
        if place is None or (place.at is not None and place.at.tzinfo is None):
            raise ValueError(f"{text!r} is no place in a list")
        return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A ticket as a list shows it; ``mention`` is what opened it, if anything did."""

    ticket: Ticket
    deadlines: Deadlines
    mention: StoredMention | None
    tags: Tags | None
    place: Place


class ViewRoom(StrEnum):
    """Where somebody keeps a list: among those of tickets, or of the response log."""

    QUEUES = "queues"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A list with a name; ``query`` are its filters as a link holds them."""

    owner: str
    name: str
    query: str
    is_shared: bool = False
    room: ViewRoom = ViewRoom.QUEUES
    id: int = 0


class Queues(Protocol):
    """Lists of tickets, a page at a time, from indexes alone."""

    def page(
        self, listed: Listed, *, now: datetime, limit: int, after: Place | None = None
    ) -> Sequence[Line]:
        """Return the next tickets of a list, from behind the page before."""
        ...

    def counts(
        self, lists: Mapping[str, Listed], *, now: datetime
    ) -> Mapping[str, int]:
        """Count several lists, each up to one more than ``COUNTED``."""
        ...

    def drifted(self, limit: int) -> Sequence[TicketId]:
        """Return tickets whose deadlines are not what their clocks say."""
        ...


class SavedViews(Protocol):
    """Lists that people gave a name."""

    def keep(self, view: SavedView, at: datetime) -> SavedView:
        """Keep one, instead of what its owner kept under this name before."""
        ...

    def get(self, view_id: int) -> SavedView:
        """Return one, or raise ``Missing``."""
        ...

    def drop(self, view_id: int) -> None:
        """Forget one."""
        ...

    def of(self, owner: str, room: ViewRoom) -> Sequence[SavedView]:
        """Return a room's: somebody's own and all that are shared, by name."""
        ...
