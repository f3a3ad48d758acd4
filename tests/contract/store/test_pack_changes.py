"""What every store promises about changes of packs that wait for a second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.activation import (
    PackChange,
    PackChangeId,
    PackChangeState,
    PackKind,
)
from bot.errors import Missing
from tests.samples import NOON

CHANGE = PackChange(
    kind=PackKind.HOUSE,
    version="2",
    sha256="a" * 64,
    base_version="1",
    base_sha256="b" * 64,
    files={"pack.yaml": "pack: {}\n", "routes.yaml": "é # %undecidable"},
    note="more time",
    proposed_by="Ada",
    proposed_at=NOON,
)


def test_a_change_reads_back_equal_and_the_newest_comes_first(store):
    with store.work() as work:
        first, second = work.pack_changes.add(CHANGE), work.pack_changes.add(CHANGE)

        assert work.pack_changes.get(first.id) == first == replace(CHANGE, id=first.id)
        assert work.pack_changes.listing(9) == [second, first]
        assert work.pack_changes.listing(1) == [second]
        assert work.pack_changes.listing(9, before=second.id) == [first]
        with pytest.raises(Missing):
            work.pack_changes.get(PackChangeId(99))


def test_a_change_is_settled_once(store):
    with store.work() as work:
        change = work.pack_changes.add(CHANGE)
        done = replace(
            change,
            state=PackChangeState.ACTIVATED,
            settled_by="Ben",
            settled_at=NOON + timedelta(hours=1),
        )
        other = replace(done, state=PackChangeState.TURNED_DOWN, settled_by="Cleo")

        assert work.pack_changes.settle(done)
        assert not work.pack_changes.settle(other)

        assert work.pack_changes.get(change.id) == done


def test_what_a_trial_told_is_kept_with_the_change(store):
    with store.work() as work:
        change = work.pack_changes.add(CHANGE)

        work.pack_changes.simulate(change.id, {"moved": "7"})

        assert work.pack_changes.get(change.id).simulated == {"moved": "7"}
