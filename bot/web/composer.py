"""``/tickets/T-000012/reply``: where a reply is written, and told what it would be.

What is typed is looked at by the very questions that the outbox asks, and kept as a
draft as soon as the guard lets it. What the guard forbids stays in the browser alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from bot.domain.mentions import MentionId
from bot.domain.ports import Work
from bot.domain.replies import Reply
from bot.domain.staff import Right, Viewer
from bot.domain.tickets import Ticket
from bot.errors import BotError, ClassifyError, Missing, NotAllowed, Stale
from bot.services import compose as composing
from bot.services import handoff, writing
from bot.services.suggestions import CARE, Offered
from bot.services.writing import Desk, Looked, Words
from bot.web.addresses import ticket_in
from bot.web.approvals import platform_of
from bot.web.gate import May
from bot.web.render import wants_part
from bot.web.room import Console, status_of

PATIENCE = 2.0
"""Seconds for which a look waits for the one before it, of the same person."""

Worker = Annotated[Viewer, Depends(May(Right.WORK_TICKETS))]


class OneAtATime:
    """Lets one look of a person run at a time: to look at words costs time."""

    def __init__(self) -> None:
        """Nobody is at it yet."""
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn_of(self, person: str) -> Iterator[bool]:
        """Wait a little for one's turn; say whether it came."""
        with self._lock:
            turn = self._turns.setdefault(person, threading.Lock())
        came = turn.acquire(timeout=PATIENCE)
        try:
            yield came
        finally:
            if came:
                turn.release()


class Typed(BaseModel):
    """The form as it came."""

    text: str = ""
    mention: int = 0
    private: str = ""
    language: str = Field(default="", max_length=10)
    sha256: str = Field(default="", max_length=64)

    def words(self, ticket: Ticket) -> Words:
        """Return them as the services take them."""
        return Words(
            ticket_id=ticket.id,
            text=self.text.replace("\r\n", "\n"),
            mention_id=_which(self.mention),
            is_private=self.private == "yes",
            language=self.language,
            read_sha256=self.sha256,
        )


