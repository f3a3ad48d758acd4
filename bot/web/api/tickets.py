"""``/api/v1/tickets``: what is open, and what people do about it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, Field

from bot.bootstrap import App
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import Ticket, TicketId, TicketStatus
from bot.errors import NotAllowed
from bot.services import claims
from bot.services import tickets as work
from bot.web.addresses import must_be_theirs
from bot.web.api.calls import (
    CHANGES,
    READS,
    After,
    Call,
    IfNoneMatch,
    Limit,
    Listed,
    Shape,
    Shown,
    call,
    listed,
    number,
    once,
    place,
    shown,
    told,
)
from bot.web.api.shapes import (
    DossierShape,
    TicketShape,
    dossier_shape,
    ticket_shape,
)
from bot.web.gate import May
from bot.web.room import Console

Sees = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
Works = Annotated[Viewer, Depends(May(Right.WORK_TICKETS))]
Asked = Annotated[Call, Depends(call)]
Key = Annotated[str, Path(pattern=r"^[Tt]-[0-9]{1,18}$", description="As in T-000012.")]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class HandOffAsked(Shape):
    """To which queue or person a ticket goes, and why."""

    to: Name
    reason: Words


class NoteAsked(Shape):
    """A word for colleagues."""

    text: Words


class EventAsked(Shape):
    """What a person or a system did or learned; now, if no instant is named."""

    name: Name
    happened_at: AwareDatetime | None = None
    facts: dict[str, str] = Field(default_factory=dict, max_length=50)


def ticket_id(key: str) -> TicketId:
    """Read a ticket's key."""
    return TicketId(number(key))


class TicketsAsked(Shape):
    """Which tickets, and from where on."""

    status: TicketStatus | None = None
    queue: Name | None = None
    brand: Name | None = None
    mark: Name | None = None
    cursor: After = None
    limit: Limit = 50


