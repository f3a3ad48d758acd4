"""``/api/v1/log``: the sealed audit log, in an order that never changes."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from bot.domain.audit import SealedAt
from bot.domain.staff import Right, Viewer
from bot.errors import NotAllowed
from bot.web.api.calls import READS, After, Limit, Listed, Shape, listed
from bot.web.api.shapes import EntryShape, entry_shape
from bot.web.gate import May
from bot.web.room import Console

Sees = Annotated[Viewer, Depends(May(Right.SEE_LOG))]


class LogAsked(Shape):
    """From where on."""

    cursor: After = None
    limit: Limit = 50


START = SealedAt(seal=0, position=0)


def _place(cursor: str | None) -> SealedAt:
    if cursor is None:
        return START
    found = re.fullmatch(r"s([0-9]{1,18})-([0-9]{1,18})", cursor, re.ASCII)
    if found is None:
        message = f"{cursor!r} is no cursor; take next_cursor of the page before"
        raise NotAllowed(message)
    return SealedAt(seal=int(found[1]), position=int(found[2]))


def router(console: Console) -> APIRouter:
    """Make the routes."""
    routes, app = APIRouter(tags=["log"]), console.app

    @routes.get("/log", responses=READS)
    def entries(
        viewer: Sees, asked: Annotated[LogAsked, Query()]
    ) -> Listed[EntryShape]:
        """List sealed entries, oldest first; go on later from the last one's place."""
        if viewer.brands:
            message = "the log is of all brands; ask with a key that sees all"
            raise NotAllowed(message)
        with app.store.reading() as store:
            found = store.audit.sealed_after(_place(asked.cursor), asked.limit + 1)
        return listed(
            [entry_shape(entry, at.seal, at.position) for at, entry in found],
            asked.limit,
            lambda one: f"s{one.seal}-{one.position}",
        )

    return routes