Written = Annotated[Typed, Form()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which mention and audience the page is to be."""

    mention_id: MentionId | None = None
    is_private: bool | None = None
    use: int = 0
    is_changed: bool = False


class Address(BaseModel):
    """What an address may ask for."""

    mention: int = 0
    private: str = ""
    use: int = Field(default=0, ge=0)
    change: str = ""

    @property
    def told(self) -> Asked:
        """What that means."""
        return Asked(
            mention_id=_which(self.mention),
            is_private=self.private == "yes" if self.private else None,
            use=self.use,
            is_changed=self.change == "yes",
        )


def room(console: Console) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/tickets/{key}/reply", include_in_schema=False)
    composer = Composer(console)

    @routes.get("")
    def write(
        request: Request, viewer: Worker, key: str, asked: Annotated[Address, Query()]
    ) -> Response:
        """Show the composer, on its own for htmx or as a page."""
        return composer.page(request, viewer, key, asked.told)

    @routes.post("")
    def put_forward(
        request: Request, viewer: Worker, key: str, typed: Written
    ) -> Response:
        """Keep the words and put them before another person, if the guard lets them."""
        return composer.put_forward(request, viewer, key, typed)

    @routes.post("/look")
    def look(viewer: Worker, key: str, typed: Written) -> Response:
        """Say what the words would be as they stand; nothing is kept."""
        return composer.look(viewer, key, typed)

    @routes.post("/save")
    def save(viewer: Worker, key: str, typed: Written) -> Response:
        """Keep what is typed, if it may be kept."""
        return composer.save(viewer, key, typed)

    @routes.get("/suggestions")
    def suggestions(
        request: Request,
        viewer: Worker,
        key: str,
        mention: int = 0,
    ) -> Response:
        """Offer approved answers."""
        return composer.suggestions(request, viewer, key, mention)

    @routes.post("/word")
    def word(
        viewer: Worker,
        key: str,
        number: Annotated[int, Form()],
        mention: Annotated[int, Form()] = 0,
    ) -> RedirectResponse:
        """Put a wording for somebody in need forward, as it is."""
        return composer.word(viewer, key, number, mention)

    @routes.post("/compose")
    def compose(
        viewer: Worker, key: str, mention: Annotated[int, Form()] = 0
    ) -> RedirectResponse:
        """Let the model of the settings write a draft."""
        return composer.compose(viewer, key, mention)

    @routes.post("/hand-off")
    def hand_off(viewer: Worker, key: str) -> RedirectResponse:
        """Begin to lead the author to a private talk."""
        return composer.hand_off(viewer, key)

    return routes


def _which(mention: int) -> MentionId | None:
    return MentionId(mention) if mention else None


@dataclass(frozen=True, slots=True)
class Composer:
    """What the routes do."""

    console: Console
    turns: OneAtATime = field(default_factory=OneAtATime)

    def page(
        self, request: Request, viewer: Viewer, key: str, asked: Asked
    ) -> Response:
        """Show the desk, with a suggestion's words in it if one is taken over."""
        bot = self.console.app
        text, language = None, ""
        if asked.use:
            ticket = self._ticket(viewer, key)
            chosen = self._offered(ticket, asked)[asked.use - 1].suggestion
            text, language = chosen.text, chosen.language
        with bot.store.reading() as work:
            ticket = ticket_in(work, key, viewer)
            desk = self._desk(work, ticket, asked)
        kept = desk.kept.text if desk.kept else ""
        return self._shown(
            request,
            viewer,
            desk,
            text=kept if text is None else text,
            language=language,
            is_changed=asked.is_changed or text is not None,
        )

    def put_forward(
        self, request: Request, viewer: Viewer, key: str, typed: Typed
    ) -> Response:
        """Keep and submit; what refuses it is shown beside what was typed."""
        bot = self.console.app
        ticket = self._ticket(viewer, key)
        words = typed.words(ticket)
        try:
            writing.put_forward(bot.store, bot.outbox, bot.clock, words, by=viewer.name)
        except (NotAllowed, Stale) as error:
            return self._refused(request, viewer, ticket, words, error)
        if wants_part(request):
            asked = Asked(mention_id=words.mention_id)
            with bot.store.reading() as work:
                desk = self._desk(work, ticket, asked)
            was = _version_before(ticket, desk.ticket)
            return self._shown(request, viewer, desk, text=words.text, was=was)
        return _to_desk(ticket, typed.mention)

    def _refused(
        self,
        request: Request,
        viewer: Viewer,
        ticket: Ticket,
        words: Words,
        error: BotError,
    ) -> Response:
        asked = Asked(mention_id=words.mention_id, is_private=words.is_private)
        with self.console.app.store.reading() as work:
            desk = self._desk(work, ticket, asked)
        return self._shown(
            request,
            viewer,
            desk,
            text=words.text,
            language=words.language,
            problem=error,
            is_changed=True,
            status=status_of(error),
        )

    def look(self, viewer: Viewer, key: str, typed: Typed) -> Response:
        """Look at the words, one look of a person at a time."""
        bot, pages = self.console.app, self.console.pages
        words = typed.words(self._ticket(viewer, key))
        with self.turns.turn_of(viewer.name) as came:
            if not came:
                return Response(status_code=HTTPStatus.TOO_MANY_REQUESTS)
            try:
                looked = writing.look(bot.store, bot.outbox, bot.clock, words)
            except NotAllowed as error:
                return pages.page("part_error.html", viewer, error=error)
        platform = platform_of(self.console, looked.reply.channel)
        return pages.page("parts/looked.html", viewer, looked=looked, platform=platform)

    def save(self, viewer: Viewer, key: str, typed: Typed) -> Response:
        """Keep a draft; what may not be kept is no attempt to say it."""
        bot = self.console.app
        ticket = self._ticket(viewer, key)
        words = typed.words(ticket)
        kept, why_not = None, ""
        with self.turns.turn_of(viewer.name) as came:
            if not came:
                return Response(status_code=HTTPStatus.TOO_MANY_REQUESTS)
            try:
                looked = writing.look(bot.store, bot.outbox, bot.clock, words)
                if looked.may_go:
                    kept = writing.save(
                        bot.store, bot.outbox, bot.clock, words, by=viewer.name
                    )
            except (NotAllowed, Stale) as error:
                why_not = error.shown
        now = self._ticket(viewer, key)
        return self.console.pages.page(
            "parts/kept.html",
            viewer,
            ticket=now,
            was=_version_before(ticket, now),
            kept=kept,
            is_empty=not words.text.strip(),
            why_not=why_not,
            at=bot.clock.now(),
        )

    def suggestions(
        self, request: Request, viewer: Viewer, key: str, mention: int
    ) -> Response:
        """Show what fits; without htmx the page that shows it is the composer's."""
        ticket = self._ticket(viewer, key)
        asked = Asked(mention_id=_which(mention))
        problem = ""
        try:
            offered = self._offered(ticket, asked)
        except (NotAllowed, Missing, ClassifyError) as error:
            offered, problem = [], error.shown
        template = "parts/suggestions.html"
        if not wants_part(request):
            template = "suggestions.html"
        return self.console.pages.page(
            template,
            viewer,
            ticket=ticket,
            mention=mention,
            offered=offered,
            problem=problem,
            care=CARE,
            has_drafter=bool(self.console.app.settings.drafting.url),
        )

    def word(
        self, viewer: Viewer, key: str, number: int, mention: int
    ) -> RedirectResponse:
        """Make a reply of a wording that is used as it is."""
        bot = self.console.app
        ticket = self._ticket(viewer, key)
        reply = bot.suggestions.use(
            bot.store,
            bot.clock,
            ticket.id,
            number,
            by=viewer.name,
            mention_id=_which(mention),
        )
        return _to(reply)

    def compose(self, viewer: Viewer, key: str, mention: int) -> RedirectResponse:
        """Let a model write, and lead to its draft."""
        bot = self.console.app
        ticket = self._ticket(viewer, key)
        composing.compose(
            bot.store,
            bot.clock,
            bot.drafter,
            bot.suggestions,
            ticket.id,
            by=viewer.name,
            mention_id=_which(mention),
        )
        return _to_desk(ticket, mention)

    def hand_off(self, viewer: Viewer, key: str) -> RedirectResponse:
        """Begin, and lead back to the ticket, which shows how it goes."""
        bot = self.console.app
        ticket = self._ticket(viewer, key)
        handoff.start(bot.store, bot.clock, bot.hand_offs, ticket.id, by=viewer.name)
        return _to_desk(ticket)

    def _ticket(self, viewer: Viewer, key: str) -> Ticket:
        with self.console.app.store.reading() as work:
            return ticket_in(work, key, viewer)

    def _desk(self, work: Work, ticket: Ticket, asked: Asked) -> Desk:
        bot = self.console.app
        return writing.desk(
            work,
            bot.outbox,
            ticket.id,
            bot.clock.now(),
            mention_id=asked.mention_id,
            is_private=asked.is_private,
        )

    def _offered(self, ticket: Ticket, asked: Asked) -> list[Offered]:
        bot = self.console.app
        offered = bot.suggestions.of(
            bot.store, bot.clock, ticket.id, mention_id=asked.mention_id
        )
        if asked.use > len(offered):
            message = f"there is no suggestion {asked.use}; there are {len(offered)}"
            raise NotAllowed(message)
        return offered

    def _shown(  # noqa: PLR0913 - what a desk is shown with, by keyword
        self,
        request: Request,
        viewer: Viewer,
        desk: Desk,
        *,
        text: str,
        language: str = "",
        problem: BotError | None = None,
        is_changed: bool = False,
        was: int = 0,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        bot = self.console.app
        mention = desk.chosen.stored.mention if desk.chosen else None
        looked = self._looked(desk, text, language)
        template = "parts/desk.html" if wants_part(request) else "composer.html"
        return self.console.pages.page(
            template,
            viewer,
            status=status,
            desk=desk,
            ticket=desk.ticket,
            was=was,
            text=text,
            spoken=language or (desk.kept.language if desk.kept else ""),
            languages=sorted(bot.policy.templates.by_language),
            problem=problem,
            is_changed=is_changed,
            platform=platform_of(self.console, mention.channel) if mention else "",
            handle=mention.author.handle if mention and mention.author else "",
            looked=looked,
        )

    def _looked(self, desk: Desk, text: str, language: str) -> Looked | None:
        """Look at what stands there already, so that it is seen without scripts."""
        bot = self.console.app
        if desk.chosen is None or desk.said is not None:
            return None
        words = Words(
            ticket_id=desk.ticket.id,
            text=text,
            mention_id=desk.chosen.stored.id,
            is_private=desk.is_private,
            language=language,
        )
        try:
            return writing.look(bot.store, bot.outbox, bot.clock, words)
        except NotAllowed:
            return None


def _version_before(before: Ticket, now: Ticket) -> int:
    """Return the version that one's own writing made an older one of, 0 for none.

    To write keeps the writer's claim. A page that shows the version before shows all
    that there is, and what its forms ask is right; after any other change it is not.
    """
    same = replace(before, version=now.version, claim_expires_at=now.claim_expires_at)
    return before.version if same == now and before != now else 0


def _to_desk(ticket: Ticket, mention: int = 0) -> RedirectResponse:
    which = f"?mention={mention}" if mention else ""
    return RedirectResponse(f"/tickets/{ticket.key}/reply{which}", HTTPStatus.SEE_OTHER)


def _to(reply: Reply) -> RedirectResponse:
    return RedirectResponse(f"/replies/{reply.key}", HTTPStatus.SEE_OTHER)
