"""A complaint from its events: due times, halts, replacements, and how clocks stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.packs import RegulationPack
from bot.rules.calendars import Calendar, calendar_of
from bot.rules.case import (
    Case,
    CaseClock,
    Granted,
    Happened,
    Standing,
    clocks_of,
)
from bot.rules.library import load_library
from tests.unit.rules.packs import ROOT, rg271

LIBRARY = load_library(ROOT / "config" / "packs")
SYDNEY = calendar_of("AU-NSW")
RECEIVED = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""Monday noon in Sydney."""
ASKED = {"info_requested": "2026-03-16T09:00"}
CLOSED = {"closed_resolved_satisfied": "2026-03-09T16:00"}


def local(text: str) -> datetime:
    """Read an instant on Sydney's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Australia/Sydney"))


def happened(events: Mapping[str, str]) -> list[Happened]:
    return [Happened(name=name, at=local(at)) for name, at in events.items()]


def clocks(
    legal_class: str = "standard",
    events: Mapping[str, str] | None = None,
    *more: Happened,
    now: str = "2026-03-02T12:00",
    flags: frozenset[str] = frozenset(),
    pack: RegulationPack | None = None,
    beside: bool = False,
    granted: tuple[Granted, ...] = (),
    calendar: Calendar = SYDNEY,
    close: time | None = None,
) -> dict[str, CaseClock]:
    received = Happened(name="received", at=RECEIVED)
    case = Case(
        legal_class=legal_class,
        events=[received, *happened(events or {}), *more],
        now=local(now),
        flags=flags,
        granted=granted,
        close=close,
    )
    others = [LIBRARY.newest("au.afca")] if beside else []
    return clocks_of(pack or rg271(), case, calendar, beside=others)


def day(clock: CaseClock) -> str:
    return SYDNEY.local_date(clock.plan.due_strict).isoformat()


@pytest.mark.parametrize(
    ("legal_class", "due"),
    [
        ("standard", "2026-04-01"),
        ("traditional_trustee", "2026-04-16"),
        ("super_trustee", "2026-04-16"),
        ("credit_default_notice", "2026-03-23"),
        ("credit_hardship", "2026-03-23"),
        ("credit_postponement", "2026-03-23"),
        ("unlicensed_coi_non_afca", "2026-04-01"),
    ],
)
def test_each_class_has_its_own_maximum(legal_class: str, due: str) -> None:
    assert day(clocks(legal_class)["idr_response"]) == due


def test_a_class_that_the_pack_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no complaint class 'gold'"):
        clocks("gold")


def test_card_scheme_times_are_not_ours() -> None:
    assert "idr_response" not in clocks("card_scheme_unauthorised")


def test_the_first_lodgement_with_either_counts() -> None:
    insurer = {"lodged_with_insurer": "2026-02-20T10:00"}

    found = clocks("insurance_in_super", insurer)

    assert day(found["idr_response"]) == "2026-04-06"


class TestDeathBenefits:
    """28 days to object, then 90 (RG 271.81-85)."""

    def test_ninety_days_run_from_the_end_of_the_time_for_objections(self) -> None:
        found = clocks(
            "death_benefit_objection", {"proposal_notice_received": "2026-02-02T09:00"}
        )

        assert day(found["death_benefit_objection_window"]) == "2026-03-02"
        assert day(found["idr_response"]) == "2026-05-31"

    def test_a_new_proposed_decision_starts_both_afresh(self) -> None:
        again = Happened(name="proposal_notice_received", at=local("2026-04-01T09:00"))

        found = clocks(
            "death_benefit_objection",
            {"proposal_notice_received": "2026-02-02T09:00"},
            again,
        )

        assert day(found["idr_response"]) == "2026-07-28"

    def test_the_end_of_the_time_for_objections_may_be_told_by_itself(self) -> None:
        told = {"objection_period_expired": "2026-03-02T23:59"}

        found = clocks("death_benefit_objection", told)

        assert day(found["idr_response"]) == "2026-05-31"

    def test_an_answer_before_the_time_for_objections_is_over_counts(self) -> None:
        events = {
            "proposal_notice_received": "2026-02-20T09:00",
            "idr_response_provided": "2026-03-10T09:00",
        }

        found = clocks("death_benefit_objection", events, now="2026-12-01T09:00")

        assert found["idr_response"].state is Standing.MET_STRICT


class TestHardship:
    """Information rounds of hardship notices (Table 2, RG 271.93(b))."""

    def test_without_a_request_it_is_21_days(self) -> None:
        assert day(clocks("credit_hardship")["idr_response"]) == "2026-03-23"

    def test_information_that_never_came_gives_28_days_from_the_request(self) -> None:
        found = clocks("credit_hardship", ASKED, now="2026-04-10T09:00")

        assert day(found["idr_response"]) == "2026-04-13"
        assert found["idr_response"].more["replaced_by"] == "hardship_response_no_info"
        assert found["hardship_info_from_complainant"].state is Standing.LAPSED

    def test_information_in_time_gives_21_days_from_its_receipt(self) -> None:
        events = ASKED | {"info_received": "2026-03-30T09:00"}

        assert day(clocks("credit_hardship", events)["idr_response"]) == "2026-04-20"

    def test_information_that_came_too_late_changes_nothing(self) -> None:
        events = ASKED | {"info_received": "2026-04-08T09:00"}

        assert day(clocks("credit_hardship", events)["idr_response"]) == "2026-04-13"

    def test_a_request_after_the_21_days_gains_nothing(self) -> None:
        events = {"info_requested": "2026-03-30T09:00"}

        found = clocks("credit_hardship", events, now="2026-03-31T09:00")

        assert day(found["idr_response"]) == "2026-03-23"
        assert found["idr_response"].state is Standing.BREACH


class TestHalts:
    """Only these ever stop a clock of the guide."""

    def test_a_court_case_stops_a_traditional_trustees_clock(self) -> None:
        events = {
            "beneficiary_proceedings_commenced": "2026-03-12T09:00",
            "court_direction_sought": "2026-03-20T09:00",
        }
        stopped = clocks("traditional_trustee", events, now="2026-09-01T09:00")
        over = {"court_determined_and_appeal_time_passed": "2026-06-12T09:00"}

        resumed = clocks("traditional_trustee", events | over, now="2026-06-13T09:00")

        assert stopped["idr_response"].state is Standing.STOPPED
        assert day(resumed["idr_response"]) == "2026-07-17"
        assert resumed["idr_response"].state is Standing.RUNNING

    def test_two_court_cases_stop_it_until_the_last_has_ended(self) -> None:
        over = "court_determined_and_appeal_time_passed"
        opened = {
            "beneficiary_proceedings_commenced": "2026-03-12T09:00",
            "court_direction_sought": "2026-03-20T09:00",
        }
        ends = [
            Happened(name=over, at=local(f"{day}T09:00"))
            for day in ("2026-06-12", "2026-06-22")
        ]

        first = clocks("traditional_trustee", opened, ends[0], now="2026-06-13T09:00")
        both = clocks("traditional_trustee", opened, *ends, now="2026-06-23T09:00")

        assert day(first["idr_response"]) == "2026-07-17"
        assert day(both["idr_response"]) == "2026-07-27"

    @pytest.mark.parametrize(
        ("told", "due", "state"),
        [
            # Both of two have ended; that a third begins takes none of their time back.
            ("open 04, open 06, over 10, over 20, open 25", "2026-05-02", "stopped"),
            # One judgment decides two; a third has its own.
            ("open 04, open 06, over 10, open 25, over 30", "2026-04-27", "running"),
            # An end of what was before is no end of what comes.
            ("over 03, open 04, open 06, over 10", "2026-04-22", "running"),
        ],
    )
    def test_an_end_counts_for_a_matter_that_was_open_then(
        self, told: str, due: str, state: str
    ) -> None:
        names = {
            "open": "court_direction_sought",
            "over": "court_determined_and_appeal_time_passed",
        }
        events = [
            Happened(name=names[name], at=local(f"2026-03-{day}T09:00"))
            for name, day in (one.split() for one in told.split(", "))
        ]

        found = clocks("traditional_trustee", None, *events, now="2026-04-01T09:00")

        assert day(found["idr_response"]) == due
        assert found["idr_response"].state.value == state

    def test_a_court_case_stops_nobody_elses_clock(self) -> None:
        events = {"court_direction_sought": "2026-03-20T09:00"}

        found = clocks("standard", events, now="2026-09-01T09:00")

        assert found["idr_response"].state is Standing.BREACH

    def test_waiting_for_the_customer_stops_nothing(self) -> None:
        waits = {"waiting_for_customer": "2026-03-05T09:00"}

        assert clocks("standard", waits) == clocks("standard")

    def test_a_customer_advocate_gets_what_was_left(self) -> None:
        events = {
            "idr_response_provided": "2026-03-22T09:00",
            "customer_advocate_requested": "2026-04-12T09:00",
        }

        asked = clocks("standard", events, now="2026-04-20T09:00")["idr_response"]
        late = clocks("standard", events, now="2026-04-23T09:00")["idr_response"]

        assert day(asked) == "2026-04-01"
        assert asked.more["strict_after_advocate"] == SYDNEY.end_of(date(2026, 4, 22))
        assert asked.state is Standing.RUNNING
        assert late.state is Standing.BREACH

    def test_the_advocates_answer_meets_it_again(self) -> None:
        events = {
            "idr_response_provided": "2026-03-22T09:00",
            "customer_advocate_requested": "2026-04-12T09:00",
            "customer_advocate_response_sent": "2026-04-22T09:00",
        }

        found = clocks("standard", events, now="2026-06-01T09:00")

        assert found["idr_response"].state is Standing.MET_STRICT


class TestClosedEarly:
    """No written response is owed after a good end within five business days."""

    def test_it_waives_the_response(self) -> None:
        assert clocks(events=CLOSED)["idr_response"].state is Standing.WAIVED

    def test_a_day_later_it_waives_nothing(self) -> None:
        events = {"closed_resolved_satisfied": "2026-03-10T09:00"}

        found = clocks(events=events, now="2026-03-10T09:00")

        assert found["early_close"].state is Standing.LAPSED
        assert found["idr_response"].state is Standing.RUNNING

    @pytest.mark.parametrize(
        "flag", ["hardship", "declined_claim", "claim_value", "super_trustee_decision"]
    )
    def test_some_complaints_need_a_written_response_all_the_same(
        self, flag: str
    ) -> None:
        found = clocks(events=CLOSED, flags=frozenset({flag}), now="2026-04-02T09:00")

        assert found["idr_response"].state is Standing.BREACH

    def test_who_asks_for_it_in_writing_gets_it_by_the_first_date(self) -> None:
        events = CLOSED | {"written_requested": "2026-03-20T09:00"}

        found = clocks(events=events, now="2026-03-20T09:00")["idr_response"]

        assert found.state is Standing.RUNNING
        assert day(found) == "2026-04-01"


class TestDelayNotices:
    """Only a notice in time, with a ground that counts and all contents, excuses."""

    WHOLE = ("reasons_for_delay", "right_to_afca", "afca_contact_details")

    def notice(self, at: str, **facts: object) -> Happened:
        told = {"reason_code": "complex", "contents": self.WHOLE} | facts
        return Happened(name="idr_delay_notice_given", at=local(at), facts=told)

    @pytest.mark.parametrize(
        ("at", "facts", "standing"),
        [
            ("2026-03-30T09:00", {}, Standing.VALID),
            ("2026-04-02T09:00", {}, Standing.INVALID_LATE),
            ("2026-03-30T09:00", {"reason_code": "backlog"}, Standing.REJECTED_REASON),
            ("2026-03-30T09:00", {"approver": "bot"}, Standing.REJECTED_REASON),
            (
                "2026-03-30T09:00",
                {"contents": ["reasons_for_delay"]},
                Standing.INVALID_CONTENTS,
            ),
            ("2026-03-30T09:00", {"contents": None}, Standing.INVALID_CONTENTS),
        ],
    )
    def test_what_a_notice_needs(
        self, at: str, facts: dict[str, object], standing: Standing
    ) -> None:
        notice = self.notice(at, **facts)

        found = clocks("standard", {}, notice, now="2026-04-20T09:00")

        assert found["delay_notice"].state is standing
        excused = standing is Standing.VALID
        wanted = Standing.LATE_EXCUSED if excused else Standing.BREACH
        assert found["idr_response"].state is wanted

    @pytest.mark.parametrize(
        ("facts", "standing"),
        [
            ({"reason_code": ["complex", "beyond_control"]}, Standing.VALID),
            ({"reason_code": "complex, beyond_control"}, Standing.VALID),
            ({"reason_code": ["complex", "backlog"]}, Standing.REJECTED_REASON),
            ({"reason_code": []}, Standing.REJECTED_REASON),
            ({"human_approver": True}, Standing.VALID),
            ({"human_approver": False}, Standing.REJECTED_REASON),
            ({"approved_by": "bot"}, Standing.REJECTED_REASON),
        ],
    )
    def test_every_ground_counts_and_a_person_approved(
        self, facts: dict[str, object], standing: Standing
    ) -> None:
        found = clocks("standard", {}, self.notice("2026-03-30T09:00", **facts))

        assert found["delay_notice"].state is standing

    def test_a_bad_notice_does_not_spoil_a_good_one(self) -> None:
        bad = self.notice("2026-03-20T09:00", reason_code="backlog")

        found = clocks(
            "standard", {}, bad, self.notice("2026-03-30T09:00"), now="2026-04-20T09:00"
        )

        assert found["delay_notice"].state is Standing.VALID

    def test_it_does_not_reach_what_afca_referred_back(self) -> None:
        back = Happened(
            name="afca_referred_back",
            at=local("2026-03-16T09:00"),
            facts={"stage": "part_way_through_idr"},
        )

        found = clocks(
            "standard",
            {},
            self.notice("2026-03-30T09:00"),
            back,
            now="2026-04-20T09:00",
            beside=True,
        )

        assert found["idr_response"].state is Standing.LATE_EXCUSED
        assert found["afca_refer_back_balance"].state is Standing.BREACH


@pytest.mark.parametrize(("days", "due"), [(7, "2026-04-13"), (30, "2026-04-13")])
def test_what_afca_grants_has_a_limit(days: int, due: str) -> None:
    back = Happened(
        name="afca_referred_back",
        at=local("2026-03-16T09:00"),
        facts={"stage": "idr_completed"},
    )

    found = clocks(
        "post_idr_referral",
        {},
        back,
        pack=LIBRARY.newest("au.afca"),
        granted=(Granted(name="afca_extension_granted_days", days=days),),
    )

    assert day(found["post_idr"]) == due


def test_enforcement_is_held_from_the_receipt_on() -> None:
    open_ = clocks("credit_default_notice")["enforcement_hold"]
    late = clocks("credit_default_notice", now="2026-05-04T09:00")["enforcement_hold"]
    given = clocks(
        "credit_default_notice", {"idr_response_provided": "2026-03-18T09:00"}
    )["enforcement_hold"]

    assert (day(open_), open_.state) == ("2026-04-06", Standing.HELD)
    assert open_.waits_for == late.waits_for == "idr_response"
    assert (day(late), late.state) == ("2026-05-18", Standing.HELD)
    assert (day(given), given.waits_for) == ("2026-04-01", "")


def test_a_complaint_that_was_closed_early_holds_enforcement_from_then() -> None:
    found = clocks("credit_default_notice", CLOSED)["enforcement_hold"]

    assert day(found) == "2026-03-23"


def test_enforcement_is_held_for_a_while_after_the_response() -> None:
    events = {"idr_response_received": "2026-03-20T09:00"}

    held = clocks("credit_default_notice", events, now="2026-04-03T23:59")
    over = clocks("credit_default_notice", events, now="2026-04-04T00:00")

    assert day(held["enforcement_hold"]) == "2026-04-03"
    assert held["enforcement_hold"].state is Standing.HELD
    assert over["enforcement_hold"].state is Standing.LAPSED


class TestOtherPacks:
    """What the other shipped packs need of the arithmetic."""

    LONDON = calendar_of("GB-ENG")

    def test_a_business_day_ends_when_the_business_closes(self) -> None:
        pack = LIBRARY.newest("uk.fca.disp")
        resolved = {"resolved": "2026-03-06T04:30"}  # 17:30 the day before, in London

        open_late = clocks(
            events=resolved, pack=pack, calendar=self.LONDON, close=time(18)
        )
        closed = clocks(
            events=resolved, pack=pack, calendar=self.LONDON, close=time(17)
        )

        assert open_late["final_response"].state is Standing.WAIVED_WITH_SRC
        assert closed["final_response"].state is Standing.RUNNING

    @pytest.mark.parametrize(
        ("reason", "state"),
        [("beyond_control", Standing.MET), ("backlog", Standing.BREACH)],
    )
    def test_only_what_is_beyond_control_gives_35_days(
        self, reason: str, state: Standing
    ) -> None:
        holding = Happened(
            name="holding_response_sent",
            at=local("2026-03-20T09:00"),
            facts={"reason": reason},
        )
        final = {"final_response_sent": "2026-04-15T20:00"}

        found = clocks(
            "psd",
            final,
            holding,
            now="2026-05-30T09:00",
            pack=LIBRARY.newest("uk.fca.disp"),
            calendar=self.LONDON,
        )

        assert found["final_response"].state is state

    def test_updates_are_due_again_and_again(self) -> None:
        pack = LIBRARY.newest("house.complaints")
        first = clocks(pack=pack)["update"]
        sent = clocks(
            events={"update_sent": "2026-03-10T09:00"},
            pack=pack,
            now="2026-03-20T09:00",
        )["update"]
        forgotten = clocks(
            events={"update_sent": "2026-03-10T09:00"},
            pack=pack,
            now="2026-03-25T09:00",
        )["update"]

        assert day(first) == "2026-03-16"
        assert day(sent) == "2026-03-24"
        assert sent.state is Standing.RUNNING
        assert forgotten.state is Standing.BREACH

    def test_an_airline_that_says_so_owes_nothing_on_its_page(self) -> None:
        pack = LIBRARY.newest("us.dot.259_7")

        said = clocks(pack=pack, flags=frozenset({"profile_disclaimer_present"}))

        assert said == {}
        assert set(clocks(pack=pack)) == {"acknowledge", "substantive_response"}

    @pytest.mark.parametrize(
        ("ended", "window"),
        [
            ("2026-06-30T23:00", "2026-07-01..2026-08-31"),
            ("2026-12-31T23:00", "2027-01-01..2027-02-28"),
        ],
    )
    def test_a_half_years_file_may_be_lodged_for_two_months(
        self, ended: str, window: str
    ) -> None:
        found = clocks(
            "half_year",
            {"period_end": ended},
            pack=LIBRARY.newest("au.asic.idr_report"),
        )

        assert found["lodgement"].more["window"] == window


# -- laws of the arithmetic ------------------------------------------------------------

INSTANTS = st.datetimes(
    min_value=datetime(2022, 1, 1),  # noqa: DTZ001 - made aware below
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001 - made aware below
    timezones=st.just(UTC),
)
PLACES = st.sampled_from(["AU-NSW", "AU-QLD", "AU-WA", "GB-ENG", "US-NY", "NZ", "IN"])
GUIDE = [name for name in rg271().classes if name != "death_benefit_objection"]
CALENDARS: dict[str, Calendar] = {}


def at_place(place: str) -> Calendar:
    """Return one calendar a place, which keeps the years that it has read."""
    return CALENDARS.setdefault(place, calendar_of(place))


def of(received: datetime, place: str, legal_class: str) -> dict[str, CaseClock]:
    case = Case(
        legal_class=legal_class,
        events=[Happened(name="received", at=received)],
        now=received,
    )
    return clocks_of(rg271(), case, at_place(place))


@given(INSTANTS, PLACES, st.sampled_from(GUIDE))
def test_no_clock_is_due_before_it_starts_nor_legally_before_strictly(
    received: datetime, place: str, legal_class: str
) -> None:
    for clock in of(received, place, legal_class).values():
        assert clock.plan.started_at <= clock.plan.due_strict <= clock.plan.due_legal
        is_hold = bool(clock.rule.holds_from)
        assert clock.state is (Standing.HELD if is_hold else Standing.RUNNING)


@given(INSTANTS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)),
       PLACES)  # fmt: skip
def test_what_comes_later_is_never_due_earlier(
    received: datetime, later: timedelta, place: str
) -> None:
    first = of(received, place, "standard")
    second = of(received + later, place, "standard")

    for name, clock in first.items():
        assert clock.plan.due_strict <= second[name].plan.due_strict
        assert clock.plan.due_legal <= second[name].plan.due_legal


@given(INSTANTS, PLACES)
def test_days_end_with_the_places_own_midnight(received: datetime, place: str) -> None:
    calendar = at_place(place)

    due = of(received, place, "standard")["idr_response"].plan.due_strict

    assert due.astimezone(calendar.zone).time() == time(23, 59, 59)
    days = calendar.local_date(due) - calendar.local_date(received)
    assert days == timedelta(days=30)


@given(INSTANTS, PLACES)
def test_the_legal_time_is_a_business_day_and_none_lies_between(
    received: datetime, place: str
) -> None:
    calendar = at_place(place)
    plan = of(received, place, "standard")["idr_response"].plan
    strict = calendar.local_date(plan.due_strict)
    legal = calendar.local_date(plan.due_legal)

    assert calendar.is_business_day(legal)
    between = [strict + timedelta(days=n) for n in range((legal - strict).days)]
    assert not any(calendar.is_business_day(one) for one in between)


@given(
    INSTANTS,
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 200)), max_size=3),
)
def test_a_halt_moves_the_due_day_by_exactly_its_days(
    received: datetime, halts: list[tuple[int, int]]
) -> None:
    events = [Happened(name="received", at=received)]
    at, moved, due = received, 0, 45
    for wait, lasts in halts:
        at += timedelta(days=wait)
        passed = (SYDNEY.local_date(at) - SYDNEY.local_date(received)).days
        resumed = at + timedelta(days=lasts)
        events += [
            Happened(name="court_direction_sought", at=at),
            Happened(name="court_determined_and_appeal_time_passed", at=resumed),
        ]
        if passed <= due + moved:
            moved += (SYDNEY.local_date(resumed) - SYDNEY.local_date(at)).days
        at = resumed
    case = Case(legal_class="traditional_trustee", events=events, now=at)

    found = clocks_of(rg271(), case, SYDNEY)["idr_response"].plan.due_strict

    days = (SYDNEY.local_date(found) - SYDNEY.local_date(received)).days
    assert days == due + moved


@given(
    INSTANTS,
    st.lists(st.tuples(st.integers(1, 44), st.integers(0, 200)), max_size=4),
    st.permutations(range(8)),
)
def test_matters_that_overlap_halt_it_for_the_days_of_all_together(
    received: datetime, matters: list[tuple[int, int]], order: list[int]
) -> None:
    over = "court_determined_and_appeal_time_passed"
    opens = ("court_direction_sought", "beneficiary_proceedings_commenced")
    days: set[int] = set()
    events = []
    for i, (first, lasts) in enumerate(matters):
        days |= set(range(first, first + lasts))
        events += [
            Happened(name=opens[i % 2], at=on_day(received, first, hour=9)),
            Happened(name=over, at=on_day(received, first + lasts, hour=17)),
        ]
    shuffled = [events[i] for i in order if i < len(events)]
    case = Case(
        legal_class="traditional_trustee",
        events=[Happened(name="received", at=received), *shuffled],
        now=on_day(received, 400, hour=9),
    )

    found = clocks_of(rg271(), case, SYDNEY)["idr_response"].plan.due_strict

    passed = (SYDNEY.local_date(found) - SYDNEY.local_date(received)).days
    assert passed == 45 + len(days)


def on_day(received: datetime, n: int, *, hour: int) -> datetime:
    """Return an hour of the n-th day after the receipt, on Sydney's clocks."""
    return SYDNEY.at(SYDNEY.local_date(received) + timedelta(days=n), time(hour))


