"""Business time: not at night, not on holidays, whatever clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decisions import ServiceTarget
from bot.domain.hours import Day, Shift
from bot.domain.packs import BusinessHours
from bot.errors import PackError
from bot.rules.business import add_business_time, read, written
from bot.rules.calendars import Calendar
from bot.rules.clocks import service_plans
from bot.rules.load import load_house
from tests.unit.rules.packs import HOUSE, copied, house

ZONE = ZoneInfo("Australia/Sydney")
EASTER = {date(2026, 4, 3), date(2026, 4, 6)}
SYDNEY = Calendar("AU-NSW", ZONE, holidays_of=lambda year: (
    day for day in EASTER if day.year == year
))  # fmt: skip
WEEK = (Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI)
OFFICE = (
    Shift(days=WEEK, start=time(9), end=time(12, 30)),
    Shift(days=WEEK, start=time(13, 30), end=time(17)),
)
NIGHT = (Shift(days=WEEK, start=time(22), end=time(6)),)
ALWAYS = (Shift(days=tuple(Day), start=time(0), end=time(0)),)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


# 2026-03-02 is a Monday.
@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T09:00", 2, "2026-03-02T11:00"),
        ("2026-03-02T12:00", 1, "2026-03-02T14:00"),
        ("2026-03-02T08:00", 7, "2026-03-02T17:00"),
        ("2026-03-02T16:00", 2, "2026-03-03T10:00"),
        ("2026-03-06T16:30", 1, "2026-03-09T09:30"),
        ("2026-03-07T12:00", 1, "2026-03-09T10:00"),
        ("2026-04-02T16:00", 2, "2026-04-07T10:00"),
    ],
)
def test_promises_run_in_the_stretches_of_a_day_and_not_on_holidays(
    start: str, hours: int, due: str
) -> None:
    found = add_business_time(at(start), timedelta(hours=hours), OFFICE, SYDNEY)

    assert found == at(due)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T23:00", 2, "2026-03-03T01:00"),
        ("2026-03-03T05:00", 2, "2026-03-03T23:00"),
        ("2026-03-07T05:00", 2, "2026-03-09T23:00"),
        ("2026-04-02T23:00", 8, "2026-04-07T23:00"),
    ],
)
def test_a_night_counts_for_the_day_on_which_it_began(
    start: str, hours: int, due: str
) -> None:
    found = add_business_time(at(start), timedelta(hours=hours), NIGHT, SYDNEY)

    assert found == at(due)


def test_a_house_that_never_closes_loses_no_minute() -> None:
    calendar = Calendar("AU-NSW", ZONE, holidays_of=lambda _year: ())
    start = at("2026-04-01T10:17")

    found = add_business_time(start, timedelta(days=30), ALWAYS, calendar)

    assert found == start + timedelta(days=30)


@given(
    st.datetimes(
        min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - made aware below
        max_value=datetime(2026, 12, 1),  # noqa: DTZ001 - made aware below
        timezones=st.just(UTC),
    ),
    st.timedeltas(timedelta(minutes=1), timedelta(days=5)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=5)),
    st.sampled_from([OFFICE, NIGHT, ALWAYS]),
)
def test_two_spans_one_after_the_other_are_their_sum(
    start: datetime, first: timedelta, second: timedelta, hours: tuple[Shift, ...]
) -> None:
    there = add_business_time(start, first, hours, SYDNEY)

    both = add_business_time(start, first + second, hours, SYDNEY)

    assert add_business_time(there, second, hours, SYDNEY) == both
    assert start < there < both


def test_hours_that_never_open_are_told_of() -> None:
    with pytest.raises(ValueError, match="business time in two years"):
        add_business_time(at("2026-03-02T09:00"), timedelta(hours=1), (), SYDNEY)


def test_only_the_named_promises_run_in_business_time_and_say_how() -> None:
    own = replace(
        house(), business=BusinessHours(hours=OFFICE, targets=("first_response",))
    )
    targets = [
        ServiceTarget(rule=rule, met_by=("answered",), within=timedelta(hours=4))
        for rule in ("first_response", "resolution")
    ]

    first, second = service_plans(targets, at("2026-03-02T16:00"), own, SYDNEY)

    assert first.due_strict == at("2026-03-03T12:00")
    assert read(first.inputs["hours"]) == OFFICE
    assert read(written(OFFICE)) == OFFICE
    assert second.due_strict == at("2026-03-02T20:00")
    assert "hours" not in second.inputs


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{hours: [], targets: [first_response]}", "business.hours"),
        (
            (
                '{hours: [{days: [mon], start: "09:00", end: "17:00", zone: Mars}],'
                " targets: [first_response]}"
            ),
            "business.hours.0.zone",
        ),
        (
            '{hours: [{days: [mon], start: "09:00", end: "17:00"}], targets: [lunch]}',
            "business.targets.0",
        ),
    ],
)
def test_business_hours_that_cannot_be_meant_are_refused(
    tmp_path: Path, text: str, key: str
) -> None:
    folder = copied(HOUSE, tmp_path)
    (folder / "hours.yaml").write_text(f"business: {text}\n", encoding="utf-8")

    with pytest.raises(PackError, match=key):
        load_house(folder)
