"""Hours by the clock on a zone's wall: shifts of people, business hours of a house.

Wall clocks decide: hours from nine to five last from nine to five on the days on which
clocks change as well. Where clocks go back and an hour comes twice, both of them are
in; where they go forward, a time that does not exist is the one after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)


class Day(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def weekday(self) -> int:
        """0 for Monday, as ``date.weekday`` counts."""
        return list(Day).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Hours that begin on these days, by the clock on the zone's wall.

    One that does not end after it starts ends on the next day; one that ends when it
    starts lasts a whole day.
    """

    days: tuple[Day, ...]
    start: time
    end: time
    zone: str = ""


def spans(shift: Shift, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Give the stretch that begins on a local day, in UTC, if one does."""
    if day.weekday() not in {one.weekday for one in shift.days}:
        return
    last = day if shift.start < shift.end else day + A_DAY
    yield (
        instant(day, shift.start, shift.zone, fold=0),
        instant(last, shift.end, shift.zone, fold=1),
    )


def instant(day: date, wall: time, zone: str, *, fold: int) -> datetime:
    """Return when a zone's clocks show a time, the first or second time they do."""
    local = datetime.combine(day, wall.replace(fold=fold), tzinfo=ZoneInfo(zone))
    found = local.astimezone(UTC)
    if found.astimezone(ZoneInfo(zone)).time() == wall:
        return found
    # Clocks go forward over it: both folds then lie an hour apart, around the gap.
    return local.replace(fold=0).astimezone(UTC)
