"""The only reader of the time: everything else is told what time it is."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class ReplayClock:
    """The time inside a replayed stream.

    It stands where the stream stands and, with a speed, runs on from there that
    many times faster than the wall clock. It never goes back: deadlines met or
    breached stay so, whatever the file's order. Threads may share it: one that reads
    while another moves it must not see half a move, which could be hours ahead.
    """

    def __init__(self, start: datetime, *, speed: float | None = None) -> None:
        """Start at an aware instant; ``speed=None`` moves only by ``move_to``."""
        self._at = start.astimezone(UTC)
        self._speed = speed
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the stream's present instant, aware, in UTC."""
        with self._lock:
            return self._read()

    def _read(self) -> datetime:
        if self._speed is None:
            return self._at
        elapsed = time.monotonic() - self._since
        return self._at + timedelta(seconds=elapsed * self._speed)

    def move_to(self, at: datetime) -> None:
        """Jump forward to an instant; an earlier one changes nothing."""
        with self._lock:
            if at > self._read():
                self._at = at.astimezone(UTC)
                self._since = time.monotonic()

    def begin(self, speed: float) -> None:
        """Run on at a speed from here, unless it runs already."""
        with self._lock:
            if self._speed is None:
                self._speed, self._since = speed, time.monotonic()

    def set_speed(self, speed: float | None) -> None:
        """Go on from here at another speed."""
        with self._lock:
            self._at = self._read()
            self._speed = speed
            self._since = time.monotonic()


def since_boot() -> float:
    """Return seconds on a clock that goes on while the machine sleeps, where one does.

    Elsewhere the seconds of a clock that at least never goes back.
    """
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.perf_counter() if boot is None else time.clock_gettime(boot)


def stopwatch() -> float:
    """Return seconds on a clock that only ever moves forward, for measuring."""
    return time.perf_counter()
