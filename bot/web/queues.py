"""``/queues``: lists of tickets, and what is done to several of them at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.bootstrap import App
from bot.domain.decisions import Severity, Tier
from bot.domain.queues import COUNTED, Filters, Listed, Order, Place, View
from bot.domain.staff import Right, Viewer
from bot.domain.tags import Sign
from bot.domain.tickets import TicketId
from bot.errors import Missing, NotAllowed
from bot.services import claims, queues, tickets
from bot.web.gate import May
from bot.web.room import Console

Reader = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
Worker = Annotated[Viewer, Depends(May(Right.WORK_TICKETS))]
Words = Annotated[str, Form(max_length=600)]
Choice = TypeVar("Choice", bound=StrEnum)


class Act(StrEnum):
    """What may be done to several tickets at once."""

    CLAIM = "claim"
    RELEASE = "release"
    ASSIGN = "assign"
    HAND_OFF = "hand_off"
    MARK = "mark"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A list as an address asks for it; what is empty is not asked for."""

    view: str = ""
    order: str = ""
    team: str = ""
    queue: str = ""
    brand: str = ""
    channel: str = ""
    language: str = ""
    topic: str = ""
    tier: str = ""
    severity: str = ""
    sign: str = ""

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Read an address; what else it holds is passed over."""
        known = {one.name for one in fields(cls)}
        given = request.query_params.items()
        return cls(**{name: said.strip() for name, said in given if name in known})

    def to(self, **changed: str) -> str:
        """Return the address of this list with something changed."""
        news = replace(self, **changed)
        held = {one.name: getattr(news, one.name) for one in fields(self)}
        query = urlencode({name: value for name, value in held.items() if value})
        return f"/queues?{query}" if query else "/queues"

    def listed(self, app: App, viewer: Viewer) -> Listed:
        """Return the list that is meant; raises ``Missing`` for what is not there."""
        severity, sign = self.severity, self.sign
        return Listed(
            view=one_of(View, self.view or View.OPEN),
            owner=viewer.name,
            order=one_of(Order, self.order or Order.URGENCY),
            filters=Filters(
                seen=viewer.brands,
                brand=self.brand,
                channel=self.channel,
                language=self.language,
                topic=self.topic,
                tier=_tier(self.tier),
                severity=one_of(Severity, severity) if severity else None,
                sign=one_of(Sign, sign) if sign else None,
                queues=self._queues(app),
            ),
        )

    def _queues(self, app: App) -> Sequence[str]:
        if self.queue:
            return (self.queue,)
        if not self.team:
            return ()
        team = app.people.teams.get(self.team) if app.people else None
        if team is None:
            raise Missing(f"there is no team {self.team[:40]!r}")
        return team.queues


def one_of(kind: type[Choice], said: str) -> Choice:
    """Read one of the words that a page offers; raises ``Missing``."""
    try:
        return kind(said)
    except ValueError:
        raise Missing(f"there is no {kind.__name__.lower()} {said[:40]!r}") from None


def _tier(said: str) -> int | None:
    if not said:
        return None
    try:
        return Tier(int(said))
    except ValueError:
        raise Missing(f"there is no tier {said[:40]!r}") from None


def place_of(said: str) -> Place | None:
    """Read where a page begins; raises ``Missing`` for what no page gave."""
    if not said:
        return None
    try:
        return Place.read(said)
    except ValueError as error:
        raise Missing(f"{error}; begin at its first page") from None


def room(console: Console) -> APIRouter:
    """Make the routes."""
    routes, app = APIRouter(include_in_schema=False), console.app

    @routes.get("/queues")
    def show(viewer: Reader, request: Request, after: str = "") -> Response:
        asked = Asked.of(request)
        return console.pages.page(
            "queues.html", viewer, **_shown(app, viewer, asked, place_of(after))
        )

    @routes.post("/queues/next")
    def take_next(viewer: Worker) -> Response:
        """Claim what is next and lead there; nothing waits: say so on the list."""
        house, people = app.policy.house, app.people
        mine = claims.queues_of(house, people, viewer.name)
        taken = claims.claim_next(
            app.store,
            app.clock,
            house,
            mine,
            by=viewer.name,
            people=people,
            brands=viewer.brands,
        )
        if taken is None:
            raise Missing(f"nothing waits in {', '.join(mine) or 'your queues'}")
        return _led(f"/tickets/{taken.key}")

    @routes.post("/queues/act")
    def act(
        viewer: Worker,
        do: Annotated[Act, Form()],
        key: Annotated[list[int] | None, Form()] = None,
        to: Words = "",
        reason: Words = "",
        back: Words = "",
    ) -> Response:
        """Do one thing to each that was chosen, and tell what became of each."""
        if not key:
            raise NotAllowed("choose at least one ticket; nothing was done")
        step = _step(app, viewer, do, to.strip(), reason.strip())
        done = queues.to_each(app.store, viewer, [TicketId(one) for one in key], step)
        return console.pages.page(
            "queues_done.html", viewer, act=do, to=to, done=done, back=_back(back)
        )

    @routes.post("/queues/views")
    def keep(
        viewer: Reader, name: Words = "", back: Words = "", shared: Words = ""
    ) -> Response:
        back = _back(back)
        query = back.partition("?")[2]
        queues.keep_view(
            app.store, app.clock, viewer, name, query, is_shared=bool(shared)
        )
        return _led(back)

    @routes.post("/queues/views/{view_id}/remove")
    def drop(viewer: Reader, view_id: int, back: Words = "") -> Response:
        queues.drop_view(app.store, app.clock, viewer, view_id)
        return _led(_back(back))

    return routes


def _led(where: str) -> Response:
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def _back(said: str) -> str:
    """Return the list from which somebody came, and no other page."""
    return said if said.startswith("/queues?") else "/queues"


def _shown(
    app: App, viewer: Viewer, asked: Asked, after: Place | None
) -> dict[str, Any]:
    house = app.policy.house
    listed = asked.listed(app, viewer)
    page = queues.look(app.store, app.clock, listed, after=after)
    counts = queues.count(app.store, app.clock, _counted(app, viewer))
    teams = app.people.teams if app.people else {}
    here = asked.to()
    mark = "&" if "?" in here else "?"
    return {
        "asked": asked,
        "listed": listed,
        "here": here,
        "lines": page.lines,
        "there": page.there,
        "next": f"{here}{mark}{urlencode({'after': page.next})}" if page.next else "",
        "is_first": after is None,
        "counts": counts,
        "counted": COUNTED,
        "views": tuple(View),
        "queues": house.queues,
        "teams": teams,
        "people": sorted(app.people.people) if app.people else (),
        "saved": queues.saved_views(app.store, viewer),
        "choices": _choices(app, viewer),
    }


def _counted(app: App, viewer: Viewer) -> dict[str, Listed]:
    """Name all lists whose counts the page shows, each as its link opens it."""
    views = {f"view:{one}": Asked(view=one) for one in View}
    inside = {f"queue:{one}": Asked(queue=one) for one in app.policy.house.queues}
    lists = {**views, **inside}
    return {name: one.listed(app, viewer) for name, one in lists.items()}


def _choices(app: App, viewer: Viewer) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return what each filter offers."""
    settings = app.settings
    named = app.taught.topics if app.taught is not None else ()
    brands = sorted(filter(viewer.may_see, app.brands))
    offered: Mapping[str, Sequence[str]] = {
        "brand": brands,
        "channel": sorted(settings.channels),
        "language": settings.trusted_languages,
        "topic": sorted(named),
        "tier": [str(int(one)) for one in Tier],
        "severity": [one.value for one in reversed(Severity)],
        "sign": [one.value for one in Sign],
    }
    return {
        name: [(one, one.replace("_", " ")) for one in some]
        for name, some in offered.items()
    }


