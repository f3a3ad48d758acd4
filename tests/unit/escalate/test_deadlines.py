from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clocks import Clock, ClockId, ClockState
from bot.domain.decisions import Tier
from bot.escalate.deadlines import (
    LAPSED,
    ClockChange,
    Lateness,
    due,
    first_look,
    lateness,
    next_tier,
    on_event,
    on_ticket_event,
)
from bot.rules.calendars import calendar_of
from bot.rules.clocks import legal_plans
from tests import samples
from tests.unit.rules.packs import rg271

STRICT = datetime(2026, 4, 12, 13, 59, 59, tzinfo=UTC)
LEGAL = STRICT + timedelta(days=1)
START = STRICT - timedelta(days=30)
SECOND = timedelta(seconds=1)


def clock(**fields: object) -> Clock:
    inputs = fields.pop("inputs", {})
    plan = samples.plan(
        "idr_response",
        started_at=START,
        due_strict=STRICT,
        due_legal=fields.pop("legal", LEGAL),
        met_by=("idr_response_provided",),
        inputs=inputs,
    )
    whole = Clock(
        id=ClockId(7),
        ticket_id=1,
        plan=plan,
        state=ClockState.RUNNING,
        due_at=first_look(plan),
    )
    return replace(whole, **fields)  # type: ignore[arg-type]


def changed(clock: Clock, change: ClockChange | None) -> Clock:
    if change is None:
        return clock
    assert change.was is clock.state
    return replace(
        clock,
        state=change.state,
        due_at=change.due_at,
        ended_at=change.ended_at,
        ended_by=change.ended_by,
    )


def standard(**flags: object) -> list[Clock]:
    received_at = datetime.fromisoformat("2026-06-01T14:00:00+10:00")
    plans = legal_plans(rg271(), "standard", received_at, calendar_of("AU-NSW"))
    return [
        Clock(
            id=ClockId(number),
            ticket_id=1,
            plan=plan,
            state=ClockState.RUNNING,
            due_at=first_look(plan),
        )
        for number, plan in enumerate(plans, start=1)
    ]


def folded(
    clocks: list[Clock],
    events: Iterable[tuple[str, datetime]],
    flags: Iterable[str] = (),
) -> dict[str, Clock]:
    known = set(flags)
    for name, at in events:
        changes = on_ticket_event(clocks, name, at, flags=known)
        by_id = {change.clock_id: change for change in changes}
        assert len(by_id) == len(changes)
        clocks = [changed(one, by_id.get(one.id)) for one in clocks]
        known.add(name)
    return {one.plan.rule: one for one in clocks}


def sydney(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+10:00")


# --- time -------------------------------------------------------------------------


def test_nothing_is_due_within_its_last_second() -> None:
    assert due(clock(), STRICT) is None
    assert due(clock(), STRICT + timedelta(microseconds=999_999)) is None


def test_a_clock_is_first_looked_at_when_it_can_be_overdue() -> None:
    at = first_look(clock().plan)

    assert due(clock(), at - timedelta(microseconds=1)) is None
    assert due(clock(), at) is not None


def test_past_its_strict_time_a_clock_is_late_until_its_legal_one() -> None:
    change = due(clock(), STRICT + SECOND)

    assert change is not None
    assert change.state is ClockState.LATE
    assert change.due_at == LEGAL + SECOND
    assert change.ended_at is None
    assert change.calls_next_tier


def test_past_its_legal_time_a_clock_is_breached_and_still_owed() -> None:
    late = changed(clock(), due(clock(), STRICT + SECOND))
    assert due(late, LEGAL) is None

    change = due(late, LEGAL + SECOND)

    assert change is not None
    assert change.state is ClockState.BREACHED
    assert (change.due_at, change.ended_at) == (None, None)
    assert not change.calls_next_tier  # its strict time did
    assert "idr_response (RG 271.51)" in change.reason.text


def test_a_long_sleep_goes_straight_to_the_breach() -> None:
    change = due(clock(), LEGAL + timedelta(days=3))

    assert change is not None
    assert change.state is ClockState.BREACHED
    assert change.calls_next_tier


@pytest.mark.parametrize("state", [state for state in ClockState if not state.is_open])
def test_time_changes_nothing_that_has_ended(state: ClockState) -> None:
    assert due(clock(state=state), LEGAL + timedelta(days=99)) is None


def test_a_chance_that_passed_is_no_breach() -> None:
    chance = clock(legal=STRICT, inputs={"waives": "idr_response"})

    change = due(chance, STRICT + SECOND)

    assert change is not None
    assert change.state is ClockState.EXCUSED
    assert (change.ended_at, change.ended_by) == (STRICT, LAPSED)
    assert not change.calls_next_tier
    assert "idr_response is owed now" in change.reason.text


def test_a_warning_calls_nobody_twice() -> None:
    warning = clock(inputs={"warns_of": "acknowledge_limit"})

    late = due(warning, STRICT + SECOND)
    breached = due(changed(warning, late), LEGAL + SECOND)

    assert late is not None
    assert late.state is ClockState.LATE
    assert not late.calls_next_tier
    assert breached is not None
    assert breached.state is ClockState.BREACHED
    assert not breached.calls_next_tier


# --- events -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state", "how"),
    [
        (START, ClockState.MET, Lateness.IN_TIME),
        (STRICT + timedelta(microseconds=9), ClockState.MET, Lateness.IN_TIME),
        (STRICT + SECOND, ClockState.MET, Lateness.STRICT_ONLY),
        (LEGAL, ClockState.MET, Lateness.STRICT_ONLY),
        (LEGAL + SECOND, ClockState.BREACHED, Lateness.LATE),
    ],
)
def test_an_event_meets_a_clock_in_time_or_late(
    at: datetime, state: ClockState, how: Lateness
) -> None:
    change = on_event(clock(), "idr_response_provided", at)

    assert change is not None
    assert change.state is state
    assert (change.ended_at, change.ended_by) == (at, "idr_response_provided")
    assert change.due_at is None
    assert lateness(clock().plan, at) is how


