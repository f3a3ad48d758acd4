"""The posts behind every figure of the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from bot.bootstrap import App
from bot.domain.mentions import MentionId, mention_key
from bot.domain.staff import Right, Viewer
from bot.domain.tags import Sentiment
from bot.domain.tickets import key_of
from bot.domain.volume import Complaint, Place, Post, PostFilter
from bot.errors import Missing, SettingsError
from bot.web.addresses import must_be_theirs
from bot.web.dashboard import Asked, Looker, Words, choices, days, wanted
from bot.web.room import Console

PAGE = 50

MOST_DIGITS = 18
"""Of a number that a database can hold."""


@dataclass(frozen=True, slots=True)
class Sought(Asked):
    """Which posts, as the address says; two instants go before a period."""

    since: Words = ""
    until: Words = ""
    sentiment: Words = ""
    topic: Words = ""
    complaint: Words = ""
    loud: Words = ""
    aside: Words = ""
    after: Words = ""

    def going_on(self, place: Place) -> str:
        """Return the address's query for the posts that come next."""
        kept = {name: getattr(self, name) for name in SOUGHT}
        after = f"{place.at.isoformat()},{place.id}"
        return urlencode(
            {**{k: said for k, said in kept.items() if said}, "after": after}
        )


SOUGHT = (
    *("span", "first", "last", "brand", "channel", "since", "until"),
    *("sentiment", "topic", "complaint", "loud", "aside"),
)


Posts = Annotated[Sought, Depends()]


def room(console: Console) -> APIRouter:
    """List posts, and show one of them whole."""
    app, pages, routes = console.app, console.pages, APIRouter()

    @routes.get("/mentions", include_in_schema=False)
    def posts(viewer: Looker, asked: Posts) -> Response:
        """List the posts behind a figure, newest first."""
        sought, before = _filter(app, viewer, asked), _place(asked.after)
        with app.store.reading() as work:
            found, place = work.volume.posts(sought, before=before, limit=PAGE)
        return pages.page(
            "mentions.html",
            viewer,
            asked=asked,
            sought=sought,
            posts=found,
            next=f"/mentions?{asked.going_on(place)}" if place else "",
            is_hidden=lambda post: is_hidden(viewer, post),
            mention_key=mention_key,
            choices=choices(app, viewer),
        )

    @routes.get("/mentions/{key}", include_in_schema=False)
    def one(viewer: Looker, key: str) -> Response:
        """Show one post, what models and people say of it, and what was decided."""
        number = _number(key)
        with app.store.reading() as work:
            post = work.volume.post(MentionId(number))
            must_be_theirs(viewer, post.stored.mention.brand, f"mention {number}")
            made = work.mentions.decision(post.stored.id)
            versions = work.mentions.versions(post.stored.id)
        hidden = is_hidden(viewer, post)
        return pages.page(
            "mention.html",
            viewer,
            post=post,
            decision=made[0] if made else None,
            decided_at=made[2] if made else None,
            versions=() if hidden else versions,
            hidden=hidden,
            mention_key=mention_key,
            ticket_key=key_of,
        )

    return routes


def is_hidden(viewer: Viewer, post: Post) -> bool:
    """Whether only those who answer authors may read what this one wrote to us."""
    return not post.stored.mention.is_public and not viewer.may(Right.SEE_TICKETS)


def _filter(app: App, viewer: Viewer, asked: Sought) -> PostFilter:
    if asked.since or asked.until:
        since, until = _instant(asked.since), _instant(asked.until)
    else:
        shown = days(app, asked)
        since, until = shown.since, shown.until
    return PostFilter(
        since=since,
        until=until,
        wanted=wanted(viewer, asked),
        sentiment=_one_of(asked.sentiment, Sentiment),
        topic=asked.topic,
        complaint=_one_of(asked.complaint, Complaint),
        is_influencer=bool(asked.loud),
        is_set_aside=bool(asked.aside),
    )


def _one_of(said: str, known: type[Sentiment | Complaint]) -> str:
    if said and said not in set(known):
        raise SettingsError(f"{said[:40]!r} is not one of {', '.join(known)}")
    return said


def _instant(said: str) -> datetime:
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise SettingsError(f"{said[:40]!r} is no instant with its zone")
    return read


def _number(key: str) -> int:
    digits = key.upper().removeprefix("M-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > MOST_DIGITS:
        raise Missing(f"there is no mention {key[:20]!r}")
    return int(digits)


def _place(said: str) -> Place | None:
    if not said:
        return None
    at, _, number = said.rpartition(",")
    if not number.isdecimal() or len(number) > MOST_DIGITS:
        raise SettingsError("the list cannot go on from there; begin it anew")
    return Place(at=_instant(at), id=int(number))
