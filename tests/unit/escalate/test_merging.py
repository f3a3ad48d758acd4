from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clocks import Clock, ClockId, ClockState
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.escalate.merging import joined, together
from tests.samples import plan, ticket

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULES = ("acknowledge", "final_response", "first_response")
OPEN = {ClockState.RUNNING, ClockState.LATE}


def clock(
    number: int, rule: str, state: ClockState, hours: int, *, is_done: bool = False
) -> Clock:
    """A promise of three days that began some hours after START."""
    begun = START + timedelta(hours=hours)
    due = begun + timedelta(days=3)
    over = state in {ClockState.MET, ClockState.WAIVED} or is_done
    return Clock(
        id=ClockId(number),
        ticket_id=1 if number < 100 else 2,
        plan=plan(
            rule,
            started_at=begun,
            due_strict=due,
            due_legal=due + timedelta(days=2),
            provisional=False,
        ),
        state=state,
        due_at=due,
        ended_at=due if over else None,
    )


@st.composite
def clocks(draw: st.DrawFn, first: int) -> list[Clock]:
    rules = draw(st.lists(st.sampled_from(RULES), unique=True))
    return [
        clock(
            first + number,
            rule,
            draw(st.sampled_from(ClockState)),
            draw(st.integers(0, 400)),
            is_done=draw(st.booleans()),
        )
        for number, rule in enumerate(rules)
    ]


def after(mine: list[Clock], theirs: list[Clock]) -> dict[str, Clock]:
    """The clocks of the ticket that is left, by their rules."""
    left = {one.plan.rule: one for one in mine}
    return left | {one.kept.plan.rule: one.kept for one in joined(mine, theirs)}


@given(clocks(1), clocks(101))
def test_no_deadline_moves_later_by_a_merge(
    mine: list[Clock], theirs: list[Clock]
) -> None:
    left = after(mine, theirs)

    for one in (*mine, *theirs):
        if one.state in OPEN:
            kept = left[one.plan.rule].plan
            assert kept.due_strict <= one.plan.due_strict
            assert kept.due_legal <= one.plan.due_legal


@given(clocks(1), clocks(101))
def test_no_promise_that_is_still_owed_is_lost_by_a_merge(
    mine: list[Clock], theirs: list[Clock]
) -> None:
    left = after(mine, theirs)

    assert {one.plan.rule for one in (*mine, *theirs)} == left.keys()
    for one in (*mine, *theirs):
        if not one.is_over:
            assert not left[one.plan.rule].is_over


@given(clocks(1), clocks(101))
def test_none_begins_anew_and_what_was_missed_or_ended_stays_on_record(
    mine: list[Clock], theirs: list[Clock]
) -> None:
    for one in joined(mine, theirs):
        assert one.kept in (*mine, *theirs)
        if one.other is not None:
            ended = one.other.is_over or one.other.state is ClockState.BREACHED
            assert one.is_run is ended


@given(clocks(1), clocks(101))
def test_it_is_the_same_whichever_goes_into_the_other(
    mine: list[Clock], theirs: list[Clock]
) -> None:
    there, back = after(mine, theirs), after(theirs, mine)

    def dues(left: dict[str, Clock]) -> dict[str, datetime]:
        return {
            rule: one.plan.due_strict for rule, one in left.items() if not one.is_over
        }

    assert dues(there) == dues(back)


def test_what_binds_one_complainant_binds_the_whole() -> None:
    doubtful = clock(1, "acknowledge", ClockState.RUNNING, 0)
    doubtful = replace(doubtful, plan=replace(doubtful.plan, provisional=True))

    [one] = joined([doubtful], [clock(101, "acknowledge", ClockState.RUNNING, 5)])

    assert (one.kept, one.is_firm) == (doubtful, True)


def test_what_stands_still_gives_way_to_what_runs() -> None:
    halted = clock(1, "acknowledge", ClockState.STOPPED, 0)
    runs = clock(101, "acknowledge", ClockState.RUNNING, 5)

    [one] = joined([halted], [runs])

    assert one.kept is runs


def test_the_ticket_that_is_left_stands_no_lower_than_either_stood() -> None:
    low = ticket(
        severity=Severity.LOW,
        code=Code.GREEN,
        tier=Tier.AGENT,
        queue="agents",
        complaint=Answer.NEEDS_HUMAN,
        received_at=START,
    )
    high = ticket(
        severity=Severity.HIGH,
        code=Code.AMBER,
        tier=Tier.SPECIALIST,
        queue="specialists",
        complaint=Answer.YES,
        received_at=START - timedelta(days=1),
    )

    left = together(low, high)

    assert (left.severity, left.code, left.tier, left.queue, left.complaint) == (
        Severity.HIGH,
        Code.AMBER,
        Tier.SPECIALIST,
        "specialists",
        Answer.YES,
    )
    assert left.received_at == high.received_at
    assert left.mentions == low.mentions + high.mentions
