"""From a template to a page, in the viewer's language and zone.

Words are looked up by ``_()``; instants are shown by ``when``: in the viewer's zone,
with UTC and the place's zone on the element for whoever must be exact.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.bootstrap import App
from bot.domain.staff import Right, Viewer
from bot.errors import StorageError
from bot.services.alarms import Alarm, alarms
from bot.web.words import say, spoken

HERE = Path(__file__).parent
STATIC = HERE / "static"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation, for whoever has the right."""

    words: str
    path: str
    right: Right
    key: str


NAVIGATION: Sequence[Entry] = (
    Entry("Queues", "/queues", Right.SEE_TICKETS, "q"),
    Entry("Approvals", "/approvals", Right.SEE_TICKETS, "a"),
    Entry("Search", "/search", Right.SEE_TICKETS, "s"),
    Entry("Response log", "/log", Right.SEE_LOG, "l"),
    Entry("Deadlines", "/deadlines", Right.SEE_LOG, "d"),
    Entry("Scope review", "/scope", Right.REVIEW_SCOPE, "v"),
    Entry("Proof", "/proof", Right.SEE_LOG, "p"),
    Entry("Dashboard", "/dashboard", Right.SEE_BRAND, "b"),
    Entry("Set-up", "/setup", Right.SEE_SETUP, "o"),
    Entry("Stop replies", "/stops", Right.STOP_REPLIES, "x"),
    Entry("Users", "/users", Right.MANAGE_USERS, "u"),
    Entry("Cases", "/cases", Right.SEE_GIVEN_CASES, "c"),
)

ALARMED = (Right.SEE_TICKETS, Right.STOP_REPLIES, Right.SEE_SETUP)
"""Whoever has one of these is told what is wrong, on every page."""

KINDS = {"legal": "legal clock", "service": "service clock", "claim": "time left"}
"""What a countdown is called to whoever does not see its sign."""

SPOKEN: Sequence[str] = (
    *(entry.words for entry in NAVIGATION),
    *KINDS.values(),
    *spoken(),
)
"""Words that pages show by a name, and no template writes out."""


ASKED: ContextVar[str] = ContextVar("asked", default="en")
"""The language that the browser asked for, for whoever has chosen none here."""


def asked_for(header: str) -> str:
    """Return the language we speak that an ``Accept-Language`` header likes best."""
    liked: list[tuple[float, str]] = []
    for each in header.split(","):
        name, _, quality = each.strip().partition(";q=")
        with suppress(ValueError):
            liked.append((-float(quality or 1), name.split("-")[0].lower()))
    spoken = (name for _, name in sorted(liked, key=itemgetter(0)))
    return next((name for name in spoken if name in languages()), "en")


@cache
def languages() -> dict[str, NullTranslations]:
    """Every language that the console speaks: English, and each catalogue beside it."""
    spoken: dict[str, NullTranslations] = {"en": NullTranslations()}
    for file in sorted((HERE / "languages").glob("*.po")):
        compiled = io.BytesIO()
        with file.open("rb") as written:
            write_mo(compiled, read_po(written, locale=file.stem))
        compiled.seek(0)
        spoken[file.stem] = Translations(compiled)
    return spoken


