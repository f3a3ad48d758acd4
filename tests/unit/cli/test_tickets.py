from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli.tickets import _signals, _told, clock_row, recordable, ticket_row
from bot.domain.clocks import Clock, ClockId, ClockState
from bot.domain.tags import Signal, SignalKind
from tests.samples import HOUSE, NOON, REGULATION, plan, tags, ticket
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

    assert "answered" in events
    assert "closed" not in events


def test_what_only_the_bot_can_see_is_not_for_people_to_record() -> None:
    assert not {"received", "acknowledged"} & recordable(policy())


def test_a_ticket_and_its_clocks_name_the_rules_that_they_were_made_under() -> None:
    row, kept = ticket_row(ticket(), []), clock_row(clock(1, ClockState.MET, "respond"))

    assert row["house"] == f"{HOUSE.id} {HOUSE.version}"
    assert row["regulation"] == f"{REGULATION.id} {REGULATION.version}"
    assert kept["pack_sha256"] == REGULATION.sha256
    assert kept["inputs"] == {"zone": "Australia/Sydney", "class": "standard"}


@pytest.mark.parametrize(("hours", "is_late"), [(24, False), (25, True)])
def test_a_promise_kept_after_its_strict_time_does_not_look_punctual(
    hours: int, *, is_late: bool
) -> None:
    ended = NOON + timedelta(hours=hours)
    kept = replace(clock(1, ClockState.MET, "respond"), ended_at=ended)

    assert ("after its strict time" in _told(kept)) is is_late


def test_a_ticket_names_the_words_that_made_it_urgent() -> None:
    found = Signal(kind=SignalKind.SAFETY, words=("caught fire", "ambulance"))

    assert _signals(tags(signals=(found,))) == "safety (caught fire, ambulance)"
    assert _signals(tags(signals=())) == "none"
