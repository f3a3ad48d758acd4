"""What every store promises about the append-only log."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from bot.audit.seal import leaf_hash, make_seal, merkle_root
from bot.audit.verify import verify
from bot.errors import StorageError
from tests.samples import NOON, entry


def append(store, *entries):
    with store.work() as work:
        work.audit.append(entries)


def seal_next(store, limit=100):
    with store.work() as work:
        entries = work.audit.unsealed(limit)
        seal = make_seal(work.audit.last_seal(), entries, NOON)
        assert work.audit.seal(seal)
    return seal


def test_an_appended_entry_is_kept_as_canonical_text(store):
    append(store, entry(1), entry(2, actor="ana", detail={}))

    with store.work() as work:
        first, second = work.audit.unsealed(10)

    assert first.at == "2026-03-02T12:00:01.123457+00:00"
    assert (first.actor, first.action, first.subject) == (
        "bot",
        "ticket.opened",
        "ticket:1",
    )
    assert first.detail == '{"because":["hardship"],"hash":"\\u00e9","tier":2}'
    assert json.loads(first.detail) == entry(1).detail
    assert (second.actor, second.detail) == ("ana", "{}")
    assert first.id < second.id


def test_appending_nothing_appends_nothing(store):
    append(store)

    with store.work() as work:
        assert work.audit.unsealed(10) == []
        assert work.audit.last_seal() is None


def test_odd_characters_never_stop_the_log(store):
    append(store, entry(subject="nul \x00 and half \ud83d", detail={"x": "\x00\ud83d"}))

    seal_next(store)

    with store.audit_log() as log:
        assert verify(log).is_whole


def test_unsealed_are_the_oldest_without_a_seal(store):
    append(store, *(entry(n) for n in range(10)))

    first = seal_next(store, 4)
    second = seal_next(store, 4)

    with store.work() as work:
        rest = work.audit.unsealed(10)
    assert [each.subject for each in rest] == ["ticket:8", "ticket:9"]
    assert (first.number, first.total, second.number, second.total) == (1, 4, 2, 8)
    assert second.previous == first.hash


def test_the_last_seal_reads_back_equal(store):
    append(store, *(entry(n) for n in range(2500)))

    sealed = seal_next(store, 2500)

    with store.work() as work:
        assert work.audit.last_seal() == sealed
        assert work.audit.unsealed(1) == []


def test_only_the_next_seal_is_written(store):
    append(store, *(entry(n) for n in range(6)))
    with store.work() as work:
        entries = work.audit.unsealed(6)
    first = make_seal(None, entries[:2], NOON)
    rival = make_seal(None, entries[:3], NOON + timedelta(seconds=1))
    after_rival = make_seal(rival, entries[3:], NOON)

    with store.work() as work:
        won = [work.audit.seal(each) for each in (first, rival, first, after_rival)]

    assert won == [True, False, False, False]
    with store.work() as work:
        assert work.audit.last_seal() == first


def test_an_entry_is_sealed_once(store):
    append(store, *(entry(n) for n in range(4)))
    with store.work() as work:
        entries = work.audit.unsealed(4)
    first = make_seal(None, entries[:2], NOON)
    overlapping = make_seal(first, entries[1:], NOON)

    with store.work() as work:
        won = [work.audit.seal(first), work.audit.seal(overlapping)]

    assert won == [True, False]
    with store.work() as work:
        assert work.audit.last_seal() == first
        assert len(work.audit.unsealed(10)) == 2


def test_a_seal_over_something_else_than_what_is_stored_is_refused(store):
    append(store, entry(1))
    with store.work() as work:
        (stored,) = work.audit.unsealed(1)
    forged = type(stored)(
        id=stored.id,
        at=stored.at,
        actor="somebody",
        action=stored.action,
        subject=stored.subject,
        detail=stored.detail,
    )

    with store.work() as work, pytest.raises(StorageError, match="does not fit"):
        work.audit.seal(make_seal(None, [forged], NOON))

    with store.work() as work:
        assert work.audit.last_seal() is None


def test_the_whole_log_proves_whole(store):
    append(store, *(entry(n) for n in range(25)))
    for _ in range(2):
        sealed = seal_next(store, 10)

    with store.audit_log() as log:
        report = verify(log)

    assert report.is_whole
    assert (report.entries, report.seals, report.unsealed) == (25, 2, 5)
    assert report.head is not None
    assert report.head.hash == sealed.hash


def test_an_empty_log_proves_whole(store):
    with store.audit_log() as log:
        report = verify(log)

    assert report.is_whole
    assert (report.entries, report.seals, report.head) == (0, 0, None)


def test_entries_about_several_things_come_in_order_with_their_seals(store):
    append(store, *(entry(n) for n in (3, 1, 2, 3)))
    seal_next(store, 2)

    with store.reading() as work:
        found = work.audit.kept({"ticket:3", "ticket:1", "ticket:77"})

    assert [one.entry.subject for one in found] == ["ticket:3", "ticket:1", "ticket:3"]
    assert [one.seal for one in found] == [1, 1, None]
    assert found[0].leaf == leaf_hash(found[0].entry)
    assert not found[2].leaf


def test_the_first_seal_from_an_instant_on_is_found_and_none_after_the_last(store):
    append(store, *(entry(n) for n in range(4)))
    seals = [seal_next(store, 2), seal_next(store, 2)]
    first = datetime.fromisoformat(seals[0].sealed_at)

    with store.reading() as work:
        assert work.audit.first_seal_since(first) == seals[0].hash
        assert work.audit.first_seal_since(NOON - timedelta(days=1)) == seals[0].hash
        assert not work.audit.first_seal_since(NOON + timedelta(days=9))


def test_seals_are_given_by_number_with_their_leaves_in_order(store):
    append(store, *(entry(n) for n in range(6)))
    seals = [seal_next(store, 2) for _ in range(3)]

    with store.reading() as work:
        found = work.audit.batches(2, 3)
        assert work.audit.batches(4, 9) == []

    assert [one.seal for one in found] == seals[1:]
    for one in found:
        assert merkle_root(one.leaves) == one.seal.root
