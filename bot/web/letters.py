"""``/notices/L-000012``: legal notices, written, put forward and given.

The yes of another person is given in ``/approvals``. A notice leaves by nobody but a
person who is signed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from bot.domain.letters import Enclosure, Ending, Letter, LetterState
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import Way, key_of
from bot.errors import BotError, Missing, NotAllowed
from bot.escalate.letters import lacking
from bot.services import letters
from bot.services.letters import UNSENT, Asked, Handed
from bot.services.tickets import Elsewhere
from bot.web.addresses import letter_in, ticket_in
from bot.web.door import MOST_BYTES
from bot.web.gate import May, person
from bot.web.room import Console, status_of
from bot.web.tickets import instant_in

MOST_FILES = 10
MOST_OF_A_TEXT = 60_000
"""Characters of a notice; a longer one is a mistake."""

DOUBTFUL = frozenset({LetterState.SENDING, LetterState.UNKNOWN})

Reader = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
Worker = Annotated[Viewer, Depends(May(Right.WORK_TICKETS))]


async def _form(request: Request) -> AsyncIterator[FormData]:
    async with request.form(
        max_fields=20, max_files=MOST_FILES, max_part_size=MOST_BYTES
    ) as form:
        yield form


Given = Annotated[FormData, Depends(_form)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What somebody asks to be done to a notice, with what they typed."""

    console: Console
    viewer: Viewer
    letter: Letter
    form: FormData

    @property
    def by(self) -> str:
        """Whose word it is; raises ``NotAllowed`` for a program."""
        return person(self.viewer)

    def said(self, name: str) -> str:
        """Return what was typed into a field; empty if nothing was."""
        return said_in(self.form, name)

    def needed(self, name: str) -> str:
        """Return what must be there; raises ``NotAllowed`` if it is not."""
        words = self.said(name)
        if not words:
            raise NotAllowed(f"say {name.replace('_', ' ')} too; nothing was done")
        return words

    def files(self, name: str) -> Sequence[tuple[str, bytes]]:
        """Return the files that were chosen in a field, by name."""
        return [
            (one.filename, one.file.read())
            for one in self.form.getlist(name)
            if isinstance(one, UploadFile) and one.filename
        ]

    @property
    def enclosures(self) -> Sequence[Enclosure]:
        """Return what goes with it."""
        return [
            Enclosure(
                name=name, content=content, sha256=hashlib.sha256(content).hexdigest()
            )
            for name, content in self.files("enclosure")
        ]


def said_in(form: FormData, name: str) -> str:
    """Return what was typed into a field, with the line ends of a text."""
    told = form.get(name)
    words = told.replace("\r\n", "\n").strip() if isinstance(told, str) else ""
    if len(words) > MOST_OF_A_TEXT:
        raise NotAllowed(f"{name} has {MOST_OF_A_TEXT} characters at most")
    return words


def asked_in(form: FormData) -> Asked:
    """Return what a person says of a notice that only a person knows."""
    outcome = said_in(form, "outcome")
    if outcome and outcome not in set(Ending):
        raise NotAllowed(f"there is no outcome {outcome[:40]!r}")
    lines = map(str.strip, said_in(form, "issues").splitlines())
    return Asked(
        outcome=outcome,
        issues=tuple(filter(None, lines)),
        reason_code=said_in(form, "reason_code"),
        language=said_in(form, "language"),
    )


def _save(on: Doing) -> None:
    """Keep the words; put them before another person if that was pressed."""
    app = on.console.app
    means = (app.store, app.policy, app.letters, app.clock, on.letter.id)
    text, was, asked = on.needed("text"), on.letter, asked_in(on.form)
    told = (asked.outcome, asked.issues, asked.reason_code)
    is_told = told == (was.outcome, was.issues, was.reason_code)
    if text != was.text.strip() or not is_told:
        words, read = f"{text}\n", on.said("sha256")
        letters.edit(*means, text=words, by=on.by, asked=asked, read_sha256=read)
    if on.said("then") == "submit":
        letters.submit(*means, by=on.by)


def _send(on: Doing) -> None:
    app = on.console.app
    letters.send(
        app.store,
        app.policy,
        app.letters,
        app.clock,
        app.post,
        on.letter.id,
        to=on.needed("address"),
        by=on.by,
        enclosures=on.enclosures,
    )


def _hand_over(on: Doing) -> None:
    app = on.console.app
    way = on.needed("way")
    if way not in set(Way):
        raise NotAllowed(f"there is no way {way[:40]!r}")
    proofs = on.files("proof")
    if not proofs:
        raise NotAllowed("choose the file that shows it; nothing was recorded")
    elsewhere = Elsewhere(
        way=Way(way), given_by=on.said("given_by") or on.by, note=on.needed("note")
    )
    letters.hand_over(
        app.store,
        app.policy,
        app.letters,
        app.clock,
        on.letter.id,
        handed=Handed(
            elsewhere=elsewhere,
            happened_at=instant_in(on.said("happened_at"), on.viewer)
            or app.clock.now(),
            proof=proofs[0][1],
        ),
        by=on.by,
        enclosures=on.enclosures,
    )


