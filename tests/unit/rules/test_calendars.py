from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PackError
from bot.rules.calendars import ZONES, Calendar, calendar_of

SYDNEY = calendar_of("AU-NSW")


@pytest.mark.parametrize("place", sorted(ZONES))
def test_every_place_built_in_has_a_zone_and_holidays(place: str) -> None:
    calendar = calendar_of(place)

    assert calendar.zone.key == ZONES[place]
    assert 5 <= len(calendar.holidays(2026)) <= 30


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 4, 2), True),
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 4, 4), False),  # Saturday
        (date(2026, 4, 5), False),  # Sunday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 4, 7), True),
        (date(2026, 6, 8), False),  # King's Birthday
        (date(2026, 8, 3), False),  # bank holiday in New South Wales
        (date(2026, 11, 3), True),  # Melbourne Cup, not here
        (date(2026, 12, 28), False),  # Boxing Day falls on a Saturday
    ],
)
def test_business_days_of_new_south_wales(day: date, is_open: bool) -> None:
    assert SYDNEY.is_business_day(day) is is_open


def test_another_state_keeps_other_holidays() -> None:
    cup = date(2026, 11, 3)

    assert not calendar_of("AU-VIC").is_business_day(cup)
    assert SYDNEY.is_business_day(cup)


def test_the_operators_own_days_are_holidays_too() -> None:
    own = date(2026, 3, 4)

    calendar = calendar_of("AU-NSW", extra=[own])

    assert not calendar.is_business_day(own)
    assert calendar.business_day(date(2026, 3, 3), 1) == date(2026, 3, 5)


def test_a_holiday_on_a_weekend_changes_no_count() -> None:
    calendar = Calendar(
        "AU-NSW",
        ZoneInfo("Australia/Sydney"),
        holidays_of=lambda year: [date(year, 3, 7)],
    )

    assert calendar.business_day(date(2026, 3, 6), 1) == date(2026, 3, 9)


def test_the_end_of_a_day_is_the_places_own() -> None:
    assert SYDNEY.end_of(date(2026, 4, 2)) == datetime(
        2026, 4, 2, 12, 59, 59, tzinfo=UTC
    )
    assert SYDNEY.end_of(date(2026, 4, 6)) == datetime(
        2026, 4, 6, 13, 59, 59, tzinfo=UTC
    )


def test_where_midnight_comes_twice_the_day_ends_the_second_time() -> None:
    # Clocks in Chile went back from 24:00 to 23:00 on 4 April 2026.
    chile = Calendar("CL", ZoneInfo("America/Santiago"), holidays_of=lambda _year: ())

    assert chile.end_of(date(2026, 4, 4)) == datetime(2026, 4, 5, 3, 59, 59, tzinfo=UTC)


def test_the_fingerprint_changes_with_the_days_alone() -> None:
    same = calendar_of("AU-NSW")
    other = calendar_of("AU-NSW", extra=[date(2026, 3, 4)])

    assert same.fingerprint([2026]) == SYDNEY.fingerprint([2026, 2026])
    assert other.fingerprint([2026]) != SYDNEY.fingerprint([2026])
    assert other.fingerprint([2027]) == SYDNEY.fingerprint([2027])
    assert calendar_of("AU-VIC").fingerprint([2026]) != SYDNEY.fingerprint([2026])


@pytest.mark.parametrize(
    ("place", "zone", "words"),
    [
        ("DE-BY", None, "give its time zone"),
        ("AU-NSW", "Australia/Nowhere", "no time zone 'Australia/Nowhere'"),
        ("AU-NSW", "/etc/passwd", "no time zone"),
        ("QQ", "UTC", "no holidays are known"),
        ("AU-QQQ", "Australia/Sydney", "no holidays are known"),
        ("", "UTC", "no holidays are known"),
        ("../x", "UTC", "no holidays are known"),
    ],
)
def test_a_place_that_nobody_knows_is_refused(
    place: str, zone: str | None, words: str
) -> None:
    with pytest.raises(PackError, match=words):
        calendar_of(place, zone=zone)


def test_a_place_without_a_built_in_zone_works_with_one() -> None:
    bavaria = calendar_of("DE-BY", zone="Europe/Berlin")

    assert not bavaria.is_business_day(date(2026, 1, 6))


@given(day=st.dates(date(2000, 1, 1), date(2060, 1, 1)), n=st.integers(1, 60))
def test_the_nth_business_day_has_n_business_days_up_to_it(day: date, n: int) -> None:
    last = SYDNEY.business_day(day, n)

    between = range(day.toordinal() + 1, last.toordinal() + 1)
    counted = sum(SYDNEY.is_business_day(date.fromordinal(one)) for one in between)

    assert counted == n
    assert SYDNEY.is_business_day(last)
    assert SYDNEY.roll(last) == last
