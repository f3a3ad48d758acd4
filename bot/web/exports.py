"""The response log in three forms, and one case: each a ZIP that proves itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from bot.bootstrap import App
from bot.domain.clocks import Kept
from bot.domain.response_log import LogFilter, Place
from bot.domain.staff import Viewer
from bot.domain.tickets import id_of
from bot.errors import SettingsError
from bot.reports.pdf import MOST_ROWS, Paper, write_pdf
from bot.reports.response_log import (
    Line,
    csv_lines,
    json_lines,
    line_of,
    standings,
)
from bot.services.case_files import CaseFile
from bot.services.exports import PROGRAM, WORDS, Order, exported, seal_for
from bot.web.addresses import must_be_theirs
from bot.web.log import NAMES, SEES_LOG, Asked, asked_of
from bot.web.room import Console

BATCH = 500
"""Lines that one transaction reads: none stays open for as long as a download takes."""

ENDINGS: Mapping[str, str] = {"csv": "csv", "json": "jsonl", "pdf": "pdf"}
Kind = Literal["csv", "json", "pdf"]


def routes(console: Console) -> APIRouter:
    """Make the addresses that exports are asked of."""
    made, app = APIRouter(), console.app

    @made.post("/log/export")
    def export(
        kind: Annotated[Kind, Query(alias="format")],
        request: Request,
        viewer: SEES_LOG,
    ) -> StreamingResponse:
        """Hand the filtered lines out as a file with its signed manifest."""
        asked = asked_of(request.query_params, viewer)
        if asked.mistakes:
            names = ", ".join(sorted(asked.mistakes))
            message = (
                f"the filter makes no sense at {names}, and an export holds what its "
                "manifest says; set the filter right and ask again"
            )
            raise SettingsError(message)
        parts, name = _export(app, asked, viewer, kind)
        return StreamingResponse(
            parts,
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
        )

    @made.post("/log/{key}/case-file")
    def case_file(key: str, viewer: SEES_LOG) -> Response:
        """Hand out one complaint with all that proves it."""
        with app.store.reading() as work:
            ticket = work.tickets.get(id_of(key))
        must_be_theirs(viewer, ticket.brand, f"ticket {key}")
        return handed_out(app.case_file(ticket.id, by=viewer.name))

    return made


def handed_out(file: CaseFile) -> Response:
    """Answer with a case file as something to keep."""
    told = f'attachment; filename="{file.name}"'
    return Response(
        file.content,
        media_type="application/zip",
        headers={"Content-Disposition": told},
    )


def _export(
    app: App, asked: Asked, viewer: Viewer, kind: Kind
) -> tuple[Iterator[bytes], str]:
    now, key = app.clock.now(), app.signer
    name = f"response-log-{now:%Y%m%dT%H%M%SZ}.{ENDINGS[kind]}"
    order = Order(file=name, asked=_told(asked, viewer), by=viewer.name)
    seal = seal_for(app.store, app.clock)
    lines = Reading(app, asked.filter, now)
    paper = Paper(
        title="Response log",
        asked=_told(asked, viewer),
        made_at=now,
        made_by=viewer.name,
        program=PROGRAM,
        seal=seal,
        key=key.fingerprint if key else "",
    )
    parts = exported(
        app.store,
        app.clock,
        order,
        lines.as_file(kind, paper),
        seal=seal,
        key=key,
        counted=lines.counted,
    )
    return parts, name


class Reading:
    """All lines of a filter, batch by batch, counted on the way."""

    def __init__(self, app: App, asked: LogFilter, now: datetime) -> None:
        """Read what was received by ``now``, each as it stands when its turn comes."""
        self._app, self._now = app, now
        self._filter = replace(asked, until=min(asked.until or now, now))
        self._rows = 0
        self._figures = dict.fromkeys((one.value for one in Kept), 0)

    def counted(self) -> tuple[int, Mapping[str, int]]:
        """Return how many lines were read, and how their promises stand."""
        return self._rows, self._figures

    def as_file(self, kind: Kind, paper: Paper) -> Iterable[bytes]:
        """Give a file's bytes; a PDF is made before the first byte is sent.

        So what is wrong with it is told as a page. Raises ``SettingsError`` for more
        lines than paper holds.
        """
        match kind:
            case "csv":
                return csv_lines(self._lines())
            case "json":
                return json_lines(self._lines())
            case "pdf":
                return [write_pdf(self._few(), paper)]

    def _few(self) -> Sequence[Line]:
        lines: list[Line] = []
        for one in self._lines():
            lines.append(one)
            if len(lines) > MOST_ROWS:
                message = (
                    f"more than {MOST_ROWS} complaints meet the filter, which is no "
                    "PDF that anybody reads; narrow it, or take CSV or JSON"
                )
                raise SettingsError(message)
        return lines

    def _lines(self) -> Iterator[Line]:
        after: Place | None = None
        while True:
            with self._app.store.reading() as work:
                page = work.response_log.page(
                    self._filter, now=self._now, after=after, limit=BATCH
                )
            lines = [line_of(one, self._now) for one in page.entries]
            self._rows += len(lines)
            for name, number in standings(lines).items():
                self._figures[name] += number
            yield from lines
            after = page.after
            if after is None:
                return


def _told(asked: Asked, viewer: Viewer) -> dict[str, str]:
    """Say the filter in words, for the file, its manifest and the log."""
    said = {
        WORDS if name == "q" else name: asked.said[name]
        for name in NAMES
        if name in asked.said
    }
    for name in ("since", "until"):
        if name in said:
            said[name] += f" ({viewer.zone})"
    if viewer.brands:
        said["brands"] = ", ".join(sorted(viewer.brands))
    return said or {"filter": "every complaint"}
