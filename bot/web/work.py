"""What did not go through: what happened to it, and what to do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from bot.domain.channels import Aside
from bot.domain.desks import Sending
from bot.domain.ports import QuarantineRow
from bot.domain.replies import ReplyState
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import key_of
from bot.errors import Missing, NotAllowed
from bot.services import notices, quarantine
from bot.services.desks import take_up
from bot.services.sources import ask_again
from bot.web.gate import MayForAll
from bot.web.room import Console
from bot.web.setup import Looker, standings

SHOWN = 50
AT_ONCE = 200
"""Items that are read again while somebody waits for the page."""

MOST_DIGITS = 18

STUCK = (ReplyState.REFUSED, ReplyState.UNKNOWN)
"""States of a reply that a person looks at."""

Changer = Annotated[Viewer, Depends(MayForAll(Right.CHANGE_SETUP))]


def room(console: Console) -> APIRouter:
    """List what failed, and try again what can be."""
    routes = APIRouter(include_in_schema=False)
    _failed(console, routes)
    _tried_again(console, routes)
    _kept_aside(console, routes)
    return routes


def _failed(console: Console, routes: APIRouter) -> None:
    app = console.app

    @routes.get("/setup/work")
    def failed(viewer: Looker) -> Response:
        """Show all that waits for a person, kind by kind."""
        sources = standings(app, viewer)
        own = {one.source.name for one in sources}
        with app.store.reading() as work:
            aside = work.quarantine.listing(
                SHOWN, sources=own if viewer.brands else None
            )
            replies = [
                one
                for state in STUCK
                for one in work.replies.listing(
                    state=state, limit=SHOWN, brands=viewer.brands
                )
            ]
            changes = [
                one
                for desk in app.settings.desks
                for one in work.desks.listing(
                    desk, states=[Sending.GIVEN_UP], limit=SHOWN
                )
            ]
            untold = work.notices.given_up(SHOWN)
            undecidable = work.notices.undecidable(SHOWN)
        return console.pages.page(
            "work.html",
            viewer,
            sources=[one for one in sources if one.state.failures],
            quarantine=aside,
            kept_of=sorted({one.source for one in aside if _is_readable(one)} & own),
            at_once=AT_ONCE,
            is_readable=_is_readable,
            shown=SHOWN,
            ticket_key=key_of,
            replies=replies,
            changes=changes if not viewer.brands else (),
            notices=untold if not viewer.brands else (),
            undecidable=undecidable if not viewer.brands else (),
        )


def _tried_again(console: Console, routes: APIRouter) -> None:
    app = console.app

    @routes.post("/setup/work/sources/{name}")
    def again(viewer: Changer, name: str) -> Response:
        """Ask a source again at once, as after its credential was mended."""
        if name not in app.settings.sources:
            raise Missing(f"the settings name no source {name[:40]!r}")
        ask_again(app.store, app.clock, name, by=viewer.name)
        return _back()

    @routes.post("/setup/work/notices")
    def told_again(viewer: Changer) -> Response:
        """Try again to tell people what reached nobody."""
        with app.store.reading() as work:
            given_up = work.notices.given_up(SHOWN)
        ids = [one.notice.id for one in given_up]
        notices.take_up(app.store, app.clock, ids, by=viewer.name)
        return _back()

    @routes.post("/setup/work/desks/{name}")
    def lined_up(viewer: Changer, name: str) -> Response:
        """Tell a desk anew what was given up."""
        if name not in app.settings.desks:
            raise Missing(f"the settings name no desk {name[:40]!r}")
        take_up(app.store, app.clock, name, (), by=viewer.name)
        return _back()


def _kept_aside(console: Console, routes: APIRouter) -> None:
    app = console.app

    @routes.post("/setup/work/quarantine")
    def read_anew(viewer: Changer, source: Annotated[str, Form()] = "") -> Response:
        """Read again what is kept aside of a source, as after an upgrade."""
        if source not in app.settings.sources:
            raise Missing(f"the settings name no source {source[:40]!r}")
        quarantine.retry_all(
            app.store,
            app.clock,
            app.sources,
            app.own_accounts,
            by=viewer.name,
            source=source,
            most=AT_ONCE,
        )
        return _back()

    @routes.post("/setup/work/quarantine/{number}")
    def read_again(viewer: Changer, number: str) -> Response:
        """Read one item again."""
        quarantine.retry(
            app.store,
            app.clock,
            app.sources,
            app.own_accounts,
            _number(number),
            by=viewer.name,
        )
        return _back()

    @routes.post("/setup/work/quarantine/{number}/dismiss")
    def put_away(
        viewer: Changer,
        number: str,
        reason: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        """Put an item away that nobody needs to look at any more."""
        if not reason.strip():
            raise NotAllowed("say why it is put away")
        quarantine.dismiss(
            app.store,
            app.clock,
            _number(number),
            by=viewer.name,
            because=reason.strip(),
        )
        return _back()


def _is_readable(row: QuarantineRow) -> bool:
    """Whether there is anything in it that could be read again."""
    return row.item.kind is not Aside.NOTE and bool(row.item.payload)


def _number(said: str) -> int:
    if not said.isascii() or not said.isdecimal() or len(said) > MOST_DIGITS:
        raise Missing(f"nothing was kept aside under the number {said[:20]!r}")
    return int(said)


def _back() -> Response:
    return RedirectResponse("/setup/work", HTTPStatus.SEE_OTHER)
