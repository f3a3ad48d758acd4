"""Two workers at once, each with connections of its own: exactly one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.audit.seal import make_seal
from bot.audit.verify import verify
from bot.domain.clocks import ClockState
from bot.domain.replies import ReplyState
from bot.errors import Stale
from tests.samples import NOON, decision, entry, mention, plan, reply, tags, ticket

HOUR = timedelta(hours=1)
WORKERS = 4


@pytest.fixture
def race(database_url, open_store) -> Callable[[Callable[..., Any]], list[Any]]:
    """Return what each of several workers got when all did the same at once."""

    def run(do: Callable[..., Any]) -> list[Any]:
        gate = threading.Barrier(WORKERS)
        stores = [open_store(database_url) for _ in range(WORKERS)]

        def one(number: int) -> Any:
            gate.wait(timeout=30)
            return do(stores[number], number)

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(one, range(WORKERS)))

    return run


def outcome(do: Callable[[], Any]) -> Any:
    """Return what it gave, or ``Stale`` where it was told so."""
    try:
        return do()
    except Stale:
        return Stale


def test_one_page_stored_by_all_is_stored_once(store, race):
    page = [mention(n) for n in range(300)]

    def add(store, number):
        with store.work() as work:
            return work.mentions.add(page, source="agora", at=NOON)

    added = race(add)

    assert sum(len(each) for each in added) == 300
    assert store.summary().mentions == 300


def test_overlapping_pages_in_any_order_end_without_a_deadlock(store, race):
    page = [mention(n) for n in range(200)]
    orders = [page, page[::-1], page[100:] + page[:100], page[::2] + page[1::2]]

    def add(store, number):
        with store.work() as work:
            return work.mentions.add(orders[number], source="agora", at=NOON)

    added = race(add)

    assert sum(len(each) for each in added) == 200


def test_every_mention_is_tagged_by_one_worker(store, race):
    with store.work() as work:
        added = work.mentions.add(
            [mention(n) for n in range(200)], source="agora", at=NOON
        )

    def tag_all(store, number):
        with store.work() as work:
            wanted = [(each.id, tags(model=f"w{number}")) for each in added]
            return work.mentions.tag(wanted, NOON)

    won = race(tag_all)

    assert sorted(each for some in won for each in some) == [each.id for each in added]


def test_workers_that_take_turns_tag_and_decide_everything_once(store, race):
    with store.work() as work:
        work.mentions.add([mention(n) for n in range(120)], source="agora", at=NOON)

    def go_on(store, number):
        done = []
        while True:
            with store.work() as work:
                pending = work.mentions.untagged(7)
                work.mentions.tag([(each.id, tags()) for each in pending], NOON)
            with store.work() as work:
                ready = work.mentions.undecided(5)
                done += [
                    each.id
                    for each, _ in ready
                    if work.mentions.decide(
                        each.id, decision(), ticket_id=None, at=NOON
                    )
                ]
            if not pending and not ready:
                return done

    done = race(go_on)

    assert len({each for some in done for each in some}) == 120
    assert sum(len(some) for some in done) == 120
    with store.work() as work:
        assert work.mentions.untagged(9) == []
        assert work.mentions.undecided(9) == []


def test_a_mention_is_decided_by_one_worker(store, race):
    with store.work() as work:
        (stored,) = work.mentions.add([mention()], source="agora", at=NOON)

    def decide(store, number):
        with store.work() as work:
            return work.mentions.decide(
                stored.id, decision(queue=f"q{number}"), ticket_id=None, at=NOON
            )

    assert sorted(race(decide)) == [False, False, False, True]


def test_a_conversation_gets_one_open_ticket(store, race):
    def open_one(store, number):
        def add():
            with store.work() as work:
                return work.tickets.add(ticket())

        return outcome(add)

    opened = race(open_one)

    assert opened.count(Stale) == WORKERS - 1
    assert store.summary().open_tickets == 1


def test_one_worker_saves_a_version(store, race):
    with store.work() as work:
        added = work.tickets.add(ticket())

    def claim(store, number):
        def save():
            with store.work() as work:
                return work.tickets.save(replace(added, owner=f"agent {number}"))

        return outcome(save)

    saved = race(claim)

    assert saved.count(Stale) == WORKERS - 1
    (won,) = [each for each in saved if each is not Stale]
    with store.work() as work:
        assert work.tickets.get(added.id) == won


@pytest.mark.postgres
def test_of_two_who_wait_for_each_other_one_is_told_that_it_is_stale(
    postgres_databases, open_store
):
    url = postgres_databases.empty()
    one, other = open_store(url), open_store(url)
    with one.work() as work:
        first = work.tickets.add(ticket(conversation="first"))
        second = work.tickets.add(ticket(conversation="second"))
    gate = threading.Barrier(2)

    def save(store, mine, theirs):
        with store.work() as work:
            work.tickets.save(mine)
            gate.wait(timeout=30)
            work.tickets.save(theirs)

    with ThreadPoolExecutor(2) as pool:
        ends = [
            pool.submit(outcome, partial(save, one, first, second)),
            pool.submit(outcome, partial(save, other, second, first)),
        ]
        ended = [end.result() for end in ends]

    assert sorted(ended, key=str) == [Stale, None]
    with one.work() as work:
        assert work.tickets.get(first.id).version == 2
        assert work.tickets.get(second.id).version == 2


def test_a_rule_starts_one_clock(store, race):
    with store.work() as work:
        added = work.tickets.add(ticket())

    def start(store, number):
        with store.work() as work:
            work.clocks.start(added.id, [plan("a"), plan("b")])

    race(start)

    with store.work() as work:
        assert len(work.clocks.of_ticket(added.id)) == 2


def test_a_clock_breaches_once(store, race):
    with store.work() as work:
        added = work.tickets.add(ticket())
        work.clocks.start(added.id, [plan()])
        (clock,) = work.clocks.of_ticket(added.id)

    def breach(store, number):
        with store.work() as work:
            return work.clocks.change(
                clock.id,
                before=ClockState.RUNNING,
                after=ClockState.BREACHED,
                due_at=None,
            )

    assert sorted(race(breach)) == [False, False, False, True]


@pytest.fixture
def queued(store):
    with store.work() as work:
        (stored,) = work.mentions.add([mention()], source="agora", at=NOON)
        added = work.tickets.add(ticket())
        return work.replies.add(reply(ticket_id=added.id, mention_id=stored.id))


def test_a_reply_is_sent_by_one_worker(store, race, queued):
    def take(store, number):
        with store.work() as work:
            return work.replies.move(
                replace(queued, state=ReplyState.SENDING, sending_at=NOON),
                before=ReplyState.QUEUED,
            )

    assert sorted(race(take)) == [False, False, False, True]


def test_a_mention_gets_one_acknowledgement(store, race, queued):
    with store.work() as work:
        (stored,) = work.mentions.add([mention(2)], source="agora", at=NOON)

    def add(store, number):
        with store.work() as work:
            return work.replies.add(
                reply(ticket_id=queued.ticket_id, mention_id=stored.id)
            )

    assert race(add).count(None) == WORKERS - 1


def test_one_process_takes_a_lease(store, race):
    def take(store, number):
        with store.work() as work:
            return work.leases.take(
                "scheduler", f"host {number}", now=NOON, until=NOON + HOUR
            )

    assert sorted(race(take)) == [False, False, False, True]


def test_a_meter_loses_no_reading(store, race):
    def spend(store, number):
        for _ in range(10):
            with store.work() as work:
                work.sources.spend("agora", NOON, reads=3)

    race(spend)

    with store.work() as work:
        assert work.sources.spent("agora", "2026-03") == (WORKERS * 30, 0)


def test_many_write_while_several_seal_and_the_log_proves_whole(store, race):
    def write_and_seal(store, number):
        for turn in range(15):
            with store.work() as work:
                work.audit.append([entry(turn), entry(turn, actor=f"w{number}")])
            with store.work() as work:
                pending = work.audit.unsealed(5)
                last = work.audit.last_seal()
                if pending:
                    work.audit.seal(make_seal(last, pending, NOON))

    race(write_and_seal)

    while True:
        with store.work() as work:
            pending = work.audit.unsealed(50)
            if not pending:
                break
            assert work.audit.seal(make_seal(work.audit.last_seal(), pending, NOON))
    with store.audit_log() as log:
        report = verify(log)
    assert report.is_whole
    assert (report.entries, report.unsealed) == (WORKERS * 30, 0)
