"""When to look: APScheduler only triggers, a lease decides whose triggers count."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bot.clock import SystemClock
from bot.domain.ports import Store
from bot.errors import BotError
from bot.logs import logger

LEASE = "run"
LEASE_FOR = timedelta(seconds=15)
RENEW_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to do again and again; ``lane`` jobs never run beside each other."""

    name: str
    every: timedelta
    run: Callable[[], object]
    lane: str = "work"


class Schedule:
    """Runs jobs while this process holds the lease."""

    def __init__(self, jobs: list[Job], stop: threading.Event) -> None:
        """``stop`` ends everything when it is set."""
        # A job still at work when its time comes again is no trouble to report.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._log = logger("schedule")
        self._stop = stop
        lanes = {job.lane for job in jobs}
        self._scheduler = BackgroundScheduler(
            executors={lane: ThreadPoolExecutor(1) for lane in lanes},
            job_defaults={"coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        for job in jobs:
            self._scheduler.add_job(
                self._guarded,
                "interval",
                seconds=job.every.total_seconds(),
                args=[job],
                executor=job.lane,
                next_run_time=SystemClock().now(),
                id=job.name,
                misfire_grace_time=None,
            )

    def _guarded(self, job: Job) -> None:
        """Run one job; a failure is logged and the job comes again at its time."""
        if self._stop.is_set():
            return
        try:
            job.run()
        except BotError as error:
            self._log.error("job failed", job=job.name, error=error.detail)
        except Exception as error:  # noqa: BLE001 - the worker loop outlives any job
            self._log.exception("job broke", job=job.name, error=type(error).__name__)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def close(self) -> None:
        """End, letting the jobs in hand finish."""
        self._stop.set()
        self._scheduler.shutdown(wait=True)


class Lease:
    """The right to be the one active scheduler of a database."""

    def __init__(self, store: Store) -> None:
        """Name the holder by host, process and a number of its own."""
        self._store = store
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{id(self):x}"

    def take(self) -> bool:
        """Take or renew it for a few seconds."""
        now = SystemClock().now()
        with self._store.work() as work:
            return work.leases.take(LEASE, self.holder, now=now, until=now + LEASE_FOR)

    def release(self) -> None:
        """Give it back."""
        with self._store.work() as work:
            work.leases.release(LEASE, self.holder)
