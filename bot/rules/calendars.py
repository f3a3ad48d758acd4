"""Which days are business days in a place, and what the clock on its wall says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from bot.errors import PackError
from bot.rules.zones import is_zone

HolidaysOf = Callable[[int], Iterable[date]]
"""Gives the holidays of one year."""

ZONES = {
    "AU-ACT": "Australia/Sydney",
    "AU-NSW": "Australia/Sydney",
    "AU-NT": "Australia/Darwin",
    "AU-QLD": "Australia/Brisbane",
    "AU-SA": "Australia/Adelaide",
    "AU-TAS": "Australia/Hobart",
    "AU-VIC": "Australia/Melbourne",
    "AU-WA": "Australia/Perth",
    "CA-ON": "America/Toronto",
    "CA-QC": "America/Toronto",
    "GB-ENG": "Europe/London",
    "GB-NIR": "Europe/London",
    "GB-SCT": "Europe/London",
    "GB-WLS": "Europe/London",
    "IE": "Europe/Dublin",
    "IN": "Asia/Kolkata",
    "NZ": "Pacific/Auckland",
    "SG": "Asia/Singapore",
    "US-CA": "America/Los_Angeles",
    "US-NY": "America/New_York",
    "ZA": "Africa/Johannesburg",
}
"""The zone of places that need no ``zone`` of their own in the settings."""

CATEGORIES = ("public", "bank")
"""A business day is neither a public nor a bank holiday in the place concerned."""

SATURDAY = 5
END_OF_DAY = time(23, 59, 59, fold=1)
"""The last second of a local day, the second one of two where clocks go back then."""


class Calendar:
    """Business days and local dates of one place; answers are kept per year."""

    def __init__(
        self,
        place: str,
        zone: ZoneInfo,
        *,
        extra: Iterable[date] = (),
        holidays_of: HolidaysOf | None = None,
    ) -> None:
        """Use the place's public and bank holidays, and the operator's ``extra``.

        ``holidays_of`` takes the place of the library's list. Raises ``PackError`` for
        a place that the library does not know.
        """
        self.place, self.zone, self.extra = place, zone, frozenset(extra)
        self._holidays_of = holidays_of or _library(place)
        self._years: dict[int, frozenset[date]] = {}

    def holidays(self, year: int) -> frozenset[date]:
        """Holidays of a year, the operator's own among them, weekends apart."""
        if year not in self._years:
            found = {day for day in self._holidays_of(year) if day.year == year}
            own = {day for day in self.extra if day.year == year}
            self._years[year] = frozenset(found | own)
        return self._years[year]

    def is_business_day(self, day: date) -> bool:
        """Whether it is neither Saturday, Sunday nor a holiday of the place."""
        return day.weekday() < SATURDAY and day not in self.holidays(day.year)

    def business_day(self, after: date, n: int) -> date:
        """Return the n-th business day strictly after a date."""
        day = after
        while n > 0:
            day += timedelta(days=1)
            n -= self.is_business_day(day)
        return day

    def roll(self, day: date) -> date:
        """Return the day itself, or the next business day if it is none."""
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def local_date(self, at: datetime) -> date:
        """Return the place's date at an instant."""
        return at.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """Return the last second of a local day, in UTC."""
        return datetime.combine(day, END_OF_DAY, tzinfo=self.zone).astimezone(UTC)

    def at(self, day: date, wall: time) -> datetime:
        """Return when the place's clocks show a time on a day, in UTC.

        A time that clocks skip is the moment they would have shown it; of one that
        they show twice it is the first.
        """
        return datetime.combine(day, wall, tzinfo=self.zone).astimezone(UTC)

    def business_days_between(self, first: date, last: date) -> int:
        """Count the business days after ``first`` up to and with ``last``."""
        days = (last - first).days
        return sum(
            self.is_business_day(first + timedelta(days=n)) for n in range(1, days + 1)
        )

    def fingerprint(self, years: Iterable[int]) -> str:
        """SHA-256 (hex) of place, zone and these years' holidays: a change shows."""
        days = sorted(day for year in set(years) for day in self.holidays(year))
        lines = [self.place, self.zone.key, *(day.isoformat() for day in days)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def calendar_of(
    place: str, *, zone: str | None = None, extra: Iterable[date] = ()
) -> Calendar:
    """Find a place such as ``AU-NSW``.

    Raises ``PackError`` for a place or zone not known, and for a known place without
    a zone of its own where none is given.
    """
    name = zone or ZONES.get(place)
    if name is None:
        message = f"place {place}: give its time zone too, none is built in"
        raise PackError(message)
    if not is_zone(name):
        message = f"place {place}: there is no time zone {name!r}"
        raise PackError(message)
    return Calendar(place, ZoneInfo(name), extra=extra)


def _library(place: str) -> HolidaysOf:
    """Holidays of a place from the library; ``AU-NSW`` is country and subdivision."""
    country, _, part = place.partition("-")
    try:
        base = holidays.country_holidays(country, subdiv=part or None)
    except (NotImplementedError, AttributeError, TypeError) as error:
        message = f"place {place}: no holidays are known for it"
        raise PackError(message) from error
    known = tuple(name for name in CATEGORIES if name in base.supported_categories)

    def of(year: int) -> Iterable[date]:
        return holidays.country_holidays(
            country, subdiv=part or None, years=year, categories=known
        ).keys()

    return of
