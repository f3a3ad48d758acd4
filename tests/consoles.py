"""The console in a test: looked at by whomever the test names, or through the door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pyotp
from argon2 import PasswordHasher
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from httpx2 import Response

from bot.bootstrap import App
from bot.domain.staff import Right, Role, Viewer
from bot.services.passwords import Passwords
from bot.services.signin import SignIn
from bot.services.staff import add_user
from bot.web.app import application
from bot.web.gate import May, signed_in

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HERE = "http://127.0.0.1"
PASSWORD = "nine grey herons at dawn"
WHO = "X-Looks"
"""Names whoever looks, in a test."""


def viewer(role: Role, name: str = "Ada") -> Viewer:
    """Somebody of a role, in Sydney."""
    return Viewer(name=name, role=role, zone="Australia/Sydney")


def seen_by(app: App, by: Viewer) -> FastAPI:
    """The whole console as one person sees it, to be served."""
    web = application(app)
    web.dependency_overrides[signed_in] = lambda: by
    return web


def looked_at(app: App, by: Viewer) -> TestClient:
    """The whole console as one person sees it, without signing in.

    An app's console is made once, however many people look at it. The app itself keeps
    it: a table of apps would keep them all, since each console knows its own.
    """
    kept = vars(app)
    if "_looked_at" not in kept:
        people: dict[str, Viewer] = {}
        web: FastAPI = application(app)
        web.dependency_overrides[signed_in] = _whoever(people)
        kept["_looked_at"] = web, people
    web, people = kept["_looked_at"]
    people[str(len(people))] = by
    headers = {**SAME_ORIGIN, WHO: str(len(people) - 1)}
    return TestClient(web, headers=headers, follow_redirects=False)


def _whoever(people: Mapping[str, Viewer]) -> Callable[[Request], Viewer]:
    def named(request: Request) -> Viewer:
        return people[request.headers[WHO]]

    return named


def browser(app: App, *, at: str = HERE) -> TestClient:
    """A browser before the console's door."""
    return TestClient(
        application(app), base_url=at, headers=SAME_ORIGIN, follow_redirects=False
    )


def quick(app: App) -> SignIn:
    """Let hashes be made fast, as only a test may."""
    sign_in: SignIn = app.sign_in
    sign_in._passwords = Passwords(
        PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    return sign_in


def invited(app: App, name: str, role: Role) -> str:
    """Add somebody; return the path of their link."""
    _, given = add_user(app.store, app.present, name, role, by="shell")
    return f"/welcome/{given.token}"


def code_of(secret: str, at: datetime) -> str:
    """What an authenticator shows."""
    return pyotp.TOTP(secret).at(at)


def welcomed(app: App, client: TestClient, name: str, role: Role) -> str:
    """Take somebody from their link to the front door; return their TOTP secret."""
    link, secret = invited(app, name, role), ""
    answer = client.post(link, data={"password": PASSWORD, "again": PASSWORD})
    if answer.headers.get("location", "").startswith("/sign-in/factor"):
        secret = secret_on(client.get(answer.headers["location"]))
        code = code_of(secret, app.present.now())
        answer = client.post("/sign-in/factor", data={"code": code})
    assert answer.status_code in {200, 303}, answer.text
    return secret


def secret_on(page: Response) -> str:
    """The secret that the page shows beside its picture."""
    found = re.search(r'<code class="mono">([A-Z2-7]+)</code>', page.text)
    assert found is not None, page.text
    return found[1]


def routes_of(web: FastAPI) -> Iterator[tuple[str, str, frozenset[Right]]]:
    """Every method and path that is served, with the rights that it asks for."""
    yield from _routes_in(web.routes)


def _routes_in(routes: Iterable[Any]) -> Iterator[tuple[str, str, frozenset[Right]]]:
    for one in routes:
        if hasattr(one, "effective_candidates"):
            yield from _routes_in(one.effective_candidates())
            continue
        asked = frozenset(_rights_in(getattr(one, "dependant", None)))
        for method in sorted(getattr(one, "methods", None) or {"GET"}):
            yield method, one.path, asked


def _rights_in(dependant: Any) -> Iterator[Right]:
    for below in getattr(dependant, "dependencies", ()):
        if isinstance(below.call, May):
            yield below.call.right
        yield from _rights_in(below)
