from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from structlog.testing import capture_logs

from bot.errors import Unavailable
from bot.storage.store import SqlStore
from bot.testing import START
from bot.work.scheduler import LEASE_FOR, Job, Lease, Schedule

OFTEN = timedelta(milliseconds=10)
PATIENCE = 120.0
"""Seconds; far more than any of these needs."""


class Counting:
    """A job that can be waited for; ``fails`` is raised the first times."""

    def __init__(self, *fails: Exception) -> None:
        self._fails, self._ran = list(fails), threading.Condition()
        self.times = 0

    def __call__(self) -> None:
        with self._ran:
            self.times += 1
            self._ran.notify_all()
        if self._fails:
            raise self._fails.pop(0)

    def has_run(self, times: int) -> bool:
        with self._ran:
            return self._ran.wait_for(lambda: self.times >= times, PATIENCE)


@pytest.fixture
def started() -> Iterator[list[Schedule]]:
    schedules: list[Schedule] = []
    yield schedules
    for schedule in schedules:
        schedule.close()


def run(started: list[Schedule], *jobs: Job) -> Schedule:
    schedule = Schedule(list(jobs), threading.Event())
    started.append(schedule)
    schedule.start()
    return schedule


def test_a_job_runs_at_once_and_again_and_again(started: list[Schedule]) -> None:
    job = Counting()

    run(started, Job(name="often", every=OFTEN, run=job))

    assert job.has_run(3)


def test_a_rare_job_runs_at_the_start_too(started: list[Schedule]) -> None:
    job = Counting()

    run(started, Job(name="rare", every=timedelta(days=1), run=job))

    assert job.has_run(1)


def test_a_job_that_failed_comes_again_and_its_failure_is_logged(
    started: list[Schedule],
) -> None:
    job = Counting(Unavailable("x", "is down"), ValueError("a bug"))

    with capture_logs() as logged:
        run(started, Job(name="often", every=OFTEN, run=job))
        assert job.has_run(4)

    assert [(one["event"], one["job"]) for one in logged] == [
        ("job failed", "often"),
        ("job broke", "often"),
    ]


def test_a_job_that_takes_longer_than_its_turn_is_nothing_to_report(
    started: list[Schedule], caplog: pytest.LogCaptureFixture
) -> None:
    let_go, other = threading.Event(), Counting()

    run(
        started,
        Job(name="slow", every=OFTEN, run=lambda: let_go.wait(PATIENCE), lane="slow"),
        Job(name="other", every=OFTEN, run=other, lane="other"),
    )
    assert other.has_run(20)
    let_go.set()

    assert not caplog.records


def test_jobs_of_one_lane_never_run_beside_each_other(started: list[Schedule]) -> None:
    running, most, done = [0], [0], threading.Event()
    lock, again = threading.Lock(), Counting()

    def step() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        again()
        done.wait(0.02)
        with lock:
            running[0] -= 1

    run(started, *[Job(name=f"job-{n}", every=OFTEN, run=step) for n in range(3)])

    assert again.has_run(9)
    assert most == [1]


def test_a_lane_that_waits_does_not_hold_up_another(started: list[Schedule]) -> None:
    let_go, other = threading.Event(), Counting()

    run(
        started,
        Job(name="slow", every=OFTEN, run=lambda: let_go.wait(PATIENCE), lane="slow"),
        Job(name="other", every=OFTEN, run=other, lane="other"),
    )

    assert other.has_run(3)
    let_go.set()


def test_closing_lets_the_job_in_hand_finish_and_starts_no_other() -> None:
    begun, let_go, finished = (threading.Event() for _ in range(3))

    def slow() -> None:
        begun.set()
        let_go.wait(PATIENCE)
        finished.set()

    schedule = Schedule([Job(name="slow", every=OFTEN, run=slow)], threading.Event())
    schedule.start()
    assert begun.wait(PATIENCE)
    closing = threading.Thread(target=schedule.close)
    closing.start()
    let_go.set()
    closing.join(PATIENCE)

    assert finished.is_set()
    begun.clear()
    assert not begun.wait(0.05)


# --- the lease


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'a.db')}")
    yield opened
    opened.close()


def test_only_one_of_two_is_the_active_one(store: SqlStore) -> None:
    first, second = Lease(store), Lease(store)

    assert first.take()
    assert not second.take()
    assert first.take()


def test_a_lease_that_was_given_back_can_be_taken(store: SqlStore) -> None:
    first, second = Lease(store), Lease(store)
    first.take()

    first.release()

    assert second.take()
    assert not first.take()


def test_a_lease_that_is_not_ours_is_not_given_back(store: SqlStore) -> None:
    first, second = Lease(store), Lease(store)
    first.take()

    second.release()

    assert not second.take()


def test_the_lease_of_a_process_that_died_runs_out(store: SqlStore) -> None:
    dead, heir = Lease(store), Lease(store)

    with time_machine.travel(START, tick=False) as traveller:
        assert dead.take()
        traveller.shift(LEASE_FOR - timedelta(seconds=1))
        assert not heir.take()
        traveller.shift(timedelta(seconds=1))
        assert heir.take()
        assert not dead.take()


def test_a_lease_that_is_renewed_does_not_run_out(store: SqlStore) -> None:
    holder, other = Lease(store), Lease(store)

    with time_machine.travel(START, tick=False) as traveller:
        holder.take()
        for _ in range(10):
            traveller.shift(LEASE_FOR / 2)
            assert holder.take()
            assert not other.take()
