"""The dashboard's arithmetic: periods, comparison, spikes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.volume import WITHIN, Aspect, Cell, Grain, within
from bot.errors import SettingsError
from bot.reports.volume import Chart, Line, Period, Span, period, reached, spikes

SYDNEY = ZoneInfo("Australia/Sydney")
NOW = datetime(2026, 11, 3, 22, tzinfo=UTC)
"""Already Wednesday the 4th in Sydney."""

ZONES = st.sampled_from(
    [ZoneInfo(one) for one in ("UTC", "Australia/Adelaide", "America/New_York")]
)
INSTANTS = st.datetimes(
    datetime(2020, 1, 2),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_a_week_ends_today_by_the_places_calendar():
    week = period("week", NOW, SYDNEY)

    assert (week.first, week.last) == (date(2026, 10, 29), date(2026, 11, 4))
    assert (week.before.first, week.before.last) == (
        date(2026, 10, 22),
        date(2026, 10, 28),
    )
    assert week.before.until == week.since
    assert week.grain is Grain.HOUR


@pytest.mark.parametrize("span", ["day", "week", "month", "quarter"])
def test_stretches_fill_the_period_without_a_gap(span):
    asked = period(span, NOW, SYDNEY)

    ends = [asked.grain.end(at, SYDNEY) for at in asked.stretches]

    assert asked.stretches[0] == asked.since
    assert [*asked.stretches[1:], asked.until] == ends


def test_a_day_on_which_clocks_go_forward_has_23_hours():
    day = period("own", NOW, SYDNEY, first="2026-10-04")

    assert len(day.stretches) == 23


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("fortnight", "", ""),
        ("own", "", ""),
        ("own", "2026-11-02", "2026-11-01"),
        ("own", "2024-01-01", "2026-11-01"),
        ("own", "0001-01-01", "0001-01-02"),
        ("own", "yesterday", ""),
    ],
)
def test_a_period_that_is_none_is_refused(span, first, last):
    with pytest.raises(SettingsError):
        period(span, NOW, SYDNEY, first=first, last=last)


@given(at=INSTANTS, zone=ZONES, grain=st.sampled_from(Grain))
def test_every_instant_is_in_just_one_stretch(at, zone, grain):
    begun = grain.begin(at, zone)
    end = grain.end(begun, zone)

    assert begun <= at < end
    assert grain.begin(begun, zone) == begun
    assert grain.begin(end, zone) == end


@given(st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_time_is_told_by_the_shortest_that_holds_it(taken):
    name = within(taken)

    shorter = [most for known, most in WITHIN.items() if most < WITHIN.get(name, taken)]
    assert all(most < taken for most in shorter)
    assert name == "later" or taken <= WITHIN[name]


def hours_of(asked: Period, usual: int) -> dict[datetime, int]:
    weeks = range(1, 9)
    return {
        (at.astimezone(SYDNEY) - timedelta(weeks=one)).astimezone(UTC): usual
        for at in asked.stretches
        for one in weeks
    }


DAY = period("own", NOW, SYDNEY, first="2026-11-03")


def test_far_more_than_is_usual_at_that_hour_is_a_spike():
    numbers = hours_of(DAY, 9)
    noon = datetime(2026, 11, 3, 1, tzinfo=UTC)
    numbers |= dict.fromkeys(DAY.stretches, 9) | {noon: 40}

    (spike,) = spikes(DAY, numbers)

    assert (spike.at, spike.number, spike.usual) == (noon, 40, 9)


def test_a_busy_hour_of_every_week_is_no_spike():
    numbers = {at: 40 if at.hour == 1 else 9 for at in hours_of(DAY, 9)}
    numbers |= {at: 40 if at.hour == 1 else 9 for at in DAY.stretches}

    assert spikes(DAY, numbers) == []


def test_one_wild_week_before_hides_no_spike():
    numbers = hours_of(DAY, 9)
    noon = datetime(2026, 11, 3, 1, tzinfo=UTC)
    numbers[noon - timedelta(weeks=2)] = 5000

    assert [one.at for one in spikes(DAY, {**numbers, noon: 60})] == [noon]


def test_where_weeks_swing_much_more_is_needed():
    noon = datetime(2026, 11, 3, 1, tzinfo=UTC)
    swings = (10, 90, 20, 80, 30, 70, 40, 60)
    here = noon.astimezone(SYDNEY)
    numbers = {
        (here - timedelta(weeks=weeks)).astimezone(UTC): one
        for weeks, one in enumerate(swings, 1)
    }

    assert spikes(DAY, {**numbers, noon: 140}) == []
    assert [one.number for one in spikes(DAY, {**numbers, noon: 500})] == [500]


def test_without_weeks_before_nothing_is_unusual():
    assert spikes(DAY, dict.fromkeys(DAY.stretches, 500)) == []
    assert spikes(DAY, {}) == []


def test_half_and_nine_tenths_are_counted_from_the_fastest():
    cells = Counter(
        {
            Cell("a", "x", Aspect.BY_BOT, "5m"): 5,
            Cell("b", "x", Aspect.BY_BOT, "1h"): 4,
            Cell("b", "x", Aspect.BY_BOT, "later"): 1,
        }
    )

    assert reached(cells, Aspect.BY_BOT, 0.5) == "5m"
    assert reached(cells, Aspect.BY_BOT, 0.9) == "1h"
    assert reached(cells, Aspect.BY_BOT, 1.0) == "later"
    assert reached(cells, Aspect.BY_PERSON, 0.5) == ""


def test_a_name_is_no_formula_in_a_spreadsheet():
    chart = Chart(key="k", names=("=1+1",), lines=(Line(key="n", numbers=(2,)),))

    assert chart.as_csv(SYDNEY).splitlines() == [",n", "'=1+1,2"]


def test_a_period_of_ones_own_compares_with_as_many_days():
    own = period(Span.OWN, NOW, SYDNEY, first="2026-10-01", last="2026-10-10")

    assert own.before.days == own.days == 10
    assert own.before.last == date(2026, 9, 30)
