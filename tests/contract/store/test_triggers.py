"""What triggers did and count, the same on every database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.samples import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def gather(store, at, scope="a", items=3):
    with store.work() as work:
        return work.triggers.gather("T1", scope, at, items=items, within=HOUR)


def test_what_acted_is_counted_within_the_span_alone(store):
    with store.work() as work:
        for minutes in (0, 30, 61):
            at = NOON + minutes * MINUTE
            work.triggers.act("T1", "a", at, within=HOUR)
        work.triggers.act("T2", "a", NOON, within=HOUR)
        work.triggers.act("T1", "b", NOON, within=HOUR)

    with store.reading() as work:
        count = work.triggers.acted("T1", "a", NOON + 61 * MINUTE, within=HOUR)
        other = work.triggers.acted("T2", "a", NOON, within=HOUR)

    assert (count, other) == (2, 1)


def test_each_act_has_a_number_of_its_own(store):
    with store.work() as work:
        numbers = {work.triggers.act("T1", "a", NOON, within=HOUR) for _ in range(3)}

    assert len(numbers) == 3


def test_the_item_that_makes_it_many_opens_an_episode_and_no_other_does(store):
    opened = [gather(store, NOON + n * MINUTE) for n in range(5)]

    assert opened == [None, None, NOON + 2 * MINUTE, None, None]


def test_an_episode_goes_on_while_items_come_and_then_is_over(store):
    for n in range(3):
        gather(store, NOON + n * MINUTE)
    slowly = [gather(store, NOON + 50 * n * MINUTE) for n in range(1, 6)]
    later = NOON + 24 * HOUR
    again = [gather(store, later + n * MINUTE) for n in range(4)]

    assert slowly == [None] * 5
    assert again == [None, None, later + 2 * MINUTE, None]


def test_what_is_read_late_opens_no_second_episode(store):
    for n in range(3):
        gather(store, NOON + n * MINUTE)

    assert [gather(store, NOON - n * MINUTE) for n in range(5)] == [None] * 5


def test_other_matters_are_counted_apart(store):
    opened = [gather(store, NOON, scope=scope) for scope in "abcabcabc"]

    assert [one is not None for one in opened] == [False] * 6 + [True] * 3


def test_of_many_that_count_at_once_one_opens_the_episode(database_url, open_store):
    stores = [open_store(database_url) for _ in range(4)]
    gate = threading.Barrier(4)

    def go(store):
        gate.wait(timeout=30)
        return [gather(store, NOON + n * MINUTE, items=8) for n in range(5)]

    with ThreadPoolExecutor(4) as pool:
        opened = [one for some in pool.map(go, stores) for one in some]

    assert len([one for one in opened if one is not None]) == 1
