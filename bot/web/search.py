"""``/search``: what was said to us and by us, found by its words, author or key."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from bot.bootstrap import App
from bot.domain.search import Kind, Within, asked, pieces
from bot.domain.staff import Right, Viewer
from bot.errors import Missing
from bot.services.search import named, search
from bot.web.gate import May
from bot.web.room import Console

Reader = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
MOST_TYPED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A search as an address holds it."""

    q: str = ""
    kind: str = Kind.MENTION
    brand: str = ""
    channel: str = ""

    @classmethod
    def of(cls, request: Request) -> Sought:
        """Read an address; what else it holds is passed over."""
        given = request.query_params
        return cls(
            q=given.get("q", "")[:MOST_TYPED].strip(),
            kind=given.get("in", Kind.MENTION),
            brand=given.get("brand", ""),
            channel=given.get("channel", ""),
        )

    def to(self, *, kind: str = "", before: int | None = None) -> str:
        """Return the address of this search elsewhere, or of its next page."""
        held = {
            "q": self.q,
            "in": kind or self.kind,
            "brand": self.brand,
            "channel": self.channel,
            "before": before,
        }
        return "/search?" + urlencode({name: one for name, one in held.items() if one})


def room(console: Console) -> APIRouter:
    """Make the routes."""
    routes, app = APIRouter(include_in_schema=False), console.app

    @routes.get("/search")
    def find(
        viewer: Reader,
        request: Request,
        before: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    ) -> Response:
        sought = Sought.of(request)
        question = asked(sought.q)
        if question.key is not None:
            try:
                where = named(app.store, viewer, question.key)
            except Missing as error:
                shown = _shown(app, viewer, sought, None)
                return console.pages.page(
                    "search.html",
                    viewer,
                    status=HTTPStatus.NOT_FOUND,
                    error=error,
                    **shown,
                )
            return RedirectResponse(where, HTTPStatus.SEE_OTHER)
        shown = _shown(app, viewer, sought, before)
        return console.pages.page("search.html", viewer, error=None, **shown)

    return routes


def _shown(
    app: App, viewer: Viewer, sought: Sought, before: int | None
) -> dict[str, Any]:
    if sought.kind not in set(Kind):
        raise Missing(f"there is nothing to look through called {sought.kind[:40]!r}")
    kind, question = Kind(sought.kind), asked(sought.q)
    within = Within(seen=viewer.brands, brand=sought.brand, channel=sought.channel)
    found = search(app.store, kind, question, within, before=before)
    return {
        "sought": sought,
        "is_asked": not question.is_empty,
        "is_first": before is None,
        "hits": [(hit, pieces(hit.text, question)) for hit in found.hits],
        "next": "" if found.before is None else sought.to(before=found.before),
        "kinds": tuple(Kind),
        "brands": sorted(filter(viewer.may_see, app.brands)),
        "channels": sorted(app.settings.channels),
    }