@given(
    INSTANTS,
    PLACES,
    st.integers(0, 60),
    st.lists(st.integers(0, 90), max_size=3),
)
def test_enforcement_is_never_free_before_two_weeks_after_the_answer(
    received: datetime, place: str, now: int, answers: list[int]
) -> None:
    calendar = at_place(place)
    events = [
        Happened(name="idr_response_provided", at=received + timedelta(days=n))
        for n in answers
        if n <= now
    ]
    case = Case(
        legal_class="credit_hardship",
        events=[Happened(name="received", at=received), *events],
        now=received + timedelta(days=now),
    )

    hold = clocks_of(rg271(), case, calendar)["enforcement_hold"]

    known = [one.at for one in events] or [case.now]
    least = calendar.local_date(min(known)) + timedelta(days=14)
    assert calendar.local_date(hold.plan.due_strict) >= least
    assert hold.state is Standing.HELD or events


@given(INSTANTS, st.integers(0, 60), st.integers(0, 90) | st.none())
def test_a_round_of_information_gives_the_time_that_its_days_say(
    received: datetime, asked: int, came: int | None
) -> None:
    events = [
        Happened(name="received", at=received),
        Happened(name="info_requested", at=on_day(received, asked, hour=23)),
    ]
    if came is not None:
        events.append(Happened(name="info_received", at=on_day(received, came, hour=9)))
    case = Case(
        legal_class="credit_hardship",
        events=events,
        now=on_day(received, 100, hour=9),
    )
    assume(asked or events[1].at >= received)

    found = clocks_of(rg271(), case, SYDNEY)["idr_response"].plan.due_strict

    if asked > 21:
        days = 21
    elif came is not None and asked <= came <= asked + 21:
        days = came + 21
    else:
        days = asked + 28
    last = SYDNEY.local_date(received) + timedelta(days=days)
    assert found == SYDNEY.end_of(last)


