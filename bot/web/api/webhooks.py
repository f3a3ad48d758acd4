"""``/api/v1/webhooks``: who outside is told what the log says."""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BeforeValidator, Field

from bot.domain.staff import Right, Viewer
from bot.domain.webhooks import Webhook, WebhookId, WebhookState
from bot.services import webhooks as work
from bot.web.api.calls import (
    CHANGES,
    MOST_ID,
    READS,
    Call,
    Listed,
    Shape,
    Shown,
    call,
    once,
    shown,
)
from bot.web.gate import May, MayForAll
from bot.web.room import Console

Sees = Annotated[Viewer, Depends(May(Right.SEE_SETUP))]
Changes = Annotated[Viewer, Depends(MayForAll(Right.CHANGE_SETUP))]
Asked = Annotated[Call, Depends(call)]
Number = Annotated[int, Path(ge=1, le=MOST_ID)]
Action = Annotated[str, Field(pattern=r"^[a-z_]{1,40}\.([a-z_]{1,60}|\*)$")]


ADDRESS = (
    r"^(https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|http://(localhost|127\.0\.0\.1))"
    r"(:[0-9]{1,5})?(/[!-~]*)?$"
)
"""Nothing travels in clear but within one machine; no name or password in it."""


def _kept_private(url: object) -> object:
    if not isinstance(url, str) or re.search(ADDRESS, url) is None:
        message = "write https://host/path, with no name or password in it"
        raise ValueError(message)
    return url


class WebhookAsked(Shape):
    """Where to tell of which actions, as in ``reply.seen`` or ``ticket.*``."""

    url: Annotated[
        str, Field(max_length=2000, pattern=ADDRESS), BeforeValidator(_kept_private)
    ]
    actions: Annotated[list[Action], Field(min_length=1, max_length=100)]


class WebhookShape(Shape):
    """Who is told; ``secret`` is shown once, as it is made."""

    webhook: int
    url: str
    actions: list[str]
    state: WebhookState
    made_by: str
    made_at: datetime
    read_to_seal: int
    failures: int
    next_at: datetime | None
    reason: str
    secret: str | None = None


def _shape(one: Webhook, secret: str | None = None) -> WebhookShape:
    return WebhookShape(
        webhook=one.id,
        url=one.url,
        actions=list(one.actions),
        state=one.state,
        made_by=one.made_by,
        made_at=one.made_at,
        read_to_seal=one.read_to.seal,
        failures=one.failures,
        next_at=one.next_at,
        reason=one.reason,
        secret=secret,
    )


def _without_secret(body: str) -> str:
    shown = WebhookShape.model_validate_json(body)
    return shown.model_copy(update={"secret": None}).model_dump_json()


def router(console: Console) -> APIRouter:
    """Make the routes."""
    routes, app = APIRouter(tags=["webhooks"]), console.app

    @routes.get("/webhooks", responses=READS)
    def webhooks(_viewer: Sees) -> Listed[WebhookShape]:
        """List them; there are never many."""
        with app.store.reading() as store:
            found = store.webhooks.listing()
        return Listed(items=[_shape(one) for one in found], next_cursor=None)

    @routes.post(
        "/webhooks",
        response_model=WebhookShape,
        responses=CHANGES,
        status_code=HTTPStatus.CREATED,
    )
    def add(viewer: Changes, asked: Asked, body: WebhookAsked) -> Response:
        """Tell a receiver of all that is sealed from now on.

        Its secret is in this answer alone, and in no repeat's.
        """

        def write() -> Shown:
            made, secret = work.add(
                app.store,
                app.clock,
                app.vault,
                url=body.url,
                actions=body.actions,
                by=viewer.name,
            )
            return shown(_shape(made, secret))

        return once(
            app, viewer, asked, write, HTTPStatus.CREATED, as_kept=_without_secret
        )

    @routes.delete("/webhooks/{number}", response_model=WebhookShape, responses=CHANGES)
    def remove(viewer: Changes, number: Number, asked: Asked) -> Response:
        """Tell it nothing more, and forget it."""

        def write() -> Shown:
            gone = work.remove(app.store, app.clock, WebhookId(number), by=viewer.name)
            return Shown(body=_shape(gone).model_dump_json(), tag="")

        return once(app, viewer, asked, write)

    @routes.post(
        "/webhooks/{number}/resume", response_model=WebhookShape, responses=CHANGES
    )
    def resume(viewer: Changes, number: Number, asked: Asked) -> Response:
        """Go on where a paused one stopped."""

        def write() -> Shown:
            active = work.resume(
                app.store, app.clock, WebhookId(number), by=viewer.name
            )
            return shown(_shape(active))

        return once(app, viewer, asked, write)

    return routes
