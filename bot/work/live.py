"""One process that goes on: every source at its pace, everything else each second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial

from bot.bootstrap import App
from bot.clock import ReplayClock
from bot.errors import BotError, NotAllowed
from bot.logs import logger
from bot.services.ingest import Source
from bot.services.lifecycle import apply_settings, on_record
from bot.services.removals import ROUND_EVERY
from bot.services.seal import SEEK_EVERY
from bot.services.volume import COUNT_EVERY
from bot.services.watchdog import guard
from bot.work.local import Local
from bot.work.renewal import Renewal
from bot.work.scheduler import LEASE_FOR, RENEW_EVERY, Job, Lease, Schedule
from bot.work.steps import may_be_asked

PULSE = timedelta(seconds=1)


def work_until(
    stop: threading.Event,
    app: App,
    local: Local,
    sources: list[Source],
    *,
    at_end: Callable[[str], None],
) -> None:
    """Listen and work until ``stop`` is set; ``at_end`` hears of a stream read whole.

    Raises ``NotAllowed`` while another process works on the same database.
    """
    lease = _taken(app)
    try:
        # A replay has no such times: its clock is the stream's.
        is_replay = isinstance(app.clock, ReplayClock)
        with nullcontext() if is_replay else on_record(app.store, app.clock, "run"):
            _work(stop, _jobs(stop, app, local, sources, at_end), lease)
    finally:
        lease.release()


@contextmanager
def alone(app: App) -> Iterator[None]:
    """Let nobody else run on this database for as long as the block takes.

    Raises ``NotAllowed`` while another process does.
    """
    lease, over, lost = _taken(app), threading.Event(), threading.Event()

    def keep() -> None:
        while not over.wait(RENEW_EVERY.total_seconds()):
            try:
                if not lease.take():
                    lost.set()
            except BotError as error:
                logger("run").warning("lease out of reach", error=error.detail)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        lease.release()
    if lost.is_set():
        raise NotAllowed("another process took over this database meanwhile")


def _taken(app: App) -> Lease:
    lease = Lease(app.store)
    if not lease.take():
        message = (
            "another 'bot run' works on this database; stop it, or wait "
            f"{LEASE_FOR.seconds} seconds if it was killed"
        )
        raise NotAllowed(message)
    if not isinstance(app.clock, ReplayClock):
        # A replay's time is the stream's, which has not begun.
        apply_settings(app.store, app.clock, app.in_force)
    return lease


def _jobs(
    stop: threading.Event,
    app: App,
    local: Local,
    sources: list[Source],
    at_end: Callable[[str], None],
) -> list[Job]:
    """Give each source a lane of its own, so that a slow platform delays no other.

    Our own people are told in another, so that a mail server that hangs delays none;
    outside desks in a third.
    """
    streaming = {one.name for one in sources}
    listening = [
        Job(
            name=f"listen:{one.name}",
            every=max(one.every, PULSE),
            run=Listening(app, local, one, stop, streaming, at_end=at_end),
            lane=one.name,
        )
        for one in sources
    ]
    return [
        *listening,
        # In the lane of the work: nothing is decided while the policy changes.
        Job(name="policy", every=PULSE, run=Renewal(app)),
        Job(name="work", every=PULSE, run=local.work),
        Job(
            name="seal all", every=SEEK_EVERY, run=partial(local.seal, everything=True)
        ),
        *_watchdog(app),
        Job(
            name="removals",
            every=ROUND_EVERY,
            run=local.honour_removals,
            lane="removals",
        ),
        Job(name="health", every=ROUND_EVERY, run=local.check_sources, lane="removals"),
        Job(name="notify", every=PULSE, run=local.notify, lane="notify"),
        Job(name="count", every=COUNT_EVERY, run=local.count, lane="count"),
        Job(name="mirror", every=PULSE, run=local.mirror, lane="mirror"),
        Job(name="webhooks", every=PULSE, run=local.tell_programs, lane="webhooks"),
    ]


def _watchdog(app: App) -> list[Job]:
    """Guard the watch; not in a replay, whose minutes may pass within a second."""
    if isinstance(app.clock, ReplayClock):
        return []
    return [
        Job(
            name="watchdog",
            every=app.settings.watchdog.every,
            run=partial(guard, app.store, app.clock, app.heartbeat),
            lane="watchdog",
        )
    ]


def _work(stop: threading.Event, jobs: list[Job], lease: Lease) -> None:
    schedule = Schedule(jobs, stop)
    schedule.start()
    try:
        while not stop.wait(RENEW_EVERY.total_seconds()):
            if not lease.take():
                message = "another process took over this database; this one stops"
                raise NotAllowed(message)
    finally:
        schedule.close()


class Listening:
    """Reads one source page by page until it has nothing more for now."""

    def __init__(
        self,
        app: App,
        local: Local,
        source: Source,
        stop: threading.Event,
        streaming: set[str],
        *,
        at_end: Callable[[str], None],
    ) -> None:
        """Remember what to read, when to stop, and whom to tell of its end.

        ``streaming`` names all sources that are not read to their end yet.
        """
        self._app, self._local, self._source, self._stop = app, local, source, stop
        self._streaming, self._tell_end = streaming, at_end

    def __call__(self) -> None:
        """Read on, unless the source asked for a pause that is not over."""
        if not may_be_asked(self._app, self._source):
            return
        while not self._stop.is_set():
            page = self._local.listen(self._source)
            if page is None:
                return
            if not page.more:
                self._at_end()
                return

    def _at_end(self) -> None:
        """After the last stored post of all, a replayed stream goes at life's pace."""
        clock, name = self._app.clock, self._source.name
        if isinstance(clock, ReplayClock) and name in self._streaming:
            self._streaming.discard(name)
            if not self._streaming:
                clock.set_speed(1.0)
            self._tell_end(name)
