from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.chains import Chain, Step, Who
from bot.domain.ports import Overdue
from bot.errors import BotError
from bot.services.chains import begin_chain, run_steps
from bot.services.sweep import sweep
from bot.services.watchdog import FAILURES, check, guard
from bot.testing import START
from tests.unit.services.world import (
    actions,
    house,
    log,
    notices,
    open_ticket,
    promise,
)

HOUR = timedelta(hours=1)
PACK = house(
    chains=(Chain(id="all", text="all", steps=(Step(who=Who.SHIFT, after=HOUR),)),)
)


class Heart:
    """An outside that hears beats, or as often as it was asked to does not."""

    def __init__(self, *fails: bool) -> None:
        self.heard, self._fails = 0, list(fails)

    def beat(self) -> None:
        if self._fails and self._fails.pop(0):
            raise BotError("nobody there", detail="ConnectionError")
        self.heard += 1


@pytest.fixture
def due(store, clock):
    """A call and a deadline that are due in an hour."""
    with store.work() as work:
        ticket = work.tickets.add(open_ticket())
        begin_chain(work, PACK, ticket, "opened", clock.now())
        work.clocks.start(ticket.id, [promise("final", "done", within=HOUR)])
    return ticket


def test_a_watch_that_goes_on_beats_and_says_nothing(store, clock, due):
    heart = Heart()
    clock.advance(hours=1, minutes=4)

    assert guard(store, clock, heart) == Overdue(steps=0, clocks=0)

    assert heart.heard == 1
    assert log(store, "watchdog") == []


def test_what_nobody_looked_at_is_told_once_and_the_heartbeat_stops(store, clock, due):
    heart = Heart()
    clock.advance(hours=1, minutes=6)

    for _ in range(3):
        assert guard(store, clock, heart) == Overdue(steps=1, clocks=1)

    assert heart.heard == 0
    assert list(notices(store, clock).values()) == ["operator"]
    [entry] = log(store, "watchdog.behind")
    assert json.loads(entry.detail) == {
        "steps": 1,
        "clocks": 1,
        "since": clock.now().isoformat(),
    }


def test_it_says_when_the_watch_has_caught_up_and_beats_again(store, clock, due):
    heart = Heart()
    clock.advance(hours=2)
    began = clock.now()
    guard(store, clock, heart)
    sweep(store, clock, PACK)
    run_steps(store, clock, PACK, None)
    clock.advance(minutes=1)

    guard(store, clock, heart)

    assert heart.heard == 1
    [entry] = log(store, "watchdog.caught_up")
    assert json.loads(entry.detail)["since"] == began.isoformat()
    assert actions(store, "watchdog") == ["watchdog.behind", "watchdog.caught_up"]


def test_a_second_trouble_is_told_again(store, clock, due):
    clock.advance(hours=2)
    guard(store, clock, None)
    sweep(store, clock, PACK)
    run_steps(store, clock, PACK, None)
    guard(store, clock, None)
    with store.work() as work:
        begin_chain(work, PACK, due, "raised", clock.now())
    clock.advance(hours=2)

    guard(store, clock, None)

    assert len(log(store, "watchdog.behind")) == 2
    assert sum(key.startswith("watchdog:") for key in notices(store, clock)) == 2


def test_a_heartbeat_that_nobody_hears_is_counted_and_stops_nothing(store, clock):
    heart = Heart(True, True, True, False)

    for _ in range(3):
        guard(store, clock, heart)
    with store.reading() as work:
        assert work.switches.get(FAILURES) == "3"

    guard(store, clock, heart)
    guard(store, clock, heart)

    with store.reading() as work:
        assert work.switches.get(FAILURES) == "0"
    assert [(one.action, json.loads(one.detail)) for one in log(store)] == [
        ("heartbeat.failed", {"error": "ConnectionError", "failures": 1}),
        ("heartbeat.recovered", {"error": "", "failures": 3}),
    ]


def test_looking_alone_changes_nothing(store, clock, due):
    clock.advance(hours=2)

    assert check(store, clock) == Overdue(steps=1, clocks=1)

    assert log(store) == []
    assert clock.now() > START
