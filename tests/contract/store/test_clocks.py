"""What every store promises about clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.clocks import ClockKind, ClockState, Force
from tests.samples import NOON, plan, ticket

DAY = timedelta(days=1)


@pytest.fixture
def ticket_id(store):
    with store.work() as work:
        return work.tickets.add(ticket()).id


def start(store, ticket_id, *plans):
    with store.work() as work:
        work.clocks.start(ticket_id, plans)
        return work.clocks.of_ticket(ticket_id)


def test_a_started_clock_reads_back_equal_and_runs_until_its_strict_due(
    store, ticket_id
):
    wanted = plan(kind=ClockKind.SERVICE, force=Force.INTERNAL, provisional=False)

    (clock,) = start(store, ticket_id, wanted)

    assert clock.plan == wanted
    assert clock.ticket_id == ticket_id
    assert clock.state is ClockState.RUNNING
    assert clock.due_at == wanted.due_strict
    assert (clock.ended_at, clock.ended_by) == (None, "")


def test_a_rule_that_runs_already_is_left_as_it_is(store, ticket_id):
    start(store, ticket_id, plan("respond"))

    clocks = start(
        store,
        ticket_id,
        plan("respond", due_strict=NOON + 9 * DAY),
        plan("close", due_strict=NOON + 5 * DAY),
    )

    assert [clock.plan.rule for clock in clocks] == ["respond", "close"]
    assert clocks[0].plan == plan("respond")


def test_starting_nothing_starts_nothing(store, ticket_id):
    assert start(store, ticket_id) == []


def test_clocks_of_a_ticket_come_earliest_due_first(store, ticket_id):
    clocks = start(
        store,
        ticket_id,
        plan("late", due_strict=NOON + 3 * DAY),
        plan("soon", due_strict=NOON + DAY),
    )

    assert [clock.plan.rule for clock in clocks] == ["soon", "late"]


def test_what_is_due_in_a_period_is_found_whatever_became_of_it(store, ticket_id):
    clocks = start(
        store,
        ticket_id,
        *(plan(f"day {n}", due_strict=NOON + n * DAY) for n in (1, 2, 3, 4)),
    )
    with store.work() as work:
        work.clocks.change(
            clocks[1].id,
            before=ClockState.RUNNING,
            after=ClockState.MET,
            due_at=None,
            ended_at=NOON,
        )
        found = work.clocks.due_between(NOON + 2 * DAY, NOON + 4 * DAY)

    assert [one.plan.rule for one in found] == ["day 2", "day 3"]


@pytest.mark.parametrize("state", [ClockState.LATE, ClockState.BREACHED])
def test_a_promise_is_amended_below_a_clock_that_stays_where_it_stands(
    store, ticket_id, state
):
    (clock,) = start(store, ticket_id, plan("respond"))
    sure = plan("respond", provisional=False)
    with store.work() as work:
        work.clocks.change(
            clock.id, before=ClockState.RUNNING, after=state, due_at=NOON + 9 * DAY
        )
        assert not work.clocks.amend(clock.id, sure, before=ClockState.RUNNING)
        assert work.clocks.amend(clock.id, sure, before=state)
        (amended,) = work.clocks.of_ticket(ticket_id)

    assert amended.plan == sure
    assert (amended.state, amended.due_at) == (state, NOON + 9 * DAY)


def test_due_are_open_clocks_whose_time_has_come(store, ticket_id):
    clocks = start(
        store,
        ticket_id,
        *(plan(f"day {n}", due_strict=NOON + n * DAY) for n in (1, 2, 3, 4, 5)),
    )
    with store.work() as work:
        work.clocks.change(
            clocks[0].id,
            before=ClockState.RUNNING,
            after=ClockState.MET,
            due_at=None,
            ended_at=NOON,
            ended_by="reply:1",
        )
        work.clocks.change(
            clocks[1].id,
            before=ClockState.RUNNING,
            after=ClockState.LATE,
            due_at=NOON + 2 * DAY,
        )

    with store.work() as work:
        due = work.clocks.due(NOON + 4 * DAY, 10)
        some = work.clocks.due(NOON + 4 * DAY, 2)
        none = work.clocks.due(NOON, 10)

    assert [clock.plan.rule for clock in due] == ["day 2", "day 3", "day 4"]
    assert [clock.plan.rule for clock in some] == ["day 2", "day 3"]
    assert none == []


@pytest.mark.parametrize(
    "state",
    [
        ClockState.STOPPED,
        ClockState.MET,
        ClockState.EXCUSED,
        ClockState.WAIVED,
        ClockState.BREACHED,
    ],
)
def test_a_clock_that_ended_is_never_due(store, ticket_id, state):
    (clock,) = start(store, ticket_id, plan())

    with store.work() as work:
        work.clocks.change(
            clock.id, before=ClockState.RUNNING, after=state, due_at=NOON
        )

    with store.work() as work:
        assert work.clocks.due(NOON + 99 * DAY, 10) == []


def test_a_change_is_written_whole(store, ticket_id):
    (clock,) = start(store, ticket_id, plan())

    with store.work() as work:
        won = work.clocks.change(
            clock.id,
            before=ClockState.RUNNING,
            after=ClockState.BREACHED,
            due_at=None,
            ended_at=NOON + DAY,
            ended_by="sweep",
        )

    with store.work() as work:
        (read,) = work.clocks.of_ticket(ticket_id)
    assert won
    assert read.state is ClockState.BREACHED
    assert (read.due_at, read.ended_at, read.ended_by) == (None, NOON + DAY, "sweep")


def test_a_change_from_a_state_that_is_past_changes_nothing(store, ticket_id):
    (clock,) = start(store, ticket_id, plan())
    with store.work() as work:
        work.clocks.change(
            clock.id, before=ClockState.RUNNING, after=ClockState.MET, due_at=None
        )

    with store.work() as work:
        won = work.clocks.change(
            clock.id, before=ClockState.RUNNING, after=ClockState.BREACHED, due_at=None
        )

    with store.work() as work:
        assert not won
        assert work.clocks.of_ticket(ticket_id)[0].state is ClockState.MET


def test_what_has_ended_runs_anew_unless_it_changed_meanwhile(store, ticket_id):
    (clock,) = start(store, ticket_id, plan())
    again = plan(started_at=NOON + 5 * DAY, due_strict=NOON + 6 * DAY)
    with store.work() as work:
        work.clocks.change(
            clock.id,
            before=ClockState.RUNNING,
            after=ClockState.MET,
            due_at=None,
            ended_at=NOON,
            ended_by="done",
        )

    with store.work() as work:
        lost = work.clocks.restart(clock.id, again, before=ClockState.WAIVED)
        won = work.clocks.restart(clock.id, again, before=ClockState.MET)

    with store.work() as work:
        (read,) = work.clocks.of_ticket(ticket_id)
        assert work.clocks.due(NOON + 7 * DAY, 10) == [read]
    assert (lost, won) == (False, True)
    assert read.plan == again
    assert (read.state, read.ended_at, read.ended_by) == (ClockState.RUNNING, None, "")


def test_a_postponed_clock_is_looked_at_later(store, ticket_id):
    (clock,) = start(store, ticket_id, plan())

    with store.work() as work:
        work.clocks.postpone(clock.id, NOON + 2 * DAY)

    with store.work() as work:
        assert work.clocks.due(NOON + DAY, 10) == []
        (read,) = work.clocks.due(NOON + 2 * DAY, 10)
    assert read.state is ClockState.RUNNING
    assert read.plan == clock.plan


def test_a_clock_warns_at_half_of_its_time_and_until_it_has_ended(store):
    with store.work() as work:
        ticket_id = work.tickets.add(ticket()).id
        work.clocks.start(ticket_id, [plan("final")])
        (clock,) = work.clocks.of_ticket(ticket_id)
    half = clock.plan.mark(50)

    with store.work() as work:
        early = work.clocks.warnings(half - timedelta(seconds=1), 9)
        (found,) = work.clocks.warnings(half, 9)
        assert work.clocks.warned(found, half + timedelta(hours=1))
        assert not work.clocks.warned(found, None)
        assert work.clocks.warnings(half, 9) == []
    with store.work() as work:
        work.clocks.change(
            clock.id,
            before=ClockState.RUNNING,
            after=ClockState.MET,
            due_at=None,
        )
        ended = work.clocks.warnings(half + timedelta(days=99), 9)

    assert (early, found.warn_at, ended) == ([], half, [])
