"""Changes of policy and wording: proposed by one person, activated by another."""

from __future__ import annotations

import difflib
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from bot.bootstrap import App
from bot.domain.activation import PackChange, PackChangeId, PackKind
from bot.domain.staff import Right, Viewer
from bot.errors import BotError, Missing, NotAllowed
from bot.logs import logger
from bot.rules.chosen import files_of, unpacked
from bot.services.activation import (
    MOST_FILES,
    Kept,
    activate,
    beside,
    propose,
    read_beside,
    turn_down,
)
from bot.services.simulate import Simulation, simulate
from bot.services.uploads import Sent, files_sent
from bot.web.gate import MayForAll, person
from bot.web.room import Console
from bot.web.setup import Looker

PAGE = 50
MOST_WORDS = 2_000
MOST_TEXT = 300_000
PAST = timedelta(days=30)
"""How much of the past a proposed policy is tried on."""

MOST_DIGITS = 18

Changer = Annotated[Viewer, Depends(MayForAll(Right.CHANGE_SETUP))]


async def _form(request: Request) -> FormData:
    return await request.form(max_fields=20, max_files=0, max_part_size=4 * MOST_TEXT)


async def _upload(request: Request) -> AsyncIterator[FormData]:
    """Read a form with files, which the door bounds as a whole."""
    async with request.form(max_fields=20, max_files=MOST_FILES) as form:
        yield form


Given = Annotated[FormData, Depends(_form)]
Uploaded = Annotated[FormData, Depends(_upload)]


def said(form: FormData, name: str, most: int = MOST_WORDS) -> str:
    """Return what was typed into a field; raise ``NotAllowed`` for too much of it."""
    words = form.get(name)
    text = words.replace("\r\n", "\n") if isinstance(words, str) else ""
    if len(text) > most:
        raise NotAllowed(f"{name} has {most:,} characters at most; nothing was done")
    return text


@dataclass(frozen=True, slots=True)
class Lines:
    """What differs in one file; each line with ``+``, ``-`` or a space before it."""

    name: str
    lines: tuple[str, ...]


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Lines]:
    """Compare two versions file by file, what is the same around it left out."""
    for name in sorted({*old, *new}):
        was, becomes = old.get(name, ""), new.get(name, "")
        if was != becomes:
            compared = difflib.unified_diff(
                was.splitlines(), becomes.splitlines(), lineterm="", n=3
            )
            yield Lines(name, tuple(compared)[2:])


class Trials:
    """Proposed policies that are being tried on the past, in this process."""

    def __init__(self, app: App) -> None:
        """Nothing runs yet."""
        self._app = app
        self._turn = threading.Lock()
        self.running: dict[int, tuple[int, int]] = {}
        self.failed: dict[int, str] = {}

    def begin(self, change: PackChange) -> None:
        """Start one, unless it runs already; its result is kept with the change."""
        with self._turn:
            if change.id in self.running:
                return
            if self.running:
                raise NotAllowed("another trial is running; wait until it is done")
            self.running[change.id] = (0, 0)
            self.failed.pop(change.id, None)
        threading.Thread(target=self._run, args=(change,), daemon=True).start()

    def _run(self, change: PackChange) -> None:
        try:
            self._try(change)
        except BotError as error:
            self.failed[change.id] = error.shown
        except Exception as error:  # noqa: BLE001 - a thread of its own ends here
            logger("web").exception("trial broke", error=type(error).__name__)
            self.failed[change.id] = f"a defect ({type(error).__name__}); the log says"
        finally:
            self.running.pop(change.id, None)

    def _try(self, change: PackChange) -> None:
        app, now = self._app, self._app.clock.now()

        def tell(done: int, total: int) -> None:
            self.running[change.id] = (done, total)

        kept = app.kept_folder(change.kind)
        names = (kept.folder.parent.name, change.version)
        with unpacked(change.files, *names) as folder:
            second = app.checked_house(folder)
        found = simulate(
            app.store,
            app.policy,
            second,
            people=app.people,
            since=now - PAST,
            now=now,
            progress=tell,
        )
        with app.store.work() as work:
            work.pack_changes.simulate(change.id, summary(found, now.isoformat()))


