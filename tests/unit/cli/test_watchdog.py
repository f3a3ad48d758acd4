from __future__ import annotations

import json

import pytest

from bot.clock import SystemClock
from bot.domain.chains import Chain, Step, Who
from bot.services.chains import begin_chain, run_steps
from tests.unit.cli.shell import run
from tests.unit.services.world import house, open_ticket

PACK = house(chains=(Chain(id="all", text="all", steps=(Step(who=Who.SHIFT),)),))


@pytest.fixture
def due(store):
    """A call that was due long ago."""
    with store.work() as work:
        ticket = work.tickets.add(open_ticket())
        begin_chain(work, PACK, ticket, "opened", ticket.opened_at.replace(year=2020))
    return ticket


def test_what_was_expected_and_done_is_told_and_trouble_is_an_exit_code(
    store, file, due, capsys
):
    asked = ("watchdog", "--json", "--db", f"sqlite:///{file}")

    assert run(*asked) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["calls_expected_by_now"], found["calls_done"]) == (1, 0)
    assert found["calls_overdue"] == 1

    run_steps(store, SystemClock(), PACK, None)

    assert run(*asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["calls_expected_by_now"], found["calls_done"]) == (1, 1)


def test_the_calls_for_a_ticket_are_shown_with_whom_they_reached(
    store, file, due, capsys
):
    run_steps(store, SystemClock(), PACK, None)

    assert run("ticket", "chain", "T-1", "--json", "--db", f"sqlite:///{file}") == 0

    [row] = json.loads(capsys.readouterr().out)
    assert (row["step"], row["who"], row["state"]) == ("1.1", "shift", "done")
    assert row["told"] == "agents"