def _cancel(on: Doing) -> None:
    app = on.console.app
    letters.cancel(
        app.store, app.clock, on.letter.id, by=on.by, reason=on.needed("reason")
    )


def _settle(on: Doing) -> None:
    app = on.console.app
    found = on.needed("found")
    if found not in {"sent", "nothing"}:
        raise NotAllowed("say what the mail server's log shows: sent, or nothing")
    letters.settle(
        app.store,
        app.policy,
        app.clock,
        on.letter.id,
        is_sent=found == "sent",
        by=on.by,
        reason=on.needed("reason"),
    )


DEEDS: Mapping[str, Callable[[Doing], None]] = {
    "save": _save,
    "send": _send,
    "hand-over": _hand_over,
    "cancel": _cancel,
    "settle": _settle,
}
"""What is done to a notice, by the last part of its address."""


def room(console: Console) -> APIRouter:
    """Make the routes."""
    routes, app = APIRouter(), console.app

    @routes.get("/tickets/{key}/notices")
    def offered(key: str, viewer: Worker) -> Response:
        return _offered(console, key, viewer)

    @routes.post("/tickets/{key}/notices")
    def begin(key: str, viewer: Worker, form: Given) -> Response:
        with app.store.reading() as work:
            ticket = ticket_in(work, key, viewer)
        try:
            made = letters.draft(
                app.store,
                app.policy,
                app.letters,
                app.clock,
                ticket.id,
                notice=said_in(form, "notice"),
                asked=asked_in(form),
                by=person(viewer),
            )
        except (NotAllowed, Missing) as error:
            return _offered(console, key, viewer, problem=error, form=form)
        return RedirectResponse(f"/notices/{made.key}", HTTPStatus.SEE_OTHER)

    @routes.get("/notices/{key}")
    def show(key: str, viewer: Reader, done: str = "") -> Response:
        return _shown(console, key, viewer, done=done if done in DEEDS else "")

    for name, deed in DEEDS.items():
        routes.add_api_route(
            f"/notices/{{key}}/{name}",
            _done(console, name, deed),
            methods=["POST"],
            name=f"notice {name}",
        )
    return routes


def _done(
    console: Console, name: str, deed: Callable[[Doing], None]
) -> Callable[[str, Viewer, FormData], Response]:
    def do(key: str, viewer: Worker, form: Given) -> Response:
        with console.app.store.reading() as work:
            letter = letter_in(work, key, viewer)
        try:
            deed(Doing(console=console, viewer=viewer, letter=letter, form=form))
        except BotError as error:
            # What was typed stays on the page.
            return _shown(console, key, viewer, problem=error, form=form)
        address = f"/notices/{letter.key}?done={name}"
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)

    return do


def _offered(
    console: Console,
    key: str,
    viewer: Viewer,
    *,
    problem: BotError | None = None,
    form: FormData | None = None,
) -> Response:
    app = console.app
    with app.store.reading() as work:
        ticket = ticket_in(work, key, viewer)
        offers = letters.offers_of(work, app.policy, app.letters, ticket)
        known = work.letters.of_ticket(ticket.id)
    return console.pages.page(
        "notice_new.html",
        viewer,
        status=HTTPStatus.OK if problem is None else status_of(problem),
        ticket=ticket,
        offers=offers,
        known=known,
        endings=list(Ending),
        problem=problem.shown if problem else "",
        form=form or {},
    )


def _shown(
    console: Console,
    key: str,
    viewer: Viewer,
    *,
    done: str = "",
    problem: BotError | None = None,
    form: FormData | None = None,
) -> Response:
    app = console.app
    with app.store.reading() as work:
        letter = letter_in(work, key, viewer)
        ticket = work.tickets.get(letter.ticket_id)
        offers = letters.offers_of(work, app.policy, app.letters, ticket)
        said_yes = work.letters.approvals(letter.id)
    offer = next((one for one in offers if one.notice == letter.notice), None)
    return console.pages.page(
        "notice.html",
        viewer,
        status=HTTPStatus.OK if problem is None else status_of(problem),
        letter=letter,
        ticket_key=key_of(letter.ticket_id),
        offer=offer,
        said_yes=said_yes,
        is_complete=not lacking(letter.findings),
        is_unsent=letter.state in UNSENT,
        is_doubtful=letter.state in DOUBTFUL,
        may_write=viewer.may(Right.WORK_TICKETS) and not viewer.is_program,
        endings=list(Ending),
        ways=list(Way),
        has_mail=app.settings.notify.mail is not None,
        done=done,
        problem=problem.shown if problem else "",
        form=form or {},
        most=MOST_BYTES // 1_000_000,
    )
