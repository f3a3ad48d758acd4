"""``/cases``: what a regulator was given to read, and nothing else.

That they read a case is on record before they see it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from bot.domain.staff import Right, Viewer
from bot.domain.tickets import id_of, key_of
from bot.errors import Missing
from bot.reports.response_log import line_of
from bot.services.evidence import evidence_of
from bot.services.staff import cases_of, read_case
from bot.web.exports import handed_out
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
            at=f"/cases/{evidence.dossier.ticket.key}",
            packs_at=f"/cases/{evidence.dossier.ticket.key}/packs",
        )

    @routes.get("/cases/{key}/packs/{sha256}")
    def pack(key: str, sha256: str, viewer: READS) -> HTMLResponse:
        """Show the text of a pack by which a case was judged."""
        read_case(app.store, app.present, viewer, id_of(key))
        packs = dict(evidence_of(app.store, id_of(key)).packs)
        ref = next((one for one in packs if one.sha256 == sha256), None)
        if ref is None or not packs[ref]:
            raise Missing(f"no pack with the hash {sha256} was kept for {key}")
        with app.store.reading() as work:
            files = work.packs.files(ref)
        return pages.page("log_pack.html", viewer, sha256=sha256, files=files)

    @routes.post("/cases/{key}/case-file")
    def case_file(key: str, viewer: READS) -> Response:
        """Hand out a case with all that proves it."""
        read_case(app.store, app.present, viewer, id_of(key))
        return handed_out(app.case_file(id_of(key), by=viewer.name))

    return routes