def summary(found: Simulation, at: str) -> dict[str, str]:
    """Return what a trial found, as it is kept."""
    counts: dict[str, object] = {
        "at": at,
        "days": PAST.days,
        "mentions": found.mentions,
        "tickets_before": found.tickets[0],
        "tickets_after": found.tickets[1],
        "moved": sum(one.moves for one in found.differences),
        "new_calls": sum(len(one.new_calls) for one in found.differences),
        "lost_calls": sum(len(one.lost_calls) for one in found.differences),
        "undecidable": found.undecidable,
        **{f"deadlines_{name}": count for name, count in found.deadlines.items()},
        **{name: count for name, count in found.legal.items() if "only" in name},
    }
    return {name: str(count) for name, count in counts.items()}


def room(console: Console) -> APIRouter:
    """Propose, read, try out, activate or turn down."""
    routes, trials = APIRouter(include_in_schema=False), Trials(console.app)
    _reading(console, routes, trials)
    _proposing(console, routes)
    _uploading(console, routes)
    _settling(console, routes, trials)
    return routes


def _reading(console: Console, routes: APIRouter, trials: Trials) -> None:
    app, pages = console.app, console.pages

    @routes.get("/setup/changes")
    def listing(viewer: Looker, before: str = "") -> Response:
        """List proposed changes and what became of them, newest first."""
        return _listing(console, viewer, before=before)

    @routes.get("/setup/changes/{number}")
    def show(viewer: Looker, number: str) -> Response:
        """Show what a change changes, and who may do what with it."""
        with app.store.reading() as work:
            change = work.pack_changes.get(PackChangeId(_number(number)))
        kept = app.kept_folder(change.kind)
        return pages.page(
            "change.html",
            viewer,
            change=change,
            differences=list(differences(files_of(kept.in_force), change.files)),
            progress=trials.running.get(change.id),
            failed=trials.failed.get(change.id, ""),
            days=PAST.days,
        )


def _listing(
    console: Console, viewer: Viewer, *, before: str = "", **typed: str
) -> Response:
    """Show what was proposed, and forms for more; a mistake beside what was typed."""
    app = console.app
    start = PackChangeId(_number(before)) if before else None
    with app.store.reading() as work:
        found = work.pack_changes.listing(PAGE + 1, before=start)
    has_more = len(found) > PAGE
    kept = {kind: app.kept_folder(kind) for kind in PackKind}
    forms = {"kind": "", "note": "", "mistake": "", "version": ""}
    return console.pages.page(
        "changes.html",
        viewer,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if typed else HTTPStatus.OK,
        changes=found[:PAGE],
        next=f"/setup/changes?before={found[PAGE - 1].id}" if has_more else "",
        beside={kind: beside(one) for kind, one in kept.items()},
        typed={**forms, "version": _next(kept[PackKind.HOUSE]), **typed},
    )


def _proposing(console: Console, routes: APIRouter) -> None:
    app, pages = console.app, console.pages

    @routes.get("/setup/change")
    def edit(viewer: Changer, kind: str = "", file: str = "") -> Response:
        """Offer one file of what is in force for changing."""
        kept = _kept(app, kind)
        return pages.page(
            "change_new.html",
            viewer,
            kind=kept.kind,
            file=file,
            text=_known(kept, file)[file],
            version=_next(kept),
            mistake="",
            note="",
        )

    @routes.post("/setup/changes")
    def make(viewer: Changer, given: Given) -> Response:
        """Propose a changed file, or a folder that somebody put beside."""
        by = person(viewer)
        kept, folder = _kept(app, said(given, "kind")), said(given, "folder")
        note, version = said(given, "note").strip(), said(given, "version").strip()
        if folder:
            files, version = read_beside(kept, folder), folder
            return _to(_proposed(app, kept, files, version, by, note))
        file, text = said(given, "file"), said(given, "text", MOST_TEXT)
        files = {**_known(kept, file), file: text}
        try:
            return _to(_proposed(app, kept, files, version, by, note))
        except BotError as error:
            return pages.page(
                "change_new.html",
                viewer,
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
                kind=kept.kind,
                file=file,
                text=text,
                version=version,
                mistake=error.shown,
                note=note,
            )


