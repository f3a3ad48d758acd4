from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bot.domain.channels import Page, Quarantined
from bot.domain.clocks import ClockState
from bot.domain.mentions import MentionKind
from bot.domain.ports import Summary
from bot.reports.summary import SHOWN, as_json, deadlines, rows
from bot.services.ingest import ingest
from bot.services.replies import confirm_pending, send_pending
from bot.services.seal import seal_pending
from bot.services.sweep import sweep
from bot.storage.store import SqlStore
from bot.testing import FakePlatform, ManualClock, ScriptedConnector
from tests.unit.services.world import (
    NOBODY,
    author,
    close,
    handle,
    house,
    mention,
    outbox,
    source,
    tickets,
)


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'a.db')}")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def summary(store: SqlStore, clock: ManualClock) -> Summary:
    """What one busy day leaves behind."""
    platform = FakePlatform(clock)
    complaint = mention()
    handle(
        store,
        clock,
        complaint,
        mention("hmm, my flight, please", author=author("bo")),
        mention("love it, great", author=author("cy")),
        mention("terrible, please", author=author("ida", followers=300_000)),
        mention("When?", brand="Lumen Mobile", author=author("di")),
        mention("RT", kind=MentionKind.REPOST, amplifies=complaint.external_id),
    )
    bad = Quarantined(where="line 3", reason="no id", payload="{}")
    page = Page(mentions=(), cursor=None, bad=[bad])
    ingest(store, source(ScriptedConnector([page])), clock, NOBODY)
    send_pending(store, outbox(platform), clock)
    clock.advance(seconds=5)
    confirm_pending(store, outbox(platform), clock)
    close(store, clock, tickets(store)[-1].id, by="ana")
    clock.advance(hours=10)
    sweep(store, clock, house())
    seal_pending(store, clock)
    return store.summary()


def test_the_summary_counts_what_came_in_and_what_became_of_it(
    summary: Summary,
) -> None:
    assert (summary.mentions, summary.amplifications) == (6, 1)
    assert summary.by_brand == {"Kestrel Air": 5, "Lumen Mobile": 1}
    assert summary.by_sentiment == {"negative": 3, "positive": 1, "neutral": 2}
    assert (summary.in_scope, summary.needs_human) == (2, 1)
    assert summary.influencers == 1
    assert summary.open_tickets == 3
    assert summary.replies_by_state == {"seen": 3, "submitted": 1}
    assert summary.quarantined == 1
    assert summary.seals == 1
    assert summary.audit_entries > 30


def test_every_number_is_a_line_of_the_table(summary: Summary) -> None:
    lines = {(row.what, row.which): row.number for row in rows(summary)}

    assert lines["mentions", "all"] == 6
    assert lines["mentions", "Lumen Mobile"] == 1
    assert lines["mentions", "of which reposts and quotes"] == 1
    assert lines["sentiment", "negative"] == 3
    assert lines["complaints", "a person must look"] == 1
    assert lines["authors", "influencers"] == 1
    assert lines["tickets", "open"] == 3
    assert lines["replies", "seen"] == 3
    assert lines["deadlines", "acknowledge_target: met"] == 2
    assert lines["deadlines", "first_response: breached"] == 3
    assert lines["kept aside", "items that made no sense"] == 1
    assert lines["audit log", "seals"] == 1
    assert len(lines) == len(list(rows(summary)))


def test_tickets_are_counted_by_tier_and_queue(summary: Summary) -> None:
    lines = [row for row in rows(summary) if row.what == "tickets"]

    assert sum(row.number for row in lines[1:]) == sum(
        summary.tickets_by_tier_and_queue.values()
    )
    assert all(row.which.startswith("tier ") for row in lines[1:])


def test_machines_get_the_same_numbers(summary: Summary) -> None:
    machine = json.loads(json.dumps(as_json(summary)))

    named_otherwise = {"tickets_by_tier_and_queue", "replies_by_state", "clocks"}
    for field in fields(Summary):
        if field.name not in named_otherwise:
            assert machine[field.name] == getattr(summary, field.name)
    assert machine["replies"] == dict(summary.replies_by_state)
    shown = {(one["rule"], one["state"]): one["clocks"] for one in machine["deadlines"]}
    assert shown == deadlines(summary)


def test_every_state_of_a_clock_is_shown() -> None:
    assert set(SHOWN) == set(ClockState)


def counted(**clocks: int) -> dict[tuple[str, str], int]:
    empty = Summary(
        mentions=0,
        amplifications=0,
        by_brand={},
        by_sentiment={},
        by_topic={},
        set_aside=0,
        complaints=0,
        in_scope=0,
        needs_human=0,
        influencers=0,
        tickets_by_tier_and_queue={},
        open_tickets=0,
        replies_by_state={},
        clocks={("final", state): number for state, number in clocks.items()},
        quarantined=0,
        audit_entries=0,
        seals=0,
    )
    return deadlines(empty)


def test_states_that_people_do_not_part_are_added_up() -> None:
    assert counted(running=3, late=2, stopped=1, met=4, breached=5) == {
        ("final", "running"): 4,
        ("final", "late"): 2,
        ("final", "met"): 4,
        ("final", "breached"): 5,
    }


def test_a_chance_that_lapsed_does_not_count_as_a_promise_kept() -> None:
    assert counted(excused=2, waived=3) == {("final", "not owed"): 5}


def test_nothing_yet_is_shown_as_nothing(store: SqlStore) -> None:
    lines = list(rows(store.summary()))

    assert {row.number for row in lines} == {0}
    assert store.summary().clocks == {}


def test_calls_of_chains_are_counted_as_expected_and_done(summary: Summary) -> None:
    busy = replace(summary, steps=7, steps_done=6)

    lines = {(row.what, row.which): row.number for row in rows(busy)}

    assert lines["calls", "expected by now"] == 7
    assert lines["calls", "done"] == 6
    assert not [row for row in rows(summary) if row.what == "calls"]
