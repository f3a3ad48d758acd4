from __future__ import annotations

from bot.cli.tickets import ticket_row
from bot.domain.clocks import Clock, ClockId, ClockState
from tests.samples import plan, ticket


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
