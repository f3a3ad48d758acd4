from __future__ import annotations

import calendar as months
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clocks import ClockKind, ClockPlan, Force
from bot.domain.decisions import ServiceTarget
from bot.domain.packs import ClassTerm, ClockRule, Duration, Roll, Unit
from bot.rules.calendars import Calendar, calendar_of
from bot.rules.clocks import add_months, legal_plans, plan, service_plans
from tests.unit.rules.packs import house, rg271

SYDNEY = calendar_of("AU-NSW")
MELBOURNE = calendar_of("AU-VIC")
SYDNEY_NOON = datetime(2026, 5, 4, 2, tzinfo=UTC)
PLACES = st.sampled_from(
    [
        SYDNEY,
        MELBOURNE,
        calendar_of("GB-ENG"),
        calendar_of("NZ"),
        calendar_of("SG"),
        calendar_of("US-NY"),
    ]
)
INSTANTS = st.datetimes(
    min_value=datetime(2021, 10, 7),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(2055, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def rule(unit: Unit, n: int, roll: Roll = Roll.NONE) -> ClockRule:
    return ClockRule(
        id="promise",
        start="received",
        met_by=("done",),
        duration=Duration(unit=unit, n=n),
        roll=roll,
        force=Force.MUST,
        cite="1.1",
    )


def planned(
    unit: Unit,
    n: int,
    started_at: datetime,
    *,
    calendar: Calendar = SYDNEY,
    roll: Roll = Roll.NONE,
) -> ClockPlan:
    return plan(
        rule(unit, n, roll),
        started_at=started_at,
        calendar=calendar,
        pack=rg271(),
        legal_class="standard",
    )


def by_rule(
    received_at: datetime, calendar: Calendar = SYDNEY, *, provisional: bool = False
) -> dict[str, ClockPlan]:
    plans = legal_plans(
        rg271(), "standard", received_at, calendar, provisional=provisional
    )
    return {one.rule: one for one in plans}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("unit", "n", "start", "due"),
    [
        (
            Unit.CALENDAR_DAYS,
            30,
            "2026-03-03T10:15:00+11:00",
            "2026-04-02T23:59:59+11:00",
        ),
        (
            Unit.CALENDAR_DAYS,
            30,
            "2026-03-10T13:30:00+00:00",
            "2026-04-10T23:59:59+10:00",
        ),
        (
            Unit.CALENDAR_DAYS,
            365,
            "2027-06-01T00:00:00+10:00",
            "2028-05-31T23:59:59+10:00",
        ),
        (
            Unit.BUSINESS_DAYS,
            5,
            "2026-04-02T17:00:00+11:00",
            "2026-04-13T23:59:59+10:00",
        ),
        (
            Unit.BUSINESS_DAYS,
            1,
            "2026-12-24T08:00:00+11:00",
            "2026-12-29T23:59:59+11:00",
        ),
        (Unit.WEEKS, 8, "2026-02-01T09:00:00+11:00", "2026-03-29T23:59:59+11:00"),
        (Unit.MONTHS, 1, "2028-01-31T09:00:00+11:00", "2028-02-29T23:59:59+11:00"),
        (Unit.MONTHS, 1, "2027-01-31T09:00:00+11:00", "2027-02-28T23:59:59+11:00"),
        (Unit.MONTHS, 6, "2026-08-31T09:00:00+10:00", "2027-02-28T23:59:59+11:00"),
        # Clocks went forward at 02:00 on 4 October 2026: 24 hours end an hour later.
        (Unit.HOURS, 24, "2026-10-03T18:00:00+10:00", "2026-10-04T19:00:00+11:00"),
        # And back at 03:00 on 5 April 2026: 24 hours end an hour earlier.
        (Unit.HOURS, 24, "2026-04-04T18:00:00+11:00", "2026-04-05T17:00:00+10:00"),
    ],
)
def test_a_duration_ends_when_the_rules_say(
    unit: Unit, n: int, start: str, due: str
) -> None:
    found = planned(unit, n, at(start))

    assert found.due_strict == at(due)
    assert found.due_legal == at(due)
    assert found.due_strict.tzinfo is UTC


def test_only_the_legal_due_time_rolls_past_a_weekend() -> None:
    found = planned(
        Unit.CALENDAR_DAYS,
        30,
        at("2026-03-04T12:00:00+11:00"),
        roll=Roll.NEXT_BUSINESS_DAY,
    )

    assert found.due_strict == at("2026-04-03T23:59:59+11:00")  # Good Friday
    assert found.due_legal == at("2026-04-07T23:59:59+10:00")  # Tuesday after Easter


def test_the_same_instant_is_another_day_in_another_place() -> None:
    instant = at("2026-03-10T13:30:00+00:00")

    east = planned(Unit.CALENDAR_DAYS, 1, instant)
    west = planned(Unit.CALENDAR_DAYS, 1, instant, calendar=calendar_of("AU-WA"))

    assert east.inputs["day_zero"] == "2026-03-11"
    assert west.inputs["day_zero"] == "2026-03-10"


def test_a_standard_complaint_starts_four_clocks() -> None:
    found = by_rule(at("2026-03-13T18:40:00+11:00"), provisional=True)

    assert list(found) == [
        "acknowledge_target",
        "acknowledge_limit",
        "early_close",
        "idr_response",
    ]
    assert {one.force for one in found.values()} == {Force.EXPECT, Force.MUST}
    assert found["acknowledge_limit"].force is Force.EXPECT
    assert all(one.provisional for one in found.values())
    assert {one.kind for one in found.values()} == {ClockKind.LEGAL}


def test_the_target_warns_and_is_red_only_after_the_limit() -> None:
    found = by_rule(at("2026-03-13T18:40:00+11:00"))

    target, limit = found["acknowledge_target"], found["acknowledge_limit"]

    assert target.due_strict == at("2026-03-14T18:40:00+11:00")
    assert limit.due_strict == at("2026-03-16T23:59:59+11:00")
    assert target.due_legal == limit.due_strict


def test_the_limit_is_never_before_the_target() -> None:
    # A 23-hour day: 24 hours reach past the end of the next business day.
    gap = Calendar("US-NY", ZoneInfo("America/New_York"), holidays_of=lambda _year: ())
    monday_is_short = at("2026-03-06T23:59:59.5-05:00")

    found = by_rule(monday_is_short, gap)

    target, limit = found["acknowledge_target"], found["acknowledge_limit"]
    assert limit.due_strict >= target.due_strict


def test_where_the_limit_would_come_first_it_waits_for_the_target() -> None:
    short = replace(
        rg271().clocks["acknowledge_limit"], duration=Duration(unit=Unit.HOURS, n=1)
    )
    start = at("2026-03-13T18:40:00+11:00")

    found = plan(
        short,
        started_at=start,
        calendar=SYDNEY,
        pack=rg271(),
        legal_class="standard",
    )

    assert found.due_strict == start + timedelta(hours=24)


def test_everything_that_was_used_is_written_down() -> None:
    found = by_rule(at("2026-12-20T12:00:00+11:00"))

    assert found["idr_response"].inputs == {
        "class": "standard",
        "place": "AU-NSW",
        "zone": "Australia/Sydney",
        "day_zero": "2026-12-20",
        "duration": "30 calendar_days",
        "holidays": SYDNEY.fingerprint([2026, 2027]),
        "roll": "next_business_day",
    }
    assert found["early_close"].inputs["waives"] == "idr_response"
    assert "written_requested" in found["early_close"].inputs["unless"].split(",")
    assert found["idr_response"].pack == rg271().ref
    assert found["idr_response"].cite == "271.56-271.60, Table 2"


@pytest.mark.parametrize(
    ("received_at", "count"),
    [
        ("2021-10-04T23:59:59+11:00", 0),
        ("2021-10-04T13:30:00+00:00", 4),  # already 5 October in Sydney
        ("2021-10-05T00:00:00+11:00", 4),
    ],
)
def test_a_pack_governs_from_its_first_local_day(received_at: str, count: int) -> None:
    assert len(by_rule(at(received_at))) == count


def test_a_pack_that_has_ended_starts_no_clock() -> None:
    ended = replace(rg271(), effective_to=date(2026, 1, 31))

    last = legal_plans(ended, "standard", at("2026-01-31T23:00:00+11:00"), SYDNEY)
    after = legal_plans(ended, "standard", at("2026-02-01T00:00:00+11:00"), SYDNEY)

    assert (len(last), len(after)) == (4, 0)


def test_a_class_may_have_its_own_term_and_start() -> None:
    response = replace(
        rg271().clocks["idr_response"],
        by_class={
            **rg271().clocks["idr_response"].by_class,
            "insured": ClassTerm(
                unit=Unit.CALENDAR_DAYS, n=45, start="first_lodged_with_either"
            ),
        },
    )
    pack = replace(
        rg271(),
        classes={**rg271().classes, "insured": rg271().classes["standard"]},
        clocks={**rg271().clocks, "idr_response": response},
    )
    first = at("2026-05-04T10:00:00+10:00")

    received = legal_plans(pack, "insured", first, MELBOURNE)
    lodged = legal_plans(
        pack, "insured", first, MELBOURNE, event="first_lodged_with_either"
    )

    assert "idr_response" not in {one.rule for one in received}
    assert [one.due_strict for one in lodged] == [at("2026-06-18T23:59:59+10:00")]


def test_a_clock_of_other_classes_is_refused() -> None:
    other = replace(rule(Unit.WEEKS, 1), classes=("death_benefit",))
    without = replace(rule(Unit.WEEKS, 1), duration=None)

    for one in (other, without):
        with pytest.raises(ValueError, match="has no such clock"):
            plan(
                one,
                started_at=at("2026-05-04T10:00:00+10:00"),
                calendar=SYDNEY,
                pack=rg271(),
                legal_class="standard",
            )


def test_a_class_that_the_pack_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="no complaint class 'gold'"):
        legal_plans(rg271(), "gold", at("2026-05-04T10:00:00+10:00"), SYDNEY)


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        planned(Unit.WEEKS, 1, SYDNEY_NOON.replace(tzinfo=None))