@cache
def templates(language: str) -> Environment:
    """Every template in one language; what was compiled of them serves all pages."""
    made = Environment(
        loader=FileSystemLoader(HERE / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = languages()[language]
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    called = partial(say, words=words)
    made.filters["say"] = called
    made.globals.update(
        static=address_of,
        navigation=NAVIGATION,
        Right=Right,
        say=called,
        options=partial(_options, called),
    )
    return made


@cache
def address_of(name: str) -> str:
    """Return a static file's address, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def when(instant: datetime | None, viewer: Viewer, place: str) -> Markup:
    """Show an instant in the viewer's zone; where it is exact, UTC and the place's."""
    if instant is None:
        return Markup("—")
    told = {
        zone: format_datetime(
            instant, "medium", tzinfo=ZoneInfo(zone), locale=viewer.language
        )
        for zone in dict.fromkeys((viewer.zone, place, "UTC"))
    }
    title = "; ".join(f"{shown} ({zone})" for zone, shown in told.items())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        instant.isoformat(), title, told[viewer.zone]
    )


_IN_UTC = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC")


def in_zone(said: str, viewer: Viewer, place: str) -> Markup:
    """Show what a service says, with its instants as everywhere: in the zone."""
    parts: list[str] = _IN_UTC.split(said)
    for number in range(1, len(parts), 2):
        try:
            at = datetime.strptime(f"{parts[number]}Z", "%Y-%m-%d %H:%M%z")
            parts[number] = when(at, viewer, place)
        except (ValueError, OverflowError):  # what somebody typed, and no instant
            parts[number] += " UTC"
    return Markup("").join(parts)


@dataclass(frozen=True, slots=True)
class Countdown:
    """A clock that runs to an instant; without scripts it is that instant.

    Which colour it takes depends on how much of the time ``since`` it began is left.
    """

    kind: str
    due: datetime
    since: datetime | None

    def shown(self, told: Markup, words: str) -> Markup:
        """Return the element that ticks, around the instant as it is told."""
        began = self.since.isoformat() if self.since else ""
        return Markup(
            '<span class="countdown" data-countdown="{}" data-since="{}" '
            'data-kind="{}" data-words="{}">{}</span>'
        ).format(self.due.isoformat(), began, self.kind, words, told)


class Pages:
    """All templates, with the words and tools that every page has."""

    def __init__(self, app: App) -> None:
        """Remember ``app``, which says where the place is, and what time it is."""
        self._app, self._place = app, app.settings.zone

    def made(self, template: str, viewer: Viewer | None = None, **shown: object) -> str:
        """Make a page, or a part of one for what is open already."""
        wanted = viewer.language if viewer else ASKED.get()
        language = wanted if wanted in languages() else "en"
        environment = templates(language)

        def shown_when(instant: datetime | None) -> Markup:
            if viewer is None:
                return Markup("{}").format(instant.isoformat() if instant else "—")
            return when(instant, viewer, self._place)

        def shown_in_zone(said: str) -> str:
            return in_zone(said, viewer, self._place) if viewer else said

        def shown_countdown(
            due: datetime, since: datetime | None = None, kind: str = "service"
        ) -> Markup:
            words = languages()[language].gettext(KINDS[kind])
            return Countdown(kind, due, since).shown(shown_when(due), words)

        return environment.get_template(template).render(
            viewer=viewer,
            language=language,
            now=self._app.clock.now().isoformat(),
            position=self._position,
            when=shown_when,
            in_zone=shown_in_zone,
            countdown=shown_countdown,
            alarms=lambda: self._alarms(viewer),
            **shown,
        )

    def _position(self) -> int:
        """How far the log reaches now: what a page is told of must be newer."""
        try:
            return self._app.store.newest_entry()
        except StorageError:
            return 0

    def _alarms(self, viewer: Viewer | None) -> Sequence[Alarm]:
        """Return what everybody must see; a page without it is better than none."""
        if viewer is None or not any(map(viewer.may, ALARMED)):
            return ()
        sources = self._app.source_brands
        try:
            with self._app.store.reading() as work:
                return alarms(work, sources=sources, brands=viewer.brands)
        except StorageError:
            return ()

    def page(
        self,
        template: str,
        viewer: Viewer | None = None,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **shown: object,
    ) -> HTMLResponse:
        """Answer with a page or a part of one."""
        return HTMLResponse(self.made(template, viewer, **shown), status)


def _options(
    called: Callable[[object], str], values: Iterable[object], blank: str = ""
) -> Sequence[tuple[str, str]]:
    """Make a form's choices of values; ``blank`` is that of none of them."""
    made = [(str(one), called(one)) for one in values]
    return [("", blank), *made] if blank else made


def wants_part(request: Request) -> bool:
    """Whether htmx asks for a part of a page that is open already."""
    return request.headers.get("HX-Request") == "true"
