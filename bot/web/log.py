"""The response log: every complaint and its proof, filtered, exported, opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.bootstrap import App
from bot.domain.clocks import Kept, PackRef
from bot.domain.decisions import Answer, Tier
from bot.domain.ports import Work
from bot.domain.queues import ViewRoom
from bot.domain.response_log import COMPLAINTS, LogFilter, LogPage, Place
from bot.domain.search import Kind, Piece, Question, pieces
from bot.domain.search import asked as read_words
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import Ticket, TicketId, id_of, key_of
from bot.errors import Missing
from bot.reports.pdf import MOST_ROWS
from bot.reports.response_log import line_of
from bot.services.evidence import evidence_of
from bot.services.queues import drop_view, keep_view, saved_filters
from bot.services.search import named
from bot.web.addresses import must_be_theirs
from bot.web.gate import May
from bot.web.render import wants_part
from bot.web.room import Console
from bot.web.search import MOST_TYPED

PAGE = 25
MOST_DIGITS = 18
"""Of a number that a database can hold."""

KEPT_WORDS: Mapping[str, tuple[Kept, ...]] = {
    "met": (Kept.IN_TIME,),
    "met_late": (Kept.STRICT_ONLY, Kept.LATE_EXCUSED),
    "breached": (Kept.MISSED, Kept.OVERDUE),
    "running": (Kept.RUNNING,),
    "not_owed": (Kept.NOT_OWED,),
}
"""How people say it, and which of the exact words it takes in."""

JUDGED: Mapping[str, tuple[Answer, ...]] = {
    **{one.value: (one,) for one in Answer},
    "all": tuple(Answer),
}
"""The same for what was judged of it."""

TONES: Mapping[Kept, str] = {
    Kept.IN_TIME: "good",
    Kept.STRICT_ONLY: "warn",
    Kept.LATE_EXCUSED: "warn",
    Kept.RUNNING: "info",
    Kept.OVERDUE: "bad",
    Kept.MISSED: "bad",
    Kept.NOT_OWED: "",
}

SEES_LOG = Annotated[Viewer, Depends(May(Right.SEE_LOG))]


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it stands in an address, and as the log understands it."""

    said: Mapping[str, str]
    filter: LogFilter
    after: Place | None = None
    mistakes: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, int] | None:
        """The one thing that is asked for by its name."""
        return read_words(self.said.get("q", "")).key

    @property
    def query(self) -> str:
        """The filter as an address holds it."""
        return urlencode(self.said)

    @property
    def export(self) -> str:
        """The address that exports it, to which the format is still to be added."""
        return f"/log/export?{urlencode({**self.said, 'format': ''})}"

    def address(self, **other: str) -> str:
        """Return the page's address with some of it changed; empty takes it away."""
        said = {name: value for name, value in {**self.said, **other}.items() if value}
        return f"/log?{urlencode(said)}" if said else "/log"


NAMES = (
    "q",
    "since",
    "until",
    "brand",
    "channel",
    "queue",
    "rule",
    "kept",
    "person",
    "class",
    "tier",
    "complaint",
)


def asked_of(said: Mapping[str, str], viewer: Viewer) -> Asked:
    """Read a filter; what makes no sense is left out, and said to be."""
    known = {name: said[name].strip() for name in NAMES if said.get(name, "").strip()}
    mistakes: dict[str, str] = {}
    tier = known.get("tier", "")
    if tier and tier not in {str(int(one)) for one in Tier}:
        mistakes["tier"] = tier
        tier = ""
    for name, all_of_it in (("kept", KEPT_WORDS), ("complaint", JUDGED)):
        if known.get(name, "") not in ("", *all_of_it):
            mistakes[name] = known[name]
    return Asked(
        said=known,
        filter=LogFilter(
            since=_day(known, "since", viewer, mistakes),
            until=_day(known, "until", viewer, mistakes, ends=True),
            brand=known.get("brand", ""),
            channel=known.get("channel", ""),
            queue=known.get("queue", ""),
            tier=int(tier) if tier else None,
            complaint=JUDGED.get(known.get("complaint", ""), COMPLAINTS),
            legal_class=known.get("class", ""),
            rule=known.get("rule", ""),
            kept=KEPT_WORDS.get(known.get("kept", ""), ()),
            person=known.get("person", ""),
            words=_words(known, mistakes),
            brands=viewer.brands,
        ),
        after=place_of(said.get("after", "")),
        mistakes=mistakes,
    )


def _words(said: Mapping[str, str], mistakes: dict[str, str]) -> Question:
    """Read words; those of which some would be passed over are none."""
    typed = said.get("q", "")
    question = read_words(typed)
    is_read = question.has_words and question.is_whole and len(typed) <= MOST_TYPED
    if is_read or not typed:
        return question
    mistakes["q"] = typed
    return Question()


def _day(
    said: Mapping[str, str],
    name: str,
    viewer: Viewer,
    mistakes: dict[str, str],
    *,
    ends: bool = False,
) -> datetime | None:
    """Read a day of the viewer's; the last one counts whole."""
    if name not in said:
        return None
    try:
        day = date.fromisoformat(said[name]) + timedelta(days=int(ends))
    except (ValueError, OverflowError):
        mistakes[name] = said[name]
        return None
    return datetime.combine(day, time(), ZoneInfo(viewer.zone))