def test_the_houses_promises_are_elapsed_time() -> None:
    start = at("2026-10-03T23:30:00+10:00")
    target = ServiceTarget(
        rule="first_response", met_by=("first_response",), within=timedelta(hours=8)
    )

    (found,) = service_plans([target], start, house(), SYDNEY)

    assert found.kind is ClockKind.SERVICE
    assert found.force is Force.INTERNAL
    assert found.pack == house().ref
    assert found.due_strict == found.due_legal == start + timedelta(hours=8)
    assert found.met_by == ("first_response",)
    assert not found.provisional


# --- properties -------------------------------------------------------------------

UNITS = st.sampled_from(list(Unit))
COUNTS = st.integers(1, 120)


@given(unit=UNITS, n=COUNTS, start=INSTANTS, place=PLACES)
def test_the_legal_time_is_never_before_the_strict_and_both_after_the_start(
    unit: Unit, n: int, start: datetime, place: Calendar
) -> None:
    found = planned(unit, n, start, calendar=place, roll=Roll.NEXT_BUSINESS_DAY)

    assert start < found.due_strict <= found.due_legal
    if unit is not Unit.HOURS:
        assert place.is_business_day(place.local_date(found.due_legal))


@given(unit=UNITS, n=COUNTS, start=INSTANTS, place=PLACES)
def test_one_unit_more_is_never_earlier(
    unit: Unit, n: int, start: datetime, place: Calendar
) -> None:
    shorter = planned(unit, n, start, calendar=place)
    longer = planned(unit, n + 1, start, calendar=place)

    assert longer.due_strict > shorter.due_strict


