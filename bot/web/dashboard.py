"""The brand's dashboard: a period's figures beside those of the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_time
from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from bot.bootstrap import App
from bot.domain.mentions import mention_key
from bot.domain.staff import Right, Viewer
from bot.domain.volume import Grain, Wanted
from bot.errors import NotAllowed
from bot.reports.volume import Dashboard, Period, dashboard, period
from bot.web.gate import May
from bot.web.room import Console

Looker = Annotated[Viewer, Depends(May(Right.SEE_BRAND))]
Words = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose figures, and of which days, as the address says."""

    span: Words = ""
    first: Words = ""
    last: Words = ""
    brand: Words = ""
    channel: Words = ""

    def query(self, **others: str) -> str:
        """Return the address's query for the same brand and channel."""
        kept = {"brand": self.brand, "channel": self.channel, **others}
        return urlencode({name: said for name, said in kept.items() if said})

    @property
    def same(self) -> str:
        """Return the address's query for the same figures."""
        return self.query(span=self.span, first=self.first, last=self.last)


Figures = Annotated[Asked, Depends()]


def wanted(viewer: Viewer, asked: Asked) -> Wanted:
    """Return what is asked for of what the viewer may see; ``NotAllowed`` for more."""
    if asked.brand and not viewer.may_see(asked.brand):
        raise NotAllowed(f"{asked.brand} is not among your brands; ask an operator")
    return Wanted(
        brands=frozenset({asked.brand}) if asked.brand else viewer.brands,
        channels=frozenset({asked.channel}) if asked.channel else frozenset(),
    )


def days(app: App, asked: Asked) -> Period:
    """Return which days are asked for, by the place's calendar."""
    zone = ZoneInfo(app.settings.zone)
    return period(asked.span, app.clock.now(), zone, first=asked.first, last=asked.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Brands and channels that a viewer may narrow a page to, for selects."""

    brands: list[tuple[str, str]]
    channels: list[tuple[str, str]]


def choices(app: App, viewer: Viewer) -> Choices:
    """Return what anything was ever counted of, as far as the viewer may see it."""
    with app.store.reading() as work:
        brands, channels = work.volume.known()
    seen = sorted({*filter(viewer.may_see, brands), *viewer.brands})
    return Choices(
        brands=[(one, one) for one in seen],
        channels=[(one, one) for one in channels],
    )


def room(console: Console) -> APIRouter:
    """Show figures, and give them to programs and spreadsheets."""
    app, routes = console.app, APIRouter()

    def figures(viewer: Viewer, asked: Asked) -> Dashboard:
        with app.store.reading() as work:
            return dashboard(work, days(app, asked), wanted(viewer, asked))

    @routes.get("/dashboard", include_in_schema=False)
    def show(viewer: Looker, asked: Figures) -> Response:
        """Show a period beside the one before."""
        found = figures(viewer, asked)
        return console.pages.page(
            "dashboard.html",
            viewer,
            asked=asked,
            found=found,
            place=app.settings.zone,
            label=labels(found.period, viewer),
            mention_key=mention_key,
            choices=choices(app, viewer),
        )

    @routes.get("/dashboard/figures", include_in_schema=False)
    def as_json(viewer: Looker, asked: Figures) -> Response:
        """Give the charts to programs."""
        found = figures(viewer, asked)
        return JSONResponse(
            {
                "first": found.period.first.isoformat(),
                "last": found.period.last.isoformat(),
                "zone": app.settings.zone,
                "charts": [chart.as_json() for chart in found.charts],
            }
        )

    @routes.get("/dashboard/figures.csv", include_in_schema=False)
    def as_csv(viewer: Looker, asked: Figures, chart: Words = "") -> Response:
        """Give one chart as a table for spreadsheets."""
        found = figures(viewer, asked).chart(chart)
        name = f'attachment; filename="{found.key}.csv"'
        return Response(
            found.as_csv(ZoneInfo(app.settings.zone)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": name},
        )

    return routes


def labels(shown: Period, viewer: Viewer) -> Callable[[datetime], str]:
    """Return how the hours or days of a period are told, by the place's time."""
    zone, language = shown.zone, viewer.language

    def told(at: datetime) -> str:
        day = format_skeleton("MMMEd", at, tzinfo=zone, locale=language)
        if shown.grain is Grain.DAY:
            return str(day)
        return f"{day}, {format_time(at, 'short', tzinfo=zone, locale=language)}"

    return told
