"""``/api/v1/replies``: what is said, who agreed to it, and whether it stands there."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from bot.bootstrap import App
from bot.domain.mentions import MentionId
from bot.domain.replies import LONGEST_REPLY, Reply, ReplyId, ReplyState
from bot.domain.staff import Right, Viewer
from bot.services import drafts
from bot.web.addresses import must_be_theirs
from bot.web.api.calls import (
    CHANGES,
    MOST_ID,
    READS,
    After,
    Call,
    IfNoneMatch,
    Limit,
    Listed,
    Shape,
    Shown,
    call,
    listed,
    number,
    once,
    place,
    shown,
    told,
)
from bot.web.api.shapes import ReplyShape, reply_shape
from bot.web.api.tickets import Key, Tickets, Words
from bot.web.gate import May, person
from bot.web.room import Console

Sees = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
Works = Annotated[Viewer, Depends(May(Right.WORK_TICKETS))]
Approves = Annotated[Viewer, Depends(May(Right.APPROVE_REPLIES))]
Asked = Annotated[Call, Depends(call)]
ReplyKey = Annotated[
    str, Path(pattern=r"^[Rr]-[0-9]{1,18}$", description="As in R-000012.")
]
Said = Annotated[str, Field(min_length=1, max_length=LONGEST_REPLY)]


class DraftAsked(Shape):
    """An answer in somebody's own words; to the newest mention if none is named."""

    text: Said
    mention: Annotated[int, Field(ge=1, le=MOST_ID)] | None = None
    language: Annotated[str, Field(max_length=10)] = ""
    is_private: bool = False


class EditAsked(Shape):
    """Other words in the place of those before."""

    text: Said


class ApprovalAsked(Shape):
    """The SHA-256 (hex) of the very text that was read."""

    text_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class WhyAsked(Shape):
    """Why."""

    reason: Words


class RepliesAsked(Shape):
    """Which replies, and from where on."""

    state: ReplyState | None = None
    cursor: After = None
    limit: Limit = 50


class Replies:
    """Replies as one viewer may see and change them."""

    def __init__(self, app: App) -> None:
        """Work with the wired app."""
        self.app = app

    def seen(self, viewer: Viewer, key: str) -> Reply:
        """Return one; ``Missing`` for another brand's, as if it were not there."""
        with self.app.store.reading() as store:
            reply = store.replies.get(ReplyId(number(key)))
        must_be_theirs(viewer, reply.brand, f"reply {key}")
        return reply

    def changed(
        self, viewer: Viewer, key: str, asked: Call, do: Callable[[ReplyId], Reply]
    ) -> Response:
        """Do one thing to a reply, once, and show how it stands then."""

        def write() -> Shown:
            before = self.seen(viewer, key)
            asked.still(_state(before).tag)
            return _state(do(before.id))

        return once(self.app, viewer, asked, write)


def _state(reply: Reply) -> Shown:
    return shown(reply_shape(reply))


def router(console: Console) -> APIRouter:
    """Make the routes."""
    routes, replies = APIRouter(tags=["replies"]), Replies(console.app)
    _reads(routes, replies)
    _drafts(routes, replies)
    _next_steps(routes, replies)
    _verdicts(routes, replies)
    return routes


def _reads(routes: APIRouter, replies: Replies) -> None:
    @routes.get("/replies", responses=READS)
    def listing(
        viewer: Sees, asked: Annotated[RepliesAsked, Query()]
    ) -> Listed[ReplyShape]:
        """List replies, oldest first; ``submitted`` ones wait for a person's yes."""
        after = place(asked.cursor, "r")
        with replies.app.store.reading() as store:
            found = store.replies.listing(
                state=asked.state,
                limit=asked.limit + 1,
                after=None if after is None else ReplyId(after),
                brands=viewer.brands,
            )
        page = [reply_shape(one) for one in found]
        return listed(page, asked.limit, lambda one: f"r{number(one.reply)}")

    @routes.get("/replies/{key}", response_model=ReplyShape, responses=READS)
    def show(
        viewer: Sees, key: ReplyKey, if_none_match: IfNoneMatch = None
    ) -> Response:
        """Show one reply."""
        return told(_state(replies.seen(viewer, key)), if_none_match)


