"""What was recorded wrongly holds no more, and clocks stand as without it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from bot.domain.clocks import ClockState
from bot.domain.tickets import Ticket
from bot.errors import NotAllowed
from bot.rules.calendars import calendar_of
from bot.services.rules import replay
from bot.services.tickets import close, dossier, note
from bot.services.withdrawals import Withdrawn, withdraw
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.rules.packs import rg271
from tests.unit.services.lived import LIBRARY, SYDNEY, LivedCase
from tests.unit.services.world import (
    DAY,
    HOUR,
    actions,
    handle,
    log,
    mention,
    policy,
    tickets,
)

RULES = policy(
    regulation=rg271(), overlays=(LIBRARY.newest("au.afca"),), calendar=SYDNEY
)
WHOLE = "reasons_for_delay,right_to_afca,afca_contact_details"


class Case(LivedCase):
    """One complaint that came in public, and what is withdrawn of its history."""

    def __init__(self, store: SqlStore, clock: ManualClock) -> None:
        handle(store, clock, mention("this is terrible", conversation="c"), by=RULES)
        [ticket] = tickets(store)
        super().__init__(store, clock, ticket, RULES.rulebook)

    def withdraw(
        self, event: str, day: int, *, happened_at: datetime | None = None
    ) -> Withdrawn:
        self.on(day)
        return withdraw(
            self.store,
            RULES,
            self.clock,
            self.ticket.id,
            event,
            by="bo",
            why="it was another ticket",
            happened_at=happened_at,
        )

    def fresh(self) -> Ticket:
        with self.store.reading() as work:
            return work.tickets.get(self.ticket.id)


@pytest.fixture
def case(store: SqlStore, clock: ManualClock) -> Case:
    return Case(store, clock)


def test_a_response_that_was_none_leaves_its_clock_running(case: Case) -> None:
    case.tell("idr_response_provided", 10)
    met = case.of("idr_response").state

    done = case.withdraw("idr_response_provided", 12)

    clock = case.of("idr_response")
    assert met is ClockState.MET
    assert (clock.state, clock.ended_at, clock.ended_by) == (
        ClockState.RUNNING,
        None,
        "",
    )
    assert case.due("idr_response") == 30
    moved = {one.plan.rule: (one.state, now.state) for one, now in done.clocks}
    assert moved["idr_response"] == (ClockState.MET, ClockState.RUNNING)


def test_an_end_that_was_none_is_a_breach_with_its_true_time(case: Case) -> None:
    case.tell("idr_response_provided", 10)
    case.on(40)
    calm = len(log(case.store, "ticket.escalated"))

    case.withdraw("idr_response_provided", 45)
    case.on(45)

    clock = case.of("idr_response")
    assert clock.state is ClockState.BREACHED
    assert clock.ended_at is None
    assert case.due("idr_response") == 30
    breached = [json.loads(one.detail) for one in log(case.store, "clock.breached")]
    due = clock.plan.due_legal.isoformat(timespec="seconds")
    assert breached[-1]["rule"] == "idr_response"
    assert f"was due at {due}" in breached[-1]["reason"]
    assert len(log(case.store, "ticket.escalated")) == calm + 1


def test_the_event_stays_with_its_withdrawal_and_the_log_says_why(case: Case) -> None:
    case.tell("idr_response_provided", 10)

    case.withdraw("idr_response_provided", 12)

    names = [one.name for one in dossier(case.store, case.ticket.id).events]
    assert names == ["received", "idr_response_provided", "withdrawn"]
    [entry] = log(case.store, "ticket.withdrawn")
    assert (entry.actor, json.loads(entry.detail)) == (
        "bo",
        {
            "event": "idr_response_provided",
            "happened_at": (START + 10 * DAY).isoformat(),
            "recorded_at": (START + 10 * DAY).isoformat(),
            "reason": "it was another ticket",
        },
    )
    assert {"clock.met", "clock.running"} <= set(actions(case.store))


def test_what_another_event_meets_stays_met_by_that_one(case: Case) -> None:
    case.tell("idr_response_provided", 5)
    case.tell("idr_response_provided", 9)

    case.withdraw("idr_response_provided", 12, happened_at=START + 5 * DAY)

    clock = case.of("idr_response")
    assert (clock.state, clock.ended_at) == (ClockState.MET, START + 9 * DAY)


def test_a_late_response_that_was_none_is_the_same_breach_and_calls_nobody_twice(
    case: Case,
) -> None:
    case.on(35)
    called = len(log(case.store, "ticket.escalated"))
    case.tell("idr_response_provided", 36)

    case.withdraw("idr_response_provided", 37)
    case.on(50)

    clock = case.of("idr_response")
    assert (clock.state, clock.ended_at) == (ClockState.BREACHED, None)
    assert len(log(case.store, "ticket.escalated")) == called


def test_an_early_closing_that_was_none_owes_the_response_again(case: Case) -> None:
    case.tell("closed_resolved_satisfied", 2)
    waived = case.of("idr_response").state

    case.withdraw("closed_resolved_satisfied", 4)
    running = case.of("idr_response").state
    case.on(40)

    assert (waived, running) == (ClockState.WAIVED, ClockState.RUNNING)
    assert case.of("early_close").state is ClockState.EXCUSED
    assert case.of("idr_response").state is ClockState.BREACHED


def test_what_kept_a_response_owed_waives_it_once_it_is_withdrawn(case: Case) -> None:
    case.tell("closed_resolved_satisfied", 2)
    case.tell("written_requested", 3)
    owed = case.of("idr_response").state

    case.withdraw("written_requested", 4)

    assert owed is ClockState.RUNNING
    assert case.of("idr_response").state is ClockState.WAIVED


def test_a_court_case_that_was_none_never_stopped_the_clock(case: Case) -> None:
    case.of_class("traditional_trustee")
    case.tell("court_direction_sought", 10)
    stopped = case.of("idr_response").state
    case.on(60)

    case.withdraw("court_direction_sought", 61)
    case.on(61)

    assert stopped is ClockState.STOPPED
    assert case.due("idr_response") == 45
    assert case.of("idr_response").state is ClockState.BREACHED


def test_information_that_nobody_asked_for_moves_no_response(case: Case) -> None:
    case.of_class("credit_hardship")
    case.tell("info_requested", 14)
    moved = case.due("idr_response")

    case.withdraw("info_requested", 15)

    assert (moved, case.due("idr_response")) == (42, 21)
    assert case.of("hardship_info_request").state is ClockState.RUNNING


def test_a_notice_that_was_never_given_excuses_nothing(case: Case) -> None:
    case.tell("idr_delay_notice_given", 25, reason_code="complex", contents=WHOLE)
    case.on(40)
    excused = case.of("idr_response").state

    case.withdraw("idr_delay_notice_given", 41)
    case.on(42)

    assert excused is ClockState.EXCUSED
    assert case.of("idr_response").state is ClockState.BREACHED
    assert case.of("delay_update").state is ClockState.WAIVED


def test_a_clock_that_the_event_started_is_not_owed(case: Case) -> None:
    case.tell("afca_referred_back", 5, stage="not_been_through_idr")
    started = case.of("afca_refer_back_first").state

    case.withdraw("afca_referred_back", 6)
    waived = case.of("afca_refer_back_first")
    case.tell("afca_referred_back", 7, stage="not_been_through_idr")

    assert started is ClockState.RUNNING
    assert (waived.state, waived.ended_by) == (ClockState.WAIVED, "withdrawn")
    assert case.of("afca_refer_back_first").state is ClockState.RUNNING
    assert case.due("afca_refer_back_first") == 37


def test_a_start_that_was_moved_goes_back_to_the_receipt(case: Case) -> None:
    case.of_class("death_benefit_objection")
    case.tell("proposal_notice_received", 4)
    moved = case.due("idr_response")

    case.withdraw("proposal_notice_received", 6)

    assert moved > 90
    assert case.due("idr_response") == 30
    assert case.of("death_benefit_objection_window").state is ClockState.WAIVED


def test_an_earlier_complaint_that_was_not_answered_after_all_runs_on(
    case: Case,
) -> None:
    case.tell("idr_response_provided", 6)
    again = mention("still terrible", conversation="c", published_at=START + 50 * DAY)
    case.on(50)
    handle(case.store, case.clock, again, by=RULES)
    restarted = case.of("idr_response").plan.started_at

    case.withdraw("idr_response_provided", 51)
    case.on(51)

    assert restarted == START + 50 * DAY
    assert case.of("idr_response").plan.started_at == START
    assert case.of("idr_response").state is ClockState.BREACHED


def test_what_the_ticket_does_not_have_is_answered_with_what_it_has(
    case: Case,
) -> None:
    case.tell("written_requested", 2)

    with pytest.raises(NotAllowed, match="it has written_requested"):
        case.withdraw("idr_response_provided", 3)
    with pytest.raises(NotAllowed, match="to withdraw"):
        case.withdraw("written_requested", 3, happened_at=START + 9 * HOUR)


def test_of_several_the_instant_says_which(case: Case) -> None:
    case.tell("idr_response_provided", 5)
    case.tell("idr_response_provided", 9)

    with pytest.raises(NotAllowed, match="say which by --at"):
        case.withdraw("idr_response_provided", 12)


@pytest.mark.parametrize(("again", "day", "left"), [(2, 30, "breached"), (0, 0, "")])
def test_what_it_seemed_to_keep_before_the_ticket_opened_again_was_not_kept(
    case: Case, again: int, day: int, left: str
) -> None:
    case.tell("answered", 0)
    close(case.store, case.clock, case.ticket.id, by="ana", rulebook=RULES.rulebook)
    case.on(again)
    handle(
        case.store,
        case.clock,
        mention("terrible", conversation="c", published_at=case.clock.now()),
        by=RULES,
    )

    case.withdraw("answered", day)

    with case.store.reading() as work:
        runs = work.clocks.earlier_runs(case.ticket.id)
    ours = [one for one in runs if one.plan.rule == "first_response"]
    assert [one.state.value for one in ours] == ([left] if left else [])
    assert all(one.ended_at is None for one in ours)


def test_nothing_is_withdrawn_twice(case: Case) -> None:
    case.tell("written_requested", 2)
    case.withdraw("written_requested", 3)

    with pytest.raises(NotAllowed, match="has no written_requested"):
        case.withdraw("written_requested", 4)


@pytest.mark.parametrize("name", ["received", "acknowledged", "noted", "closed"])
def test_what_has_a_way_of_its_own_is_not_withdrawn(case: Case, name: str) -> None:
    note(case.store, case.clock, case.ticket.id, "rang twice", by="ana")
    close(case.store, case.clock, case.ticket.id, by="ana", rulebook=RULES.rulebook)

    with pytest.raises(NotAllowed, match=f"{name} cannot be withdrawn"):
        case.withdraw(name, 1)


def test_the_log_computes_every_deadline_anew_with_and_without_it(case: Case) -> None:
    case.of_class("credit_hardship")
    case.tell("info_requested", 14)
    case.tell("afca_referred_back", 16, stage="not_been_through_idr")
    case.withdraw("info_requested", 17)
    case.withdraw("afca_referred_back", 18)
    case.of_class("death_benefit_objection")
    case.tell("proposal_notice_received", 20)
    case.withdraw("proposal_notice_received", 21)
    case.tell("idr_response_provided", 22)

    with case.store.audit_log() as records:
        found = list(
            replay(
                records,
                LIBRARY,
                lambda place, zone: calendar_of(place, zone=zone),
                since=START,
                until=case.clock.now() + DAY,
            )
        )

    assert len(found) > 6
    assert [one.why or one for one in found if not one.is_same] == []
