"""``/live``: tells every open page which things have just changed.

One look at the end of the log, four times a second while anybody listens, serves all
who listen to this process; each hears of what they may see.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot.domain.live import Change, Gaps, Tail, may_hear
from bot.domain.staff import Right, Viewer
from bot.errors import NotAllowed, StorageError
from bot.logs import logger
from bot.web.gate import May, signed_in, still_signed_in

EVERY_SECONDS = 0.25
AGAIN_SECONDS = 2.0
"""After a look that failed: the database may be away for a moment."""

ASK_SECONDS = 5.0
"""How often it is asked whether whoever listens is still signed in."""

AT_ONCE = 2_000
"""Entries a look, and entries that are remembered for whoever comes back."""

EVENT_ID = re.compile("[0-9]{1,18}")

MOST_TOLD = 200
"""Things named in one event; beyond them their kinds are."""


class Feed:
    """The end of the log, as far as this process has read it."""

    def __init__(self, tail: Callable[[], Tail]) -> None:
        """``tail`` gives the log, which is not opened before somebody listens."""
        self._tail, self._gaps = tail, Gaps()
        self._lately: deque[Change] = deque(maxlen=AT_ONCE)
        self._count = 0
        self._waiting: set[asyncio.Event] = set()
        self._watch: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._is_over = False

    def close(self) -> None:
        """Let everybody go, so that a server can stop."""
        self._is_over = True
        self._wake()

    async def listen(self, after: int | None) -> AsyncIterator[Sequence[Change] | None]:
        """Give what changes from an entry on, or from now.

        ``None`` stands for more than is remembered; nothing, every ``ASK_SECONDS``, is
        an occasion to leave.
        """
        turn = asyncio.Event()
        self._waiting.add(turn)
        try:
            watch = await self._watched()
            at, is_whole = self._place(after)
            if not is_whole:
                yield None
            while not self._is_over and not watch.done():
                fresh, at = self._since(at)
                yield fresh
                if self._count == at and not self._is_over:
                    await self._wait(turn)
        except StorageError as error:
            logger("live").warning("cannot read the log", error=error.detail)
        finally:
            self._waiting.discard(turn)

    async def _wait(self, turn: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(turn.wait(), ASK_SECONDS)
        except TimeoutError:
            return
        turn.clear()

    def _place(self, after: int | None) -> tuple[int, bool]:
        if after is None:
            return self._count, True
        later = sum(change.entry > after for change in self._lately)
        is_whole = later < len(self._lately) or len(self._lately) < AT_ONCE
        return self._count - later, is_whole

    def _since(self, at: int) -> tuple[Sequence[Change] | None, int]:
        fresh = self._count - at
        if fresh > len(self._lately):
            return None, self._count
        return list(self._lately)[len(self._lately) - fresh :], self._count

    async def _watched(self) -> asyncio.Task[None]:
        """Return who watches; the first who listens reads what came last."""
        async with self._turn:
            if self._watch is None or self._watch.done():
                self._gaps, self._count = Gaps(), 0
                self._lately.clear()
                newest = await run_in_threadpool(lambda: self._tail().newest_entry())
                self._gaps.newest = max(0, newest - AT_ONCE)
                await self._read()
                self._watch = asyncio.create_task(self._keep_watch())
            return self._watch

    async def _keep_watch(self) -> None:
        while self._waiting and not self._is_over:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                while await self._read() == AT_ONCE:
                    pass
            except StorageError as error:
                logger("live").warning("cannot read the log", error=error.detail)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> int:
        found = await run_in_threadpool(self._look)
        self._gaps.read(change.entry for change in found)
        if found:
            self._lately.extend(found)
            self._count += len(found)
            self._wake()
        return len(found)

    def _look(self) -> Sequence[Change]:
        gaps = self._gaps
        return self._tail().changes(gaps.newest, gaps.missing, limit=AT_ONCE)

    def _wake(self) -> None:
        for turn in self._waiting:
            turn.set()

    @property
    def position(self) -> int:
        """The newest entry that was read."""
        return self._gaps.newest


def router(feed: Feed, sources: Mapping[str, str]) -> APIRouter:
    """Let whoever is signed in listen, until they are not any more.

    ``sources`` says whose each source is.
    """
    routes = APIRouter()

    @routes.get("/live", response_class=EventSourceResponse, include_in_schema=False)
    async def live(
        request: Request,
        viewer: Annotated[Viewer, Depends(_seated)],
        after: Annotated[int | None, Query(ge=0)] = None,
        last_event_id: Annotated[str, Header()] = "",
    ) -> AsyncIterator[ServerSentEvent]:
        """Tell which things change, as they do."""
        start = int(last_event_id) if EVENT_ID.fullmatch(last_event_id) else after
        asked = asyncio.get_running_loop().time()
        async for changes in feed.listen(start):
            now = asyncio.get_running_loop().time()
            if now - asked >= ASK_SECONDS:
                asked = now
                if not await _is_still_there(request, viewer):
                    yield ServerSentEvent(event="over", raw_data="signed out")
                    return
            heard = told(viewer, changes, sources)
            if heard:
                yield ServerSentEvent(
                    event="changed", data=heard, id=str(feed.position)
                )

    return routes


async def _seated(
    request: Request,
    viewer: Annotated[Viewer, Depends(May(Right.SEE_OWN_ACCOUNT))],
) -> AsyncIterator[Viewer]:
    """Hold one of somebody's places while they listen; raise ``TooOften`` for none."""
    with request.app.state.door.seat(viewer):
        yield viewer


async def _is_still_there(request: Request, viewer: Viewer) -> bool:
    if signed_in in request.app.dependency_overrides:
        return True
    try:
        return await run_in_threadpool(still_signed_in, request) == viewer
    except NotAllowed:
        return False
    except StorageError:
        return True


def told(
    viewer: Viewer, changes: Iterable[Change] | None, sources: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return subject and action of what somebody hears; kinds alone for too many."""
    if changes is None:
        return [("*", "*")]
    heard: dict[tuple[str, str], None] = {}
    for change in changes:
        if may_hear(viewer, change, sources):
            heard[change.subject, change.action] = None
            if change.ticket is not None:
                heard[f"ticket:{change.ticket}", change.action] = None
    if len(heard) > MOST_TOLD:
        return [
            (kind, "*") for kind in dict.fromkeys(s.partition(":")[0] for s, _ in heard)
        ]
    return list(heard)
