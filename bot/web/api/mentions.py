"""``/api/v1/mentions``: what was said, and what was made of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime

from bot.bootstrap import App
from bot.domain.mentions import MentionId
from bot.domain.staff import Right, Viewer
from bot.web.addresses import must_be_theirs
from bot.web.api.calls import (
    MOST,
    MOST_ID,
    READS,
    After,
    IfNoneMatch,
    Limit,
    Listed,
    Shape,
    listed,
    place,
    shown,
    told,
)
from bot.web.api.shapes import MentionShape, mention_shape
from bot.web.gate import May
from bot.web.room import Console

Sees = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]


LOOKS = 10
"""Reads for one page; it is short, or empty, where others' mentions lie between."""


class MentionsAsked(Shape):
    """Which mentions, and from where on."""

    since: AwareDatetime | None = None
    cursor: After = None
    limit: Limit = 50


def router(console: Console) -> APIRouter:
    """Make the routes."""
    routes, app = APIRouter(tags=["mentions"]), console.app

    @routes.get("/mentions", responses=READS)
    def listing(
        viewer: Sees, asked: Annotated[MentionsAsked, Query()]
    ) -> Listed[MentionShape]:
        """List decided mentions, newest first."""
        return _decided(app, viewer, asked)

    @routes.get("/mentions/{number}", response_model=MentionShape, responses=READS)
    def show(
        viewer: Sees,
        number: Annotated[int, Path(ge=1, le=MOST_ID)],
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        """Show one mention with its tags and its decision."""
        which = MentionId(number)
        with app.store.reading() as store:
            stored = store.mentions.get(which)
            must_be_theirs(viewer, stored.mention.brand, f"mention {number}")
            tags = store.mentions.tags(which)
            made = store.mentions.decision(which)
        shape = mention_shape(
            stored, tags, made[0] if made else None, made[2] if made else None
        )
        return told(shown(shape), if_none_match)

    return routes


def _decided(app: App, viewer: Viewer, asked: MentionsAsked) -> Listed[MentionShape]:
    """Read on until a page of what the viewer may see is full, or for long enough."""
    found: list[MentionShape] = []
    before = place(asked.cursor, "m")
    with app.store.reading() as store:
        for _ in range(LOOKS):
            past = store.mentions.past(
                MOST,
                since=asked.since,
                before=None if before is None else MentionId(before),
            )
            tags = store.mentions.newest_tags([one.stored.id for one in past])
            found += [
                mention_shape(
                    one.stored, tags.get(one.stored.id), one.decision, one.decided_at
                )
                for one in past
                if viewer.may_see(one.stored.mention.brand)
            ]
            if len(past) < MOST or len(found) > asked.limit:
                return listed(found, asked.limit, lambda one: f"m{one.mention}")
            before = past[-1].stored.id
    return Listed(items=found, next_cursor=f"m{before}")
