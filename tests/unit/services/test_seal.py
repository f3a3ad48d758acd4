from __future__ import annotations

import json

import pytest

from bot.audit.seal import GENESIS, leaf_hash, merkle_root, seal_hash
from bot.errors import StorageError
from bot.services.seal import current_head, seal_pending, write_head
from bot.testing import Killed
from tests.samples import entry
from tests.unit.services.world import Dying, Interrupted


def write(store, count):
    with store.work() as work:
        work.audit.append([entry(number) for number in range(count)])


def last_seal(store):
    with store.reading() as work:
        return work.audit.last_seal()


def test_entries_are_sealed_in_batches_that_chain(store, clock):
    write(store, 5)
    with store.reading() as work:
        entries = work.audit.unsealed(10)

    assert seal_pending(store, clock, limit=3) == 3
    first = last_seal(store)
    assert seal_pending(store, clock, limit=3) == 2
    second = last_seal(store)

    assert (first.number, first.previous, first.total) == (1, GENESIS, 3)
    assert (second.number, second.previous, second.total) == (2, first.hash, 5)
    assert first.root == merkle_root(leaf_hash(one) for one in entries[:3])
    assert all(one.hash == seal_hash(one) for one in (first, second))


def test_nothing_to_seal_seals_nothing(store, clock):
    assert seal_pending(store, clock) == 0
    write(store, 1)
    seal_pending(store, clock)

    assert seal_pending(store, clock) == 0
    assert last_seal(store).number == 1


def test_what_another_sealer_sealed_meanwhile_is_left_alone(store, clock):
    write(store, 2)
    late = Interrupted(store, lambda: seal_pending(store, clock))

    assert seal_pending(late, clock) == 0

    assert last_seal(store).number == 1


def test_killed_before_the_commit_the_batch_is_sealed_next_time(store, clock):
    write(store, 2)
    with pytest.raises(Killed):
        seal_pending(Dying(store, Killed(), nth=1, committed=False), clock)
    assert last_seal(store) is None

    assert seal_pending(store, clock) == 2


def test_the_head_of_each_day_is_one_whole_file(store, clock, tmp_path):
    heads = tmp_path / "a" / "heads"
    write(store, 1)
    seal_pending(store, clock)
    first = write_head(store, heads)
    write(store, 1)
    seal_pending(store, clock)
    same_day = write_head(store, heads)
    clock.advance(days=1)
    write(store, 1)
    seal_pending(store, clock)
    next_day = write_head(store, heads)

    one, two = heads / "head-2026-11-02.json", heads / "head-2026-11-03.json"
    assert (first, same_day, next_day) == (one, one, two)
    assert json.loads(one.read_text())["number"] == 2
    assert json.loads(two.read_text())["hash"] == last_seal(store).hash
    assert sorted(heads.iterdir()) == [one, two]


def test_a_head_that_is_there_already_is_not_written_again(store, clock, tmp_path):
    write(store, 1)
    seal_pending(store, clock)
    first = write_head(store, tmp_path)
    assert first is not None
    before = first.stat().st_ino

    assert write_head(store, tmp_path) == first
    assert first.stat().st_ino == before

    first.write_bytes(b"something else")
    write_head(store, tmp_path)
    assert json.loads(first.read_text())["number"] == 1


def test_before_the_first_seal_there_is_no_head(store, tmp_path):
    assert current_head(store) is None
    assert write_head(store, tmp_path / "heads") is None
    assert not (tmp_path / "heads").exists()


def test_a_folder_that_cannot_be_written_is_said_with_its_setting(
    store, clock, tmp_path
):
    write(store, 1)
    seal_pending(store, clock)
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StorageError, match=r"check audit\.head_dir"):
        write_head(store, tmp_path / "file" / "heads")
