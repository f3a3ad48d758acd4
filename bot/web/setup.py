"""How the house is set up: sources, policy, wording, packs and people, as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from bot.bootstrap import App
from bot.domain.activation import PackKind
from bot.domain.packs import InfluenceGroup, RegulationPack
from bot.domain.staff import Right, Viewer
from bot.errors import Missing
from bot.rules.care import care_warnings
from bot.rules.chosen import files_of
from bot.rules.handoff import hand_off_warnings
from bot.rules.library import load_library
from bot.rules.lint import pack_warnings
from bot.rules.load import load_house, load_templates
from bot.standing import Standing, standing
from bot.web.gate import May
from bot.web.room import Console

SEEN_SINCE = timedelta(days=7)

Looker = Annotated[Viewer, Depends(May(Right.SEE_SETUP))]

UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(0, 60)))


def told(value: object) -> str:
    """Say a setting in the pack's own words: what is as if unsaid is not said."""
    if is_dataclass(value) and not isinstance(value, type):
        given = {
            each.name: getattr(value, each.name)
            for each in fields(value)
            if getattr(value, each.name) not in (each.default, (), {}, None)
        }
        return told(given)
    if isinstance(value, Mapping):
        return "; ".join(f"{told(name)}: {told(one)}" for name, one in value.items())
    if isinstance(value, (tuple, list, frozenset)):
        return ", ".join(told(one) for one in value)
    return _word(value)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        return span(value)
    return str(value.value) if isinstance(value, Enum) else str(value)


def span(lasted: timedelta) -> str:
    """Say a span in its largest whole unit: 90 min, 4 h, 3 d."""
    for unit, size in UNITS:
        if lasted % size == timedelta(0):
            return f"{lasted // size} {unit}"
    return f"{lasted.total_seconds():g} s"


def blind(one: Standing) -> str:
    """Say how long a source was not seen in the last week, to the minute."""
    minutes = round(one.seen.blind.total_seconds() / 60)
    return span(timedelta(minutes=minutes)) if minutes else "0"


def standings(app: App, viewer: Viewer) -> list[Standing]:
    """Return the sources of the brands that the viewer may see."""
    now = app.clock.now()
    with app.store.reading() as work:
        found = [
            standing(
                app, work, name, since=now - SEEN_SINCE, until=now, now=now, width=1
            )
            for name in app.sources
        ]
    return [one for one in found if viewer.may_see(one.brand)]


def room(console: Console) -> APIRouter:
    """Show what is in force; nothing here changes anything."""
    app, routes = console.app, APIRouter(include_in_schema=False)

    def page(name: str, viewer: Viewer, **shown: object) -> Response:
        made = console.pages.made("setup.html", viewer, shown=name, told=told, **shown)
        return HTMLResponse(made)

    @routes.get("/setup")
    def sources(viewer: Looker) -> Response:
        """Show what is listened to and where we speak."""
        return page(
            "sources",
            viewer,
            sources=standings(app, viewer),
            blind=blind,
            channels=app.settings.channels,
        )

    @routes.get("/setup/policy")
    def policy(viewer: Looker) -> Response:
        """Show the house's policy as tables, in the order in which it is applied."""
        folder, today = app.packs.house, app.clock.now().date()
        house = load_house(folder)
        return page(
            "policy",
            viewer,
            house=house,
            groups=list(InfluenceGroup),
            warnings=[
                *(one.words for one in care_warnings(house, app.settings.place, today)),
                *(one.words for one in hand_off_warnings(house, today)),
            ],
            files=sorted(files_of(folder)),
        )

    @routes.get("/setup/wording")
    def wording(viewer: Looker) -> Response:
        """Show what we say, language by language."""
        folder = app.packs.templates
        return page(
            "wording",
            viewer,
            templates=load_templates(folder),
            files=sorted(files_of(folder)),
        )

    @routes.get("/setup/packs")
    def packs(viewer: Looker) -> Response:
        """Show the rules of law on disk, and which of them govern."""
        chosen, today = app.settings.packs.regulation, app.clock.now().date()
        library = load_library(chosen.parent.parent)
        return page(
            "packs",
            viewer,
            packs=[
                (pack, folder.resolve() == chosen.resolve(), _warnings(pack, today))
                for folder, pack in library.packs
            ],
        )

    @routes.get("/setup/people")
    def people(viewer: Looker) -> Response:
        """Show who works when, on what."""
        return page("people", viewer, roster=app.people)

    @routes.get("/setup/files/{kind}/{name:path}")
    def file(viewer: Looker, kind: str, name: str) -> Response:
        """Show one file of what is in force, word for word."""
        if kind not in set(PackKind):
            raise Missing(f"there are no files of {kind[:40]!r}")
        files = files_of(app.kept_folder(PackKind(kind)).in_force)
        if name not in files:
            raise Missing(f"there is no file {name[:80]!r} in what is in force")
        return console.pages.page(
            "setup_file.html", viewer, kind=kind, name=name, text=files[name]
        )

    return routes


def _warnings(pack: RegulationPack, today: date) -> Sequence[str]:
    return [one.words for one in pack_warnings(pack, today)]