class Tickets:
    """Tickets as one viewer may see and change them."""

    def __init__(self, app: App) -> None:
        """Work with the wired app."""
        self.app = app

    def seen(self, viewer: Viewer, key: str) -> Ticket:
        """Return one; ``Missing`` for another brand's, as if it were not there."""
        with self.app.store.reading() as store:
            ticket = store.tickets.get(ticket_id(key))
        must_be_theirs(viewer, ticket.brand, f"ticket {key}")
        return ticket

    def whole(self, key: str) -> Shown:
        """Return one with all there is, and its ETag."""
        return shown(dossier_shape(work.dossier(self.app.store, ticket_id(key))))

    def changed(
        self,
        viewer: Viewer,
        key: str,
        asked: Call,
        do: Callable[[TicketId], object],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Do one thing to a ticket, once, and show how it stands then."""

        def write() -> Shown:
            self.seen(viewer, key)
            if asked.if_match is not None:
                asked.still(self.whole(key).tag)
            do(ticket_id(key))
            return self.whole(key)

        return once(self.app, viewer, asked, write, status)

    def page(self, viewer: Viewer, asked: TicketsAsked) -> Listed[TicketShape]:
        """List some."""
        brand, after = asked.brand, place(asked.cursor, "t")
        if viewer.brands and (brand is None or not viewer.may_see(brand)):
            message = f"name a brand of yours: {', '.join(sorted(viewer.brands))}"
            raise NotAllowed(message)
        with self.app.store.reading() as store:
            found = store.tickets.listing(
                status=asked.status,
                queue=asked.queue,
                brand=brand,
                mark=asked.mark,
                limit=asked.limit + 1,
                after=None if after is None else TicketId(after),
            )
        page = [ticket_shape(one) for one in found]
        return listed(page, asked.limit, lambda one: f"t{number(one.ticket)}")


def router(console: Console) -> APIRouter:
    """Make the routes."""
    routes, tickets = APIRouter(tags=["tickets"]), Tickets(console.app)
    _reads(routes, tickets)
    _owners(routes, tickets)
    _history(routes, tickets)
    return routes


def _reads(routes: APIRouter, tickets: Tickets) -> None:
    @routes.get("/tickets", responses=READS)
    def listing(
        viewer: Sees, asked: Annotated[TicketsAsked, Query()]
    ) -> Listed[TicketShape]:
        """List tickets: influencers first, then by severity, then oldest first."""
        return tickets.page(viewer, asked)

    @routes.get("/tickets/{key}", response_model=DossierShape, responses=READS)
    def show(viewer: Sees, key: Key, if_none_match: IfNoneMatch = None) -> Response:
        """Show one ticket whole."""
        tickets.seen(viewer, key)
        return told(tickets.whole(key), if_none_match)


def _owners(routes: APIRouter, tickets: Tickets) -> None:
    app = tickets.app

    @routes.post("/tickets/{key}/claim", response_model=DossierShape, responses=CHANGES)
    def claim(viewer: Works, key: Key, asked: Asked) -> Response:
        """Make a ticket yours; it goes back to its queue when nothing follows."""

        def do(which: TicketId) -> object:
            house, people = app.policy.house, app.people
            return claims.claim(
                app.store, app.clock, house, which, by=viewer.name, people=people
            )

        return tickets.changed(viewer, key, asked, do)

    @routes.post(
        "/tickets/{key}/release", response_model=DossierShape, responses=CHANGES
    )
    def release(viewer: Works, key: Key, asked: Asked) -> Response:
        """Give a ticket of yours back to its queue."""

        def do(which: TicketId) -> object:
            house = app.policy.house
            return claims.release(app.store, app.clock, house, which, by=viewer.name)

        return tickets.changed(viewer, key, asked, do)

    @routes.post(
        "/tickets/{key}/hand-off", response_model=DossierShape, responses=CHANGES
    )
    def hand_off(viewer: Works, key: Key, asked: Asked, body: HandOffAsked) -> Response:
        """Hand a ticket to another queue or person."""

        def do(which: TicketId) -> object:
            return claims.hand_off(
                app.store,
                app.clock,
                app.policy.house,
                which,
                to=body.to,
                reason=body.reason,
                by=viewer.name,
                people=app.people,
                on_change=app.on_change,
            )

        return tickets.changed(viewer, key, asked, do)


def _history(routes: APIRouter, tickets: Tickets) -> None:
    app = tickets.app

    @routes.post(
        "/tickets/{key}/notes",
        response_model=DossierShape,
        responses=CHANGES,
        status_code=HTTPStatus.CREATED,
    )
    def note(viewer: Works, key: Key, asked: Asked, body: NoteAsked) -> Response:
        """Keep a word for colleagues in a ticket's history."""

        def do(which: TicketId) -> object:
            work.note(app.store, app.clock, which, body.text, by=viewer.name)
            return None

        return tickets.changed(viewer, key, asked, do, HTTPStatus.CREATED)

    @routes.post(
        "/tickets/{key}/events",
        response_model=DossierShape,
        responses=CHANGES,
        status_code=HTTPStatus.CREATED,
    )
    def record(viewer: Works, key: Key, asked: Asked, body: EventAsked) -> Response:
        """Record what was done or learned; clocks that it meets are met."""

        def do(which: TicketId) -> object:
            return work.record(
                app.store,
                app.clock,
                which,
                body.name,
                by=viewer.name,
                rulebook=app.policy.rulebook,
                happened_at=body.happened_at,
                facts=body.facts,
            )

        return tickets.changed(viewer, key, asked, do, HTTPStatus.CREATED)

    @routes.post("/tickets/{key}/close", response_model=DossierShape, responses=CHANGES)
    def close(viewer: Works, key: Key, asked: Asked) -> Response:
        """Close a ticket; its legal clocks run on until what they ask for is done."""

        def do(which: TicketId) -> object:
            policy = app.policy
            return work.close(
                app.store,
                app.clock,
                which,
                by=viewer.name,
                rulebook=policy.rulebook,
                follow_ups=policy.house.follow_ups,
            )

        return tickets.changed(viewer, key, asked, do)
