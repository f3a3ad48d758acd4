"""What people gave where the bot cannot see it, and on whose word that stands."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from bot.domain.clocks import Clock, ClockState
from bot.domain.decisions import Answer
from bot.domain.mentions import text_hash
from bot.domain.tickets import TicketEvent, Way
from bot.errors import NotAllowed
from bot.services.clocks import apply_event
from bot.services.scope import review
from bot.services.tickets import Elsewhere, dossier
from bot.services.withdrawals import withdraw
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.services.world import (
    DAY,
    HOUR,
    handle,
    log,
    mention,
    policy,
    record,
    tickets,
)

CALL = Elsewhere(way=Way.PHONE, given_by="bo", note="call 17 in the phone system")


@pytest.fixture(autouse=True)
def _complaint(store: SqlStore, clock: ManualClock) -> None:
    handle(store, clock, mention("this is terrible", conversation="c"))
    clock.advance(hours=30)


def tell(
    store: SqlStore,
    clock: ManualClock,
    at: datetime,
    event: str = "acknowledged",
    told: Elsewhere = CALL,
) -> None:
    [ticket] = tickets(store)
    record(store, clock, ticket.id, event, by="ada", happened_at=at, elsewhere=told)


def of(store: SqlStore, rule: str) -> Clock:
    [ticket] = tickets(store)
    with store.reading() as work:
        clocks = work.clocks.of_ticket(ticket.id)
    return next(one for one in clocks if one.plan.rule == rule)


def see(store: SqlStore, at: datetime) -> None:
    """Let the bot see its own public word."""
    [ticket] = tickets(store)
    event = TicketEvent(
        ticket_id=ticket.id,
        name="acknowledged",
        happened_at=at,
        recorded_at=at,
        detail="R-000001",
    )
    with store.work() as work:
        apply_event(work, event)


def test_an_acknowledgement_by_phone_meets_its_clock_when_it_was_given(
    store: SqlStore, clock: ManualClock
) -> None:
    tell(store, clock, START + 2 * HOUR)

    met = of(store, "acknowledge_target")
    assert (met.state, met.ended_at) == (ClockState.MET, START + 2 * HOUR)


def test_one_that_was_late_is_no_less_late(store: SqlStore, clock: ManualClock) -> None:
    clock.advance(days=6)

    tell(store, clock, START + 5 * DAY)

    assert of(store, "acknowledge_limit").state is ClockState.BREACHED


def test_the_log_says_how_by_whom_and_on_whose_word_and_holds_the_notes_hash(
    store: SqlStore, clock: ManualClock
) -> None:
    tell(store, clock, START + 2 * HOUR)

    [entry] = log(store, "ticket.recorded")
    assert entry.actor == "ada"
    assert json.loads(entry.detail)["facts"] == {
        "given_elsewhere": "phone",
        "given_by": "bo",
        "recorded_by": "ada",
        "note_sha256": text_hash(CALL.note),
    }
    met = [json.loads(one.detail)["reason"] for one in log(store, "clock.met")]
    words = "; phone by bo, recorded by ada, not seen by the bot"
    assert all(reason.endswith(words) for reason in met)
    assert not any(CALL.note in one.detail for one in log(store))
    [ticket] = tickets(store)
    assert dossier(store, ticket.id).events[-1].detail == f"by ada: {CALL.note}"


def test_without_a_way_only_what_the_bot_sees_acknowledges(
    store: SqlStore, clock: ManualClock
) -> None:
    [ticket] = tickets(store)

    with pytest.raises(NotAllowed, match="--given-elsewhere WAY"):
        record(store, clock, ticket.id, "acknowledged", by="ada")


@pytest.mark.parametrize("at", [START - HOUR, START + 31 * HOUR])
def test_before_the_receipt_and_in_the_future_nothing_was_given(
    store: SqlStore, clock: ManualClock, at: datetime
) -> None:
    with pytest.raises(NotAllowed, match="is not between the receipt"):
        tell(store, clock, at)


def test_nothing_is_acknowledged_twice(store: SqlStore, clock: ManualClock) -> None:
    tell(store, clock, START + 2 * HOUR)

    with pytest.raises(NotAllowed, match="not seen by the bot"):
        tell(store, clock, START + HOUR)


def test_what_the_bot_saw_before_is_the_first_word(
    store: SqlStore, clock: ManualClock
) -> None:
    see(store, START + HOUR)

    with pytest.raises(NotAllowed, match="R-000001"):
        tell(store, clock, START + 2 * HOUR)


def test_a_call_before_the_bots_own_word_is_the_first_word(
    store: SqlStore, clock: ManualClock
) -> None:
    see(store, START + 28 * HOUR)

    tell(store, clock, START + 2 * HOUR)

    assert of(store, "acknowledge_target").ended_at == START + 2 * HOUR


def test_a_word_before_a_further_complaint_does_not_acknowledge_that(
    store: SqlStore, clock: ManualClock
) -> None:
    see(store, START + HOUR)
    [ticket] = tickets(store)
    record(store, clock, ticket.id, "idr_response_provided", by="ada")
    clock.move_to(START + 40 * DAY)
    with store.work() as work:
        for one in work.clocks.of_ticket(ticket.id):
            if one.plan.rule == "early_close":
                work.clocks.change(
                    one.id,
                    before=one.state,
                    after=ClockState.EXCUSED,
                    due_at=None,
                    ended_at=clock.now(),
                    ended_by="lapsed",
                )
    clock.advance(days=1)
    again = mention("still terrible", conversation="c", published_at=clock.now())
    handle(store, clock, again)
    clock.advance(hours=2)

    with pytest.raises(NotAllowed, match="is before the complaint"):
        tell(store, clock, START + 40 * DAY)
    tell(store, clock, clock.now() - HOUR)

    assert of(store, "acknowledge_limit").state is ClockState.MET


def test_a_response_by_letter_is_recorded_with_its_note_and_once(
    store: SqlStore, clock: ManualClock
) -> None:
    letter = Elsewhere(way=Way.LETTER, given_by="ada", note="registered, 42")
    tell(store, clock, START + DAY, "idr_response_provided", letter)

    with pytest.raises(NotAllowed, match="already"):
        tell(store, clock, START + DAY, "idr_response_provided", letter)

    assert of(store, "final_response").state is ClockState.MET
    with store.reading() as work:
        [told] = work.tickets.given_elsewhere()
    assert told.facts["given_elsewhere"] == "letter"


def test_a_wrong_one_is_withdrawn_and_the_bots_own_word_counts(
    store: SqlStore, clock: ManualClock
) -> None:
    see(store, START + 20 * HOUR)
    tell(store, clock, START + 2 * HOUR)
    [ticket] = tickets(store)

    withdraw(store, policy(), clock, ticket.id, "acknowledged", by="bo", why="not her")

    assert of(store, "acknowledge_target").ended_at == START + 20 * HOUR
    with pytest.raises(NotAllowed, match="cannot be withdrawn"):
        withdraw(store, policy(), clock, ticket.id, "acknowledged", by="b", why="x")


def test_it_still_acknowledges_what_was_overturned_and_is_a_complaint_after_all(
    store: SqlStore, clock: ManualClock
) -> None:
    tell(store, clock, START + 2 * HOUR)
    [ticket] = tickets(store)
    [stored] = [seen.stored.id for seen in dossier(store, ticket.id).seen]

    for verdict in (Answer.NO, Answer.YES):
        clock.advance(hours=1)
        review(
            store,
            policy(),
            clock,
            stored,
            {"dissatisfaction": verdict, "response_expected": Answer.YES},
            by="ada",
            why="read",
        )

    met = of(store, "acknowledge_limit")
    assert (met.state, met.ended_at) == (ClockState.MET, START + 2 * HOUR)
    assert of(store, "final_response").state is ClockState.RUNNING
