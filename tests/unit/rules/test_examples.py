"""The worked examples of the complaint rules, where they lie beside the checkout."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.domain.clocks import Clock, ClockId, ClockState
from bot.escalate.deadlines import (
    ClockChange,
    Lateness,
    due,
    first_look,
    lateness,
    on_ticket_event,
)
from bot.rules.calendars import Calendar
from bot.rules.clocks import legal_plans
from tests.unit.rules.packs import SHARED, rg271

pytestmark = pytest.mark.shared

FILE = SHARED / "rules-examples.yaml"
PLACES = {"Australia/Sydney": "AU-NSW"}
RESPONSE = {
    Lateness.IN_TIME: "met_strict",
    Lateness.STRICT_ONLY: "late_strict_only",
    Lateness.LATE: "breach",
}
ELSEWHERE = ("delay_notice", "afca_refer_back")
"""What the running clocks of a ticket do not tell; ``bot rules check`` does."""


def standard_cases() -> list[Any]:
    if not FILE.exists():
        why = f"{FILE.name} does not lie beside the checkout"
        return [pytest.param({}, marks=pytest.mark.skip(reason=why), id="absent")]
    cases = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [
        pytest.param(case, id=case["id"])
        for case in cases
        if case.get("pack") == "au.asic.rg271" and case.get("class") == "standard"
    ]


def apply(clocks: list[Clock], changes: tuple[ClockChange, ...]) -> list[Clock]:
    for change in changes:
        clocks = [
            replace(
                clock,
                state=change.state,
                due_at=change.due_at,
                ended_at=change.ended_at,
                ended_by=change.ended_by,
            )
            if clock.id == change.clock_id
            else clock
            for clock in clocks
        ]
    return clocks


def played(case: dict[str, Any]) -> dict[str, Clock]:
    """Run the case's events and the time between them over the shipped pack."""
    zone = ZoneInfo(case["tz"])
    holidays = {date.fromisoformat(day) for day in case["holidays"]}
    calendar = Calendar(
        PLACES[case["tz"]],
        zone,
        holidays_of=lambda year: (day for day in holidays if day.year == year),
    )
    received_at = datetime.fromisoformat(case["received_at"])
    plans = legal_plans(rg271(), "standard", received_at, calendar)
    clocks = [
        Clock(
            id=ClockId(number),
            ticket_id=1,
            plan=plan,
            state=ClockState.RUNNING,
            due_at=first_look(plan),
        )
        for number, plan in enumerate(plans, start=1)
    ]
    flags = set(case.get("flags", ()))
    for event in case.get("events", ()):
        name, value = next(iter(event.items()))
        if len(str(value)) < len("2026-01-01T00:00"):
            continue  # a date alone: only events of later work are given so
        at = datetime.fromisoformat(str(value)).astimezone(UTC)
        clocks = passed(clocks, at)
        clocks = apply(clocks, on_ticket_event(clocks, name, at, flags=flags))
        flags.add(name)
    return {clock.plan.rule: clock for clock in clocks}


def passed(clocks: list[Clock], now: datetime) -> list[Clock]:
    """Let the sweep come until nothing is due any more."""
    while changes := tuple(
        change
        for clock in clocks
        if clock.due_at is not None and clock.due_at <= now
        if (change := due(clock, now)) is not None
    ):
        clocks = apply(clocks, changes)
    return clocks


def acknowledgement(clocks: dict[str, Clock]) -> str:
    target, limit = clocks["acknowledge_target"], clocks["acknowledge_limit"]
    if target.ended_at and lateness(target.plan, target.ended_at) is Lateness.IN_TIME:
        return "met"
    return "amber_within_limit" if limit.state is ClockState.MET else "late"


def response(clock: Clock) -> str:
    if clock.ended_at is None or clock.state is ClockState.WAIVED:
        return {"breached": "breach"}.get(clock.state, str(clock.state))
    return RESPONSE[lateness(clock.plan, clock.ended_at)]


def answer(field: str, clocks: dict[str, Clock]) -> object:
    name, _, what = field.partition(".")
    if field == "received_local_date":
        return clocks["idr_response"].plan.inputs["day_zero"]
    if name == "acknowledge":
        if what == "state":
            return acknowledgement(clocks)
        return clocks[f"acknowledge_{what}"].plan.due_strict
    clock = clocks[name]
    if what == "state":
        return response(clock)
    return clock.plan.due_strict if what == "strict" else clock.plan.due_legal


@pytest.mark.parametrize("case", standard_cases())
def test_standard_complaints_come_out_as_the_worked_examples_say(
    case: dict[str, Any],
) -> None:
    clocks = played(case)
    excused = any("idr_delay_notice_given" in event for event in case.get("events", ()))
    expected = {
        field: value
        for field, value in case["expect"].items()
        if not field.startswith(ELSEWHERE)
        and not (field == "idr_response.state" and excused)
        and field not in {"recorded", "reported"}
    }

    found = {field: answer(field, clocks) for field in expected}

    assert found == {
        field: datetime.fromisoformat(value)
        if isinstance(value, str) and "T" in value
        else value
        for field, value in expected.items()
    }


def test_enough_worked_examples_are_read() -> None:
    if not FILE.exists():
        pytest.skip(f"{FILE.name} does not lie beside the checkout")

    assert len(standard_cases()) >= 8


def test_a_closing_in_time_waives_the_response_and_lapses_otherwise() -> None:
    case = {
        "tz": "Australia/Sydney",
        "received_at": "2026-06-01T14:00:00+10:00",
        "holidays": ["2026-06-08"],
        "events": [{"closed_resolved_satisfied": "2026-06-10T00:00:00+10:00"}],
    }

    late = played(case)
    in_time = played(
        case
        | {"events": [{"closed_resolved_satisfied": "2026-06-09T23:59:59.9+10:00"}]}
    )

    assert late["early_close"].state is ClockState.EXCUSED
    assert late["idr_response"].state is ClockState.RUNNING
    assert in_time["early_close"].state is ClockState.MET
    assert in_time["idr_response"].state is ClockState.WAIVED
