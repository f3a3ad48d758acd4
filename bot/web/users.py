"""``/users``: who may sign in, as what, for which brands; programs; regulators."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.domain.staff import Right, Role, User, UserId, Viewer
from bot.domain.tickets import TicketId, id_of, key_of
from bot.errors import BotError, SettingsError
from bot.services import staff
from bot.web.gate import MayForAll
from bot.web.room import Console, status_of

PAGE, MOST_KEYS = 50, 500

MANAGES = Annotated[Viewer, Depends(MayForAll(Right.MANAGE_USERS))]
Word = Annotated[str, Form(max_length=200)]
Words = Annotated[str, Form(max_length=5000)]
Brands = Annotated[list[str] | None, Form(max_length=200)]
AsRole = Annotated[Role, Form()]


class Deed(StrEnum):
    """What is done to somebody by one button."""

    LINK = "link"
    LINK_WITHOUT_FACTOR = "link-without-factor"
    UNLOCK = "unlock"
    REVOKE = "revoke"
    DISABLE = "disable"
    ENABLE = "enable"


def rooms(console: Console) -> APIRouter:
    """Make the routes."""
    routes, page = APIRouter(), Users(console)
    _people(routes, page)
    _programs(routes, page)
    _regulators(routes, page)
    return routes


def _people(routes: APIRouter, page: Users) -> None:
    @routes.get("/users")
    def listing(
        viewer: MANAGES, after: Annotated[str, Query(max_length=200)] = ""
    ) -> Response:
        return page.listing(viewer, after)

    @routes.post("/users")
    def add(
        viewer: MANAGES, name: Word, role: AsRole, brands: Brands = None
    ) -> Response:
        return page.add(viewer, name, role, brands or [])

    @routes.get("/users/{number:int}")
    def one(viewer: MANAGES, number: int) -> Response:
        return page.one(viewer, UserId(number))

    @routes.post("/users/{number:int}")
    def change(
        viewer: MANAGES, number: int, role: AsRole, brands: Brands = None
    ) -> Response:
        return page.change(viewer, UserId(number), role, brands or [])

    @routes.post("/users/{number:int}/do/{deed}")
    def do(viewer: MANAGES, number: int, deed: Deed) -> Response:
        return page.do(viewer, UserId(number), deed)


def _programs(routes: APIRouter, page: Users) -> None:
    @routes.get("/users/keys")
    def keys(viewer: MANAGES) -> Response:
        return page.keys(viewer)

    @routes.post("/users/keys")
    def make(
        viewer: MANAGES,
        name: Word,
        role: AsRole,
        days: Annotated[int, Form()],
        brands: Brands = None,
    ) -> Response:
        asked = staff.NewKey(
            name=name, role=role, lasts=timedelta(days=days), brands=brands or []
        )
        return page.make_key(viewer, asked)

    @routes.post("/users/keys/revoke")
    def revoke(viewer: MANAGES, name: Word) -> Response:
        return page.revoke_key(viewer, name)


def _regulators(routes: APIRouter, page: Users) -> None:
    @routes.post("/users/{number:int}/cases")
    def give(
        viewer: MANAGES, number: int, tickets: Words, until: Word, reason: Words
    ) -> Response:
        return page.give(viewer, UserId(number), (tickets, until, reason))

    @routes.post("/users/{number:int}/cases/{key}/take-back")
    def take_back(viewer: MANAGES, number: int, key: str) -> Response:
        return page.take_back(viewer, UserId(number), id_of(key))


@dataclass(frozen=True, slots=True)
class Users:
    """What an operator sees and does."""

    console: Console

    def listing(
        self,
        viewer: Viewer,
        after: str = "",
        *,
        error: BotError | None = None,
        made: Mapping[str, object] | None = None,
    ) -> HTMLResponse:
        """Show a page of everybody, and what was just made or wrong."""
        with self.console.app.store.reading() as work:
            found = work.staff.listing(PAGE + 1, after=after)
        more = found[PAGE - 1].name if len(found) > PAGE else ""
        return self._page(
            "users.html", viewer, error, users=found[:PAGE], more=more, made=made
        )

    def add(
        self, viewer: Viewer, name: str, role: Role, brands: list[str]
    ) -> HTMLResponse:
        """Add somebody and show their link this once."""
        app = self.console.app
        try:
            self._check(brands)
            _, given = staff.add_user(
                app.store, app.present, name, role, brands=brands, by=viewer.name
            )
        except BotError as error:
            return self.listing(viewer, error=error)
        return self.listing(viewer, made=self._link(name, given))

    def one(
        self,
        viewer: Viewer,
        number: UserId,
        *,
        error: BotError | None = None,
        made: Mapping[str, object] | None = None,
    ) -> HTMLResponse:
        """Show one: rights, sessions, cases."""
        with self.console.app.store.reading() as work:
            user = work.staff.get(number)
            sessions, given = work.staff.sessions(number), work.staff.given(number)
        now = self.console.app.present.now()
        cases = [(key_of(one.ticket_id), one, one.until > now) for one in given]
        return self._page(
            "user.html",
            viewer,
            error,
            user=user,
            sessions=sessions,
            cases=cases,
            made=made,
            is_self=user.name == viewer.name,
        )

    def change(
        self, viewer: Viewer, number: UserId, role: Role, brands: list[str]
    ) -> Response:
        """Change somebody's role and brands."""
        app, user = self.console.app, self._user(number)

        def change() -> None:
            self._check(brands)
            staff.change_user(
                app.store,
                app.present,
                user.name,
                role=role,
                brands=brands,
                by=viewer.name,
            )

        return self._did(viewer, number, change)

    def do(self, viewer: Viewer, number: UserId, deed: Deed) -> Response:
        """Do what one button says."""
        app, user = self.console.app, self._user(number)
        if deed in {Deed.LINK, Deed.LINK_WITHOUT_FACTOR}:
            given = staff.make_link(
                app.store,
                app.present,
                user.name,
                by=viewer.name,
                without_factor=deed is Deed.LINK_WITHOUT_FACTOR,
            )
            return self.one(viewer, number, made=self._link(user.name, given))
        deeds: Mapping[Deed, Callable[..., object]] = {
            Deed.UNLOCK: staff.unlock,
            Deed.REVOKE: staff.revoke,
            Deed.DISABLE: staff.disable,
            Deed.ENABLE: staff.enable,
        }

        def do() -> None:
            deeds[deed](app.store, app.present, user.name, by=viewer.name)

        return self._did(viewer, number, do)

    def keys(
        self,
        viewer: Viewer,
        *,
        error: BotError | None = None,
        made: Mapping[str, object] | None = None,
    ) -> HTMLResponse:
        """Show the API keys, and one that was just made this once."""
        app = self.console.app
        with app.store.reading() as work:
            found = work.staff.keys(MOST_KEYS)
        return self._page(
            "keys.html", viewer, error, keys=found, now_at=app.present.now(), made=made
        )

    def make_key(self, viewer: Viewer, asked: staff.NewKey) -> HTMLResponse:
        """Make one."""
        app = self.console.app
        try:
            self._check(asked.brands)
            given = staff.make_key(app.store, app.present, asked, by=viewer.name)
        except BotError as error:
            return self.keys(viewer, error=error)
        made = {"name": asked.name, "shown": given.token, "ends_at": given.ends_at}
        return self.keys(viewer, made=made)

    def revoke_key(self, viewer: Viewer, name: str) -> Response:
        """Let one be of no use any more."""
        app = self.console.app
        staff.revoke_key(app.store, app.present, name, by=viewer.name)
        return RedirectResponse("/users/keys", HTTPStatus.SEE_OTHER)

    def give(
        self, viewer: Viewer, number: UserId, asked: tuple[str, str, str]
    ) -> Response:
        """Let a regulator read tickets until an instant."""
        app, user = self.console.app, self._user(number)
        tickets, until, reason = asked

        def give() -> None:
            view = staff.View(
                tickets=[id_of(one) for one in tickets.replace(",", " ").split()],
                until=_instant(until, viewer),
                reason=reason.strip(),
            )
            staff.give_cases(app.store, app.present, user.name, view, by=viewer.name)

        return self._did(viewer, number, give)

    def take_back(
        self, viewer: Viewer, number: UserId, ticket_id: TicketId
    ) -> Response:
        """Take a ticket back from a regulator."""
        app, user = self.console.app, self._user(number)
        staff.take_back_case(
            app.store, app.present, user.name, ticket_id, by=viewer.name
        )
        return _to(number)

    def _did(self, viewer: Viewer, number: UserId, do: Callable[[], None]) -> Response:
        try:
            do()
        except BotError as error:
            return self.one(viewer, number, error=error)
        return _to(number)

    def _page(
        self, template: str, viewer: Viewer, error: BotError | None, **shown: object
    ) -> HTMLResponse:
        return self.console.pages.page(
            template,
            viewer,
            status=status_of(error) if error else HTTPStatus.OK,
            mistake=error.shown if error else "",
            brands=sorted(self.console.app.brands),
            **shown,
        )

    def _user(self, number: UserId) -> User:
        with self.console.app.store.reading() as work:
            return work.staff.get(number)

    def _check(self, brands: Collection[str]) -> None:
        strange = sorted(set(brands) - set(self.console.app.brands))
        if strange:
            raise SettingsError(f"there is no brand {strange[0]!r} in the settings")

    def _link(self, name: str, given: staff.Given) -> Mapping[str, object]:
        url = self.console.app.settings.console.url
        shown = f"{url}/welcome/{given.token}"
        return {"name": name, "shown": shown, "ends_at": given.ends_at}


def _instant(said: str, viewer: Viewer) -> datetime:
    """Read what a field for an instant holds: it is of the viewer's zone."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        message = f"{said!r} is no date and time; write 2026-12-24T17:00"
        raise SettingsError(message) from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(viewer.zone))


def _to(number: UserId) -> RedirectResponse:
    return RedirectResponse(f"/users/{number}", HTTPStatus.SEE_OTHER)
