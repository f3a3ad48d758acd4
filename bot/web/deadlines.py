"""Deadlines: kept or not by rule, channel, team and day; what comes; computed anew."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import (
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from bot.bootstrap import App
from bot.domain.clocks import Clock, ClockKind
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import Ticket
from bot.reports.figures import figures_csv, of_kind, rows_by, treatment
from bot.reports.response_log import line_of
from bot.rules.calendars import Calendar, calendar_of
from bot.rules.library import load_library
from bot.services.jobs import Tell, job, start
from bot.services.proofs import line_of as compared
from bot.services.proofs import replayed
from bot.services.rules import Recomputed, replay
from bot.web.gate import May, whole
from bot.web.log import TONES
from bot.web.room import Console

REPLAY = "replay"
USUAL = timedelta(days=30)
COMING = timedelta(days=7)
MOST_COMING = 1000
MOST_BREACHES = 50

SEES_DEADLINES = Annotated[Viewer, Depends(May(Right.SEE_LOG))]
Day = Annotated[str, Query(max_length=10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days of the viewer's; the last one counts whole."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        """Where it begins."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def until(self) -> datetime:
        """Where it is over."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    @property
    def said(self) -> str:
        """As it stands in an address."""
        return urlencode({"since": self.first, "until": self.last})


def period(since: str, until: str, viewer: Viewer, now: datetime) -> Period:
    """Read two days; what makes no sense is the last thirty days, and today."""
    zone = ZoneInfo(viewer.zone)
    today = now.astimezone(zone).date()
    last = _day(until) or today
    first = _day(since) or last - USUAL
    return Period(first=min(first, last), last=last, zone=zone)


def _day(said: str) -> date | None:
    try:
        found = date.fromisoformat(said)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None  # noqa: PLR2004 - sane years


def routes(console: Console) -> APIRouter:
    """Make the page of deadlines."""
    made, app, pages = APIRouter(), console.app, console.pages

    @made.get("/deadlines")
    def show(viewer: SEES_DEADLINES, since: Day = "", until: Day = "") -> HTMLResponse:
        """Say how the promises of a period were kept, and what comes."""
        now = app.clock.now()
        asked = period(since, until, viewer, now)
        with app.store.reading() as work:
            figures = work.response_log.figures(
                since=asked.since, until=asked.until, now=now, brands=viewer.brands
            )
            broken = work.response_log.breaches(
                since=asked.since,
                until=asked.until,
                now=now,
                limit=MOST_BREACHES,
                brands=viewer.brands,
            )
            coming = work.response_log.coming(
                since=now, until=now + COMING, limit=MOST_COMING, brands=viewer.brands
            )
        legal = of_kind(figures, ClockKind.LEGAL)
        return pages.page(
            "deadlines.html",
            viewer,
            asked=asked,
            tables={
                "rule": rows_by(legal, lambda one: one.rule),
                "channel": rows_by(legal, lambda one: one.channel),
                "queue": rows_by(legal, lambda one: one.queue),
                "day": rows_by(legal, lambda one: one.day),
            },
            service=rows_by(of_kind(figures, ClockKind.SERVICE), lambda one: one.rule),
            treated=treatment(figures),
            broken=[line_of(one, now) for one in broken],
            coming=coming[:20],
            coming_by_day=_by_day(coming, asked.zone, now),
            is_cut=len(coming) == MOST_COMING,
            tones=TONES,
            job=job(app.store, REPLAY),
            at=now,
        )

    @made.get("/deadlines.csv")
    def as_csv(viewer: SEES_DEADLINES, since: Day = "", until: Day = "") -> Response:
        """Hand the period's figures out."""
        now = app.clock.now()
        asked = period(since, until, viewer, now)
        with app.store.reading() as work:
            figures = work.response_log.figures(
                since=asked.since, until=asked.until, now=now, brands=viewer.brands
            )
        name = f"deadlines-{asked.first}-{asked.last}.csv"
        return Response(figures_csv(figures), headers=_attached(name))

    made.include_router(_replay(console))
    return made


def _replay(console: Console) -> APIRouter:
    made, app, pages = APIRouter(), console.app, console.pages

    @made.post("/deadlines/replay")
    def again(
        viewer: SEES_DEADLINES, since: Day = "", until: Day = ""
    ) -> RedirectResponse:
        """Compute every deadline of a period anew, beside all other work."""
        whole(viewer)
        asked = period(since, until, viewer, app.clock.now())

        def do(tell: Tell) -> Mapping[str, object]:
            with _recomputed(app, asked) as found:
                return replayed(
                    app.store,
                    app.clock,
                    found,
                    tell,
                    by=viewer.name,
                    period=f"{asked.first} – {asked.last} ({viewer.zone})",
                )

        start(app.store, app.clock, REPLAY, do, by=viewer.name)
        return RedirectResponse(f"/deadlines?{asked.said}#replay", HTTPStatus.SEE_OTHER)

    @made.get("/deadlines/replay")
    def progress(viewer: SEES_DEADLINES) -> HTMLResponse:
        """Say how far it is."""
        return pages.page(
            "part_replay.html",
            viewer,
            job=job(app.store, REPLAY),
            at=app.clock.now(),
        )

    @made.get("/deadlines/replay.csv")
    def line_by_line(
        viewer: SEES_DEADLINES, since: Day = "", until: Day = ""
    ) -> StreamingResponse:
        """Compute them once more and hand out each line, matching or not."""
        whole(viewer)
        asked = period(since, until, viewer, app.clock.now())
        name = f"replay-{asked.first}-{asked.last}.csv"
        return StreamingResponse(
            _lines(app, asked), media_type="text/csv", headers=_attached(name)
        )

    return made


@contextmanager
def _recomputed(app: App, asked: Period) -> Iterator[Iterator[Recomputed]]:
    """Give each promise of a period beside what the pack of then says of it today."""
    chosen, extra = app.settings.packs.regulation, app.settings.holidays

    def calendars(place: str, zone: str) -> Calendar:
        return calendar_of(place, zone=zone, extra=extra)

    with app.store.audit_log() as log:
        yield replay(
            log,
            load_library(chosen.parent.parent),
            calendars,
            since=asked.since,
            until=asked.until,
            kept=app.kept_pack,
        )


COMPARED = (
    "entry",
    "ticket",
    "rule",
    "pack",
    "due_strict",
    "due_legal",
    "recomputed_strict",
    "recomputed_legal",
    "same",
    "why",
)


def _lines(app: App, asked: Period) -> Iterator[str]:
    out = io.StringIO()
    rows = csv.DictWriter(out, COMPARED)
    rows.writeheader()
    with _recomputed(app, asked) as found:
        for one in found:
            rows.writerow(compared(one))
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _by_day(
    coming: Sequence[tuple[Ticket, Clock]], zone: ZoneInfo, now: datetime
) -> Sequence[tuple[date, int, int]]:
    """Count the legal and the service promises of each of the days that come."""
    counted = Counter(
        (clock.plan.due_strict.astimezone(zone).date(), clock.plan.kind)
        for _, clock in coming
    )
    first = now.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range(COMING.days + 1)]
    return [
        (day, counted[day, ClockKind.LEGAL], counted[day, ClockKind.SERVICE])
        for day in days
    ]


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
