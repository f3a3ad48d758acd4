from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.clocks import ClockKind, ClockState
from bot.domain.decisions import Tier
from bot.errors import Stale, StorageError
from bot.services.sweep import sweep
from bot.services.undecidable import LATER
from bot.storage.tickets import SqlTickets
from bot.testing import START, Killed
from tests.unit.services.world import (
    Dying,
    Interrupted,
    actions,
    close,
    handle,
    house,
    log,
    mention,
    notices,
    open_ticket,
    promise,
    record,
    states,
    tickets,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = promise("final", "done")
ROLLED = promise("final", "done", due_legal=START + 3 * DAY)


@pytest.fixture
def given(store):
    """Return what puts a ticket with clocks into the store."""

    def put(*plans, **fields):
        with store.work() as work:
            ticket = work.tickets.add(open_ticket(**fields))
            work.clocks.start(ticket.id, plans)
        return ticket

    return put


def get(store, ticket):
    with store.reading() as work:
        return work.tickets.get(ticket.id)


def test_a_breach_moves_the_ticket_one_tier_up_tells_and_is_logged(store, clock, given):
    ticket = given(DUE)
    clock.advance(days=1, seconds=1)

    assert sweep(store, clock, house()) == 1

    assert states(store, ticket) == {"final": "breached"}
    raised = get(store, ticket)
    assert (raised.tier, raised.queue) == (Tier.SPECIALIST, "specialists")
    assert notices(store, clock) == {"clock:1:breached": "specialists"}
    assert actions(store) == ["clock.breached", "ticket.escalated"]
    detail = json.loads(log(store, "ticket.escalated")[0].detail)
    assert (detail["from"], detail["to"], detail["rule"]) == (1, 2, "final")
    assert detail["cite"] == "RG 271.51"


def test_a_promise_is_kept_until_the_last_second_of_its_due_time(store, clock, given):
    ticket = given(DUE)
    clock.advance(days=1)

    assert sweep(store, clock, house()) == 0

    assert states(store, ticket) == {"final": "running"}


def test_nothing_due_is_cheap_and_changes_nothing(store, clock, given):
    given(DUE)
    killed = Dying(store, Killed(), nth=1, committed=False)

    assert sweep(killed, clock, house()) == 0

    assert log(store) == []


def test_past_its_strict_time_a_promise_is_late_and_calls_the_next_tier(
    store, clock, given
):
    ticket = given(ROLLED)
    clock.advance(days=2)

    assert sweep(store, clock, house()) == 1

    assert states(store, ticket) == {"final": "late"}
    assert get(store, ticket).tier is Tier.SPECIALIST
    assert notices(store, clock) == {"clock:1:late": "specialists"}
    assert actions(store) == ["clock.late", "ticket.escalated"]


def test_a_warning_tells_those_who_have_the_ticket_and_calls_nobody_higher(
    store, clock, given
):
    target = promise(
        "target",
        "acknowledged",
        due_legal=START + 3 * DAY,
        inputs={"warns_of": "limit"},
    )
    ticket = given(target)
    clock.advance(days=2)

    assert sweep(store, clock, house()) == 1

    assert states(store, ticket) == {"target": "late"}
    assert get(store, ticket).tier is Tier.AGENT
    assert notices(store, clock) == {"clock:1:late": "agents"}


def test_what_is_late_becomes_a_breach_when_the_legal_time_has_passed(
    store, clock, given
):
    ticket = given(ROLLED)
    clock.advance(days=2)
    sweep(store, clock, house())
    assert sweep(store, clock, house()) == 0
    clock.advance(days=1, seconds=1)

    assert sweep(store, clock, house()) == 1

    assert states(store, ticket) == {"final": "breached"}
    assert get(store, ticket).tier is Tier.SPECIALIST
    told = {"clock:1:late": "specialists", "clock:1:breached": "specialists"}
    assert notices(store, clock) == told


def test_late_done_late_is_met_and_no_breach(store, clock, given):
    ticket = given(ROLLED)
    clock.advance(days=2)
    sweep(store, clock, house())

    record(store, clock, ticket.id, "done", by="ana")

    assert states(store, ticket) == {"final": "met"}
    assert sweep(store, clock, house()) == 0


def test_a_breach_is_told_once_however_often_the_sweep_runs(store, clock, given):
    ticket = given(DUE)
    clock.advance(days=2)

    counts = [sweep(store, clock, house()) for _ in range(3)]

    assert counts == [1, 0, 0]
    assert get(store, ticket).tier is Tier.SPECIALIST
    assert len(log(store)) == 2


def test_what_runs_anew_and_is_missed_again_is_told_again(store, clock, given):
    ticket = given(DUE)
    clock.advance(days=1, seconds=1)
    sweep(store, clock, house())
    anew = promise("final", "done", within=2 * DAY)
    with store.work() as work:
        [missed] = work.clocks.of_ticket(ticket.id)
        assert work.clocks.restart(missed.id, anew, before=missed.state)

    clock.advance(days=1)
    sweep(store, clock, house())

    told = [key for key in notices(store, clock) if key.startswith("clock:1:breached")]
    assert len(told) == 2


def test_each_broken_promise_lifts_the_ticket_up_to_management_and_no_further(
    store, clock, given
):
    ticket = given(*[promise(f"rule-{number}", "done") for number in range(5)])
    clock.advance(days=2)

    assert sweep(store, clock, house()) == 5

    raised = get(store, ticket)
    assert (raised.tier, raised.queue) == (Tier.MANAGEMENT, "management")
    assert len(log(store, "ticket.escalated")) == 3
    assert len(log(store, "clock.breached")) == 5


def test_a_ticket_keeps_a_queue_that_stands_high_enough(store, clock, given):
    ticket = given(DUE, queue="management")
    clock.advance(days=2)

    sweep(store, clock, house())

    assert get(store, ticket).queue == "management"


def test_a_legal_clock_runs_on_after_closing_but_lifts_nothing(store, clock, given):
    ticket = given(DUE)
    close(store, clock, ticket.id, by="ana")
    clock.advance(days=2)

    assert sweep(store, clock, house()) == 1

    closed = get(store, ticket)
    assert (closed.tier, closed.queue) == (Tier.AGENT, "agents")
    assert states(store, ticket) == {"final": "breached"}
    # That nobody keeps the text of this promise's pack is told apart, at its closing.
    told = {key: to for key, to in notices(store, clock).items() if "clock:" in key}
    assert told == {"clock:1:breached": "agents"}


def test_a_chance_that_lapsed_is_no_breach(store, clock, given):
    ticket = given(
        promise("early", "closed", inputs={"waives": "final"}),
        promise("final", "done", within=30 * DAY),
    )
    clock.advance(days=2)

    sweep(store, clock, house())

    assert states(store, ticket) == {"early": "excused", "final": "running"}
    assert notices(store, clock) == {}
    assert get(store, ticket).tier is Tier.AGENT


def test_a_service_promise_that_is_broken_lifts_as_well(store, clock, given):
    ticket = given(promise("first_response", "answered", kind=ClockKind.SERVICE))
    clock.advance(days=2)

    sweep(store, clock, house())

    assert get(store, ticket).tier is Tier.SPECIALIST


def test_the_earliest_deadlines_come_first_and_only_so_many_at_once(
    store, clock, given
):
    late, later = (
        given(promise("a", "done", within=span)) for span in (20 * HOUR, 2 * HOUR)
    )
    clock.advance(days=2)

    assert sweep(store, clock, house(), limit=1) == 1

    assert states(store, later) == {"a": "breached"}
    assert states(store, late) == {"a": "running"}


def test_the_loser_of_a_race_changes_nothing(store, clock, given):
    ticket = given(DUE)
    clock.advance(days=2)
    late = Interrupted(store, lambda: sweep(store, clock, house()))

    assert sweep(late, clock, house()) == 0

    assert get(store, ticket).tier is Tier.SPECIALIST
    assert actions(store) == ["clock.breached", "ticket.escalated"]


def test_what_was_done_just_before_the_sweep_is_no_breach(store, clock, given):
    ticket = given(DUE)
    clock.advance(days=1)
    in_time = clock.now()
    clock.advance(minutes=1)
    first = Interrupted(
        store,
        lambda: record(store, clock, ticket.id, "done", by="ana", happened_at=in_time),
    )

    assert sweep(first, clock, house()) == 0

    assert states(store, ticket) == {"final": "met"}
    assert get(store, ticket).tier is Tier.AGENT


def test_killed_in_the_middle_of_a_breach_nothing_is_half_done(store, clock, given):
    ticket = given(DUE)
    clock.advance(days=2)
    with pytest.raises(Killed):
        sweep(Dying(store, Killed(), nth=1, committed=False), clock, house())
    assert states(store, ticket) == {"final": "running"}

    sweep(store, clock, house())

    assert get(store, ticket).tier is Tier.SPECIALIST


def test_a_clock_that_cannot_be_computed_is_moved_on_and_blocks_no_other(
    store, clock, given
):
    odd = given(promise("odd", "done", inputs={"waives": "final"}, within=HOUR))
    fine = given(DUE)
    clock.advance(days=2)
    # The house has no queue for the tier: the escalation cannot be computed.
    torn = house(tiers={})

    assert sweep(store, clock, torn) == 1
    assert states(store, odd) == {"odd": "excused"}

    assert states(store, fine) == {"final": "running"}
    [entry] = log(store, "clock.postponed")
    assert json.loads(entry.detail) == {"clock": 2, "error": "KeyError"}
    assert sweep(store, clock, torn) == 0

    clock.advance(seconds=LATER.total_seconds())
    assert sweep(store, clock, house()) == 1
    assert states(store, fine) == {"final": "breached"}


def test_deadlines_that_came_together_share_a_transaction(store, clock, given):
    many = [given(DUE) for _ in range(10)]
    clock.advance(days=2)
    second = Dying(store, Killed(), nth=2, committed=False)

    assert sweep(second, clock, house()) == 10
    assert {get(store, one).tier for one in many} == {Tier.SPECIALIST}


@pytest.mark.parametrize("committed", [False, True])
def test_killed_with_many_deadlines_at_once_each_lifts_its_ticket_once(
    store, clock, given, committed
):
    many = [given(DUE) for _ in range(10)]
    clock.advance(days=2)
    with pytest.raises(Killed):
        sweep(Dying(store, Killed(), nth=1, committed=committed), clock, house())

    sweep(store, clock, house())

    assert {get(store, one).tier for one in many} == {Tier.SPECIALIST}
    assert len(log(store, "ticket.escalated")) == 10


def test_a_ticket_that_changes_under_a_batch_holds_up_no_other(
    store, clock, given, monkeypatch
):
    first, second = given(DUE), given(DUE)
    clock.advance(days=2)
    save = SqlTickets.save

    def somebody_is_first(self, ticket):
        if ticket.id == first.id:
            raise Stale("changed meanwhile")
        return save(self, ticket)

    monkeypatch.setattr(SqlTickets, "save", somebody_is_first)

    assert sweep(store, clock, house()) == 1
    assert states(store, first) == {"final": "running"}
    assert get(store, second).tier is Tier.SPECIALIST


def test_a_database_out_of_reach_is_said(store, clock, given):
    given(DUE)
    clock.advance(days=2)

    with pytest.raises(StorageError):
        sweep(Dying(store, StorageError("gone"), nth=1, committed=True), clock, house())


def test_a_real_complaint_runs_through_all_its_deadlines(store, clock):
    handle(store, clock, mention())
    [ticket] = tickets(store)
    seen = {}

    for day in (1, 2, 5, 40):
        clock.move_to(START + day * DAY + HOUR)
        while sweep(store, clock, house()):
            pass
        seen[day] = states(store, ticket)

    assert seen[1]["first_response"] == "breached"
    assert seen[1]["acknowledge_target"] == "late"
    assert seen[1]["acknowledge_limit"] == "running"
    assert seen[5]["acknowledge_limit"] == "breached"
    assert seen[5]["acknowledge_target"] == "breached"
    assert seen[5]["final_response"] == "running"
    assert seen[40]["early_close"] == "excused"
    assert seen[40]["final_response"] == "breached"
    assert set(seen[40].values()) <= {one.value for one in ClockState}
    # Three promises to the author were broken; the warning and the chance were none.
    assert get(store, ticket).tier is Tier.MANAGEMENT
