"""Replayed sources set the time: the clock stands where their stream stands."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from bot.clock import ReplayClock, SystemClock
from bot.domain.channels import Connector, Cursor, Health, Page
from bot.domain.mentions import Mention

TICK = 0.1
"""Seconds between two looks at whether it is time yet."""


class Paced:
    """A replayed source whose mentions arrive when they were published.

    At a speed it waits for each page's time to come on the replay clock, which begins
    to run with the first page that holds anything: what a start takes is no time of the
    stream's. Without a speed it moves that clock to the page's end at once. ``stop``
    ends a wait early, and the page is left for the next run.
    """

    def __init__(
        self,
        inner: Connector,
        clock: ReplayClock,
        stop: threading.Event,
        *,
        speed: float | None,
    ) -> None:
        """Stand before a connector of stored posts."""
        self.info = inner.info
        self._inner, self._clock, self._stop, self._speed = inner, clock, stop, speed

    def check(self) -> Health:
        """Ask the connector behind."""
        return self._inner.check()

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give the next page when its time has come."""
        page = self._inner.fetch(cursor, limit=limit)
        times = [one.published_at for one in page.mentions if _is_past(one)]
        if times:
            if cursor is None:
                self._clock.move_to(min(times))
            if not self._came(max(times)):
                # Its time has not come: handed over now it would lie in the future.
                return Page(mentions=(), cursor=cursor, more=True)
        return page

    def _came(self, at: datetime) -> bool:
        if self._speed is not None:
            self._clock.begin(self._speed)
            while self._clock.now() < at:
                if self._stop.wait(TICK):
                    return False
        self._clock.move_to(at)
        return True

    def close(self) -> None:
        """Close the connector behind."""
        self._inner.close()


def _is_past(mention: Mention) -> bool:
    """One row with a date to come must not carry the clock into the future."""
    return mention.published_at <= SystemClock().now()


def standing(last_success: list[datetime | None]) -> datetime:
    """Return the instant at which a replay goes on, or starts if it never ran."""
    known = [at for at in last_success if at is not None]
    return max(known, default=datetime(2000, 1, 1, tzinfo=UTC))
