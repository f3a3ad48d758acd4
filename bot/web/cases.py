"""``/cases``: what a regulator was given to read, and nothing else.

That they read a case is on record before they see it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from bot.domain.staff import Right, Viewer
from bot.domain.tickets import id_of, key_of
from bot.reports.response_log import line_of
from bot.services.evidence import evidence_of
from bot.services.staff import cases_of, read_case
from bot.web.gate import May
from bot.web.log import TONES
from bot.web.room import Console

READS = Annotated[Viewer, Depends(May(Right.SEE_GIVEN_CASES))]


def rooms(console: Console) -> APIRouter:
    """Make the routes."""
    routes, app, pages = APIRouter(), console.app, console.pages

    @routes.get("/cases")
    def listing(viewer: READS) -> HTMLResponse:
        """List what was given, and until when."""
        now = app.present.now()
        given = [
            (key_of(one.ticket_id), one, one.until > now)
            for one in cases_of(app.store, viewer.name)
        ]
        return pages.page("cases.html", viewer, given=given)

    @routes.get("/cases/{key}")
    def case(key: str, viewer: READS) -> HTMLResponse:
        """Show all that proves what became of one complaint."""
        read_case(app.store, app.present, viewer, id_of(key))
        evidence = evidence_of(app.store, id_of(key))
        return pages.page(
            "log_entry.html",
            viewer,
            evidence=evidence,
            line=line_of(evidence.entry, app.clock.now()),
            tones=TONES,
            instant=datetime.fromisoformat,
        )

    return routes
