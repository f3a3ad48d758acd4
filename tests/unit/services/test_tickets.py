from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.tickets import TicketId, TicketStatus
from bot.errors import Missing, NotAllowed
from bot.services.tickets import dossier
from bot.testing import START, Killed
from tests.unit.services.world import (
    Dying,
    actions,
    close,
    handle,
    log,
    mention,
    record,
    states,
    tickets,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def ticket(store, clock):
    handle(store, clock, mention(published_at=START - HOUR))
    [opened] = tickets(store)
    return opened


def events(store, ticket):
    with store.reading() as work:
        return work.tickets.events(ticket.id)


def test_what_was_done_is_written_with_who_did_it_and_when(store, clock, ticket):
    clock.advance(hours=2)

    record(store, clock, ticket.id, "answered", by="ana", happened_at=START + HOUR)

    last = events(store, ticket)[-1]
    assert (last.name, last.detail) == ("answered", "by ana")
    assert (last.happened_at, last.recorded_at) == (START + HOUR, START + 2 * HOUR)
    assert states(store, ticket)["first_response"] == "met"
    [entry] = log(store, "ticket.recorded")
    assert entry.actor == "ana"
    assert json.loads(entry.detail) == {
        "event": "answered",
        "happened_at": (START + HOUR).isoformat(),
    }


def test_without_a_time_it_happened_now(store, clock, ticket):
    clock.advance(hours=2)

    record(store, clock, ticket.id, "answered", by="ana")

    assert events(store, ticket)[-1].happened_at == clock.now()


@pytest.mark.parametrize("at", [START - HOUR - timedelta(seconds=1), START + HOUR])
def test_nothing_happens_before_the_receipt_or_in_the_future(store, clock, ticket, at):
    before = log(store)

    with pytest.raises(NotAllowed, match="T-000001"):
        record(store, clock, ticket.id, "answered", by="ana", happened_at=at)

    assert log(store) == before
    assert len(events(store, ticket)) == 1


def test_of_a_ticket_that_is_not_there_nothing_is_recorded(store, clock):
    with pytest.raises(Missing, match="T-000404"):
        record(store, clock, TicketId(404), "answered", by="ana")


def test_closing_keeps_the_houses_promise_and_lets_legal_clocks_run(
    store, clock, ticket
):
    closed = close(store, clock, ticket.id, by="ana")

    assert (closed.status, closed.closed_at) == (TicketStatus.CLOSED, START)
    assert states(store, ticket)["first_response"] == "met"
    assert states(store, ticket)["final_response"] == "running"
    assert log(store, "ticket.closed")[0].actor == "ana"
    assert events(store, ticket)[-1].name == "closed"


def test_a_closed_ticket_is_not_closed_again(store, clock, ticket):
    close(store, clock, ticket.id, by="ana")

    with pytest.raises(NotAllowed, match="closed already"):
        close(store, clock, ticket.id, by="bo")

    assert actions(store, "ticket.closed") == ["ticket.closed"]


def test_what_is_still_owed_can_be_recorded_after_closing(store, clock, ticket):
    close(store, clock, ticket.id, by="ana")

    record(store, clock, ticket.id, "idr_response_provided", by="ana")

    assert states(store, ticket)["final_response"] == "met"


def test_killed_while_closing_the_ticket_is_still_open(store, clock, ticket):
    with pytest.raises(Killed):
        close(
            Dying(store, Killed(), nth=1, committed=False),
            clock,
            ticket.id,
            by="ana",
        )

    assert tickets(store) == [ticket]


def test_a_dossier_holds_all_that_is_known(store, clock, ticket):
    second = mention(conversation=ticket.conversation)
    handle(store, clock, second)

    whole = dossier(store, ticket.id)

    assert whole.ticket.mentions == 2
    assert [one.stored.mention.external_id for one in whole.seen][1:] == [
        second.external_id
    ]
    first = whole.seen[0]
    assert first.tags is not None
    assert first.decision is not None
    assert first.decided_at == START
    assert len(whole.clocks) == 5
    assert [one.in_reply_to for one in whole.replies] == [
        first.stored.mention.external_id
    ]
    assert [one.name for one in whole.events] == ["received", "received"]


def test_there_is_no_dossier_of_what_is_not_there(store):
    with pytest.raises(Missing):
        dossier(store, TicketId(404))
