"""What did not go through: what happened to it, and what to do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from bot.domain.desks import Sending
from bot.domain.replies import ReplyState
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import key_of
from bot.errors import Missing
from bot.services import notices
from bot.services.desks import take_up
from bot.services.sources import ask_again
from bot.web.gate import MayForAll
from bot.web.room import Console
from bot.web.setup import Looker, standings

SHOWN = 50

STUCK = (ReplyState.REFUSED, ReplyState.UNKNOWN)
"""States of a reply that a person looks at."""

Changer = Annotated[Viewer, Depends(MayForAll(Right.CHANGE_SETUP))]


def room(console: Console) -> APIRouter:
    """List what failed, and try again what can be."""
    app, routes = console.app, APIRouter(include_in_schema=False)

    @routes.get("/setup/work")
    def failed(viewer: Looker) -> Response:
        """Show all that waits for a person, kind by kind."""
        with app.store.reading() as work:
            quarantine = work.quarantine.listing(SHOWN)
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
        sources = standings(app, viewer)
        own = {one.source.name for one in sources}
        return console.pages.page(
            "work.html",
            viewer,
            sources=[one for one in sources if one.state.failures],
            quarantine=[
                one for one in quarantine if not viewer.brands or one.source in own
            ],
            shown=SHOWN,
            ticket_key=key_of,
            replies=replies,
            changes=changes if not viewer.brands else (),
            notices=untold if not viewer.brands else (),
            undecidable=undecidable if not viewer.brands else (),
        )

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

    return routes


def _back() -> Response:
    return RedirectResponse("/setup/work", HTTPStatus.SEE_OTHER)
