"""Who may come in where: every route of the console names the right that it needs.

``May(right)`` is that name, and nothing is served without one: a test walks over all
routes and finds those that have none and are not ``PUBLIC``. Who is asking is found out
by ``signed_in``: by a session's cookie, or by an API key of a program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from bot.domain.staff import Right, Role, Viewer
from bot.errors import NotAllowed, NotSignedIn
from bot.web.render import ASKED

PUBLIC = frozenset(
    {
        "/static",
        "/hooks/{source}",
        "/h/{token}",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/factor",
        "/sign-in/oidc",
        "/sign-in/oidc/back",
        "/sign-out",
        "/welcome/{token}",
    }
)
"""What is served to whoever asks: it has doors of its own, or nothing to hide."""

OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def session_cookie(request: Request) -> str:
    """Return its name; browsers keep one of this name from other sites and from http.

    On one's own machine there is no https, and they would not keep it at all.
    """
    return "answerable" if is_own_machine(request) else "__Host-answerable"


def is_own_machine(request: Request) -> bool:
    """Whether the console is asked for by a name of the machine itself."""
    return request.url.hostname in OWN_MACHINE


def bearer(request: Request) -> str:
    """Return the API key that comes with a request; empty if none does."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def signed_in(request: Request) -> Viewer:
    """Return who is asking; raises ``NotSignedIn``, or ``NotAllowed`` for a view over.

    What is open for long asks ``still_signed_in``: a session may end at any time.
    """
    door, key = request.app.state.door, bearer(request)
    token = request.cookies.get(session_cookie(request), "")
    if key:
        viewer: Viewer = door.sign_in.program(key)
    elif token:
        viewer, request.state.session = door.sign_in.viewer(token)
        viewer = _spoken_to(viewer)
    else:
        raise NotSignedIn("sign in first", reasons=["session.none"])
    request.state.viewer = viewer
    door.let_through(viewer)
    if viewer.role is Role.REGULATOR and not viewer.cases:
        raise NotAllowed(_over(viewer), reasons=["view.over"])
    return viewer


def still_signed_in(request: Request) -> Viewer:
    """Return who listens, however long ago they began; raises ``NotSignedIn``."""
    door, key = request.app.state.door, bearer(request)
    if key:
        program: Viewer = door.sign_in.program(key)
        return program
    token = request.cookies.get(session_cookie(request), "")
    return _spoken_to(door.sign_in.viewer(token, by_itself=True)[0])


def _spoken_to(viewer: Viewer) -> Viewer:
    return replace(viewer, language=viewer.language or ASKED.get())


@dataclass(frozen=True, slots=True)
class May:
    """A right that a route needs; as a dependency it returns the viewer."""

    right: Right

    def __call__(
        self, request: Request, viewer: Annotated[Viewer, Depends(signed_in)]
    ) -> Viewer:
        """Return who is asking; raises ``NotAllowed`` for whoever lacks the right."""
        request.state.viewer = viewer
        if not viewer.may(self.right):
            role, right = viewer.role.value, self.right.value.replace("_", " ")
            message = f"the role {role} may not do this ({right}); ask an operator"
            raise NotAllowed(message, reasons=[f"role.{role}", self.right.value])
        return viewer


@dataclass(frozen=True, slots=True)
class MayForAll(May):
    """A right that is nobody's who sees some brands only: it reaches all of them."""

    def __call__(
        self, request: Request, viewer: Annotated[Viewer, Depends(signed_in)]
    ) -> Viewer:
        """Return who is asking; raises ``NotAllowed`` as ``May`` and ``whole`` do."""
        whole(May.__call__(self, request, viewer))
        return viewer


def _over(viewer: Viewer) -> str:
    if viewer.until is None:
        return "no case was given to you; ask whoever invited you"
    return f"your view of these cases ended at {viewer.until:%Y-%m-%d %H:%M} UTC"


def person(viewer: Viewer) -> str:
    """Return whose word it is; raises ``NotAllowed`` for a program, whoever holds it.

    Where two people must agree, an API key would be the same one's second voice.
    """
    if viewer.is_program:
        message = "a program agrees to nothing; a person does, signed in"
        raise NotAllowed(message, reasons=["house.approval.by_a_person"])
    return viewer.name


def whole(viewer: Viewer) -> None:
    """Let through who sees every brand; raises ``NotAllowed`` for others.

    Some things have no brand: the log is one chain, and a part of it proves nothing.
    """
    if viewer.brands:
        message = "this is of all brands, and you see some of them only; ask an officer"
        raise NotAllowed(message, reasons=["brands"])
