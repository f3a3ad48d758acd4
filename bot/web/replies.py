"""``/replies/R-000012``: one reply from its first words to the proof that it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from bot.domain.follow_ups import KINDS
from bot.domain.replies import Reply
from bot.domain.staff import Right, Viewer
from bot.errors import NotAllowed, Stale
from bot.escalate.differences import Difference, differences
from bot.services import drafts
from bot.services.replies import WITH_PEOPLE
from bot.services.story import Version, story_of
from bot.web.addresses import reply_in
from bot.web.approvals import known_of, platform_of
from bot.web.gate import May
from bot.web.room import Console, status_of

Seer = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
Worker = Annotated[Viewer, Depends(May(Right.WORK_TICKETS))]
Hash = Annotated[str, Form(min_length=64, max_length=64)]


def room(console: Console) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/replies/{key}", include_in_schema=False)
    bot = console.app

    @routes.get("")
    def reply(viewer: Seer, key: str) -> Response:
        """Show what became of it, and what may be done with it."""
        return _page(console, viewer, key)

    @routes.post("/edit")
    def edit(
        viewer: Worker, key: str, text: Annotated[str, Form()], sha256: Hash
    ) -> Response:
        """Put other words in the place of those that were shown."""
        return _acted(
            console,
            viewer,
            key,
            lambda one: drafts.edit(
                bot.store,
                bot.clock,
                one.id,
                text=text,
                by=viewer.name,
                guard=bot.guard,
                measured=bot.outbox.length,
                read_sha256=sha256,
            ),
            typed=text,
        )

    @routes.post("/submit")
    def submit(viewer: Worker, key: str, sha256: Hash) -> Response:
        """Put the words that were shown before another person."""
        return _acted(
            console,
            viewer,
            key,
            lambda one: drafts.submit(
                bot.store,
                bot.clock,
                one.id,
                by=viewer.name,
                guard=bot.guard,
                measured=bot.outbox.length,
                read_sha256=sha256,
            ),
        )

    @routes.post("/cancel")
    def cancel(viewer: Worker, key: str, reason: Annotated[str, Form()]) -> Response:
        """Take it back before it leaves."""
        return _acted(
            console,
            viewer,
            key,
            lambda one: drafts.cancel(
                bot.store, bot.clock, one.id, by=viewer.name, reason=reason.strip()
            ),
        )

    return routes


def _acted(
    console: Console,
    viewer: Viewer,
    key: str,
    act: Callable[[Reply], object],
    *,
    typed: str = "",
) -> Response:
    """Do it and show how it stands; what was typed is not lost where it is refused."""
    with console.app.store.reading() as work:
        reply = reply_in(work, key, viewer)
    try:
        act(reply)
    except (NotAllowed, Stale) as error:
        return _page(
            console,
            viewer,
            key,
            problem=error.shown,
            typed=typed,
            status=status_of(error),
        )
    return RedirectResponse(f"/replies/{reply.key}", HTTPStatus.SEE_OTHER)


def _page(
    console: Console,
    viewer: Viewer,
    key: str,
    *,
    problem: str = "",
    typed: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    bot = console.app
    with bot.store.reading() as work:
        reply = reply_in(work, key, viewer)
        known = known_of(bot, work, reply)
        story = story_of(work, reply)
        kept = {one.text_hash: one.text for one in work.replies.earlier_words(reply.id)}
    is_with_people = reply.state in WITH_PEOPLE
    return console.pages.page(
        "reply.html",
        viewer,
        status=status,
        problem=problem,
        typed=typed,
        reply=reply,
        known=known,
        story=story,
        versions=list(_versions(story.versions, kept)),
        platform=platform_of(console, reply.channel),
        is_live=bot.outbox.is_live(reply.channel),
        may_work=viewer.may(Right.WORK_TICKETS),
        is_with_people=is_with_people,
        may_change=is_with_people and reply.kind not in KINDS,
        may_take_back=reply.state in drafts.NOT_YET_OUT,
    )


def _versions(
    versions: Sequence[Version], kept: Mapping[str, str]
) -> Iterator[tuple[Version, str, Sequence[Difference]]]:
    """Give each wording with its text, and how that differs from the last one known."""
    last = ""
    for one in versions:
        text = one.text or kept.get(one.text_sha256, "")
        yield one, text, differences(last, text) if last and text else ()
        last = text or last