def test_other_events_change_nothing() -> None:
    assert on_event(clock(), "acknowledged", START) is None


def test_what_happened_before_the_start_cannot_meet_it() -> None:
    assert on_event(clock(), "idr_response_provided", START - SECOND) is None


def test_a_broken_promise_that_is_kept_late_stays_broken() -> None:
    broken = changed(clock(), due(clock(), LEGAL + SECOND))

    change = on_event(broken, "idr_response_provided", LEGAL + timedelta(days=2))

    assert change is not None
    assert change.state is ClockState.BREACHED
    assert change.ended_at == LEGAL + timedelta(days=2)


def test_what_was_done_in_time_but_recorded_late_undoes_the_breach() -> None:
    broken = changed(clock(), due(clock(), LEGAL + SECOND))

    change = on_event(broken, "idr_response_provided", STRICT)

    assert change is not None
    assert change.state is ClockState.MET


def test_a_second_event_changes_nothing() -> None:
    met = changed(clock(), on_event(clock(), "idr_response_provided", STRICT))

    assert on_event(met, "idr_response_provided", STRICT) is None
    assert on_event(met, "idr_response_provided", LEGAL) is None


def test_what_is_waived_waits_for_another_event() -> None:
    waived = clock(state=ClockState.WAIVED)

    assert on_event(waived, "idr_response_provided", START) is None


def test_what_is_done_while_it_stands_still_is_done_in_time() -> None:
    stopped = clock(state=ClockState.STOPPED)

    change = on_event(stopped, "idr_response_provided", LEGAL + timedelta(days=90))

    assert change is not None
    assert change.state is ClockState.MET


OFFSETS = st.timedeltas(timedelta(days=-2), timedelta(days=40))


@given(
    offsets=st.lists(OFFSETS, min_size=1, max_size=3, unique=True),
    looks=st.lists(OFFSETS, max_size=2),
)
def test_whatever_the_order_of_recording_the_earliest_event_counts(
    offsets: list[timedelta], looks: list[timedelta]
) -> None:
    ends = set()
    for order in permutations(offsets):
        one = clock()
        for offset in order:
            one = changed(one, on_event(one, "idr_response_provided", START + offset))
        for look in looks:
            one = changed(one, due(one, START + look))
        ends.add((one.state, one.ended_at))

    if any(offset >= timedelta(0) for offset in offsets):
        assert len(ends) == 1


@given(looks=st.lists(st.timedeltas(timedelta(0), timedelta(days=60)), max_size=6))
def test_looking_more_often_changes_nothing_in_the_end(looks: list[timedelta]) -> None:
    end = START + timedelta(days=60)
    often = clock()
    for look in sorted(looks):
        often = changed(often, due(often, START + look))
    often = changed(often, due(often, end))
    once = changed(clock(), due(clock(), end))

    assert (often.state, often.due_at) == (once.state, once.due_at)


# --- a whole ticket ---------------------------------------------------------------


