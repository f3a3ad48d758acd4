from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import ReplayClock, SystemClock, stopwatch
from bot.testing import START, ManualClock

SYDNEY = timezone(timedelta(hours=11))
HOUR = timedelta(hours=1)
FAST = 1e9
"""So fast that a microsecond of ours is a quarter of an hour there."""


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    with time_machine.travel(datetime(2026, 11, 2, 20, 0, tzinfo=SYDNEY), tick=False):
        assert SystemClock().now() == START
        assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_replayed_clock_stands_where_its_stream_stands() -> None:
    clock = ReplayClock(datetime(2026, 11, 2, 20, 0, tzinfo=SYDNEY))

    assert clock.now() == START
    assert clock.now().utcoffset() == timedelta(0)

    clock.move_to(datetime(2026, 11, 2, 21, 0, tzinfo=SYDNEY))

    assert clock.now() == START + HOUR


@given(st.lists(st.integers(-(10**6), 10**6), max_size=20))
def test_a_replayed_clock_never_goes_back_whatever_the_files_order(
    minutes: list[int],
) -> None:
    clock, seen = ReplayClock(START), [START]

    for one in minutes:
        clock.move_to(START + timedelta(minutes=one))
        seen.append(clock.now())

    assert seen == sorted(seen)
    assert seen[-1] == START + timedelta(minutes=max(0, 0, *minutes))


def test_without_a_speed_only_the_stream_moves_it() -> None:
    clock = ReplayClock(START)

    assert clock.now() == clock.now() == START


def test_with_a_speed_it_runs_on_by_itself() -> None:
    clock = ReplayClock(START, speed=FAST)

    first, second = clock.now(), clock.now()

    assert START <= first <= second
    assert _runs_past(clock, START + HOUR)


def _runs_past(clock: ReplayClock, at: datetime) -> bool:
    return any(clock.now() > at for _ in range(1_000_000))


def test_a_running_clock_that_has_passed_an_instant_does_not_return_to_it() -> None:
    clock = ReplayClock(START, speed=FAST)
    assert _runs_past(clock, START + HOUR)

    clock.move_to(START + HOUR / 2)

    assert clock.now() > START + HOUR


def test_a_running_clock_jumps_ahead_and_runs_on_from_there() -> None:
    clock = ReplayClock(START, speed=FAST)
    later = datetime(2100, 1, 1, tzinfo=UTC)

    clock.move_to(later)

    assert clock.now() >= later
    assert _runs_past(clock, later)


def test_its_speed_can_change_without_a_jump() -> None:
    clock = ReplayClock(START, speed=FAST)
    assert _runs_past(clock, START + HOUR)

    clock.set_speed(None)
    stopped = clock.now()

    assert clock.now() == stopped > START + HOUR

    clock.set_speed(FAST)

    assert clock.now() >= stopped
    assert _runs_past(clock, stopped)


def test_a_stopwatch_only_moves_forward() -> None:
    assert stopwatch() <= stopwatch()


def test_a_manual_clock_moves_only_when_it_is_told_to() -> None:
    clock = ManualClock()
    assert clock.now() == START

    clock.advance(days=1, hours=2, minutes=3, seconds=4)

    assert clock.now() == START + timedelta(days=1, hours=2, minutes=3, seconds=4)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(minutes=-1)
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(START)
