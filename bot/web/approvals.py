"""``/approvals``: what waits for a yes, one of it open beside the post it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from bot.bootstrap import App
from bot.domain.inbox import NO_CLOCK, Place, Waiting
from bot.domain.letters import Letter, LetterState
from bot.domain.ports import Work
from bot.domain.replies import Reply, ReplyState
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import key_of
from bot.errors import Missing, NotAllowed, Stale
from bot.escalate.differences import Difference, differences
from bot.escalate.letters import lacking
from bot.services import drafts, letters
from bot.services.judging import Judged, judged, why_no_yes
from bot.services.writing import Piece, pieces
from bot.web.addresses import letter_in, number_in, reply_in
from bot.web.gate import May, person
from bot.web.room import Console, status_of

PAGE = 50

Seer = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
Judge = Annotated[Viewer, Depends(May(Right.APPROVE_REPLIES))]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReply:
    """A reply that is judged, its words cut where something was found."""

    known: Judged
    pieces: Sequence[Piece]
    changed: Sequence[Difference]
    why_not: str
    platform: str
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLetter:
    """A legal notice that is judged, and why this viewer's yes would not count."""

    letter: Letter
    ticket_key: str
    why_not: str
    is_complete: bool


def room(console: Console) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/approvals", include_in_schema=False)

    @routes.get("")
    def inbox(
        viewer: Seer,
        after: str = "",
        done: Annotated[str, Query(max_length=20)] = "",
        to_open: Annotated[str, Query(alias="open")] = "",
    ) -> Response:
        """List what waits, and open what is due first; ``done`` was just judged."""
        return _page(console, viewer, after=after, key=to_open, done=done)

    @routes.get("/{key}")
    def one(viewer: Seer, key: str, after: str = "") -> Response:
        """Open one of them beside the list."""
        return _page(console, viewer, after=after, key=key)

    @routes.post("/{key}/approve")
    def approve(viewer: Judge, key: str, sha256: Annotated[str, Form()]) -> Response:
        """Say yes to the very words that were shown."""
        return _answered(
            console, viewer, key, lambda: _approve(console, key, viewer, sha256)
        )

    @routes.post("/{key}/reject")
    def reject(
        viewer: Judge, key: str, reason: Annotated[str, Form()] = ""
    ) -> Response:
        """Say no; its writer reads why."""
        return _answered(
            console, viewer, key, lambda: _reject(console, key, viewer, _reason(reason))
        )

    return routes


def _answered(
    console: Console, viewer: Viewer, key: str, act: Callable[[], None]
) -> Response:
    """Do it and go on with the list; what refuses it is told beside the item."""
    try:
        act()
    except (NotAllowed, Stale) as error:
        return _page(
            console,
            viewer,
            key=key,
            problem=error.shown,
            status=status_of(error),
        )
    return RedirectResponse(f"/approvals?done={quote(key)}", HTTPStatus.SEE_OTHER)


def _reason(said: str) -> str:
    if not said.strip():
        raise NotAllowed("say why, so that whoever wrote it can change it")
    return said.strip()


def _page(
    console: Console,
    viewer: Viewer,
    *,
    after: str = "",
    key: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    **told: str,
) -> Response:
    done = told.get("done", "")
    with console.app.store.reading() as work:
        found = work.inbox.waiting(
            limit=PAGE + 1, brands=viewer.brands, after=place_in(after)
        )
        shown = found[:PAGE]
        if not key and shown:
            key = shown[0].what.key
        opened = opened_in(console, work, key, viewer) if key else None
    return console.pages.page(
        "approvals.html",
        viewer,
        status=status,
        problem=told.get("problem", ""),
        done=done if re.fullmatch(r"[LR]-[0-9]{1,18}", done) else "",
        waiting=[(one, _clock(one)) for one in shown],
        opened=opened,
        key=key,
        next=place_of(shown[-1]) if len(found) > PAGE else "",
        after=after,
    )


def _clock(one: Waiting) -> datetime | None:
    return None if one.due_at == NO_CLOCK else one.due_at


def place_of(one: Waiting) -> str:
    """Write where an item stands, for an address."""
    at = one.place
    return f"{at.due_at.isoformat()}~{one.what.key}"


def place_in(written: str) -> Place | None:
    """Read where a list goes on; raises ``Missing`` for what is no such place."""
    if not written:
        return None
    at, _, key = written.partition("~")
    try:
        due_at = datetime.fromisoformat(at)
    except ValueError:
        due_at = None
    if due_at is None or due_at.tzinfo is None:
        raise Missing("there is no such page; open the list from its beginning")
    letter = key[:1]
    return Place(
        due_at=due_at, is_reply=letter == "R", number=number_in(key, letter or "R")
    )


def known_of(app: App, work: Work, reply: Reply) -> Judged:
    """Gather what stands around a reply, by the rules that are in force."""
    return judged(
        work,
        reply,
        app.clock.now(),
        platforms=app.policy.platforms,
        guard=app.guard,
        four_eyes=app.four_eyes,
    )


def opened_in(
    console: Console, work: Work, key: str, viewer: Viewer
) -> OpenReply | OpenLetter:
    """Gather all that whoever judges must see; raises ``Missing``."""
    if key.upper().startswith("L"):
        letter = letter_in(work, key, viewer)
        return OpenLetter(
            letter=letter,
            ticket_key=key_of(letter.ticket_id),
            why_not=_why_not(letter, viewer),
            is_complete=not lacking(letter.findings),
        )
    known = known_of(console.app, work, reply_in(work, key, viewer))
    reply = known.reply
    waits = reply.state is ReplyState.SUBMITTED
    return OpenReply(
        known=known,
        pieces=pieces(reply.text, len, known.checked.findings),
        changed=differences(known.before.text, reply.text) if known.before else (),
        why_not=why_no_yes(reply, known.said_yes, viewer.name) if waits else "",
        platform=platform_of(console, reply.channel),
        is_live=console.app.outbox.is_live(reply.channel),
    )


def platform_of(console: Console, channel: str) -> str:
    """Return how people call a platform."""
    known = console.app.policy.platforms.channels.get(channel)
    return known.title if known else channel


def _why_not(letter: Letter, viewer: Viewer) -> str:
    if letter.state is not LetterState.SUBMITTED:
        return ""
    try:
        letters.demand_another(letter, viewer.name)
    except NotAllowed as error:
        return error.shown
    return ""


def _approve(console: Console, key: str, viewer: Viewer, sha256: str) -> None:
    bot, by = console.app, person(viewer)
    if not key.upper().startswith("L"):
        with bot.store.reading() as work:
            reply = reply_in(work, key, viewer)
        drafts.approve(
            bot.store,
            bot.clock,
            reply.id,
            by=by,
            text_hash=sha256,
            four_eyes=bot.four_eyes,
        )
        return
    with bot.store.reading() as work:
        letter = letter_in(work, key, viewer)
    letters.approve(
        bot.store,
        bot.policy,
        bot.letters,
        bot.clock,
        letter.id,
        by=by,
        sha256=sha256,
    )


def _reject(console: Console, key: str, viewer: Viewer, reason: str) -> None:
    bot = console.app
    with bot.store.reading() as work:
        if key.upper().startswith("L"):
            letter_id = letter_in(work, key, viewer).id
        else:
            letter_id = None
            reply_id = reply_in(work, key, viewer).id
    if letter_id is not None:
        letters.cancel(bot.store, bot.clock, letter_id, by=viewer.name, reason=reason)
    else:
        drafts.reject(bot.store, bot.clock, reply_id, by=viewer.name, reason=reason)
