from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.clocks import Clock, ClockId, ClockState, Force, Kept
from bot.domain.tickets import OVERTURNED
from bot.reports.deadlines import by_rule, kept
from tests.samples import NOON, plan

DAY = timedelta(days=1)
PLAN = plan("respond", due_strict=NOON, due_legal=NOON + 2 * DAY)

CHANCE = replace(PLAN, inputs={"chance": "yes"})
EXCUSED = replace(PLAN, inputs={"excused_by": "delay_notice"})


def clock(state: ClockState, **fields: Any) -> Clock:
    whole = Clock(id=ClockId(1), ticket_id=1, plan=PLAN, state=state, due_at=None)
    return replace(whole, **fields)


@pytest.mark.parametrize(
    ("one", "how"),
    [
        (clock(ClockState.RUNNING), Kept.RUNNING),
        (clock(ClockState.STOPPED), Kept.RUNNING),
        (clock(ClockState.MET, ended_at=NOON), Kept.IN_TIME),
        (clock(ClockState.MET, ended_at=NOON + DAY), Kept.STRICT_ONLY),
        (clock(ClockState.LATE), Kept.STRICT_ONLY),
        (clock(ClockState.BREACHED), Kept.MISSED),
        (clock(ClockState.BREACHED, ended_at=NOON + 3 * DAY), Kept.MISSED),
        (clock(ClockState.WAIVED, ended_at=NOON), Kept.NOT_OWED),
        (clock(ClockState.EXCUSED, ended_at=NOON), Kept.NOT_OWED),
    ],
)
def test_how_a_promise_was_kept(one: Clock, how: Kept) -> None:
    assert kept(one, NOON) is how


@pytest.mark.parametrize(
    ("one", "how"),
    [
        (clock(ClockState.RUNNING), Kept.OVERDUE),
        (clock(ClockState.LATE), Kept.OVERDUE),
        (clock(ClockState.STOPPED), Kept.RUNNING),
        (clock(ClockState.RUNNING, plan=CHANCE), Kept.NOT_OWED),
        (clock(ClockState.RUNNING, plan=EXCUSED), Kept.LATE_EXCUSED),
        (clock(ClockState.EXCUSED, plan=EXCUSED), Kept.LATE_EXCUSED),
        (
            clock(ClockState.EXCUSED, plan=EXCUSED, ended_by=OVERTURNED),
            Kept.NOT_OWED,
        ),
    ],
)
def test_what_no_sweep_has_looked_at_is_not_shown_as_if_it_could_still_be_kept(
    one: Clock, how: Kept
) -> None:
    assert kept(one, NOON + 3 * DAY) is how


def test_promises_are_counted_by_rule_those_of_the_law_first() -> None:
    house = replace(PLAN, rule="answer", force=Force.INTERNAL)
    clocks = [
        clock(ClockState.BREACHED, plan=house),
        clock(ClockState.BREACHED),
        clock(ClockState.MET, ended_at=NOON),
        clock(ClockState.MET, ended_at=NOON),
    ]

    law, ours = by_rule(clocks, NOON)

    assert (law.rule, ours.rule) == ("respond", "answer")
    assert {how: n for how, n in law.counts.items() if n} == {
        Kept.IN_TIME: 2,
        Kept.MISSED: 1,
    }
    assert ours.counts[Kept.MISSED] == 1


def test_nothing_due_is_nothing_to_count() -> None:
    assert by_rule([], NOON) == []
