"""Business time: promises of the house that do not run at night and on holidays.

Legal clocks never use it: the law counts days, and nothing pauses them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.hours import A_DAY, Day, Shift, spans
from bot.rules.calendars import Calendar

HORIZON = 730
"""Days that are searched; a promise that takes longer is no promise."""


def add_business_time(
    start: datetime, within: timedelta, hours: Sequence[Shift], calendar: Calendar
) -> datetime:
    """Return when so much business time has passed since an instant, in UTC.

    A stretch that begins on a holiday of the place does not count, one that begins the
    night before does. Raises ``ValueError`` where two years hold too little of it.
    """
    left = within
    for opens, closes in _open(start, hours, calendar):
        lasts = closes - opens
        if left <= lasts:
            return opens + left
        left -= lasts
    message = f"there are not {within} of business time in two years"
    raise ValueError(message)


def _open(
    start: datetime, hours: Sequence[Shift], calendar: Calendar
) -> Iterator[tuple[datetime, datetime]]:
    """Give the stretches from an instant on, in order, none of them twice."""
    since = start.astimezone(UTC)
    first = calendar.local_date(since) - A_DAY
    for number in range(HORIZON):
        day = first + number * A_DAY
        if day in calendar.holidays(day.year):
            continue
        for opens, closes in sorted(_of_day(hours, day, calendar)):
            begins = max(opens, since)
            if begins < closes:
                yield begins, closes
                since = closes


def _of_day(
    hours: Sequence[Shift], day: date, calendar: Calendar
) -> Iterator[tuple[datetime, datetime]]:
    for shift in hours:
        local = shift if shift.zone else _in_zone(shift, calendar.zone.key)
        yield from spans(local, day)


def _in_zone(shift: Shift, zone: str) -> Shift:
    return Shift(days=shift.days, start=shift.start, end=shift.end, zone=zone)


def written(hours: Sequence[Shift]) -> str:
    """Write hours so that a promise can be computed again from the log alone."""
    return json.dumps([asdict(one) for one in hours], default=str)


def read(hours: str) -> tuple[Shift, ...]:
    """Read back what ``written`` wrote."""
    return tuple(
        Shift(
            days=tuple(map(Day, one["days"])),
            start=time.fromisoformat(one["start"]),
            end=time.fromisoformat(one["end"]),
            zone=one["zone"],
        )
        for one in json.loads(hours)
    )
