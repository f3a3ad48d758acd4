"""Clocks that no public post starts: portals, ombudsmen, codes, statistics."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.clocks import Clock, ClockState
from bot.domain.tickets import Ticket
from bot.errors import NotAllowed
from bot.rules.calendars import calendar_of
from bot.rules.library import load_library
from bot.rules.load import load_house
from bot.services.opening import Start, add_pack, open_by_hand
from bot.services.rules import replay
from bot.services.sweep import sweep
from bot.services.tickets import record
from bot.services.triggers import warn
from bot.services.withdrawals import withdraw
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.rules.packs import ROOT, rg271
from tests.unit.services.world import (
    BRAND,
    DAY,
    handle,
    house,
    log,
    mention,
    notices,
    policy,
    tickets,
)

LIBRARY = load_library(ROOT / "config" / "packs")
SYDNEY = calendar_of("AU-NSW")
RULES = policy(
    regulation=rg271(),
    overlays=(LIBRARY.newest("au.afca"),),
    calendar=SYDNEY,
    library=lambda: LIBRARY,
)
PORTAL, SENT = "us.cfpb.portal", "sent_to_company_portal"


def start(event: str = SENT, **fields: object) -> Start:
    whole: dict[str, object] = {
        "brand": BRAND,
        "reference": "261102-7",
        "event": event,
        "happened_at": START,
        **fields,
    }
    return Start(**whole)  # type: ignore[arg-type]


def opened(
    store: SqlStore, clock: ManualClock, what: Start | None = None, pack: str = PORTAL
) -> Ticket:
    return open_by_hand(
        store, RULES, clock, what or start(), pack=pack, by="ada", why="it came"
    ).ticket


def tell(
    store: SqlStore, clock: ManualClock, ticket: Ticket, event: str, **facts: str
) -> None:
    record(
        store,
        clock,
        ticket.id,
        event,
        by="ada",
        rulebook=RULES.rulebook,
        facts=facts,
    )


def clocks(store: SqlStore, ticket: Ticket) -> dict[str, Clock]:
    with store.reading() as work:
        return {one.plan.rule: one for one in work.clocks.of_ticket(ticket.id)}


def days(clock: Clock) -> int:
    last = SYDNEY.local_date(clock.plan.due_strict)
    return (last - SYDNEY.local_date(START)).days


def is_replayed(store: SqlStore, clock: ManualClock) -> list[object]:
    with store.audit_log() as records:
        found = list(
            replay(
                records,
                LIBRARY,
                lambda place, zone: calendar_of(place, zone=zone),
                since=START,
                until=clock.now() + DAY,
            )
        )
    assert found
    return [one.why or one for one in found if not one.is_same]


def test_a_portals_complaint_has_clocks_from_when_it_was_forwarded(
    store: SqlStore, clock: ManualClock
) -> None:
    clock.advance(days=3)

    ticket = opened(store, clock)

    found = clocks(store, ticket)
    assert {name: days(one) for name, one in found.items()} == {
        "initial_response": 15,
        "final_response": 60,
    }
    assert (ticket.received_at, ticket.channel) == (START, "by_hand")
    assert ticket.regulation_pack.id == PORTAL
    [entry] = log(store, "ticket.opened_by_hand")
    assert (entry.actor, json.loads(entry.detail)["reference"]) == ("ada", "261102-7")


def test_its_clocks_are_met_and_in_breach_and_computed_again_from_the_log(
    store: SqlStore, clock: ManualClock
) -> None:
    ticket = opened(store, clock)
    clock.advance(days=10)
    tell(store, clock, ticket, "marked_in_progress")
    clock.advance(days=60)

    while sweep(store, clock, house()):
        pass

    found = clocks(store, ticket)
    assert found["initial_response"].state is ClockState.MET
    assert found["final_response"].state is ClockState.BREACHED
    assert log(store, "ticket.escalated")
    assert is_replayed(store, clock) == []


def test_its_team_is_warned_when_four_fifths_of_the_time_are_over(
    store: SqlStore, clock: ManualClock
) -> None:
    shipped = load_house(ROOT / "config" / "packs" / "house" / "1")
    ticket = opened(store, clock)
    clock.advance(days=13)

    warn(store, clock, replace(RULES, house=shipped))
    warn(store, clock, replace(RULES, house=shipped))

    told = notices(store, clock)
    assert told[f"ticket:{ticket.id}:initial_response:80"] == ticket.queue


def test_quarterly_statistics_are_due_by_the_rules_own_days(
    store: SqlStore, clock: ManualClock
) -> None:
    clock.move_to(datetime(2027, 1, 4, tzinfo=UTC))
    ended = datetime(2026, 12, 31, 12, tzinfo=UTC)
    what = start("quarter_end", reference="2026-Q4", happened_at=ended)

    ticket = opened(store, clock, what, "us.finra.records")
    due = clocks(store, ticket)["quarterly_report"]
    clock.advance(days=5)
    tell(store, clock, ticket, "quarterly_report_filed")

    assert SYDNEY.local_date(due.plan.due_strict).isoformat() == "2027-01-15"
    met = clocks(store, ticket)["quarterly_report"]
    assert met.state is ClockState.MET
    assert is_replayed(store, clock) == []


def test_a_complaint_by_letter_has_the_clocks_of_the_houses_own_regulation(
    store: SqlStore, clock: ManualClock
) -> None:
    what = start("received", legal_class="credit_hardship")

    ticket = opened(store, clock, what, "")
    tell(store, clock, ticket, "afca_referred_back", stage="not_been_through_idr")

    found = clocks(store, ticket)
    assert days(found["idr_response"]) == 21
    assert days(found["afca_refer_back_first"]) == 21
    assert is_replayed(store, clock) == []


def test_what_an_ombudsman_refers_runs_on_a_ticket_that_held_no_complaint(
    store: SqlStore, clock: ManualClock
) -> None:
    handle(store, clock, mention("where is my bag, please"), by=RULES)
    [ticket] = tickets(store)
    assert "idr_response" not in clocks(store, ticket)
    clock.advance(days=5)

    tell(store, clock, ticket, "afca_referred_back", stage="idr_completed")

    found = clocks(store, ticket)
    assert found["post_idr"].state is ClockState.RUNNING
    assert days(found["post_idr"]) == 26
    assert "idr_response" not in found
    assert is_replayed(store, clock) == []


def test_a_code_that_was_added_runs_beside_the_regulation(
    store: SqlStore, clock: ManualClock
) -> None:
    handle(store, clock, mention("this is terrible"), by=RULES)
    [ticket] = tickets(store)
    clock.advance(days=1)

    added, followed = add_pack(
        store, RULES, clock, ticket.id, "au.gicop", by="ada", why="a subscriber"
    )
    clock.advance(days=4)
    tell(store, clock, ticket, "info_relied_on_requested")
    tell(store, clock, ticket, "progress_update_sent")
    clock.advance(days=30)
    while sweep(store, clock, house()):
        pass

    found = clocks(store, ticket)
    assert added.ref.id == "au.gicop"
    assert any(one.startswith("started: progress_update") for one in followed)
    assert found["decision"].plan.started_at == START
    assert found["progress_update"].plan.started_at == START + 5 * DAY
    assert found["information_relied_on"].state is ClockState.BREACHED
    assert found["progress_update"].state is ClockState.BREACHED
    assert {"idr_response", "acknowledge_limit"} <= found.keys()
    assert is_replayed(store, clock) == []


def rounds(store: SqlStore, ticket: Ticket) -> list[tuple[str, int, int]]:
    """How each round of what is owed again and again ended, due and done by days."""
    with store.reading() as work:
        runs = work.clocks.earlier_runs(ticket.id)
    return [
        (one.state.value, days(one), (one.ended_at - START).days)
        for one in runs
        if one.ended_at is not None
    ]


def informed(store: SqlStore, clock: ManualClock, *done: int) -> Ticket:
    ticket = opened(store, clock, start("received"), "ie.cbi.cpc")
    for day in done:
        clock.move_to(START + day * DAY)
        while sweep(store, clock, house()):
            pass
        tell(store, clock, ticket, "update_sent")
    return ticket


def test_after_a_late_round_the_next_one_is_watched_again(
    store: SqlStore, clock: ManualClock
) -> None:
    ticket = informed(store, clock, 40, 50)
    known = clocks(store, ticket)["update"]
    assert (known.state, days(known) > 70) == (ClockState.RUNNING, True)

    clock.advance(days=60)
    while sweep(store, clock, house()):
        pass

    known = clocks(store, ticket)["update"]
    assert (known.state, known.ended_at) == (ClockState.BREACHED, None)
    [late, kept] = rounds(store, ticket)
    assert late == ("breached", 28, 40)
    assert (kept[0], kept[2]) == ("met", 50)
    assert is_replayed(store, clock) == []


def test_rounds_are_told_as_they_are_known_by_now(
    store: SqlStore, clock: ManualClock
) -> None:
    ticket = informed(store, clock, 40)
    late = rounds(store, ticket)
    assert [one[0] for one in late] == ["breached"]

    record(
        store,
        clock,
        ticket.id,
        "update_sent",
        by="ada",
        rulebook=RULES.rulebook,
        happened_at=START + 20 * DAY,
    )
    assert [one[0] for one in rounds(store, ticket)] == ["met", "met"]

    for day in (20, 40):
        at = START + day * DAY
        withdraw(
            store,
            RULES,
            clock,
            ticket.id,
            "update_sent",
            by="ada",
            why="not sent",
            happened_at=at,
        )
    assert rounds(store, ticket) == []
    assert days(clocks(store, ticket)["update"]) == late[0][1]


def test_what_was_sent_before_a_code_was_added_meets_no_round_that_it_begins(
    store: SqlStore, clock: ManualClock
) -> None:
    handle(store, clock, mention("this is terrible"), by=RULES)
    [ticket] = tickets(store)
    clock.advance(days=4)
    tell(store, clock, ticket, "progress_update_sent")
    clock.advance(days=1)

    add_pack(store, RULES, clock, ticket.id, "au.gicop", by="ada", why="a subscriber")

    known = clocks(store, ticket)["progress_update"]
    assert known.state is ClockState.RUNNING
    assert known.plan.started_at == START + 4 * DAY
    assert [one[0] for one in rounds(store, ticket)] == ["met"]


def test_a_portals_pack_may_be_added_to_the_ticket_of_a_post(
    store: SqlStore, clock: ManualClock
) -> None:
    handle(store, clock, mention("this is terrible"), by=RULES)
    [ticket] = tickets(store)
    _, followed = add_pack(
        store, RULES, clock, ticket.id, PORTAL, by="ada", why="it came there too"
    )
    clock.advance(days=2)

    tell(store, clock, ticket, SENT)
    running = clocks(store, ticket)
    withdraw(store, RULES, clock, ticket.id, SENT, by="bo", why="another one")

    assert not followed
    assert days(running["initial_response"]) == 17
    assert running["idr_response"].state is ClockState.RUNNING
    left = clocks(store, ticket)
    assert left["initial_response"].state is ClockState.WAIVED
    assert left["idr_response"].state is ClockState.RUNNING
    assert is_replayed(store, clock) == []


@pytest.mark.parametrize(
    ("what", "pack", "words"),
    [
        (start("quarter_end"), PORTAL, f"these do: {SENT}"),
        (start(legal_class="gold"), PORTAL, "it has standard"),
        (start(happened_at=START + DAY), PORTAL, "is still to come"),
        (start(happened_at=datetime(2001, 1, 1, tzinfo=UTC)), PORTAL, "in force"),
        (start(), "us.cfpb", "there are: au.acma.ccs"),
        (start(), "au.afca", "runs beside au.asic.rg271 only"),
    ],
)
def test_what_starts_nothing_opens_nothing(
    store: SqlStore, clock: ManualClock, what: Start, pack: str, words: str
) -> None:
    with pytest.raises(NotAllowed, match=words):
        opened(store, clock, what, pack)

    assert not tickets(store)


def test_one_reference_has_one_open_ticket(store: SqlStore, clock: ManualClock) -> None:
    opened(store, clock)

    with pytest.raises(NotAllowed, match="T-000001 is open for 261102-7 already"):
        opened(store, clock)


def test_a_pack_is_added_once_and_never_with_a_clock_of_the_same_name(
    store: SqlStore, clock: ManualClock
) -> None:
    ticket = opened(store, clock)

    def add(pack: str) -> None:
        add_pack(store, RULES, clock, ticket.id, pack, by="ada", why="as well")

    add("us.finra.records")
    with pytest.raises(NotAllowed, match="runs on T-000001 already"):
        add("us.finra.records")
    with pytest.raises(NotAllowed, match="both have final_response"):
        add("uk.fca.disp")
    with pytest.raises(NotAllowed, match=f"T-000001 is under {PORTAL}"):
        add("au.gicop")


def test_a_pack_that_lies_here_no_more_leaves_its_clocks_and_says_so(
    store: SqlStore, clock: ManualClock
) -> None:
    ticket = opened(store, clock)
    bare = policy(regulation=rg271(), calendar=SYDNEY)
    clock.advance(days=1)

    record(
        store,
        clock,
        ticket.id,
        "final_response",
        by="ada",
        rulebook=bare.rulebook,
        happened_at=START + timedelta(hours=3),
    )

    assert clocks(store, ticket)["final_response"].state is ClockState.MET
    [entry] = log(store, "clock.not_followed")
    assert json.loads(entry.detail)["pack"].startswith(PORTAL)
