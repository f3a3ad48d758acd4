"""What every store promises about sources, coverage and quota."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.channels import Coverage, Cursor
from bot.domain.ports import SourceState
from tests.samples import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_source_never_seen_stands_at_the_start(store):
    with store.work() as work:
        assert work.sources.state("agora") == SourceState(name="agora")


def test_a_source_stands_where_it_was_saved(store):
    first = SourceState(
        name="agora",
        cursor=Cursor("since:99"),
        last_success_at=NOON,
        failures=3,
        retry_at=NOON + HOUR,
        off_because="token expired",
    )
    with store.work() as work:
        work.sources.save(first)
        work.sources.save(SourceState(name="plaza", failures=1))
    second = SourceState(name="agora", cursor=Cursor("since:100"))

    with store.work() as work:
        kept = work.sources.state("agora")
        work.sources.save(second)

    with store.work() as work:
        assert kept == first
        assert work.sources.state("agora") == second
        assert work.sources.state("plaza").failures == 1


def looked(**fields):
    whole = Coverage(
        source="agora",
        started_at=NOON,
        ended_at=NOON + HOUR,
        outcome="ok",
        fetched=10,
        stored=4,
    )
    return replace(whole, **fields)


def test_a_stretch_like_the_last_extends_it(store):
    with store.work() as work:
        work.sources.cover(looked())
        work.sources.cover(looked(source="plaza", outcome="Unavailable"))
        work.sources.cover(
            looked(started_at=NOON + HOUR, ended_at=NOON + 2 * HOUR, fetched=5)
        )

    with store.work() as work:
        assert work.sources.coverage("agora") == [
            looked(ended_at=NOON + 2 * HOUR, fetched=15, stored=8)
        ]


def test_a_stretch_unlike_the_last_begins_anew(store):
    blind = looked(outcome="Unavailable", detail="503", fetched=0, stored=0)
    stretches = [looked(), blind, replace(blind, detail="timeout"), looked()]

    with store.work() as work:
        for stretch in stretches:
            work.sources.cover(stretch)

    with store.work() as work:
        assert work.sources.coverage("agora") == stretches


def test_the_meter_adds_up_per_source_and_month(store):
    with store.work() as work:
        work.sources.spend("agora", NOON, reads=100)
        work.sources.spend("agora", NOON + HOUR, reads=5, posts=2)
        work.sources.spend("agora", NOON + 31 * DAY, reads=7)
        work.sources.spend("plaza", NOON, posts=1)

    with store.work() as work:
        assert work.sources.spent("agora", "2026-03") == (105, 2)
        assert work.sources.spent("agora", "2026-04") == (7, 0)
        assert work.sources.spent("plaza", "2026-03") == (0, 1)
        assert work.sources.spent("plaza", "2026-04") == (0, 0)
