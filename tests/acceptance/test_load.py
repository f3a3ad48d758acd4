"""Thousands of loud voices, and the quiet complaint that the law wants answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.domain.clocks import ClockPlan, Force
from bot.domain.decisions import Code, Severity
from bot.domain.tickets import Ticket, TicketId
from bot.services.claims import claim_next
from bot.services.sweep import sweep
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.acceptance.conftest import Bot
from tests.unit.services.world import close, house, open_ticket, promise, states

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LOUD = 3_000
HOUSE = house()


@pytest.fixture
def store(own_file: Path) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{own_file}")
    yield opened
    opened.close()


def waiting(store: SqlStore, count: int, *plans: ClockPlan, **fields: object) -> None:
    with store.work() as work:
        for _ in range(count):
            ticket = work.tickets.add(open_ticket(**fields))
            work.clocks.start(ticket.id, plans)


def loud(store: SqlStore, count: int, since: datetime) -> None:
    """VIPs in red whose first answer is late, and whose legal time is far away."""
    plans = (
        promise("first_response", "answered", within=HOUR, force=Force.INTERNAL),
        promise("final", "closed", within=30 * DAY),
    )
    waiting(
        store,
        count,
        *(from_then(plan, since) for plan in plans),
        received_at=since,
        is_influencer=True,
        severity=Severity.CRITICAL,
        code=Code.RED,
    )


def quiet(store: SqlStore, ends_at: datetime) -> Ticket:
    """An ordinary complaint whose legal time ends then."""
    final = replace(promise("final", "closed"), due_strict=ends_at, due_legal=ends_at)
    with store.work() as work:
        ticket = work.tickets.add(open_ticket(severity=Severity.LOW))
        work.clocks.start(ticket.id, [final])
    return ticket


def from_then(plan: ClockPlan, since: datetime) -> ClockPlan:
    return replace(
        plan,
        started_at=since,
        due_strict=plan.due_strict + (since - START),
        due_legal=plan.due_legal + (since - START),
    )


def test_ticket_next_gives_out_the_complaint_whose_time_ends_before_3000_vips(
    store: SqlStore, own_file: Path, bot: Bot
) -> None:
    now = SystemClock().now()
    loud(store, LOUD, now - 2 * HOUR)
    ours = quiet(store, now + 20 * HOUR)

    first, second = (
        bot("ticket", "next", "--by", who, "--db", f"sqlite:///{own_file}")
        for who in ("ann", "bo")
    )

    assert first.out.startswith(f"{ours.key} is ann's until"), first.err
    assert second.out.startswith("T-000001 is bo's until"), second.err


def test_while_vips_pour_in_no_ordinary_complaint_passes_its_legal_time(
    store: SqlStore,
) -> None:
    """Three agents close a ticket an hour each, and twenty more VIPs come in it."""
    clock = ManualClock()
    loud(store, LOUD, START - 2 * HOUR)
    ours = [quiet(store, START + (6 + number / 2) * HOUR) for number in range(30)]
    served = 0

    for _ in range(24):
        loud(store, 20, clock.now())
        for agent in ("ana", "bo", "cy"):
            found = claim_next(store, clock, HOUSE, ["agents"], by=agent)
            assert found is not None
            served += found.is_influencer
            close(store, clock, TicketId(found.id), by=agent)
        clock.advance(hours=1)
        while sweep(store, clock, replace(HOUSE, triggers=())):
            pass

    assert {states(store, one)["final"] for one in ours} == {"met"}
    assert served == 3 * 24 - len(ours)
