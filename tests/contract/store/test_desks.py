"""What every store promises about mirrors of tickets at outside desks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.desks import DeskLink, Sending
from bot.domain.tickets import TicketEvent, TicketStatus
from bot.errors import Stale
from bot.storage.store import SqlStore
from tests.samples import NOON, ticket

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def desks(database_url):
    opened = SqlStore(database_url, desks=["one", "two"])
    yield opened
    opened.close()


@pytest.fixture
def made(desks):
    with desks.work() as work:
        return work.tickets.add(ticket())


def due(desks, name="one", at=NOON):
    with desks.reading() as work:
        return work.desks.due(name, at, 10)


def claim(desks, change, until=LATER):
    with desks.work() as work:
        return work.desks.claim(change, until=until)


def settle(desks, change, state, **fields):
    with desks.work() as work:
        return work.desks.settle(change, state, attempts=1, **fields)


def test_whatever_is_written_of_a_ticket_lines_up_one_change_for_each_desk(desks, made):
    event = TicketEvent(
        ticket_id=made.id, name="received", happened_at=NOON, recorded_at=NOON
    )
    with desks.work() as work:
        work.tickets.save(replace(made, reach=9))
        work.tickets.add_event(event)

    assert [one.ticket_id for one in due(desks)] == [made.id]
    assert [one.ticket_id for one in due(desks, "two")] == [made.id]


def save_twice(desks, made):
    """Write the same version two times in one transaction, which ends it."""
    with desks.work() as work:
        for reach in (8, 9):
            work.tickets.save(replace(made, reach=reach))


def test_what_is_taken_back_lines_up_nothing(desks, made):
    [change] = due(desks)
    claim(desks, change)
    settle(desks, change, Sending.DONE)

    with pytest.raises(Stale):
        save_twice(desks, made)

    assert due(desks, at=LATER) == []


def test_a_store_without_desks_lines_up_nothing(store):
    with store.work() as work:
        work.tickets.add(ticket())

    with store.reading() as work:
        assert work.desks.due("one", LATER, 10) == []


def test_of_two_that_claim_a_change_one_wins(desks, made):
    [change] = due(desks)

    assert [claim(desks, change), claim(desks, change)] == [True, False]


def test_what_changes_while_one_is_on_its_way_waits_behind_it(desks, made):
    [change] = due(desks)
    claim(desks, change)
    with desks.work() as work:
        work.tickets.save(replace(made, reach=9))

    assert due(desks) == []
    settle(desks, change, Sending.UNKNOWN, next_at=LATER)
    assert [one.id for one in due(desks, at=LATER)] == [change.id]
    [again] = due(desks, at=LATER)
    claim(desks, again)
    settle(desks, again, Sending.DONE)
    [behind] = due(desks)
    assert behind.id != change.id


def test_one_that_is_to_wait_again_joins_what_was_lined_up_meanwhile(desks, made):
    [change] = due(desks)
    claim(desks, change)
    with desks.work() as work:
        work.tickets.save(replace(made, reach=9))

    settle(desks, change, Sending.WAITING, next_at=LATER, reason="down")

    assert due(desks) == []
    [joined] = due(desks, at=LATER)
    assert (joined.attempts, joined.reason) == (1, "down")


def test_one_whose_sender_died_comes_again_after_its_time(desks, made):
    [change] = due(desks)
    claim(desks, change, until=LATER)

    assert due(desks, at=LATER - timedelta(seconds=1)) == []
    assert [one.state for one in due(desks, at=LATER)] == [Sending.SENDING]


def test_the_outcome_of_a_slow_call_is_not_written_over_a_later_try(desks, made):
    [first] = due(desks)
    claim(desks, first, until=NOON)
    [second] = due(desks)
    claim(desks, second)

    assert not settle(desks, first, Sending.GIVEN_UP)
    assert settle(desks, second, Sending.DONE)


def test_what_was_given_up_is_counted_listed_and_taken_up(desks, made):
    [change] = due(desks)
    claim(desks, change)
    settle(desks, change, Sending.GIVEN_UP, reason="HTTP 400")
    with desks.work() as work:
        assert work.desks.counts("one") == {Sending.GIVEN_UP: 1}
        [left] = work.desks.listing("one", states=[Sending.GIVEN_UP], limit=5)
        assert work.desks.take_up("one", [left.id + 1]) == []
        assert work.desks.take_up("one", [left.id]) == [left]

    [anew] = due(desks)
    assert (anew.ticket_id, anew.attempts) == (made.id, 0)


def test_a_mirror_is_kept_whole_and_found_by_both_its_names(desks, made):
    link = DeskLink(
        desk="one",
        ticket_id=made.id,
        key="answerable-1",
        external_id="35436",
        url="https://desk.example.org/35436",
        known={"tier": "1"},
        told=3,
        in_doubt=True,
        status=TicketStatus.CLOSED,
        assignee="77",
        changed_at=NOON,
    )

    with desks.work() as work:
        work.desks.keep(replace(link, told=2))
        work.desks.keep(link)

    with desks.reading() as work:
        assert work.desks.link("one", made.id) == link
        assert work.desks.linked("one", "35436") == link
        assert work.desks.link("two", made.id) is None
        assert work.desks.linked("one", "") is None
