"""What others deliver to us, the same on every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.samples import NOON

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def add(store, *bodies, source="forum", at=NOON):
    with store.work() as work:
        return [work.deliveries.add(source, body, at) for body in bodies]


def after(store, number=0, limit=100, source="forum"):
    with store.reading() as work:
        return work.deliveries.after(source, number, limit)


def bodies(found):
    return [one.body for one in found]


def test_what_was_delivered_is_read_in_its_order_from_a_number_on(store):
    add(store, "a", "b", "c", "d")

    first = after(store, limit=2)
    rest = after(store, first[-1].number)

    assert (bodies(first), bodies(rest)) == (["a", "b"], ["c", "d"])


def test_the_same_body_is_kept_once_for_each_source(store):
    kept = add(store, "a", "b", "a")
    elsewhere = add(store, "a", source="shop")

    assert (kept, elsewhere) == ([True, True, False], [True])
    assert bodies(after(store)) == ["a", "b"]
    assert bodies(after(store, source="shop")) == ["a"]


def test_any_text_comes_back_as_it_was_sent(store):
    odd = '{"id": "\x00\ud800", "text": "💥 é"}'

    add(store, odd)

    assert bodies(after(store)) == [odd]


def test_the_last_delivery_is_told_with_its_time(store):
    with store.reading() as work:
        before = work.deliveries.last_at("forum")
    add(store, "a")
    add(store, "b", at=NOON + MINUTE)
    add(store, "c", source="shop", at=NOON + DAY)

    with store.reading() as work:
        assert (before, work.deliveries.last_at("forum")) == (None, NOON + MINUTE)


def test_words_go_when_they_were_read_and_are_not_taken_again(store):
    add(store, "a", "b", "c")
    read = after(store, limit=2)[-1].number
    with store.work() as work:
        work.deliveries.drop("forum", until=read, before=NOON)

    again = add(store, "a", "c")

    assert again == [False, False]
    assert bodies(after(store)) == ["c"]


def test_that_it_was_here_is_forgotten_in_the_end_but_no_number_is_used_again(store):
    add(store, "a", "b")
    read = after(store)[-1].number
    with store.work() as work:
        work.deliveries.drop("forum", until=read, before=NOON + DAY)

    again = add(store, "a")

    assert again == [True]
    assert [one.number > read for one in after(store)] == [True]


def test_what_was_not_read_stays_however_old_it_is(store):
    add(store, "a", "b")
    add(store, "c", source="shop")
    first = after(store, limit=1)[0].number

    with store.work() as work:
        work.deliveries.drop("forum", until=first, before=NOON + 999 * DAY)

    assert bodies(after(store)) == ["b"]
    assert bodies(after(store, source="shop")) == ["c"]


def test_who_reads_while_others_deliver_passes_over_nothing(
    store, database_url, open_store
):
    senders = [open_store(database_url) for _ in range(4)]

    def send(number):
        return [add(senders[number], f"{number}-{n}") for n in range(25)]

    read, at = [], 0
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, number) for number in range(4)]
        while not all(one.done() for one in sent) or after(store, at):
            for one in after(store, at, limit=7):
                read.append(one.body)
                at = one.number

    assert all(one.result() == [[True]] * 25 for one in sent)
    assert sorted(read) == sorted(f"{s}-{n}" for s in range(4) for n in range(25))
