from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Day, Shift
from bot.domain.ports import Notice
from bot.escalate.notices import NoticeRule, rule_for
from bot.escalate.people import next_within

SYDNEY = ZoneInfo("Australia/Sydney")
OFFICE = Shift(start=time(8), end=time(18), zone=SYDNEY.key, days=tuple(Day)[:5])
NIGHT = Shift(start=time(22), end=time(6), zone=SYDNEY.key, days=(Day.FRI,))
EARLY = Shift(start=time(2, 30), end=time(9), zone=SYDNEY.key, days=tuple(Day))


def at(text: str, zone: ZoneInfo = SYDNEY) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def begins(hours: Shift, now: datetime) -> datetime:
    """Return when what waits for these hours goes out."""
    found = next_within(hours, now)
    assert found is not None
    return found


def rule(*to: str, hours: Shift | None = None) -> NoticeRule:
    return NoticeRule(to=to, important=("pager",), default=("chat",), hours=hours)


def notice(*, is_important: bool = False) -> Notice:
    return Notice(
        key="k", to="agents", subject="s", body="b", is_important=is_important
    )


# 2026-03-02 is a Monday.
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-02T08:00", "2026-03-02T08:00"),
        ("2026-03-02T17:59", "2026-03-02T17:59"),
        ("2026-03-02T18:00", "2026-03-03T08:00"),
        ("2026-03-02T03:00", "2026-03-02T08:00"),
        ("2026-03-06T18:00", "2026-03-09T08:00"),
        ("2026-03-08T12:00", "2026-03-09T08:00"),
    ],
)
def test_what_comes_outside_the_hours_waits_until_they_begin(
    now: str, opens: str
) -> None:
    assert begins(OFFICE, at(now)) == at(opens)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-06T21:00", "2026-03-06T22:00"),
        ("2026-03-07T05:59", "2026-03-07T05:59"),
        ("2026-03-07T06:00", "2026-03-13T22:00"),
        ("2026-03-06T05:00", "2026-03-06T22:00"),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_began(now: str, opens: str) -> None:
    assert begins(NIGHT, at(now)) == at(opens)


def test_hours_are_those_of_their_zone_when_its_clocks_change() -> None:
    # Sydney's clocks go back at 03:00 on 5 April 2026 and forward on 4 October.
    assert begins(OFFICE, at("2026-04-04T12:00")).hour == 22
    assert begins(OFFICE, at("2026-10-03T12:00")).hour == 21


def test_an_hour_that_a_zone_leaves_out_is_begun_right_after_it() -> None:
    opens = begins(EARLY, at("2026-10-04T01:00"))

    assert opens.astimezone(SYDNEY).time() == time(3, 30)


MINUTES_A_DAY = 24 * 60


def time_at(minute: int) -> time:
    return time(*divmod(minute % MINUTES_A_DAY, 60))


@given(
    later=st.integers(0, 2 * 365 * 86_400),
    begin=st.integers(0, MINUTES_A_DAY - 1),
    lasts=st.integers(1, MINUTES_A_DAY - 1),
    days=st.frozensets(st.sampled_from(Day), min_size=1),
    zone=st.sampled_from(["Australia/Sydney", "America/New_York", "Asia/Kolkata"]),
)
def test_what_waits_goes_out_within_a_week_and_then_at_once(
    later: int, begin: int, lasts: int, days: frozenset[Day], zone: str
) -> None:
    now = at("2026-01-01T00:00") + timedelta(seconds=later)
    hours = Shift(
        start=time_at(begin),
        end=time_at(begin + lasts),
        zone=zone,
        days=tuple(days),
    )

    until = begins(hours, now)

    assert now <= until <= now + timedelta(days=7, hours=1)
    assert begins(hours, until) == until


def test_what_is_important_takes_its_own_ways_and_never_waits() -> None:
    night, now = rule("agents", hours=OFFICE), at("2026-03-08T03:00")

    assert night.not_before(notice(is_important=True), now) == now
    assert night.ways(notice(is_important=True)) == ("pager",)
    assert night.not_before(notice(), now) == at("2026-03-09T08:00")
    assert night.ways(notice()) == ("chat",)


def test_without_hours_nothing_waits() -> None:
    now = at("2026-03-08T03:00")

    assert rule("agents").not_before(notice(), now) == now


def test_the_first_rule_that_names_somebody_holds_and_default_names_anybody() -> None:
    first, second, rest = rule("lead", "agents"), rule("operator"), rule("default")

    assert rule_for([first, second, rest], "agents") is first
    assert rule_for([first, second, rest], "operator") is second
    assert rule_for([first, second, rest], "management") is rest
    assert rule_for([first, second], "management") is None
