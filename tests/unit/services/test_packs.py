"""A pack's text outlives its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.clocks import PackRef
from bot.services.packs import KeptPacks
from bot.storage.store import SqlStore
from bot.testing import START
from tests.unit.rules.packs import rg271


def test_a_kept_pack_is_read_as_it_was(store: SqlStore) -> None:
    pack = rg271()
    with store.work() as work:
        kept = [work.packs.keep(pack, START) for _ in range(2)]

    found = KeptPacks(store)(pack.ref)

    assert kept == [True, False]
    assert found == pack


@pytest.mark.parametrize(
    "change",
    [
        lambda files: {},
        lambda files: dict.fromkeys(files, "clocks: ["),
    ],
    ids=["never kept", "not read by this program"],
)
def test_what_cannot_be_had_is_not_had(
    store: SqlStore, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    pack = rg271()
    changed = replace(pack, files=change(dict(pack.files)))
    with store.work() as work:
        work.packs.keep(changed, START)

    kept = KeptPacks(store)

    assert kept(pack.ref) is None
    assert kept(PackRef(id="au.gicop", version="1", sha256="0")) is None
