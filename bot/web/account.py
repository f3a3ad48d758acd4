"""``/account``: how things are shown to somebody, their sessions, their way in."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from zoneinfo import available_timezones

from babel import Locale
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.domain.staff import Right, SessionId, User, Viewer
from bot.errors import BotError, NotAllowed, SettingsError
from bot.services import staff
from bot.services.signin import NOTE_LASTS
from bot.web.gate import May
from bot.web.render import languages
from bot.web.room import Console, status_of
from bot.web.signin import (
    STEP_COOKIE,
    Secret,
    check_same,
    picture,
    place_of,
    set_cookie,
)

THEMES = ("", "light", "dark")
OWN = Annotated[Viewer, Depends(May(Right.SEE_OWN_ACCOUNT))]
Word = Annotated[str, Form(max_length=60)]


def rooms(console: Console) -> APIRouter:
    """Make the routes."""
    routes, page = APIRouter(), Account(console)

    @routes.get("/account")
    def show(request: Request, viewer: OWN) -> Response:
        return page.show(request, viewer)

    @routes.post("/account")
    def prefer(
        request: Request,
        viewer: OWN,
        zone: Word,
        language: Word = "",
        theme: Word = "",
    ) -> Response:
        return page.prefer(request, viewer, (zone, language, theme))

    @routes.post("/account/sessions/{number}/end")
    def end(viewer: OWN, number: int) -> Response:
        return page.end(viewer, SessionId(number))

    @routes.post("/account/password")
    def password(
        request: Request, viewer: OWN, old: Secret, new: Secret, again: Secret
    ) -> Response:
        return page.password(request, viewer, old, (new, again))

    @routes.post("/account/factor")
    def begin(request: Request, viewer: OWN, password: Secret) -> Response:
        return page.begin_factor(request, viewer, password)

    @routes.post("/account/factor/code")
    def finish(request: Request, viewer: OWN, code: Secret) -> Response:
        return page.set_factor(request, viewer, code)

    return routes


@dataclass(frozen=True, slots=True)
class Account:
    """One's own page, and what one may change by oneself."""

    console: Console

    def show(
        self, request: Request, viewer: Viewer, error: BotError | None = None
    ) -> HTMLResponse:
        """Show it, with what was wrong with the last change."""
        user = self._user(viewer)
        with self.console.app.store.reading() as work:
            sessions = work.staff.sessions(user.id)
        return self.console.pages.page(
            "account.html",
            viewer,
            status=status_of(error) if error else HTTPStatus.OK,
            user=user,
            sessions=sessions,
            own=getattr(request.state, "session", 0),
            mistake=error.shown if error else "",
            zones=[(one, one) for one in sorted(available_timezones())],
            languages=[(one, Locale(one).get_display_name(one)) for one in languages()],
        )

    def prefer(
        self, request: Request, viewer: Viewer, chosen: tuple[str, str, str]
    ) -> Response:
        """Change how things are shown."""
        zone, language, theme = chosen
        known = zone in available_timezones() and language in languages()
        if not known or theme not in THEMES:
            message = "there is no such time zone, language or theme; choose one listed"
            return self.show(request, viewer, SettingsError(message))
        app, user = self.console.app, self._user(viewer)
        staff.prefer(
            app.store, app.present, user.id, zone=zone, language=language, theme=theme
        )
        return _back()

    def end(self, viewer: Viewer, session: SessionId) -> Response:
        """End one of one's own sessions."""
        app = self.console.app
        staff.revoke(
            app.store, app.present, viewer.name, by=viewer.name, session=session
        )
        return _back()

    def password(
        self, request: Request, viewer: Viewer, old: str, new: tuple[str, str]
    ) -> Response:
        """Set another password; other sessions end."""
        user = self._user(viewer)
        try:
            check_same(*new)
            self.console.app.sign_in.change_password(
                user.id, old, new[0], place_of(request), but=_session(request)
            )
        except NotAllowed as error:
            return self.show(request, viewer, error)
        return _back()

    def begin_factor(self, request: Request, viewer: Viewer, password: str) -> Response:
        """Show what a telephone must learn."""
        user, sign_in = self._user(viewer), self.console.app.sign_in
        try:
            note, made = sign_in.begin_factor(user.id, password, place_of(request))
        except NotAllowed as error:
            return self.show(request, viewer, error)
        answer = self._factor(viewer, made.uri, made.secret)
        lasts = int(NOTE_LASTS.total_seconds())
        set_cookie(request, answer, STEP_COOKIE, note, lasts)
        return answer

    def set_factor(self, request: Request, viewer: Viewer, code: str) -> Response:
        """Set the second factor up, by its first code."""
        user, sign_in = self._user(viewer), self.console.app.sign_in
        note = request.cookies.get(STEP_COOKIE, "")
        try:
            codes = sign_in.set_factor(user.id, note, code)
        except NotAllowed as error:
            return self.show(request, viewer, error)
        return self.console.pages.page(
            "recovery.html", viewer, codes=codes, next="/account"
        )

    def _factor(self, viewer: Viewer, uri: str, secret: str) -> HTMLResponse:
        return self.console.pages.page(
            "factor.html",
            viewer,
            picture=picture(uri),
            secret=secret,
            mistake="",
            next="/account",
        )

    def _user(self, viewer: Viewer) -> User:
        if viewer.is_program:
            message = "a program has no account; an operator sees its key"
            raise NotAllowed(message, reasons=["key.no_account"])
        with self.console.app.store.reading() as work:
            return staff.user_named(work, viewer.name)


def _session(request: Request) -> SessionId:
    return SessionId(getattr(request.state, "session", 0))


def _back() -> RedirectResponse:
    return RedirectResponse("/account", HTTPStatus.SEE_OTHER)