def _drafts(routes: APIRouter, replies: Replies) -> None:
    app, tickets = replies.app, Tickets(replies.app)

    @routes.post(
        "/tickets/{key}/replies",
        response_model=ReplyShape,
        responses=CHANGES,
        status_code=HTTPStatus.CREATED,
    )
    def draft(viewer: Works, key: Key, asked: Asked, body: DraftAsked) -> Response:
        """Write an answer; it waits until it is put forward, then for a yes."""

        def write() -> Shown:
            ticket = tickets.seen(viewer, key)
            written = drafts.draft(
                app.store,
                app.clock,
                ticket.id,
                text=body.text,
                by=viewer.name,
                mention_id=None if body.mention is None else MentionId(body.mention),
                platforms=app.policy.platforms,
                language=body.language,
                guard=app.guard,
                is_private=body.is_private,
                measured=app.outbox.length,
            )
            return _state(written)

        return once(app, viewer, asked, write, HTTPStatus.CREATED)

    @routes.put("/replies/{key}", response_model=ReplyShape, responses=CHANGES)
    def edit(viewer: Works, key: ReplyKey, asked: Asked, body: EditAsked) -> Response:
        """Change the words; nobody's yes to it holds any more."""

        def do(which: ReplyId) -> Reply:
            return drafts.edit(
                app.store,
                app.clock,
                which,
                text=body.text,
                by=viewer.name,
                guard=app.guard,
                measured=app.outbox.length,
            )

        return replies.changed(viewer, key, asked, do)


def _next_steps(routes: APIRouter, replies: Replies) -> None:
    app = replies.app

    @routes.post("/replies/{key}/submit", response_model=ReplyShape, responses=CHANGES)
    def submit(viewer: Works, key: ReplyKey, asked: Asked) -> Response:
        """Put a draft before whoever says yes."""

        def do(which: ReplyId) -> Reply:
            return drafts.submit(
                app.store,
                app.clock,
                which,
                by=viewer.name,
                guard=app.guard,
                measured=app.outbox.length,
            )

        return replies.changed(viewer, key, asked, do)

    @routes.post("/replies/{key}/cancel", response_model=ReplyShape, responses=CHANGES)
    def cancel(viewer: Works, key: ReplyKey, asked: Asked, body: WhyAsked) -> Response:
        """Take it back before it leaves."""

        def do(which: ReplyId) -> Reply:
            return drafts.cancel(
                app.store, app.clock, which, by=viewer.name, reason=body.reason
            )

        return replies.changed(viewer, key, asked, do)


def _verdicts(routes: APIRouter, replies: Replies) -> None:
    app = replies.app

    @routes.post("/replies/{key}/approve", response_model=ReplyShape, responses=CHANGES)
    def approve(
        viewer: Approves, key: ReplyKey, asked: Asked, body: ApprovalAsked
    ) -> Response:
        """Say yes to one exact text; a program's yes is none."""

        def do(which: ReplyId) -> Reply:
            return drafts.approve(
                app.store,
                app.clock,
                which,
                by=person(viewer),
                text_hash=body.text_sha256,
                four_eyes=app.four_eyes,
            )

        return replies.changed(viewer, key, asked, do)

    @routes.post("/replies/{key}/reject", response_model=ReplyShape, responses=CHANGES)
    def reject(
        viewer: Approves, key: ReplyKey, asked: Asked, body: WhyAsked
    ) -> Response:
        """Say no; as it is it is never sent."""

        def do(which: ReplyId) -> Reply:
            return drafts.reject(
                app.store, app.clock, which, by=viewer.name, reason=body.reason
            )

        return replies.changed(viewer, key, asked, do)
