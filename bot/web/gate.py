"""Who may come in where: every route of the console names the right that it needs.

``May(right)`` is that name, and nothing is served without one: a test walks over all
routes and finds those that have none. Who is asking is found out by ``signed_in``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from bot.domain.staff import Right, Viewer
from bot.errors import NotAllowed, NotSignedIn


def signed_in(request: Request) -> Viewer:
    """Return who is asking; raises ``NotSignedIn``."""
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    if viewer is None:
        raise NotSignedIn("sign in first")
    return viewer


@dataclass(frozen=True, slots=True)
class May:
    """A right that a route needs; as a dependency it returns the viewer."""

    right: Right

    def __call__(
        self, request: Request, viewer: Annotated[Viewer, Depends(signed_in)]
    ) -> Viewer:
        """Return who is asking; raises ``NotAllowed`` for whoever lacks the right."""
        if not viewer.may(self.right):
            role, right = viewer.role.value, self.right.value.replace("_", " ")
            message = f"the role {role} may not do this ({right}); ask an operator"
            raise NotAllowed(message, reasons=[f"role.{role}", self.right.value])
        request.state.viewer = viewer
        return viewer
