"""A pack's text outlives its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.clocks import PackRef
from bot.rules.calendars import calendar_of
from bot.rules.library import Library
from bot.services.packs import KeptPacks
from bot.services.rules import replay
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.rules.packs import rg271
from tests.unit.services.world import DAY, handle, mention, policy


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
        lambda files: {name: f"{text}# edited\n" for name, text in files.items()},
    ],
    ids=["never kept", "not read by this program", "not what its hash proves"],
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


def test_deadlines_are_computed_anew_though_the_packs_files_are_gone(
    store: SqlStore, clock: ManualClock
) -> None:
    rules = policy(regulation=rg271(), calendar=calendar_of("AU-NSW"))
    handle(store, clock, mention("this is terrible"), by=rules)

    with store.audit_log() as records:
        found = list(
            replay(
                records,
                Library(packs=()),
                lambda place, zone: calendar_of(place, zone=zone),
                since=START,
                until=START + DAY,
                kept=KeptPacks(store),
            )
        )

    assert found
    assert [one.why or one for one in found if not one.is_same] == []