def test_one_acknowledgement_meets_target_and_limit() -> None:
    clocks = folded(standard(), [("acknowledged", sydney("2026-06-02T15:00:00"))])

    assert clocks["acknowledge_target"].state is ClockState.MET
    assert clocks["acknowledge_limit"].state is ClockState.MET
    assert clocks["idr_response"].state is ClockState.RUNNING
    target = clocks["acknowledge_target"]
    assert target.ended_at is not None
    assert lateness(target.plan, target.ended_at) is Lateness.STRICT_ONLY


def test_closing_within_five_business_days_waives_the_response() -> None:
    closing = ("closed_resolved_satisfied", sydney("2026-06-09T16:00:00"))

    clocks = folded(standard(), [closing])

    assert clocks["early_close"].state is ClockState.MET
    waived = clocks["idr_response"]
    assert waived.state is ClockState.WAIVED
    assert waived.ended_by == "early_close:closed_resolved_satisfied"


def test_closing_after_five_business_days_waives_nothing() -> None:
    closing = ("closed_explained_apologised", sydney("2026-06-10T00:00:00"))

    clocks = folded(standard(), [closing])

    assert clocks["early_close"].state is ClockState.EXCUSED
    assert clocks["idr_response"].state is ClockState.RUNNING


def test_a_closing_that_comes_after_the_chance_lapsed_changes_nothing() -> None:
    closing = ("closed_explained_apologised", sydney("2026-06-11T00:00:00"))
    early = next(one for one in standard() if one.plan.rule == "early_close")
    lapsed = changed(early, due(early, sydney("2026-06-10T00:00:00")))

    assert on_event(lapsed, *closing) is None


def test_a_closing_in_time_that_is_recorded_late_still_waives() -> None:
    clocks = [
        changed(one, due(one, sydney("2026-07-15T00:00:00"))) for one in standard()
    ]

    ended = folded(
        clocks, [("closed_resolved_satisfied", sydney("2026-06-03T10:00:00"))]
    )

    assert ended["early_close"].state is ClockState.MET
    assert ended["idr_response"].state is ClockState.WAIVED


def test_a_closing_waives_no_response_to_what_was_only_said_afterwards() -> None:
    closing = ("closed_resolved_satisfied", sydney("2026-06-03T10:00:00"))
    later = sydney("2026-06-04T10:00:00")
    clocks = [
        replace(one, plan=replace(one.plan, started_at=later))
        if one.plan.rule == "idr_response"
        else one
        for one in standard()
    ]

    ended = folded(clocks, [closing])

    assert ended["early_close"].state is ClockState.MET
    assert ended["idr_response"].state is ClockState.RUNNING


def test_a_response_already_given_is_not_waived() -> None:
    clocks = folded(
        standard(),
        [
            ("idr_response_provided", sydney("2026-06-02T10:00:00")),
            ("closed_resolved_satisfied", sydney("2026-06-03T10:00:00")),
        ],
    )

    assert clocks["idr_response"].state is ClockState.MET


@pytest.mark.parametrize(
    "flag", ["declined_claim", "hardship", "claim_value", "written_requested"]
)
def test_some_complaints_are_owed_a_response_even_if_closed_early(flag: str) -> None:
    closing = ("closed_resolved_satisfied", sydney("2026-06-04T10:00:00"))

    clocks = folded(standard(), [closing], flags=[flag])

    assert clocks["early_close"].state is ClockState.MET
    assert clocks["idr_response"].state is ClockState.RUNNING


def test_asking_for_it_in_writing_revives_the_original_clock() -> None:
    clocks = folded(
        standard(),
        [
            ("closed_resolved_satisfied", sydney("2026-06-03T10:00:00")),
            ("written_requested", sydney("2026-06-05T10:00:00")),
        ],
    )

    revived = clocks["idr_response"]
    assert revived.state is ClockState.RUNNING
    assert revived.due_at == first_look(revived.plan)
    assert (revived.ended_at, revived.ended_by) == (None, "")
    assert revived.plan.due_strict == sydney("2026-07-01T23:59:59")


def test_asking_in_writing_without_a_closing_changes_nothing() -> None:
    asked = [("written_requested", sydney("2026-06-05T10:00:00"))]

    assert folded(standard(), asked) == {one.plan.rule: one for one in standard()}


# --- tiers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "after"),
    [
        (Tier.SELF_SERVICE, Tier.AGENT),
        (Tier.ESCALATION, Tier.MANAGEMENT),
        (Tier.MANAGEMENT, Tier.MANAGEMENT),
    ],
)
def test_the_next_tier_is_one_up_and_management_at_most(
    tier: Tier, after: Tier
) -> None:
    assert next_tier(samples.ticket(tier=tier)) is after
