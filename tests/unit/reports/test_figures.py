from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.clocks import ClockKind, Kept
from bot.domain.response_log import Figure
from bot.reports.figures import figures_csv, of_kind, rows_by, treatment

HOUR = timedelta(hours=1)


def figure(kept: Kept = Kept.IN_TIME, **fields: Any) -> Figure:
    whole = Figure(
        rule="acknowledge",
        cite="271.51",
        kind=ClockKind.LEGAL,
        force="must",
        channel="x",
        queue="agents",
        is_influencer=False,
        day="2026-03-02",
        kept=kept,
        number=1,
        took=HOUR,
    )
    return replace(whole, **fields)


def test_a_row_tells_what_was_met_late_breached_running_and_not_owed() -> None:
    figures = [figure(one, number=n) for n, one in enumerate(Kept, 1)]

    [row] = rows_by(figures, lambda one: one.rule)

    told = (row.met, row.late, row.breached, row.running, row.not_owed)
    assert told == (1, 2 + 3, 5 + 6, 4, 7)
    assert row.share == 100 / 17


def test_what_is_not_settled_has_no_share() -> None:
    [row] = rows_by([figure(Kept.RUNNING)], lambda one: one.rule)

    assert row.share is None


def test_rows_are_summed_by_what_they_are_of_and_in_its_order() -> None:
    figures = [figure(channel="x"), figure(channel="bluesky"), figure(channel="x")]

    rows = rows_by(figures, lambda one: one.channel)

    assert [(row.of, row.met) for row in rows] == [("bluesky", 1), ("x", 2)]


def test_others_who_are_kept_clearly_less_often_are_a_finding() -> None:
    [found] = treatment(
        [
            figure(is_influencer=True, number=20, took=HOUR),
            figure(number=18, took=2 * HOUR),
            figure(Kept.MISSED, number=2, took=12 * HOUR),
        ]
    )

    assert found.is_unfair
    assert found.gap == 10
    assert found.influencers_took == HOUR
    assert found.others_took == 3 * HOUR


def test_a_gap_among_few_or_a_small_one_is_no_finding() -> None:
    few = [figure(is_influencer=True, number=19), figure(Kept.MISSED, number=99)]
    small = [
        figure(is_influencer=True, number=100),
        figure(number=95),
        figure(Kept.MISSED, number=5),
    ]

    assert not treatment(few)[0].is_unfair
    assert not treatment(small)[0].is_unfair


def test_one_side_alone_cannot_be_compared() -> None:
    [found] = treatment([figure(number=99, took=None)])

    assert (found.gap, found.is_unfair, found.others_took) == (None, False, None)


def test_the_law_and_the_house_are_told_apart() -> None:
    figures = [figure(), figure(kind=ClockKind.SERVICE)]

    assert of_kind(figures, ClockKind.LEGAL) == figures[:1]


def test_figures_read_back_from_their_table() -> None:
    [row] = csv.DictReader(io.StringIO(figures_csv([figure(number=7)])))

    assert row["n"] == "7"
    assert (row["rule"], row["kept"], row["influencer"]) == (
        "acknowledge",
        "in_time",
        "no",
    )
