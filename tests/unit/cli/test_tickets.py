from __future__ import annotations

from bot.cli.tickets import recordable, ticket_row
from bot.domain.clocks import Clock, ClockId, ClockState
from tests.samples import plan, ticket
from tests.unit.services.world import policy


def clock(number: int, state: ClockState, rule: str) -> Clock:
    return Clock(
        id=ClockId(number), ticket_id=1, plan=plan(rule), state=state, due_at=None
    )


def test_a_listing_names_the_next_deadline_and_counts_the_missed_ones() -> None:
    clocks = [
        clock(1, ClockState.BREACHED, "first_response"),
        clock(2, ClockState.RUNNING, "acknowledge"),
        clock(3, ClockState.MET, "resolution"),
    ]

    row = ticket_row(ticket(), clocks)

    assert (row["next_rule"], row["missed"]) == ("acknowledge", 1)


def test_a_ticket_that_missed_everything_does_not_look_calm() -> None:
    clocks = [clock(1, ClockState.BREACHED, "first_response")]

    row = ticket_row(ticket(), clocks)

    assert (row["next_deadline"], row["missed"]) == (None, 1)


def test_what_keeps_the_houses_promises_can_be_recorded_as_well_as_the_laws() -> None:
    events = recordable(policy())

    assert {"answered", "acknowledged"} <= events
    assert "closed" not in events