def _lacking(act: Act, to: str, reason: str, known: Collection[str]) -> str:
    """Say what is still to be filled in, or is something else; empty if nothing."""
    needs_both = act in {Act.ASSIGN, Act.HAND_OFF}
    wrong = {
        "say to whom and why": needs_both and not (to and reason),
        f"{to[:40]!r} is a queue and no person": act is Act.ASSIGN and to in known,
        f"{to[:40]!r} is no queue of the house": (
            act is Act.HAND_OFF and to not in known
        ),
        "say with which word": act is Act.MARK and not to,
        "say why they are closed": act is Act.CLOSE and not reason,
    }
    return next((words for words, is_so in wrong.items() if is_so), "")


def _step(
    app: App, viewer: Viewer, act: Act, to: str, reason: str
) -> Callable[[TicketId], object]:
    """Return what is done to each; raises ``NotAllowed`` where something is missing."""
    policy, by = app.policy, viewer.name
    if lacking := _lacking(act, to, reason, policy.house.queues):
        raise NotAllowed(f"{lacking}; nothing was done")
    world = (app.store, app.clock, policy.house)
    if act is Act.CLAIM:
        return partial(claims.claim, *world, by=by, people=app.people)
    if act is Act.RELEASE:
        return partial(claims.release, *world, by=by)
    if act is Act.MARK:
        return partial(tickets.mark, app.store, app.clock, word=to, by=by)
    if act is Act.CLOSE:
        return partial(
            tickets.close,
            app.store,
            app.clock,
            by=by,
            rulebook=policy.rulebook,
            follow_ups=policy.house.follow_ups,
            why=reason,
        )
    return partial(
        claims.hand_off,
        *world,
        to=to,
        reason=reason,
        by=by,
        people=app.people,
        on_change=app.on_change,
    )
