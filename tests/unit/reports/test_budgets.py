"""What a month costs, and the day on which it is used up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.domain.ports import Meter
from bot.reports.budgets import pace, spending

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
MONTH_ENDS = datetime(2026, 4, 1, tzinfo=UTC)


def meter(day: int, reads: int, posts: int = 0) -> Meter:
    return Meter(day=date(2026, 3, day), reads=reads, posts=posts)


def spent(used: int, limit: int | None, a_day: float, price: float = 0.0):
    return spending(
        used=used,
        limit=limit,
        a_day=a_day,
        now=NOW,
        month_ends=MONTH_ENDS,
        price=price,
    )


def test_the_pace_is_that_of_the_last_seven_days():
    assert pace([meter(1, 9_999), meter(14, 70), meter(20, 70, 7)], NOW) == (20, 1)


def test_the_pace_of_a_new_source_is_that_of_its_days():
    assert pace([meter(19, 30), meter(20, 10)], NOW) == (20, 0)


def test_what_costs_nothing_has_no_pace():
    assert pace([], NOW) == (0, 0)


def test_the_day_it_runs_out_is_told():
    found = spent(900, 1_000, 20)

    assert (found.left, found.runs_out_at) == (100, NOW + timedelta(days=5))


def test_what_lasts_the_month_does_not_run_out():
    assert spent(900, 1_000, 5).runs_out_at is None
    assert spent(900, 1_000, 0).runs_out_at is None
    assert spent(900, None, 500).runs_out_at is None


def test_what_is_used_up_runs_out_now():
    found = spent(1_001, 1_000, 0)

    assert (found.left, found.runs_out_at) == (0, NOW)


def test_a_price_makes_it_money():
    assert spent(900, None, 5, price=0.005).cost == 4.5
