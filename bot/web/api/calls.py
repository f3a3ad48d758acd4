"""How every call of the API behaves: refusals, ETags, repeats, and pages of a list.

Refusals are problem documents (RFC 9457). A resource's ETag changes with it: a reader
that sends it back is told 304, a writer that does is told 412 if somebody else was
first (RFC 9110, 13). A write with an ``Idempotency-Key`` is done once, however often it
is sent (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.bootstrap import App
from bot.domain.staff import Viewer
from bot.errors import BotError, NotAllowed, Stale
from bot.services import repeats
from bot.web.room import Outdated

KEPT = timedelta(hours=24)
"""How long the answer to a key is known."""

MOST = 200
"""Items of one page."""

MOST_ID = 2**62
"""Beyond it nothing is numbered, and no database could look for it."""


class Shape(BaseModel):
    """What goes over the wire; a field that is not ours is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Shape):
    """What went wrong, to what, and what to do next (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    reasons: list[str] = Field(default_factory=list)


Item = TypeVar("Item")


class Listed(Shape, Generic[Item]):
    """One page; ``next_cursor`` goes on behind it, and is null at the end."""

    items: list[Item]
    next_cursor: str | None


def problem(
    status: HTTPStatus, detail: str, reasons: Sequence[str] = ()
) -> JSONResponse:
    """Answer with a problem document."""
    told = Problem(
        title=status.phrase, status=status.value, detail=detail, reasons=list(reasons)
    )
    return JSONResponse(
        told.model_dump(), status, media_type="application/problem+json"
    )


EVERY = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Refusals that any call may meet."""


def may_answer(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals that a route may give, beside those that all may."""
    every = (*EVERY, *statuses)
    document = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {
        one.value: {"description": one.phrase, "content": document} for one in every
    }


CHANGES = may_answer(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
READS = may_answer(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)

Limit = Annotated[int, Field(ge=1, le=MOST, description="Items of one page.")]
After = Annotated[
    str | None,
    Field(
        max_length=64,
        description="Where the page before ended, as its next_cursor said.",
    ),
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]


def number(key: str) -> int:
    """Read a key of ours, as in T-000012, whose form its route has checked."""
    return min(int(key[2:]), MOST_ID)


def place(cursor: str | None, letter: str) -> int | None:
    """Read a cursor; raises ``NotAllowed`` for one that we never gave."""
    if cursor is None:
        return None
    digits = cursor.removeprefix(letter)
    if digits == cursor or not digits.isascii() or not digits.isdecimal():
        message = f"{cursor!r} is no cursor; take next_cursor of the page before"
        raise NotAllowed(message)
    return min(int(digits), MOST_ID)


def listed(
    items: Sequence[Item], limit: int, last: Callable[[Item], str]
) -> Listed[Item]:
    """Cut what was read (one more than asked for) to a page."""
    page = list(items[:limit])
    return Listed(
        items=page, next_cursor=last(page[-1]) if len(items) > limit else None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A resource as it goes over the wire, and its ETag, which changes with it."""

    body: str
    tag: str


def shown(shape: BaseModel) -> Shown:
    """Write a resource down, once for its answer and its ETag."""
    body = shape.model_dump_json()
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass"))
    return Shown(body=body, tag=f'"{digest.hexdigest()[:32]}"')


def told(found: Shown, if_none_match: str | None = None) -> Response:
    """Answer a read, or say that nothing has changed."""
    if if_none_match is not None and _matches(found.tag, if_none_match):
        headers = {"ETag": found.tag}
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return _answer(found)


def _matches(tag: str, header: str) -> bool:
    given = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in given or tag in given


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A write: what its sender asked for beside the write itself."""

    fingerprint: str
    key: str | None
    if_match: str | None

    def still(self, tag: str) -> None:
        """Raise ``Outdated`` if the sender had read another state than this one."""
        if self.if_match is not None and not _matches(tag, self.if_match):
            message = "it has changed since you read it; read it again"
            raise Outdated(message)


async def call(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=128,
            description="Name of this one write; sent again, it is not done again.",
        ),
    ] = None,
    if_match: Annotated[
        str | None,
        Header(description="The ETag that was read; 412 if it changed meanwhile."),
    ] = None,
) -> Call:
    """Read what a write carries; the fingerprint tells two writes of one key apart."""
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return Call(
        fingerprint=hashlib.sha256(asked).hexdigest(),
        key=idempotency_key,
        if_match=if_match,
    )


def once(
    app: App,
    viewer: Viewer,
    asked: Call,
    do: Callable[[], Shown],
    status: HTTPStatus = HTTPStatus.OK,
    *,
    as_kept: Callable[[str], str] = str,
) -> Response:
    """Do a write and answer with its result and ETag; a repeat is told the same.

    ``as_kept`` leaves out what is shown once and lies nowhere. Raises what the write
    raises, ``NotAllowed`` for a key that was used for another write, and ``Stale``
    while the first one is still under way.
    """
    if asked.key is None:
        return _answer(do(), status)
    key = repeats.Key(by=viewer.name, name=asked.key, fingerprint=asked.fingerprint)
    before = repeats.begin(app.store, app.clock, key, kept=KEPT)
    if before is not None:
        known = Shown(body=before.body, tag=before.etag)
        answer = _answer(known, HTTPStatus(before.status))
        answer.headers["Idempotency-Replayed"] = "true"
        return answer
    try:
        done = do()
    except BotError:
        repeats.forget(app.store, key)
        raise
    kept = repeats.Answer(status=status.value, etag=done.tag, body=as_kept(done.body))
    repeats.keep(app.store, key, kept)
    return _answer(done, status)


def _answer(found: Shown, status: HTTPStatus = HTTPStatus.OK) -> Response:
    headers = {"ETag": found.tag} if found.tag else {}
    return Response(found.body, status, headers, media_type="application/json")


def refused(error: BotError, status: HTTPStatus) -> JSONResponse:
    """Say why a call was refused."""
    reasons = error.reasons if isinstance(error, NotAllowed) else ()
    answer = problem(status, error.shown, reasons)
    if isinstance(error, Stale):
        answer.headers["Retry-After"] = "1"
    return answer
