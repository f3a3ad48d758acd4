"""``/sign-in`` and ``/welcome``: the way in, a step a page; and ``/sign-out``.

What a browser carries between two steps is a cookie that it can neither read nor
change; the session's own cookie is set only when everything was asked.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, urlsplit

import segno
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from bot.errors import NotAllowed
from bot.services.signin import NOTE_LASTS, Needs, Place, SignIn, Step
from bot.web.door import Door
from bot.web.gate import is_own_machine, session_cookie
from bot.web.room import Console, status_of

BROWSER_LENGTH = 160
STEP_COOKIE = "answerable-step"
NEXT_PAGE = {Needs.CODE: "/sign-in/code", Needs.FACTOR: "/sign-in/factor"}

Name = Annotated[str, Form(max_length=200)]
Secret = Annotated[str, Form(max_length=2000)]
Next = Annotated[str, Query(alias="next", max_length=500)]
NextField = Annotated[str, Form(alias="next", max_length=500)]


def rooms(console: Console) -> APIRouter:
    """Make the routes; all of them are public."""
    routes, pages = APIRouter(), Entrance(console)

    @routes.get("/sign-in")
    def ask(to: Next = "/") -> Response:
        return pages.ask(to)

    @routes.post("/sign-in")
    def take(
        request: Request, name: Name, password: Secret, to: NextField = "/"
    ) -> Response:
        return pages.take(request, name, password, to)

    @routes.get("/sign-in/code")
    def ask_code(to: Next = "/") -> Response:
        return pages.show("code.html", to)

    @routes.post("/sign-in/code")
    def take_code(request: Request, code: Secret, to: NextField = "/") -> Response:
        return pages.take_code(request, code, to)

    @routes.get("/sign-in/factor")
    def ask_factor(request: Request, to: Next = "/") -> Response:
        return pages.ask_factor(request, to)

    @routes.post("/sign-in/factor")
    def take_factor(request: Request, code: Secret, to: NextField = "/") -> Response:
        return pages.take_factor(request, code, to)

    @routes.get("/welcome/{token}")
    def welcome(token: str) -> Response:
        return pages.welcome(token)

    @routes.post("/welcome/{token}")
    def set_first(
        request: Request, token: str, password: Secret, again: Secret
    ) -> Response:
        return pages.set_first(request, token, password, again)

    @routes.post("/sign-out")
    def leave(request: Request) -> Response:
        return pages.leave(request)

    return routes


@dataclass(frozen=True, slots=True)
class Entrance:
    """What is shown to whoever is not in yet."""

    console: Console

    @property
    def _sign_in(self) -> SignIn:
        return self.console.app.sign_in

    def show(
        self,
        template: str,
        to: str = "/",
        error: NotAllowed | None = None,
        **shown: object,
    ) -> Response:
        """Show a step, with what was wrong with the last try at it."""
        status = status_of(error) if error else HTTPStatus.OK
        mistake = error.shown if error else ""
        return self.console.pages.page(
            template, None, status=status, next=_own(to), mistake=mistake, **shown
        )

    def ask(self, to: str, error: NotAllowed | None = None) -> Response:
        """Ask for name and password, or tell how the first person is added."""
        with self.console.app.store.reading() as work:
            nobody = not work.staff.listing(1)
        oidc = self.console.app.settings.console.oidc
        return self.show(
            "sign_in.html", to, error, nobody=nobody, oidc=oidc.label if oidc else ""
        )

    def take(self, request: Request, name: str, password: str, to: str) -> Response:
        """Look at name and password."""
        try:
            place = self._tried(request)
            step = self._sign_in.by_password(name, password, place)
        except NotAllowed as error:
            return self.ask(to, error)
        return self.on(request, step, to)

    def take_code(self, request: Request, code: str, to: str) -> Response:
        """Look at a code of the second factor."""
        try:
            place = self._tried(request)
            step = self._sign_in.by_code(_note(request), code, place)
        except NotAllowed as error:
            if _is_over(error):
                return self.ask(to, error)
            return self.show("code.html", to, error)
        return self.on(request, step, to)

    def ask_factor(
        self, request: Request, to: str, error: NotAllowed | None = None
    ) -> Response:
        """Show what a telephone must learn."""
        try:
            made = self._sign_in.enrolment(_note(request))
        except NotAllowed as over:
            return self.ask(to, over)
        return self.show(
            "factor.html", to, error, picture=picture(made.uri), secret=made.secret
        )

    def take_factor(self, request: Request, code: str, to: str) -> Response:
        """Look at the first code of a new second factor."""
        try:
            place = self._tried(request)
            step = self._sign_in.by_factor(_note(request), code, place)
        except NotAllowed as error:
            if _is_over(error):
                return self.ask(to, error)
            return self.ask_factor(request, to, error)
        answer = self.show("recovery.html", to, codes=step.recovery)
        return self._with_session(request, answer, step)

    def welcome(self, token: str, error: NotAllowed | None = None) -> Response:
        """Ask whoever has a link for a password of their own."""
        try:
            user = self._sign_in.whose_link(token)
        except NotAllowed as over:
            return self.console.pages.page(
                "error.html", status=HTTPStatus.GONE, error=over
            )
        return self.show("welcome.html", "/", error, name=user.name)

    def set_first(
        self, request: Request, token: str, password: str, again: str
    ) -> Response:
        """Set the password that somebody with a link chose."""
        try:
            place = self._tried(request)
            check_same(password, again)
            step = self._sign_in.by_link(token, password, place)
        except NotAllowed as error:
            return self.welcome(token, error)
        return self.on(request, step, "/")

    def leave(self, request: Request) -> Response:
        """End the session, here and in the browser."""
        self._sign_in.sign_out(request.cookies.get(session_cookie(request), ""))
        answer = _to("/sign-in")
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        _forget(request, answer, session_cookie(request))
        return answer

    def on(self, request: Request, step: Step, to: str) -> Response:
        """Lead to the next step, or in."""
        if step.needs is Needs.NOTHING:
            return self._with_session(request, _to(_own(to)), step)
        answer = _to(f"{NEXT_PAGE[step.needs]}?next={quote(_own(to))}")
        set_cookie(
            request, answer, STEP_COOKIE, step.note, int(NOTE_LASTS.total_seconds())
        )
        return answer

    def _with_session(self, request: Request, answer: Response, step: Step) -> Response:
        lasts = self.console.app.settings.console.session_lasts
        name = session_cookie(request)
        set_cookie(request, answer, name, step.token, int(lasts.total_seconds()))
        _forget(request, answer, STEP_COOKIE)
        return answer

    def _tried(self, request: Request) -> Place:
        """Say from where somebody tries; raises ``NotAllowed``."""
        door: Door = request.app.state.door
        origin = request.headers.get("Origin", "")
        if origin.startswith("http://") and not is_own_machine(request):
            message = (
                "a password would cross the network in clear; reach this console by "
                "https, or on its own machine as http://127.0.0.1"
            )
            error = NotAllowed(message, reasons=["not_https"])
            door.refused(request, error)
            raise error
        place = place_of(request)
        try:
            door.let_try(place.address)
        except NotAllowed as error:
            door.refused(request, error)
            raise
        return place


def place_of(request: Request) -> Place:
    """Return from where somebody asks; of an IPv6 address, the network of theirs."""
    said = request.client.host if request.client else ""
    try:
        at = ipaddress.ip_address(said)
    except ValueError:
        address = said
    else:
        is_wide = at.version == 6 and not at.is_loopback  # noqa: PLR2004 - it is IPv6
        theirs = ipaddress.ip_network(f"{at}/64", strict=False) if is_wide else at
        address = str(theirs)
    browser = request.headers.get("User-Agent", "")[:BROWSER_LENGTH]
    return Place(address=address, browser=browser)


def check_same(password: str, again: str) -> None:
    """Raise ``NotAllowed`` for a password that was not typed the same twice."""
    if password != again:
        message = "the two are not the same; type the password again"
        raise NotAllowed(message, reasons=["password.again"])


def picture(uri: str) -> str:
    """Draw what a telephone reads, as the address of an image."""
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=3, light="#fff")


def _note(request: Request) -> str:
    return request.cookies.get(STEP_COOKIE, "")


def _is_over(error: NotAllowed) -> bool:
    return "note.over" in error.reasons


def _own(to: str) -> str:
    """Return where to go on this site; whatever leads elsewhere is the front door."""
    parts = urlsplit(to)
    is_ours = to.startswith("/") and not to.startswith(("//", "/\\"))
    if parts.scheme or parts.netloc or not is_ours or not to.isprintable():
        return "/"
    return to


def _to(where: str) -> RedirectResponse:
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def set_cookie(
    request: Request, answer: Response, name: str, value: str, seconds: int
) -> None:
    """Give the browser what no script and no other site's page gets at."""
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=not is_own_machine(request),
    )


def _forget(request: Request, answer: Response, name: str) -> None:
    answer.delete_cookie(
        name,
        path="/",
        httponly=True,
        samesite="lax",
        secure=not is_own_machine(request),
    )
