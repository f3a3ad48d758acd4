"""Which days are business days in a place, and what the clock on its wall says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo


class Calendar:
    """Business days and local dates of one place."""

    def __init__(
        self, place: str, zone: ZoneInfo, *, extra: Iterable[date] = ()
    ) -> None:
        """Use the public and bank holidays of the place, and the operator's own."""
        self.place, self.zone, self.extra = place, zone, frozenset(extra)

    def is_business_day(self, day: date) -> bool:
        """Whether it is neither a weekend day nor a holiday."""
        raise NotImplementedError(day)

    def local_date(self, at: datetime) -> date:
        """Return the place's date at an instant."""
        return at.astimezone(self.zone).date()

    def fingerprint(self, years: Iterable[int]) -> str:
        """SHA-256 (hex) of the holidays of these years, so that a change shows."""
        raise NotImplementedError(years)


def calendar_of(
    place: str, *, zone: str | None = None, extra: Iterable[date] = ()
) -> Calendar:
    """Find a place such as ``AU-NSW``; raises ``PackError`` for one not known."""
    raise NotImplementedError(place, zone, extra)
