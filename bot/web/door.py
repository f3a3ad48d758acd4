"""What stands before every room: whose page sent this, how often, and who was refused.

Nothing here writes for a request that is let through.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.bootstrap import App
from bot.clock import since_boot
from bot.domain.staff import NOBODY, Viewer
from bot.errors import BotError, NotAllowed, StorageError, TooOften
from bot.logs import logger
from bot.services.refusals import Door as At
from bot.services.refusals import Refusal
from bot.services.signin import SignIn
from bot.web.gate import bearer, session_cookie

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FROM_ELSEWHERE = ("/hooks/", "/h/")
"""What other systems and people without a session send: nothing there rests on one."""

NOTED_BY_THEMSELVES = (*FROM_ELSEWHERE, "/sign-in", "/welcome/")
REFUSALS = frozenset({401, 403, 429})

MOST_BYTES = 2_000_000
A_MINUTE, FLUSH_SECONDS = 60.0, 10.0
REQUESTS_A_MINUTE = 600
"""Of one person or program; a page with its parts is a dozen."""

TRIES_A_MINUTE = 30
"""To sign in, from one address, whatever comes of them."""

LISTENING = 20
"""Open streams of one person or program: a browser needs one for all its tabs."""

REMEMBERED = 10_000
WAIT = "wait for the next"


class Pace:
    """Counts how often somebody asks within a minute; remembers the newest only."""

    def __init__(self, most: int) -> None:
        """``most``: how often is not too often."""
        self._most = most
        self._counted: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._turn = threading.Lock()

    def too_many(self, key: str) -> bool:
        """Count one more; say whether that is too many."""
        now = since_boot()
        with self._turn:
            since, times = self._counted.pop(key, (now, 0))
            if now - since >= A_MINUTE:
                since, times = now, 0
            self._counted[key] = (since, times + 1)
            while len(self._counted) > REMEMBERED:
                self._counted.popitem(last=False)
        return times >= self._most


class Door:
    """One for all rooms of a process."""

    def __init__(self, app: App) -> None:
        """Nothing is opened before somebody asks."""
        self._app = app
        self._asking, self._trying = Pace(REQUESTS_A_MINUTE), Pace(TRIES_A_MINUTE)
        self._listening: Counter[tuple[str, bool]] = Counter()

    @property
    def sign_in(self) -> SignIn:
        """The way in."""
        return self._app.sign_in

    def let_through(self, viewer: Viewer) -> None:
        """Raise ``TooOften`` for whoever asks without a pause."""
        if self._asking.too_many(viewer.name):
            raise self._too_often(f"these are too many requests for one minute; {WAIT}")

    def let_try(self, address: str) -> None:
        """Raise ``TooOften`` for an address that tries to sign in without a pause."""
        if self._trying.too_many(address):
            raise self._too_often(f"these are too many tries for one minute; {WAIT}")

    @contextmanager
    def seat(self, viewer: Viewer) -> Iterator[None]:
        """Count somebody among those who listen; raise ``TooOften`` beyond a bound.

        Only the server's own loop calls this, so that no lock is needed.
        """
        who = (viewer.name, viewer.is_program)
        if self._listening[who] >= LISTENING:
            message = f"{LISTENING} pages listen for you already; close some"
            raise self._too_often(message)
        self._listening[who] += 1
        try:
            yield
        finally:
            self._listening[who] -= 1
            self._listening += Counter()  # forgets whoever has left

    def _too_often(self, said: str) -> TooOften:
        retry_at = self._app.present.now() + timedelta(minutes=1)
        return TooOften(said, retry_at=retry_at, reasons=["pace"])

    def refused(self, request: Request, error: NotAllowed) -> None:
        """Put on record whom a room refused; signing in does so itself."""
        self.note(request, error.reasons or ("not_allowed",))

    def note(self, request: Request, reasons: tuple[str, ...]) -> None:
        """Put on record that a request was refused, once."""
        request.state.is_on_record = True
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        refusal = Refusal(
            door=At.ROOM,
            subject=f"route:{request.method} {route_of(request)}",
            actor=viewer.name if viewer else NOBODY,
            reasons=reasons,
        )
        self._on_record(lambda: self._app.refusals.note(refusal))

    @asynccontextmanager
    async def open(self, _web: FastAPI) -> AsyncIterator[None]:
        """Write what is counted of refusals, minute by minute and at the end."""
        counting = asyncio.create_task(self._count())
        yield
        counting.cancel()
        await run_in_threadpool(self._flush, everything=True)

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await run_in_threadpool(self._flush, everything=False)

    def _flush(self, *, everything: bool) -> None:
        if "refusals" in vars(self._app):  # else nobody was refused, nothing is open
            self._on_record(lambda: self._app.refusals.flush(everything=everything))

    @staticmethod
    def _on_record(write: Callable[[], None]) -> None:
        try:
            write()
        except StorageError as error:
            logger("web").error("refusal not on record", detail=error.detail)


API = "/api/v1"


def route_of(request: Request) -> str:
    """Return the path as the route writes it: a token in the address stays out.

    A route of the API knows itself without what all of them begin with.
    """
    path = str(getattr(request.scope.get("route"), "path", ""))
    is_of_api = request.url.path.startswith(f"{API}/") and not path.startswith(API)
    return f"{API if path and is_of_api else ''}{path}" or "none"


Told = Callable[[Request, BotError], Awaitable[Response]]


class SameOrigin:
    """Lets nothing through that another site's page sends in somebody's name."""

    def __init__(self, app: ASGIApp, told: Told) -> None:
        """``told`` makes the answer to a refusal."""
        self._app, self._told = app, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what changes something and does not come from a page of ours."""
        if scope["type"] == "http" and not _is_ours(request := Request(scope)):
            message = "this was sent from another site's page; go to the console itself"
            error = NotAllowed(message, reasons=["cross_site"])
            answer = await self._told(request, error)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


class OnRecord:
    """Sees to it that every refusal is on record, also one that a page shows itself."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        """``door`` keeps the record."""
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at each answer's status on its way out."""
        if scope["type"] != "http" or scope["path"].startswith(NOTED_BY_THEMSELVES):
            await self._app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                request, status = Request(scope), message["status"]
                is_known = getattr(request.state, "is_on_record", False)
                if status in REFUSALS and not is_known:
                    reasons = (f"status.{status}",)
                    await run_in_threadpool(self._door.note, request, reasons)
            await send(message)

        await self._app(scope, receive, noted)


def _is_ours(request: Request) -> bool:
    if request.method in SAFE or request.url.path.startswith(FROM_ELSEWHERE):
        return True
    if bearer(request) and session_cookie(request) not in request.cookies:
        return True
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("Host")