def place_of(said: str) -> Place | None:
    """Read where a page ended; ``None`` for nonsense."""
    at, _, number = said.partition("~")
    try:
        received_at = datetime.fromisoformat(at)
    except ValueError:
        return None
    if received_at.tzinfo is None or not number.isdecimal():
        return None
    if len(number) > MOST_DIGITS:
        return None
    return Place(received_at=received_at, id=TicketId(int(number)))


def written(place: Place | Ticket | None) -> str:
    """Write where a page ended, for an address."""
    return f"{place.received_at:%Y-%m-%dT%H:%M:%S.%fZ}~{place.id}" if place else ""


def routes(console: Console) -> APIRouter:
    """Make the log's pages."""
    made, app, pages = APIRouter(), console.app, console.pages

    @made.get("/log")
    def show(request: Request, viewer: SEES_LOG) -> Response:
        """List complaints; a key alone leads to its evidence."""
        asked = asked_of(request.query_params, viewer)
        if asked.key is not None:
            return _led_to(app, viewer, asked.key)
        now = app.clock.now()
        with app.store.reading() as work:
            page = work.response_log.page(
                asked.filter, now=now, after=asked.after, limit=PAGE
            )
            found = _found(work, asked.filter.words, page)
        return pages.page(
            "part_log.html" if wants_part(request) else "log.html",
            viewer,
            asked=asked,
            lines=[line_of(one, now) for one in page.entries],
            found=found,
            next=asked.address(after=written(page.after)) if page.after else "",
            export=asked.export,
            back_to=page.after.received_at if page.after and page.is_cut else None,
            tones=TONES,
            most_rows=MOST_ROWS,
            is_signed=app.settings.audit.key_file is not None,
            choices=_choices(app, viewer),
            filters=saved_filters(app.store, viewer),
        )

    @made.post("/log/filters")
    def keep(
        request: Request,
        viewer: SEES_LOG,
        name: Annotated[str, Form(max_length=200)] = "",
    ) -> RedirectResponse:
        """Keep the filter in the address under a name."""
        asked = asked_of(request.query_params, viewer)
        keep_view(app.store, app.clock, viewer, name, asked.query, room=ViewRoom.LOG)
        return RedirectResponse(asked.address(), HTTPStatus.SEE_OTHER)

    @made.post("/log/filters/{view_id}/remove")
    def drop(view_id: int, viewer: SEES_LOG) -> RedirectResponse:
        """Forget one."""
        drop_view(app.store, app.clock, viewer, view_id)
        return RedirectResponse("/log", HTTPStatus.SEE_OTHER)

    @made.get("/log/packs/{sha256}")
    def pack(sha256: str, viewer: SEES_LOG) -> HTMLResponse:
        """Show a pack's very text, as it was when something was promised by it."""
        with app.store.reading() as work:
            files = work.packs.files(PackRef(id="", version="", sha256=sha256))
        if not files:
            raise Missing(f"no pack with the hash {sha256} was kept")
        return pages.page("log_pack.html", viewer, sha256=sha256, files=files)

    @made.get("/log/{key}")
    def entry(key: str, viewer: SEES_LOG) -> HTMLResponse:
        """Show all that proves what became of one complaint."""
        evidence = evidence_of(app.store, id_of(key))
        ticket = evidence.dossier.ticket
        must_be_theirs(viewer, ticket.brand, f"ticket {key}")
        line = line_of(evidence.entry, app.clock.now())
        return pages.page(
            "log_entry.html",
            viewer,
            evidence=evidence,
            line=line,
            tones=TONES,
            instant=datetime.fromisoformat,
            at=f"/log/{ticket.key}",
            packs_at="/log/packs",
        )

    return made


def _led_to(app: App, viewer: Viewer, key: tuple[str, int]) -> RedirectResponse:
    """Lead to a ticket's evidence, or to the page of a reply or a post."""
    letter, number = key
    where = f"/log/{key_of(TicketId(number))}"
    if letter != "T":
        where = named(app.store, viewer, key)
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def _found(
    work: Work, words: Question, page: LogPage
) -> Mapping[str, tuple[Kind, Sequence[Piece]]]:
    """Return for each line whose words met the filter, and those words."""
    if not words.has_words:
        return {}
    hits = work.response_log.hits(words, [one.ticket.id for one in page.entries])
    return {
        key_of(number): (hit.kind, pieces(hit.text, words))
        for number, hit in hits.items()
    }


def _choices(app: App, viewer: Viewer) -> dict[str, Sequence[tuple[str, str]]]:
    """Return what each filter can be, by the settings and packs in force."""
    policy = app.policy
    known: dict[str, Iterable[str]] = {
        "brands": filter(viewer.may_see, app.brands),
        "channels": app.settings.channels,
        "queues": policy.house.queues,
        "rules": policy.regulation.clocks,
        "classes": policy.regulation.classes,
    }
    return {name: [(one, one) for one in sorted(some)] for name, some in known.items()}
