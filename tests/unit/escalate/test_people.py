from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clocks import PackRef
from bot.domain.hours import Day, Shift
from bot.domain.people import Away, Need, Person, Roster, Team
from bot.escalate.people import (
    has_skills,
    in_turn,
    is_on_shift,
    is_within,
    managers,
    members,
    next_on_shift,
    skilled,
    workers,
)
from bot.testing import START

WEEK = tuple(Day)
SYDNEY, LONDON = "Australia/Sydney", "Europe/London"


def shift(start: str, end: str, days: tuple[Day, ...] = WEEK, zone: str = SYDNEY):
    return Shift(
        days=days,
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        zone=zone,
    )


def person(name: str = "ana", *shifts: Shift, zone: str = SYDNEY, **fields) -> Person:
    return Person(name=name, zone=zone, shifts=shifts, **fields)


def there(text: str, zone: str = SYDNEY) -> datetime:
    """The instant at which a wall clock says so, the first of two."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# --- shifts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_at_work"),
    [
        ("2026-11-02T08:59:59", False),
        ("2026-11-02T09:00", True),
        ("2026-11-02T16:59:59", True),
        ("2026-11-02T17:00", False),
        ("2026-11-07T10:00", False),
    ],
)
def test_a_shift_begins_and_ends_by_the_wall_clock(at, is_at_work):
    weekdays = shift("09:00", "17:00", WEEK[:5])

    assert is_on_shift(person("ana", weekdays), there(at)) is is_at_work


@pytest.mark.parametrize(
    ("at", "is_at_work"),
    [
        ("2026-11-06T21:59", False),
        ("2026-11-06T22:00", True),
        ("2026-11-07T05:59", True),
        ("2026-11-07T06:00", False),
        ("2026-11-07T23:00", False),
    ],
)
def test_a_shift_past_midnight_belongs_to_the_day_on_which_it_begins(at, is_at_work):
    friday_night = shift("22:00", "06:00", (Day.FRI,))

    assert is_within(friday_night, there(at)) is is_at_work


def test_a_shift_that_ends_when_it_starts_lasts_a_whole_day():
    saturday = shift("00:00", "00:00", (Day.SAT,))

    assert is_within(saturday, there("2026-11-07T00:00"))
    assert is_within(saturday, there("2026-11-07T23:59:59"))
    assert not is_within(saturday, there("2026-11-08T00:00"))


@pytest.mark.parametrize(
    ("day", "utc"),
    [("2026-10-03", "23:00"), ("2026-10-04", "22:00"), ("2026-04-04", "22:00")],
)
def test_nine_is_nine_on_both_sides_of_a_change_of_clocks(day, utc):
    # Sydney goes forward on 4 October and back on 5 April 2026.
    early = there(f"{day}T09:00") - timedelta(seconds=1)

    assert f"{there(f'{day}T09:00'):%H:%M}" == utc
    assert not is_within(shift("09:00", "17:00"), early)
    assert is_within(shift("09:00", "17:00"), there(f"{day}T09:00"))


def test_a_night_on_which_clocks_go_back_is_an_hour_longer():
    night = shift("22:00", "02:30", (Day.SAT,))
    began = there("2026-04-04T22:00")

    assert is_within(night, began + timedelta(hours=5, minutes=29))
    assert not is_within(night, began + timedelta(hours=5, minutes=30))


def test_a_time_that_clocks_skip_is_the_one_after():
    # Half past two does not exist in Sydney on 4 October 2026.
    early = shift("02:30", "06:00", (Day.SUN,))

    assert not is_within(early, there("2026-10-04T03:29"))
    assert is_within(early, there("2026-10-04T03:30"))


def test_each_shift_has_its_own_zone():
    both = person("ana", shift("09:00", "12:00"), shift("09:00", "12:00", zone=LONDON))

    assert is_on_shift(both, there("2026-11-03T10:00"))
    assert is_on_shift(both, there("2026-11-03T10:00", LONDON))
    assert not is_on_shift(both, there("2026-11-03T15:00"))


def test_who_has_no_shifts_is_always_there_unless_away():
    lea = person("lea", away=(Away(first=date(2026, 12, 24), last=date(2026, 12, 26)),))

    assert is_on_shift(lea, there("2026-12-23T23:59:59"))
    assert not is_on_shift(lea, there("2026-12-24T00:00"))
    assert not is_on_shift(lea, there("2026-12-26T23:59:59"))
    assert is_on_shift(lea, there("2026-12-27T00:00"))


# --- when next --------------------------------------------------------------------


def test_who_is_there_is_there_at_once():
    at = there("2026-11-02T10:00")

    assert next_on_shift(person("ana", shift("09:00", "17:00")), at) == at


def test_a_friday_evening_waits_for_monday_morning():
    ana = person("ana", shift("09:00", "17:00", WEEK[:5]))

    found = next_on_shift(ana, there("2026-11-06T18:00"))

    assert found == there("2026-11-09T09:00")


def test_a_holiday_is_waited_for_to_its_end():
    ana = person(
        "ana",
        shift("09:00", "17:00"),
        away=(Away(first=date(2026, 11, 2), last=date(2026, 11, 20)),),
    )

    assert next_on_shift(ana, there("2026-11-02T10:00")) == there("2026-11-21T09:00")


def test_who_comes_back_in_the_middle_of_a_shift_is_there_from_midnight():
    ana = person(
        "ana",
        shift("22:00", "06:00"),
        away=(Away(first=date(2026, 11, 2), last=date(2026, 11, 2)),),
    )

    assert next_on_shift(ana, there("2026-11-02T23:00")) == there("2026-11-03T00:00")


def test_nobody_is_waited_for_more_than_two_months():
    ana = person("ana", away=(Away(first=date(2026, 1, 1), last=date(2027, 12, 31)),))

    assert next_on_shift(ana, there("2026-11-02T10:00")) is None


zones = st.sampled_from([SYDNEY, LONDON, "America/New_York", "Asia/Kolkata"])
walls = st.times().map(lambda one: one.replace(second=0, microsecond=0))
instants = st.datetimes(
    min_value=START.replace(tzinfo=None),
    max_value=START.replace(year=2027, tzinfo=None),
    timezones=st.just(UTC),
)


@given(st.sets(st.sampled_from(WEEK), min_size=1), walls, walls, zones, instants)
def test_the_next_instant_is_on_shift_and_nothing_before_it_is(
    days, start, end, zone, at
):
    ana = person("ana", Shift(days=tuple(days), start=start, end=end, zone=zone))

    found = next_on_shift(ana, at)

    assert found is not None
    assert found >= at
    assert is_on_shift(ana, found)
    assert found == at or not is_on_shift(ana, found - timedelta(microseconds=1))


# --- skills and turns -------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "need", "is_right"),
    [
        ({}, Need(language="hi", products=("Kestrel Air",)), True),
        ({"languages": ("en", "hi")}, Need(language="hi"), True),
        ({"languages": ("en",)}, Need(language="hi"), False),
        ({"languages": ("en",)}, Need(), True),
        ({"products": ("Lumen",)}, Need(products=("Kestrel Air",)), False),
        ({"products": ("Kestrel Air",)}, Need(products=("Kestrel Air", "bags")), True),
        ({"products": ("bags",)}, Need(products=("Kestrel Air", "bags")), True),
        ({"products": ("bags",)}, Need(products=("Kestrel Air",)), False),
        ({}, Need(influencers=True), False),
        ({"influencers": True}, Need(influencers=True), True),
        ({"influencers": True}, Need(), True),
    ],
)
def test_who_is_right_for_a_ticket(fields, need, is_right):
    assert has_skills(person(**fields), need) is is_right


def test_where_nobody_has_the_skills_everybody_there_is_asked():
    ana, bo = person("ana", languages=("en",)), person("bo", languages=("hi",))

    assert skilled([ana, bo], Need(language="hi")) == (bo,)
    assert skilled([ana, bo], Need(language="vi")) == (ana, bo)
    assert skilled([], Need()) == ()


def test_who_has_fewest_open_tickets_is_first():
    ana, bo, cy = person("ana"), person("bo"), person("cy")

    turn = in_turn([ana, bo, cy], {"ana": 2, "bo": 1, "cy": 3}, turn=7)

    assert turn == (bo, ana, cy)


def test_equal_ones_take_turns():
    crew = [person("ana"), person("bo"), person("cy")]

    first = [in_turn(crew, {}, turn)[0].name for turn in range(6)]

    assert first == ["ana", "bo", "cy", "ana", "bo", "cy"]
    assert in_turn([], {}, 3) == ()


def test_everybody_whose_team_works_on_a_queue_is_asked_once():
    ana, bo, lea = person("ana", manager="lea"), person("bo"), person("lea")
    roster = Roster(
        ref=PackRef(id="people", version="1", sha256="d" * 64),
        people={one.name: one for one in (ana, bo, lea)},
        teams={
            "front": Team(name="front", members=("ana", "bo"), queues=("agents",)),
            "late": Team(name="late", members=("ana",), queues=("agents", "watch")),
        },
    )

    assert workers(roster, "agents") == (ana, bo)
    assert workers(roster, "management") == ()
    assert members(roster, "late") == (ana,)
    assert members(roster, "early") == ()
    assert managers(roster, [ana, bo, ana]) == (lea,)