@given(
    INSTANTS,
    st.integers(1, 60),
    st.sampled_from(["exceptional", "beyond_control", "backlog", ""]),
)
def test_only_a_holding_response_in_time_gives_35_business_days(
    received: datetime, held: int, reason: str
) -> None:
    london = at_place("GB-ENG")
    zero = london.local_date(received)
    day = zero + timedelta(days=held)
    holding = Happened(
        name="holding_response_sent",
        at=london.at(day, time(9)),
        facts={"reason": reason},
    )
    case = Case(
        legal_class="psd",
        events=[Happened(name="received", at=received), holding],
        now=holding.at,
    )

    found = clocks_of(LIBRARY.newest("uk.fca.disp"), case, london)["final_response"]

    counts = reason in {"exceptional", "beyond_control"}
    is_long = counts and day <= london.business_day(zero, 15)
    last = london.business_day(zero, 35 if is_long else 15)
    assert found.plan.due_strict == london.end_of(last)


@given(st.permutations(range(5)))
def test_the_order_in_which_events_are_told_makes_no_difference(
    order: list[int],
) -> None:
    events = [
        Happened(name="received", at=RECEIVED),
        *happened(
            {
                "acknowledged": "2026-03-03T09:00",
                "info_requested": "2026-03-10T09:00",
                "info_received": "2026-03-20T09:00",
                "idr_response_provided": "2026-04-01T09:00",
            }
        ),
    ]
    now = local("2026-04-02T09:00")

    def told(some: list[Happened]) -> dict[str, CaseClock]:
        case = Case(legal_class="credit_hardship", events=some, now=now)
        return clocks_of(rg271(), case, SYDNEY)

    assert told([events[i] for i in order]) == told(events)
