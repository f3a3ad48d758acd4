"""A ticket's legal clocks follow its case, under the shipped rules of RG 271."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.clocks import ClockState, PackRef
from bot.errors import NotAllowed
from bot.rules.calendars import Calendar, calendar_of
from bot.rules.clocks import legal_plans
from bot.services.cases import Rulebook
from bot.services.rules import replay
from bot.services.tickets import close, record
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.rules.packs import rg271
from tests.unit.services.lived import LIBRARY, SYDNEY, LivedCase
from tests.unit.services.world import actions, log, open_ticket

RULEBOOK = Rulebook(
    packs=(rg271(),), overlays=(LIBRARY.newest("au.afca"),), calendar=SYDNEY
)
WHOLE = "reasons_for_delay,right_to_afca,afca_contact_details"


class Case(LivedCase):
    """A ticket as it stands in the database."""

    def __init__(self, store: SqlStore, clock: ManualClock) -> None:
        with store.work() as work:
            opened = open_ticket(regulation_pack=rg271().ref)
            ticket = work.tickets.add(opened)
            plans = legal_plans(rg271(), "standard", START, SYDNEY)
            work.clocks.start(ticket.id, plans)
        super().__init__(store, clock, ticket, RULEBOOK)


@pytest.fixture
def case(store: SqlStore, clock: ManualClock) -> Case:
    return Case(store, clock)


def test_a_class_gives_the_clocks_that_it_would_have_had_from_the_beginning(
    case: Case,
) -> None:
    case.of_class("credit_hardship", day=3)

    assert case.due("idr_response") == 21
    assert case.due("hardship_info_request") == 21
    assert log(case.store, "ticket.classified")
    detail = json.loads(log(case.store, "clock.moved")[0].detail)
    assert detail["inputs"]["class"] == "credit_hardship"


def test_a_class_that_has_no_such_clock_owes_none_and_another_owes_it_again(
    case: Case,
) -> None:
    case.of_class("card_scheme_unauthorised")
    waived = case.of("idr_response").state

    case.of_class("super_trustee")

    assert waived is ClockState.WAIVED
    assert case.of("idr_response").state is ClockState.RUNNING
    assert case.due("idr_response") == 45


def test_a_class_that_the_pack_does_not_have_is_refused(case: Case) -> None:
    with pytest.raises(NotAllowed, match="it has standard, traditional_trustee"):
        case.of_class("gold")

    assert "ticket.classified" not in actions(case.store)


def test_asking_for_information_moves_the_response(case: Case) -> None:
    case.of_class("credit_hardship")

    asked = case.tell("info_requested", day=14)
    due = case.due("idr_response")
    looked_at = case.of("idr_response").due_at
    case.tell("info_received", day=20)

    assert due == 42
    assert looked_at == SYDNEY.end_of(SYDNEY.local_date(START) + timedelta(days=42))
    assert any(line.startswith("moved: idr_response") for line in asked.followed)
    assert case.of("hardship_info_request").state is ClockState.MET
    assert case.due("idr_response") == 41
    assert case.of("hardship_info_from_complainant").state is ClockState.MET


def test_a_court_case_stops_the_clock_and_its_end_lets_it_run_on(case: Case) -> None:
    case.of_class("traditional_trustee")
    case.tell("court_direction_sought", day=10)
    case.on(200)
    stopped = case.of("idr_response").state

    case.tell("court_determined_and_appeal_time_passed", day=210)

    assert stopped is ClockState.STOPPED
    assert case.of("idr_response").state is ClockState.RUNNING
    assert case.due("idr_response") == 245
    case.on(247)
    assert case.of("idr_response").state in {ClockState.LATE, ClockState.BREACHED}


def test_a_customer_advocate_gets_what_was_left_and_not_a_day_more(
    case: Case,
) -> None:
    case.tell("idr_response_provided", day=20)
    met = case.of("idr_response").state

    case.tell("customer_advocate_requested", day=50)

    assert met is ClockState.MET
    assert case.of("idr_response").state is ClockState.RUNNING
    assert case.due("idr_response") == 60
    case.tell("customer_advocate_response_sent", day=55)
    assert case.of("idr_response").state is ClockState.MET


def test_a_response_while_the_clock_stands_still_is_in_time(case: Case) -> None:
    case.of_class("traditional_trustee")
    case.tell("court_direction_sought", day=10)

    case.tell("idr_response_provided", day=100)
    answered = case.of("idr_response").state
    case.tell("court_determined_and_appeal_time_passed", day=210)
    case.on(400)

    assert answered is ClockState.MET
    assert case.of("idr_response").state is ClockState.MET


def test_what_was_answered_no_court_case_stops_or_revives(case: Case) -> None:
    case.of_class("traditional_trustee")
    case.tell("idr_response_provided", day=10)

    case.tell("court_direction_sought", day=20)
    case.tell("court_determined_and_appeal_time_passed", day=120)
    case.on(300)

    assert case.of("idr_response").state is ClockState.MET


def test_a_court_case_that_ends_on_its_day_leaves_the_clock_running(
    case: Case,
) -> None:
    case.of_class("traditional_trustee")
    case.tell("court_direction_sought", day=10)

    case.tell("court_determined_and_appeal_time_passed", day=10)
    due = case.due("idr_response")
    case.on(60)

    assert due == 45
    assert case.of("idr_response").state is ClockState.BREACHED


def test_a_promise_whose_start_nobody_told_yet_is_not_given_up(case: Case) -> None:
    case.of_class("death_benefit_objection", day=2)
    kept, due = case.of("idr_response").state, case.due("idr_response")

    told = record(
        case.store,
        case.clock,
        case.ticket.id,
        "proposal_notice_received",
        by="ana",
        rulebook=RULEBOOK,
        happened_at=START - timedelta(days=18),
    )

    assert (kept, due) == (ClockState.RUNNING, 30)
    assert any(line.startswith("moved: idr_response") for line in told.followed)
    assert case.due("idr_response") == 100


def test_the_first_lodgement_counts_though_it_was_before_the_post(case: Case) -> None:
    case.of_class("insurance_in_super")

    record(
        case.store,
        case.clock,
        case.ticket.id,
        "lodged_with_insurer",
        by="ana",
        rulebook=RULEBOOK,
        happened_at=START - timedelta(days=16),
    )

    assert case.due("idr_response") == 29


def test_a_class_told_late_calls_nobody_twice_for_one_lateness(case: Case) -> None:
    case.on(35)
    before = len(log(case.store, "ticket.escalated"))

    case.of_class("credit_default_notice", day=36)
    case.on(40)

    assert case.of("idr_response").state is ClockState.BREACHED
    assert len(log(case.store, "ticket.escalated")) == before


def test_what_was_closed_early_stays_waived_whatever_moves_it(case: Case) -> None:
    case.tell("closed_resolved_satisfied", day=2)

    case.of_class("super_trustee", day=3)
    case.on(60)

    assert case.of("idr_response").state is ClockState.WAIVED


def test_hardship_needs_its_response_though_it_was_closed_early(case: Case) -> None:
    case.of_class("credit_hardship")

    case.tell("closed_resolved_satisfied", day=2)
    case.on(30)

    assert case.of("idr_response").state is ClockState.BREACHED


def test_a_delayed_response_is_told_of_every_two_weeks(case: Case) -> None:
    case.tell("idr_delay_notice_given", day=25, reason_code="complex", contents=WHOLE)
    first = case.due("delay_update")
    case.tell("delay_update_given", day=36)
    second, state = case.due("delay_update"), case.of("delay_update").state
    case.tell("idr_response_provided", day=45)
    case.on(90)

    assert (first, second) == (39, 50)
    assert state is ClockState.RUNNING
    assert case.of("delay_update").state is ClockState.MET


class TestDelayNotices:
    """A good notice excuses; a bad one does not, whatever it is called."""

    def test_a_good_one_calls_nobody_when_the_time_is_over(self, case: Case) -> None:
        case.tell(
            "idr_delay_notice_given", day=25, reason_code="complex", contents=WHOLE
        )

        case.on(40)

        clock = case.of("idr_response")
        assert clock.state is ClockState.EXCUSED
        assert not clock.is_over
        breached = log(case.store, "clock.breached")
        rules = {json.loads(one.detail)["rule"] for one in breached}
        assert "idr_response" not in rules

    def test_the_response_after_it_ends_it_as_excused(self, case: Case) -> None:
        case.tell(
            "idr_delay_notice_given", day=25, reason_code="complex", contents=WHOLE
        )

        case.tell("idr_response_provided", day=45)

        clock = case.of("idr_response")
        assert clock.state is ClockState.EXCUSED
        assert clock.ended_by == "idr_response_provided"
        assert clock.is_over

    @pytest.mark.parametrize(
        ("day", "facts"),
        [
            (25, {"reason_code": "backlog", "contents": WHOLE}),
            (25, {"reason_code": "complex", "contents": "reasons_for_delay"}),
            (25, {"reason_code": "complex"}),
            (33, {"reason_code": "complex", "contents": WHOLE}),
        ],
    )
    def test_one_that_does_not_count_excuses_nothing(
        self, case: Case, day: int, facts: dict[str, str]
    ) -> None:
        said = case.tell("idr_delay_notice_given", day=day, **facts)

        assert [one for one in said.followed if "it excuses nothing" in one]
        case.on(45)
        assert case.of("idr_response").state is ClockState.BREACHED
        later = case.tell("written_requested", day=46)
        assert not [one for one in later.followed if "it excuses nothing" in one]


def test_a_response_holds_enforcement_for_a_while(case: Case) -> None:
    case.of_class("credit_default_notice")

    case.tell("idr_response_received", day=15)

    assert case.due("enforcement_hold") == 29
    assert not case.of("enforcement_hold").is_duty


def test_enforcement_is_held_from_the_receipt_however_late_the_response_is(
    case: Case,
) -> None:
    case.of_class("credit_default_notice")
    held = case.of("enforcement_hold")

    case.on(60)
    late = case.of("enforcement_hold")
    case.tell("idr_response_provided", day=61)
    given = case.due("enforcement_hold"), case.of("enforcement_hold").state
    case.tell("idr_response_received", day=64)

    assert held.state is late.state is ClockState.STOPPED
    assert given == (75, ClockState.RUNNING)
    assert case.due("enforcement_hold") == 78
    case.on(79)
    assert case.of("enforcement_hold").state is ClockState.EXCUSED


def test_the_earliest_end_of_a_hold_moves_with_the_response(case: Case) -> None:
    case.of_class("credit_hardship")
    first = case.due("enforcement_hold")

    case.tell("info_requested", day=10)

    assert (first, case.due("enforcement_hold")) == (35, 52)
    assert case.of("enforcement_hold").state is ClockState.STOPPED


def test_what_afca_refers_back_has_a_clock_of_its_own(case: Case) -> None:
    case.tell("idr_response_provided", day=10)

    case.tell("afca_referred_back", day=30, stage="idr_completed")
    first = case.due("post_idr")
    case.tell("afca_extension_granted_days", day=40, days="5")

    assert first == 51
    assert case.due("post_idr") == 56


def test_another_word_for_what_only_the_bot_sees_is_refused_all_the_same(
    case: Case,
) -> None:
    with pytest.raises(NotAllowed, match="acknowledged is not for people to record"):
        case.tell("acknowledgement_sent", day=1)

    assert case.of("acknowledge_limit").state is ClockState.RUNNING


def test_telling_the_same_again_moves_nothing(case: Case) -> None:
    case.of_class("credit_hardship")
    case.tell("info_requested", day=14)
    moved = len(log(case.store, "clock.moved"))

    again = case.tell("waiting_for_customer", day=15)

    assert not again.followed
    assert len(log(case.store, "clock.moved")) == moved


def test_a_ticket_whose_pack_is_gone_keeps_its_clocks_and_the_log_says_so(
    case: Case,
) -> None:
    other = replace(rg271(), ref=PackRef(id="au.asic.rg271", version="9", sha256="0"))

    record(
        case.store,
        case.clock,
        case.ticket.id,
        "court_direction_sought",
        by="ana",
        rulebook=replace(RULEBOOK, packs=(other,)),
    )

    assert case.due("idr_response") == 30
    assert log(case.store, "clock.not_followed")
    with case.store.reading() as work:
        waiting = work.notices.waiting(case.clock.now(), 50)
    [told] = [one for one in waiting if "not_followed" in one.notice.key]
    assert told.notice.to == case.ticket.queue


def test_every_deadline_that_moved_is_computed_anew_from_the_log(case: Case) -> None:
    case.of_class("credit_hardship")
    case.tell("info_requested", day=14)
    case.tell("info_received", day=20)
    case.tell(
        "idr_delay_notice_given", day=30, reason_code="beyond_control", contents=WHOLE
    )
    case.tell("idr_response_provided", day=45)
    case.tell("customer_advocate_requested", day=50)
    case.tell("afca_referred_back", day=60, stage="idr_completed")
    close(case.store, case.clock, case.ticket.id, by="ana", rulebook=RULEBOOK)

    def calendars(place: str, zone: str) -> Calendar:
        return calendar_of(place, zone=zone)

    with case.store.audit_log() as records:
        found = list(
            replay(
                records,
                LIBRARY,
                calendars,
                since=datetime(2020, 1, 1, tzinfo=UTC),
                until=case.clock.now() + timedelta(days=1),
            )
        )

    assert len(found) > 5
    assert [one.why or one for one in found if not one.is_same] == []
    assert date(2020, 1, 1) < SYDNEY.local_date(found[0].promised[0])
