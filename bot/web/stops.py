"""``/stops``: stop replies and let them go on; and what is wrong, for every page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from bot.domain.staff import Right, Viewer
from bot.errors import NotAllowed
from bot.services import breaker
from bot.services.replies import KILL_SWITCH, resume_replies, stop_replies
from bot.services.stops import Part, part_to_stop, standing
from bot.web.gate import May
from bot.web.room import Console

Stopper = Annotated[Viewer, Depends(May(Right.STOP_REPLIES))]
Seer = Annotated[Viewer, Depends(May(Right.SEE_OWN_ACCOUNT))]


def room(console: Console) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(include_in_schema=False)
    bot = console.app

    def part(viewer: Viewer, channel: str, brand: str) -> Part:
        """Return what is meant; whoever sees some brands stops those alone."""
        found = part_to_stop(bot.outbox.modes, bot.brands, channel=channel, brand=brand)
        if viewer.brands and not (brand and viewer.may_see(brand)):
            raise NotAllowed("name one of your brands; the others are not yours")
        return found

    @routes.get("/alarms")
    def alarms(viewer: Seer) -> Response:
        """Show what is wrong now, for a page that is open already."""
        return console.pages.page("parts/alarms.html", viewer)

    @routes.get("/stops")
    def stops(viewer: Stopper) -> Response:
        """Show what is stopped, and what may be."""
        with bot.store.reading() as work:
            found = standing(work)
        return console.pages.page(
            "stops.html",
            viewer,
            stops=[(_part_of(name), name, why) for name, why in found.items()],
            breaker=breaker.SWITCH,
            channels=[(one, one) for one in sorted(bot.outbox.modes)],
            brands=[(one, one) for one in sorted(bot.brands) if viewer.may_see(one)],
        )

    @routes.post("/stops")
    def stop(
        viewer: Stopper,
        reason: Annotated[str, Form(max_length=500)] = "",
        channel: Annotated[str, Form()] = "",
        brand: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        """Throw the switch."""
        if not reason.strip():
            raise NotAllowed("say why replies are stopped")
        of = part(viewer, channel, brand)
        stop_replies(bot.store, bot.clock, by=viewer.name, reason=reason.strip(), **of)
        return _back()

    @routes.post("/stops/resume")
    def resume(
        viewer: Stopper,
        channel: Annotated[str, Form()] = "",
        brand: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        """Let replies go on that were stopped so."""
        of = part(viewer, channel, brand)
        resume_replies(bot.store, bot.clock, by=viewer.name, **of)
        return _back()

    @routes.post("/stops/let-go")
    def let_go(viewer: Stopper) -> RedirectResponse:
        """Let go out unasked again what the breaker held."""
        if viewer.brands:
            raise NotAllowed("the breaker is of all brands; the others are not yours")
        breaker.let_go(bot.store, bot.clock, bot.policy.house.ref.id, by=viewer.name)
        return _back()

    return routes


def _part_of(switch: str) -> Part:
    """Return of what a stop is; nothing for all replies."""
    what, _, name = switch.removeprefix(f"{KILL_SWITCH}.").partition(".")
    if what == "channel":
        return Part(channel=name)
    return Part(brand=name) if what == "brand" else Part()


def _back() -> RedirectResponse:
    return RedirectResponse("/stops", HTTPStatus.SEE_OTHER)
