"""The console: the rooms that people work in, and how a refusal is shown to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect

from bot.domain.staff import RIGHTS, Right, Role, Viewer
from bot.errors import BotError, NotAllowed, NotSignedIn, TooOften
from bot.logs import logger
from bot.web import (
    account,
    approvals,
    cases,
    changes,
    composer,
    dashboard,
    deadlines,
    exports,
    letters,
    live,
    log,
    mentions,
    oidc,
    proof,
    queues,
    replies,
    scope,
    search,
    setup,
    signin,
    stops,
    users,
    work,
)
from bot.web.addresses import NotTheirs
from bot.web.api.calls import refused
from bot.web.door import MOST_BYTES, Door, OnRecord, SameOrigin, route_of
from bot.web.gate import May
from bot.web.headers import Named, SecurityHeaders
from bot.web.live import Feed
from bot.web.render import NAVIGATION, STATIC, Entry, wants_part
from bot.web.room import Console, NoSuch, Room, Unfit, status_of
from bot.web.tickets import tickets

ROOMS: Sequence[Room] = (
    signin.rooms,
    oidc.rooms,
    account.rooms,
    users.rooms,
    cases.rooms,
    log.routes,
    exports.routes,
    scope.routes,
    proof.routes,
    deadlines.routes,
    tickets,
    queues.room,
    search.room,
    dashboard.room,
    mentions.room,
    approvals.room,
    composer.room,
    letters.room,
    replies.room,
    stops.room,
    setup.room,
    changes.room,
    work.room,
)
"""Each makes the routes of one file of this folder; a new room is one line here."""


def open_console(web: FastAPI, console: Console) -> None:
    """Let people in: all rooms, static files, and pages for what goes wrong."""
    app = console.app
    web.state.door = door = Door(app)
    web.mount("/static", Named(directory=STATIC), name="static")
    web.include_router(_front_door(door), include_in_schema=False)
    web.state.feed = Feed(lambda: app.store)
    web.include_router(
        live.router(web.state.feed, app.source_brands), include_in_schema=False
    )
    for room in ROOMS:
        web.include_router(room(console), include_in_schema=False)
    told = _tell_refusals(web, console)
    web.add_middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES)
    web.add_middleware(OnRecord, door=door)
    web.add_middleware(SameOrigin, told=told)
    web.add_middleware(SecurityHeaders)


Told = Callable[[Request, Exception], Awaitable[Response]]


def _tell_refusals(web: FastAPI, console: Console) -> Told:
    """Make a page, or a problem document, of whatever is refused or breaks off."""

    async def told(request: Request, error: Exception) -> Response:
        if not isinstance(error, BotError):
            raise error
        return await run_in_threadpool(_told, console, request, error)

    async def unfit(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        refusal = Unfit("; ".join(map(_unfit, error.errors())))
        return await run_in_threadpool(_told, console, request, refusal)

    async def no_such(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        asked = f"{error.detail}: {request.method} {request.url.path}"
        # Not in the program's log: an address may hold a token that is good still.
        refusal = NoSuch(asked, detail=str(error.detail))
        refusal.status = HTTPStatus(error.status_code)
        answer = await run_in_threadpool(_told, console, request, refusal)
        answer.headers.update(error.headers or {})
        return answer

    async def too_large(request: Request, _error: Exception) -> Response:
        refusal = Unfit("a number in it is larger than any that stands here")
        return await run_in_threadpool(_told, console, request, refusal)

    web.add_exception_handler(BotError, told)
    web.add_exception_handler(OverflowError, too_large)
    web.add_exception_handler(ClientDisconnect, _gone)
    web.add_exception_handler(RequestValidationError, unfit)
    web.add_exception_handler(HTTPException, no_such)
    return told


def _unfit(found: Mapping[str, Any]) -> str:
    """Say which part of what was sent is wrong; never what stood there."""
    place = ".".join(str(part) for part in found["loc"])
    return f"{place}: {found['msg']}"


async def _gone(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the page was left while it still sent something."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def _front_door(door: Door) -> APIRouter:
    routes = APIRouter(lifespan=door.open)

    @routes.get("/", include_in_schema=False)
    def home(
        viewer: Annotated[Viewer, Depends(May(Right.SEE_OWN_ACCOUNT))],
    ) -> RedirectResponse:
        """Lead to the first room that the viewer may enter."""
        first = _home(viewer)
        where = first.path if first else "/account"
        return RedirectResponse(where, HTTPStatus.SEE_OTHER)

    return routes


_OVER = "view.over"
"""Whoever is refused for this has no page left to go back to."""


def _reasons(error: BotError) -> Sequence[str]:
    return error.reasons if isinstance(error, NotAllowed) else ()


def _who_may(error: BotError) -> Sequence[Role]:
    """Return whose room it is, where somebody was refused for their role."""
    lacking = set(_reasons(error)) & set(Right)
    return [role for role in Role if any(one in RIGHTS[role] for one in lacking)]


def _home(viewer: Viewer | None) -> Entry | None:
    """Return the first room that the viewer may enter."""
    return next((one for one in NAVIGATION if viewer and viewer.may(one.right)), None)


def _told(console: Console, request: Request, error: BotError) -> Response:
    status = status_of(error)
    logger("web").info("refused", route=route_of(request), detail=error.detail)
    if isinstance(error, NotAllowed):
        request.app.state.door.refused(request, error)
    elif isinstance(error, NotTheirs):
        request.app.state.door.note(request, ("brand.not_theirs",))
    if request.url.path.startswith("/api/"):
        return refused(error, status)
    if isinstance(error, NotSignedIn) and request.method == "GET":
        return RedirectResponse(
            f"/sign-in?next={quote(request.url.path)}", HTTPStatus.SEE_OTHER
        )
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    template = "part_error.html" if wants_part(request) else "error.html"
    answer = console.pages.page(
        template,
        viewer,
        status=status,
        error=error,
        roles=_who_may(error),
        home=None if _OVER in _reasons(error) else _home(viewer),
    )
    if isinstance(error, TooOften):
        wait = error.retry_at - console.app.clock.now()
        answer.headers["Retry-After"] = str(max(1, round(wait.total_seconds())))
    return answer
