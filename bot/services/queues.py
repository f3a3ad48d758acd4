"""Queues: look through lists of tickets, do one thing to several, keep lists by name.

What is done to several is done to each by itself: what did not work is told of that
one, and says nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.ports import Store, Work
from bot.domain.queues import Line, Listed, Place, SavedView, ViewRoom
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import TicketId, key_of
from bot.errors import BotError, Missing, NotAllowed
from bot.services import viewing

PAGE = 50
MOST_AT_ONCE = 200
MOST_OF_NAME = 60
MOST_OF_QUERY = 600
MOST_KEPT = 100
"""Lists of one person, and as many filters of the response log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list; ``next`` is where the one after it begins, if any does.

    ``there`` are those who look at a ticket at this moment.
    """

    lines: Sequence[Line]
    next: Place | None
    there: Mapping[TicketId, Sequence[str]]


def look(
    store: Store, clock: TimeSource, listed: Listed, *, after: Place | None = None
) -> Page:
    """Return a page of a list."""
    now = clock.now()
    with store.reading() as work:
        found = work.queues.page(listed, now=now, limit=PAGE + 1, after=after)
        lines = found[:PAGE]
        there = work.viewers.looking_at(
            [one.ticket.id for one in lines], now - viewing.IS_THERE
        )
    following = lines[-1].place if len(found) > PAGE else None
    return Page(lines=lines, next=following, there=there)


def count(
    store: Store, clock: TimeSource, lists: Mapping[str, Listed]
) -> Mapping[str, int]:
    """Count lists, none further than anybody counts."""
    with store.reading() as work:
        return work.queues.counts(lists, now=clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one ticket: nothing to tell, or why it did not work."""

    ticket_id: TicketId
    why_not: str = ""

    @property
    def key(self) -> str:
        """How people name it."""
        return key_of(self.ticket_id)


def to_each(
    store: Store,
    viewer: Viewer,
    tickets: Sequence[TicketId],
    act: Callable[[TicketId], object],
) -> Sequence[Done]:
    """Do one thing to each of several tickets, whatever becomes of the others.

    Raises ``NotAllowed`` for more of them than anybody can have looked at.
    """
    if len(tickets) > MOST_AT_ONCE:
        raise NotAllowed(f"choose {MOST_AT_ONCE} tickets at most; nothing was done")
    return [_to_one(store, viewer, each, act) for each in dict.fromkeys(tickets)]


def _to_one(
    store: Store,
    viewer: Viewer,
    ticket_id: TicketId,
    act: Callable[[TicketId], object],
) -> Done:
    try:
        check_seen(store, viewer, ticket_id)
        act(ticket_id)
    except BotError as error:
        return Done(ticket_id=ticket_id, why_not=error.shown)
    return Done(ticket_id=ticket_id)


def check_seen(store: Store, viewer: Viewer, ticket_id: TicketId) -> None:
    """Raise ``Missing`` for a ticket that is not there, or not for these eyes."""
    with store.reading() as work:
        ticket = work.tickets.get(ticket_id)
    if not viewer.may_see(ticket.brand):
        raise Missing(f"there is no ticket {ticket.key}")


def saved_views(store: Store, viewer: Viewer) -> Sequence[SavedView]:
    """Return somebody's own lists, and those that a lead shared."""
    with store.reading() as work:
        return work.saved_views.of(viewer.name, ViewRoom.QUEUES)


def saved_filters(store: Store, viewer: Viewer) -> Sequence[SavedView]:
    """Return somebody's own filters of the response log; nobody shares one."""
    with store.reading() as work:
        return _own(work, viewer, ViewRoom.LOG)


def _own(work: Work, viewer: Viewer, room: ViewRoom) -> Sequence[SavedView]:
    kept = work.saved_views.of(viewer.name, room)
    return [one for one in kept if one.owner == viewer.name]


def keep_view(  # noqa: PLR0913 - a list and who keeps it, most by keyword
    store: Store,
    clock: TimeSource,
    viewer: Viewer,
    name: str,
    query: str,
    *,
    is_shared: bool = False,
    room: ViewRoom = ViewRoom.QUEUES,
) -> SavedView:
    """Keep a list under a name; raises ``NotAllowed``.

    Whoever approves replies may share one with everybody.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= MOST_OF_NAME or len(query) > MOST_OF_QUERY:
        message = f"give the list a name of {MOST_OF_NAME} characters at most"
        raise NotAllowed(message)
    if is_shared and not viewer.may(Right.APPROVE_REPLIES):
        raise NotAllowed("only a lead may share a list; keep it for yourself")
    now = clock.now()
    view = SavedView(
        owner=viewer.name, name=name, query=query, is_shared=is_shared, room=room
    )
    with store.work() as work:
        others = {one.name for one in _own(work, viewer, room)} - {name}
        if len(others) >= MOST_KEPT:
            message = f"you keep {MOST_KEPT} already; remove one of them first"
            raise NotAllowed(message, reasons=["views.full"])
        kept = work.saved_views.keep(view, now)
        entry = AuditEntry(
            action="view.saved",
            subject=f"view:{kept.id}",
            at=now,
            actor=viewer.name,
            detail={"shared": is_shared},
        )
        work.audit.append([entry])
    return kept


def drop_view(store: Store, clock: TimeSource, viewer: Viewer, view_id: int) -> None:
    """Forget a list of one's own, or as a lead a shared one.

    Raises ``Missing`` or ``NotAllowed``.
    """
    now = clock.now()
    with store.work() as work:
        view = work.saved_views.get(view_id)
        leads = view.is_shared and viewer.may(Right.APPROVE_REPLIES)
        if view.owner != viewer.name and not leads:
            raise NotAllowed("this list is somebody else's; only they can remove it")
        work.saved_views.drop(view_id)
        entry = AuditEntry(
            action="view.removed",
            subject=f"view:{view_id}",
            at=now,
            actor=viewer.name,
            detail={"owner": view.owner},
        )
        work.audit.append([entry])