@given(
    unit=UNITS,
    n=COUNTS,
    start=INSTANTS,
    later=st.timedeltas(timedelta(0), timedelta(days=400)),
    place=PLACES,
)
def test_what_starts_later_is_never_due_earlier(
    unit: Unit, n: int, start: datetime, later: timedelta, place: Calendar
) -> None:
    first = planned(unit, n, start, calendar=place, roll=Roll.NEXT_BUSINESS_DAY)
    second = planned(
        unit, n, start + later, calendar=place, roll=Roll.NEXT_BUSINESS_DAY
    )

    assert second.due_strict >= first.due_strict
    assert second.due_legal >= first.due_legal


@given(n=COUNTS, start=INSTANTS, place=PLACES)
def test_days_end_with_the_local_day_whatever_the_season(
    n: int, start: datetime, place: Calendar
) -> None:
    found = planned(Unit.CALENDAR_DAYS, n, start, calendar=place)

    wall = found.due_strict.astimezone(place.zone)

    assert (wall.hour, wall.minute, wall.second) == (23, 59, 59)
    assert wall.date() - start.astimezone(place.zone).date() == timedelta(days=n)


@given(
    start=INSTANTS,
    place=PLACES,
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles"]),
)
def test_the_zone_in_which_an_instant_is_written_makes_no_difference(
    start: datetime, place: Calendar, zone: str
) -> None:
    here = by_rule(start, place)
    there = by_rule(start.astimezone(ZoneInfo(zone)), place)

    for name, one in here.items():
        assert there[name].due_strict == one.due_strict
        assert there[name].inputs == one.inputs


@given(start=INSTANTS, place=PLACES, days=st.sets(st.integers(1, 40)))
def test_more_holidays_never_make_anything_due_earlier(
    start: datetime, place: Calendar, days: set[int]
) -> None:
    first = place.local_date(start)
    more = Calendar(
        place.place, place.zone, extra=[first + timedelta(days=n) for n in days]
    )

    before, after = by_rule(start, place), by_rule(start, more)

    for name, one in before.items():
        assert after[name].due_strict >= one.due_strict
        assert after[name].due_legal >= one.due_legal


@given(n=st.integers(1, 400), start=INSTANTS, place=PLACES)
def test_hours_are_elapsed_time_whatever_clocks_on_walls_do(
    n: int, start: datetime, place: Calendar
) -> None:
    found = planned(Unit.HOURS, n, start, calendar=place)

    assert found.due_strict - start == timedelta(hours=n)


@given(
    year=st.integers(2022, 2050),
    start=st.integers(0, 364),
    n=st.integers(1, 500),
    place=PLACES,
)
def test_a_leap_day_is_a_day_like_any_other(
    year: int, start: int, n: int, place: Calendar
) -> None:
    wall = [
        (some, month, day)
        for some in range(year, year + 3)
        for month in range(1, 13)
        for day in range(1, months.monthrange(some, month)[1] + 1)
    ]
    noon = place.at(date(*wall[start]), time(12))

    found = planned(Unit.CALENDAR_DAYS, n, noon, calendar=place)

    assert place.local_date(found.due_strict) == date(*wall[start + n])


@given(day=st.dates(date(1990, 1, 1), date(2100, 1, 1)), n=st.integers(0, 600))
def test_months_never_skip_a_month(day: date, n: int) -> None:
    later = add_months(day, n)

    assert (later.year - day.year) * 12 + later.month - day.month == n
    assert later.day <= day.day
