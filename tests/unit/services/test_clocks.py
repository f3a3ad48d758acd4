from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.clocks import ClockId, ClockState
from bot.domain.tickets import TicketEvent
from bot.errors import Stale
from bot.services.clocks import apply_event, start_clocks
from bot.testing import START
from tests.unit.services.world import (
    actions,
    handle,
    log,
    mention,
    open_ticket,
    promise,
    record,
    states,
    tickets,
)

HOUR = timedelta(hours=1)


def event(ticket, name, at=START + HOUR):
    return TicketEvent(
        ticket_id=ticket.id, name=name, happened_at=at, recorded_at=at + HOUR
    )


@pytest.fixture
def ticket(store):
    with store.work() as work:
        return work.tickets.add(open_ticket())


def apply(store, *events):
    for one in events:
        with store.work() as work:
            apply_event(work, one)


def test_no_plans_start_nothing_and_log_nothing(store, ticket):
    with store.work() as work:
        start_clocks(work, ticket.id, (), START)

    assert log(store) == []


def test_an_event_meets_every_promise_that_names_it(store, ticket):
    plans = [promise("one", "done"), promise("two", "done"), promise("three", "other")]
    with store.work() as work:
        start_clocks(work, ticket.id, plans, START)

    apply(store, event(ticket, "done"))

    assert states(store, ticket) == {"one": "met", "two": "met", "three": "running"}
    assert actions(store, "clock.met") == ["clock.met"] * 2


def closing(store, ticket):
    inputs = {"waives": "final", "unless": "written_requested"}
    plans = [
        promise("early", "closed_well", inputs=inputs),
        promise("final", "done", within=30 * 24 * HOUR),
    ]
    with store.work() as work:
        start_clocks(work, ticket.id, plans, START)


def test_closing_in_time_waives_the_final_response(store, ticket):
    closing(store, ticket)

    apply(store, event(ticket, "closed_well"))

    assert states(store, ticket) == {"early": "met", "final": "waived"}


def test_who_asked_for_it_in_writing_before_is_owed_it_all_the_same(store, ticket):
    closing(store, ticket)

    apply(
        store,
        event(ticket, "written_requested", START + HOUR / 2),
        event(ticket, "closed_well"),
    )

    assert states(store, ticket) == {"early": "met", "final": "running"}


def test_who_asks_for_it_in_writing_afterwards_is_owed_it_again(store, ticket):
    closing(store, ticket)

    apply(
        store,
        event(ticket, "closed_well"),
        event(ticket, "written_requested", START + 2 * HOUR),
    )

    assert states(store, ticket) == {"early": "met", "final": "running"}
    assert actions(store, "clock") == [
        "clock.started",
        "clock.started",
        "clock.met",
        "clock.waived",
        "clock.running",
    ]


@pytest.mark.parametrize(
    ("given", "ended"),
    [(START + 2 * HOUR, "met"), (START + 31 * 24 * HOUR, "breached")],
)
def test_a_response_given_while_it_was_waived_counts_once_it_is_owed_again(
    store, ticket, given, ended
):
    closing(store, ticket)

    apply(
        store,
        event(ticket, "closed_well"),
        event(ticket, "done", given),
        event(ticket, "written_requested", START + 3 * HOUR),
    )

    assert states(store, ticket) == {"early": "met", "final": ended}
    with store.reading() as work:
        final = work.clocks.of_ticket(ticket.id)[-1]
    assert (final.ended_at, final.ended_by) == (given, "done")


def test_an_event_written_again_changes_nothing_more(store, ticket):
    with store.work() as work:
        start_clocks(work, ticket.id, [promise("one", "done")], START)
    apply(store, event(ticket, "done"))

    apply(store, event(ticket, "done"), event(ticket, "done", START + 2 * HOUR))

    assert actions(store, "clock.met") == ["clock.met"]


class Moving:
    """Clocks that a sweep moves between our reading and our writing."""

    def __init__(self, work: Any, moves: int) -> None:
        self.tickets, self.audit, self._clocks = work.tickets, work.audit, work.clocks
        self.desks, self.follow_ups = work.desks, work.follow_ups
        self._left = moves

    @property
    def clocks(self):
        return self

    def of_ticket(self, ticket_id):
        return self._clocks.of_ticket(ticket_id)

    def change(self, clock_id, *, before, **fields):
        if self._left:
            self._left -= 1
            other = (
                ClockState.BREACHED
                if before is not ClockState.BREACHED
                else ClockState.RUNNING
            )
            assert self._clocks.change(
                ClockId(clock_id), before=before, after=other, due_at=None
            )
        return self._clocks.change(clock_id, before=before, **fields)


def moving(work: Any, moves: int) -> Any:
    return Moving(work, moves)


def test_what_was_done_in_time_counts_though_a_sweep_wrote_a_breach_first(
    store, ticket
):
    with store.work() as work:
        start_clocks(work, ticket.id, [promise("one", "done")], START)

    with store.work() as work:
        apply_event(moving(work, 1), event(ticket, "done"))

    assert states(store, ticket) == {"one": "met"}


def test_clocks_that_never_stand_still_roll_the_event_back(store, ticket):
    with store.work() as work:
        start_clocks(work, ticket.id, [promise("one", "done")], START)

    with pytest.raises(Stale), store.work() as work:
        apply_event(moving(work, 100), event(ticket, "done"))

    assert states(store, ticket) == {"one": "running"}
    with store.reading() as work:
        assert work.tickets.events(ticket.id) == []


def test_a_complaint_closed_well_owes_no_more(store, clock):
    handle(store, clock, mention())
    [ticket] = tickets(store)
    clock.advance(hours=30)

    record(store, clock, ticket.id, "closed_resolved_satisfied", by="ana")

    assert states(store, ticket)["early_close"] == "met"
    assert states(store, ticket)["final_response"] == "waived"