def _uploading(console: Console, routes: APIRouter) -> None:
    app = console.app

    @routes.post("/setup/changes/upload")
    def take(viewer: Changer, given: Uploaded) -> Response:
        """Propose files that somebody sends, as if they had been typed."""
        by = person(viewer)
        kept = _kept(app, said(given, "kind"))
        note, version = said(given, "note").strip(), said(given, "version").strip()
        sent = [
            Sent(name=one.filename, content=one.file.read())
            for one in given.getlist("files")
            if isinstance(one, UploadFile) and one.filename
        ]
        try:
            files = files_sent(kept, sent)
            return _to(_proposed(app, kept, files, version, by, note))
        except BotError as error:
            return _listing(
                console,
                viewer,
                kind=kept.kind,
                note=note,
                version=version,
                mistake=error.shown,
            )


def _settling(console: Console, routes: APIRouter, trials: Trials) -> None:
    app = console.app

    @routes.post("/setup/changes/{number}/activate")
    def put_in_force(viewer: Changer, number: str) -> Response:
        """Put a version in force that another person proposed."""
        by, change = person(viewer), _change(app, number)
        kept = app.kept_folder(change.kind)
        return _to(activate(app.store, app.clock, kept, change.id, by=by))

    @routes.post("/setup/changes/{number}/turn-down")
    def refuse(viewer: Changer, number: str) -> Response:
        """Say that it will not come in force."""
        change = _change(app, number)
        return _to(turn_down(app.store, app.clock, change.id, by=viewer.name))

    @routes.post("/setup/changes/{number}/try")
    def try_out(viewer: Changer, number: str) -> Response:  # noqa: ARG001 - the right
        """Play the past under a proposed policy, in the background."""
        change = _change(app, number)
        if change.kind is not PackKind.HOUSE:
            raise NotAllowed("only a policy decides anything that can be tried out")
        trials.begin(change)
        return _to(change)


def _proposed(
    app: App,
    kept: Kept,
    files: Mapping[str, str],
    version: str,
    by: str,
    note: str,
) -> PackChange:
    return propose(app.store, app.clock, kept, files, version=version, by=by, note=note)


def _change(app: App, number: str) -> PackChange:
    with app.store.reading() as work:
        return work.pack_changes.get(PackChangeId(_number(number)))


def _to(change: PackChange) -> Response:
    return RedirectResponse(f"/setup/changes/{change.id}", HTTPStatus.SEE_OTHER)


def _kept(app: App, kind: str) -> Kept:
    if kind not in set(PackKind):
        raise Missing(f"there is nothing to change that is called {kind[:40]!r}")
    return app.kept_folder(PackKind(kind))


def _known(kept: Kept, file: str) -> dict[str, str]:
    files = files_of(kept.in_force)
    if file not in files:
        raise Missing(f"there is no file {file[:80]!r} in what is in force")
    return files


def _next(kept: Kept) -> str:
    """Suggest the first number above all versions that lie there."""
    numbers = [
        int(one.name)
        for one in kept.folder.parent.iterdir()
        if one.name.isascii() and one.name.isdecimal()
    ]
    return str(max(numbers, default=0) + 1)


def _number(said: str) -> int:
    if not said.isascii() or not said.isdecimal() or len(said) > MOST_DIGITS:
        raise Missing(f"there is no change {said[:20]!r}")
    return int(said)
