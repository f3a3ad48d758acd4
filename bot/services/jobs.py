"""Long work that somebody asked for in the console, with its progress for everybody.

The work runs in a thread of the process that was asked; where it stands is kept in the
database, so that any process can tell of it. A lease keeps it from running twice.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock, since_boot
from bot.domain.ports import Store
from bot.errors import BotError, NotAllowed
from bot.logs import logger

TELLS_EVERY = 1.0
"""Seconds between two words of progress."""

SILENT = timedelta(minutes=1)
"""After this without a word, its process is taken for dead."""

Tell = Callable[[int], None]
"""Tells how much was done so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Where a piece of work stands; ``total`` is zero where nobody knows it.

    ``found`` is what it came to; ``failed`` says why it came to nothing.
    """

    by: str
    began_at: datetime
    told_at: datetime
    done: int = 0
    total: int = 0
    ended: bool = False
    failed: str = ""
    found: Mapping[str, Any] = field(default_factory=dict)

    def runs(self, now: datetime) -> bool:
        """Whether it still goes on, as far as can be told."""
        return not self.ended and now - self.told_at < SILENT

    def died(self, now: datetime) -> bool:
        """Whether nothing was heard of it for too long."""
        return not self.ended and not self.runs(now)


def job(store: Store, name: str) -> Job | None:
    """Return the last piece of work of a name, over or not."""
    with store.reading() as work:
        written = work.switches.get(_switch(name))
    if not written:
        return None
    told = json.loads(written)
    for each in ("began_at", "told_at"):
        told[each] = datetime.fromisoformat(told[each])
    return Job(**told)


def start(
    store: Store,
    clock: Clock,
    name: str,
    do: Callable[[Tell], Mapping[str, object]],
    *,
    by: str,
    total: int = 0,
) -> threading.Thread:
    """Begin it in a thread of its own; raises ``NotAllowed`` while one goes on."""
    now = clock.now()
    begun = Job(by=by, began_at=now, told_at=now, total=total)
    _take(store, name, begun)
    thread = threading.Thread(
        target=_run, args=(store, clock, name, do, begun), name=name, daemon=True
    )
    thread.start()
    return thread


def _run(
    store: Store,
    clock: Clock,
    name: str,
    do: Callable[[Tell], Mapping[str, object]],
    begun: Job,
) -> None:
    last = since_boot()

    def tell(done: int) -> None:
        nonlocal last
        if since_boot() - last >= TELLS_EVERY:
            last = since_boot()
            _write(store, clock, name, begun, done=done)

    try:
        found = do(tell)
        _write(store, clock, name, begun, ended=True, found=dict(found))
    except BotError as error:
        _write(store, clock, name, begun, ended=True, failed=error.shown)
    except Exception as error:  # noqa: BLE001 - a thread's end, and people wait for it
        logger("jobs").error("failed", job=name, error=type(error).__name__)
        why = f"it failed ({type(error).__name__}); the program's own log says more"
        _write(store, clock, name, begun, ended=True, failed=why)


def _take(store: Store, name: str, begun: Job) -> None:
    until = begun.began_at + SILENT
    with store.work() as work:
        holder = f"{begun.by}:{begun.began_at.isoformat()}"
        if not work.leases.take(_switch(name), holder, now=begun.began_at, until=until):
            message = "this is under way already; wait until it is over"
            raise NotAllowed(message)
        work.switches.set(
            _switch(name), _written(begun), by=begun.by, at=begun.began_at
        )


def _write(
    store: Store,
    clock: Clock,
    name: str,
    begun: Job,
    **news: Any,  # noqa: ANN401 - fields of Job
) -> None:
    now = clock.now()
    told = Job(
        by=begun.by, began_at=begun.began_at, told_at=now, total=begun.total, **news
    )
    holder = f"{begun.by}:{begun.began_at.isoformat()}"
    with store.work() as work:
        last = json.loads(work.switches.get(_switch(name)))
        if last["began_at"] != begun.began_at.isoformat():
            return  # it was taken for dead, and somebody began it again
        work.leases.take(_switch(name), holder, now=now, until=now + SILENT)
        if told.ended:
            work.leases.release(_switch(name), holder)
        work.switches.set(_switch(name), _written(told), by=begun.by, at=now)


def _written(told: Job) -> str:
    return json.dumps(
        {
            "by": told.by,
            "began_at": told.began_at.isoformat(),
            "told_at": told.told_at.isoformat(),
            "done": told.done,
            "total": told.total,
            "ended": told.ended,
            "failed": told.failed,
            "found": dict(told.found),
        }
    )


def _switch(name: str) -> str:
    return f"job.{name}"
