from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import Missing, NotAllowed
from bot.services.jobs import SILENT, job, start
from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.samples import NOON


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(own_file: Path) -> Iterator[SqlStore]:
    made = SqlStore(f"sqlite:///{own_file}")
    yield made
    made.close()


def test_nothing_is_known_of_work_that_was_never_asked_for(store) -> None:
    assert job(store, "verify") is None


def test_what_it_came_to_is_known_to_everybody(store, clock) -> None:
    start(
        store, clock, "verify", lambda tell: {"whole": True}, by="Ada", total=9
    ).join()

    told = job(store, "verify")

    assert told is not None
    assert (told.ended, told.by, told.total) == (True, "Ada", 9)
    assert told.found == {"whole": True}
    assert not told.runs(clock.now())


def test_it_runs_once_at_a_time_and_again_when_it_is_over(store, clock) -> None:
    goes_on = threading.Event()

    def wait(_tell) -> dict[str, object]:
        goes_on.wait(30)
        return {}

    first = start(store, clock, "verify", wait, by="Ada")
    told = job(store, "verify")
    assert told is not None
    assert told.runs(clock.now())
    with pytest.raises(NotAllowed, match="under way"):
        start(store, clock, "verify", wait, by="Noor")

    goes_on.set()
    first.join()

    start(store, clock, "verify", lambda _tell: {}, by="Noor").join()
    told = job(store, "verify")
    assert told is not None
    assert (told.by, told.ended) == ("Noor", True)


def test_another_piece_of_work_may_run_beside_it(store, clock) -> None:
    goes_on = threading.Event()
    first = start(store, clock, "verify", lambda _: {"n": goes_on.wait(30)}, by="Ada")

    start(store, clock, "replay", lambda _tell: {}, by="Ada").join()

    goes_on.set()
    first.join()
    told = job(store, "replay")
    assert told is not None
    assert told.ended


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Missing("there is no pack"), "there is no pack"),
        (ZeroDivisionError("secret words"), "it failed (ZeroDivisionError)"),
    ],
)
def test_why_it_failed_is_told_without_what_nobody_may_read(
    store, clock, error, words
) -> None:
    def fail(_tell) -> dict[str, object]:
        raise error

    start(store, clock, "verify", fail, by="Ada").join()

    told = job(store, "verify")
    assert told is not None
    assert words in told.failed
    assert "secret" not in told.failed


def test_one_whose_process_died_is_taken_for_dead_and_may_be_begun_again(
    store, clock
) -> None:
    goes_on = threading.Event()
    lost = start(store, clock, "verify", lambda _: {"n": goes_on.wait(30)}, by="Ada")

    clock.advance(seconds=SILENT.total_seconds() + 1)

    told = job(store, "verify")
    assert told is not None
    assert told.died(clock.now())
    start(store, clock, "verify", lambda _tell: {"again": 1}, by="Noor").join()
    goes_on.set()
    lost.join()
    told = job(store, "verify")
    assert told is not None
    assert (told.by, told.found) == ("Noor", {"again": 1})
