"""Scope review: what was judged no complaint, or is in doubt, answered fact by fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.bootstrap import App
from bot.domain.decisions import Answer
from bot.domain.mentions import MentionId, StoredMention, id_of, mention_key
from bot.domain.ports import Work
from bot.domain.response_log import LogEntry
from bot.domain.staff import Right, Viewer
from bot.domain.tags import Tags
from bot.errors import NotAllowed
from bot.reports.response_log import line_of
from bot.services.scope import doubtful, review
from bot.services.second_line import (
    Judged,
    answers_of,
    judged,
    last_week,
    sample_of,
    week_of,
)
from bot.web.addresses import must_be_theirs
from bot.web.gate import May, person
from bot.web.log import TONES, place_of, written
from bot.web.room import Console

PAGE = 25

REVIEWS = Annotated[Viewer, Depends(May(Right.REVIEW_SCOPE))]
Fact = Annotated[str, Form(pattern="^(yes|no)?$")]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A ticket that waits, and what must be answered about each of its mentions."""

    entry: LogEntry
    asked: Sequence[tuple[StoredMention, Sequence[str]]]
    tags: Mapping[MentionId, Tags]


def routes(console: Console) -> APIRouter:
    """Make the review's pages."""
    made, app, pages = APIRouter(), console.app, console.pages

    @made.get("/scope")
    def waiting(
        viewer: REVIEWS, after: Annotated[str, Query(max_length=80)] = ""
    ) -> HTMLResponse:
        """List the tickets of which a person must say, the oldest receipt first."""
        with app.store.reading() as work:
            found = work.response_log.doubtful(
                limit=PAGE + 1, after=place_of(after), brands=viewer.brands
            )
            doubts = [_doubt(work, one) for one in found[:PAGE]]
        last = found[PAGE - 1].ticket if len(found) > PAGE else None
        return pages.page(
            "scope.html",
            viewer,
            doubts=doubts,
            key_of=mention_key,
            next=f"/scope?after={written(last)}" if last else "",
        )

    @made.get("/scope/sample")
    def sample(
        viewer: REVIEWS, week: Annotated[str, Query(max_length=20)] = ""
    ) -> HTMLResponse:
        """Show what was drawn of a week, and what people have said of it."""
        zone = app.settings.zone
        chosen = week_of(week or last_week(app.clock.now(), zone), zone)
        drawn = sample_of(app.store, chosen, viewer.brands)
        return pages.page("scope_sample.html", viewer, sample=drawn, key_of=mention_key)

    made.include_router(_one(console))
    return made


def _one(console: Console) -> APIRouter:
    made, app, pages = APIRouter(), console.app, console.pages

    @made.get("/scope/{key}")
    def one(key: str, viewer: REVIEWS, week: str = "") -> HTMLResponse:
        """Show one post with its test as it stands, and the form that answers it."""
        return _page(key, viewer, week)

    @made.post("/scope/{key}")
    def answer(  # noqa: PLR0913, PLR0917 - the fields of a form
        key: str,
        viewer: REVIEWS,
        dissatisfaction: Fact = "",
        response_expected: Fact = "",
        channel_controlled: Fact = "",
        author_reachable: Fact = "",
        exclusion: Annotated[str, Form(max_length=100)] = "",
        why: Annotated[str, Form(max_length=2000)] = "",
        confirmed: Annotated[str, Form(max_length=3)] = "",
        week: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        """Answer the test; the clocks follow."""
        by = person(viewer)
        post = _seen(app, key, viewer)
        told = answers_of(
            {
                "dissatisfaction": dissatisfaction,
                "response_expected": response_expected,
                "channel_controlled": channel_controlled,
                "author_reachable": author_reachable,
            }
        )
        if confirmed:
            told, exclusion = _as_it_is(post, _exclusions(app, post))
        if not why.strip():
            return _page(key, viewer, week, mistake="say why; it stands in the log")
        try:
            review(
                app.store,
                app.policy,
                app.clock,
                post.stored.id,
                told,
                exclusion=exclusion or None,
                by=by,
                why=why.strip(),
            )
        except NotAllowed as error:
            return _page(key, viewer, week, mistake=error.shown)
        back = f"?week={week}" if week else ""
        return RedirectResponse(f"/scope/{key}{back}", HTTPStatus.SEE_OTHER)

    def _page(
        key: str, viewer: Viewer, week: str, *, mistake: str = ""
    ) -> HTMLResponse:
        post = _seen(app, key, viewer)
        line = None
        if post.ticket is not None:
            with app.store.reading() as work:
                entry = work.response_log.entry(post.ticket)
            line = line_of(entry, app.clock.now())
        return pages.page(
            "scope_one.html",
            viewer,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK,
            key=mention_key(post.stored.id),
            post=post,
            line=line,
            tones=TONES,
            exclusions=_exclusions(app, post),
            week=week,
            mistake=mistake,
        )

    return made


def _doubt(work: Work, entry: LogEntry) -> Doubt:
    asked = doubtful(work, entry.ticket.id)
    tags = work.mentions.newest_tags([stored.id for stored, _ in asked])
    return Doubt(entry=entry, asked=asked, tags=tags)


def _seen(app: App, key: str, viewer: Viewer) -> Judged:
    """Return a post that is there and that the viewer may see."""
    with app.store.reading() as work:
        found = judged(work, id_of(key))
    must_be_theirs(viewer, found.stored.mention.brand, f"mention {key}")
    return found


def _exclusions(app: App, post: Judged) -> Sequence[str]:
    governing = app.policy.governing(post.stored.mention.published_at)
    return tuple(governing.scope.exclusions)


def _as_it_is(post: Judged, known: Sequence[str]) -> tuple[dict[str, Answer], str]:
    """Say the same again: whatever already says no, and what excludes it."""
    scope = post.scope
    told: dict[str, Answer] = {
        name: fact.answer
        for name, fact in scope.facts.items()
        if fact.answer is not Answer.NEEDS_HUMAN
    }
    return told, scope.exclusion if scope.exclusion in known else ""
