from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.decisions import Answer
from bot.domain.mentions import MentionId
from bot.errors import SettingsError
from bot.services.second_line import answers_of, drawn, last_week, week_of

SYDNEY = "Australia/Sydney"


def test_a_week_begins_on_monday_at_midnight_of_the_place() -> None:
    week = week_of("2026-W47", SYDNEY)

    assert week.starts == datetime(2026, 11, 15, 13, tzinfo=UTC)
    assert week.ends - week.starts == timedelta(days=7)
    assert (week.before, week.after) == ("2026-W46", "2026-W48")


def test_a_week_in_which_clocks_are_changed_ends_at_midnight_too() -> None:
    week = week_of("2026-W40", SYDNEY)

    assert week.ends.astimezone(UTC) - week.starts.astimezone(UTC) == timedelta(
        days=7, hours=-1
    )


def test_weeks_follow_each_other_over_the_years_end() -> None:
    assert week_of("2026-W53", SYDNEY).after == "2027-W01"


@pytest.mark.parametrize("name", ["", "2026-47", "2026-W99", "9999-W52", "x"])
def test_what_is_no_week_is_said_to_be_none(name: str) -> None:
    with pytest.raises(SettingsError, match="is no week"):
        week_of(name, SYDNEY)


def test_the_last_week_is_the_one_that_is_over_at_the_place() -> None:
    sunday_in_utc = datetime(2026, 11, 15, 14, tzinfo=UTC)

    assert last_week(sunday_in_utc, SYDNEY) == "2026-W46"
    assert last_week(sunday_in_utc, "UTC") == "2026-W45"


def test_the_same_seed_draws_the_same_and_another_seed_others() -> None:
    ids = [MentionId(number) for number in range(1, 1001)]

    once = drawn(ids, "seed", 25)

    assert drawn(list(reversed(ids)), "seed", 25) == once
    assert len(set(once)) == 25
    assert drawn(ids, "other", 25) != once


def test_a_draw_from_few_is_all_of_them() -> None:
    assert sorted(drawn([MentionId(n) for n in (3, 1, 2)], "seed", 25)) == [1, 2, 3]


def test_only_what_is_answered_is_told() -> None:
    said = {"dissatisfaction": "no", "response_expected": "", "author_reachable": "x"}

    assert answers_of(said) == {"dissatisfaction": Answer.NO}
