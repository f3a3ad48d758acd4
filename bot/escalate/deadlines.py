"""What time and events do to a clock.

A clock says by itself what it does to others (``plan.inputs``), so that old tickets can
be judged without their pack at hand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.clocks import (
    Clock,
    ClockId,
    ClockPlan,
    ClockState,
    is_past,
    to_the_second,
)
from bot.domain.decisions import Reason, Tier
from bot.domain.tickets import Ticket

LAPSED = "lapsed"
"""What ends a chance that was not taken: no breach, but nothing is waived any more."""


class Lateness(StrEnum):
    """How late a promise was kept, or is by now."""

    IN_TIME = "in_time"
    STRICT_ONLY = "late_strict_only"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """The new standing of one clock; write it only where ``was`` still holds.

    ``ended_at`` stays empty on a breached clock until what it promised is done after
    all. ``calls_next_tier``: a promise was broken, the ticket goes one tier up.
    ``evidence`` is the key of the reply whose proof it rests on, if it does.
    """

    clock_id: ClockId
    was: ClockState
    state: ClockState
    due_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    reason: Reason
    calls_next_tier: bool = False
    evidence: str = ""


def first_look(plan: ClockPlan) -> datetime:
    """Return the first instant at which a new clock can be overdue."""
    return _look(plan.due_strict)


def lateness(plan: ClockPlan, at: datetime) -> Lateness:
    """How late something done at this instant is."""
    if is_past(at, plan.due_legal):
        return Lateness.LATE
    if is_past(at, plan.due_strict):
        return Lateness.STRICT_ONLY
    return Lateness.IN_TIME


def due(clock: Clock, now: datetime) -> ClockChange | None:
    """Say what the passing of time has done to a clock, ``None`` for nothing.

    A chance that lapsed (such as closing within five business days) is ``excused``, as
    nobody promised to take it; what it would have waived is owed from then on.
    """
    plan = clock.plan
    how = lateness(plan, now)
    if not clock.state.is_open or how is Lateness.IN_TIME:
        return None
    if plan.is_chance:
        return _lapse(clock)
    if by := plan.inputs.get("excused_by"):
        words = f"was due at {_shown(plan.due_strict)}, excused by {by}"
        return _change(clock, ClockState.EXCUSED, words)
    # The strict time calls the next tier (no later than the law's own), and once only.
    calls = not plan.inputs.get("warns_of") and clock.state is not ClockState.LATE
    if how is Lateness.LATE:
        words = f"was due at {_shown(plan.due_legal)} and is not done"
        change = _change(clock, ClockState.BREACHED, words)
        return replace(change, calls_next_tier=calls)
    if clock.state is ClockState.LATE:
        return None
    words = (
        f"was to be done by {_shown(plan.due_strict)}, "
        f"is in breach after {_shown(plan.due_legal)}"
    )
    change = _change(clock, ClockState.LATE, words)
    return replace(change, due_at=_look(plan.due_legal), calls_next_tier=calls)


def on_event(clock: Clock, event_name: str, at: datetime) -> ClockChange | None:
    """Say what one event does to one clock, ``None`` for nothing.

    ``at`` is when it happened, not when it was recorded: something done in time but
    recorded late undoes a breach, and of two events the earlier counts, in whatever
    order they come. What happened before the clock started cannot meet or waive it.
    """
    plan = clock.plan
    if event_name not in plan.met_by or clock.state is ClockState.WAIVED:
        return None
    if _is_before(at, plan):
        return None
    if clock.ended_at is not None and at >= clock.ended_at and clock.ended_by != LAPSED:
        return None
    # What stands still is not late, whatever its due time was before.
    is_stopped = clock.state is ClockState.STOPPED
    how = Lateness.IN_TIME if is_stopped else lateness(plan, at)
    if plan.is_chance and how is not Lateness.IN_TIME:
        return _lapse(clock) if clock.state.is_open else None
    state = ClockState.BREACHED if how is Lateness.LATE else ClockState.MET
    if how is not Lateness.IN_TIME and plan.inputs.get("excused_by"):
        state = ClockState.EXCUSED
    words = f"{event_name} at {_shown(at)}, {how.replace('_', ' ')}"
    return replace(_change(clock, state, words), ended_at=at, ended_by=event_name)


def on_ticket_event(
    clocks: Sequence[Clock],
    event_name: str,
    at: datetime,
    *,
    flags: Collection[str] = (),
) -> tuple[ClockChange, ...]:
    """Say what an event does to all clocks of a ticket, waivers included.

    ``flags`` are the ticket's own and the names of its earlier events: they decide
    whether a written response is owed although the complaint was closed early
    (RG 271.75). Such an event that comes after the closing revives what was waived.
    """
    changes: list[ClockChange] = []
    for clock in clocks:
        change = on_event(clock, event_name, at)
        if change is not None:
            changes.append(change)
        plan = clock.plan
        unless = set(plan.inputs.get("unless", "").split(","))
        others = [one for one in clocks if one.plan.rule == plan.inputs.get("waives")]
        if change is not None and change.state is ClockState.MET:
            if not unless & set(flags):
                changes += [
                    _waive(one, plan, event_name, at)
                    for one in others
                    if one.state not in {ClockState.MET, ClockState.WAIVED}
                    and not _is_before(at, one.plan)
                ]
        elif clock.state is ClockState.MET and event_name in unless:
            changes += [
                _revive(one, event_name)
                for one in others
                if one.state is ClockState.WAIVED
            ]
    return tuple(changes)


def next_tier(ticket: Ticket) -> Tier:
    """One tier up, management at most."""
    return Tier(min(ticket.tier + 1, Tier.MANAGEMENT))


def _waive(clock: Clock, by: ClockPlan, event_name: str, at: datetime) -> ClockChange:
    words = f"{event_name} at {_shown(at)} met {by.rule} ({by.cite}) in time"
    change = _change(clock, ClockState.WAIVED, words)
    return replace(change, ended_at=at, ended_by=f"{by.rule}:{event_name}")


def _revive(clock: Clock, event_name: str) -> ClockChange:
    """Let it run again from its first start; the next look settles any lateness."""
    words = f"{event_name}: owed after all, still by {_shown(clock.plan.due_strict)}"
    change = _change(clock, ClockState.RUNNING, words)
    return replace(change, due_at=first_look(clock.plan))


def _lapse(clock: Clock) -> ClockChange:
    plan = clock.plan
    words = f"the chance passed at {_shown(plan.due_strict)}"
    if owed := plan.inputs.get("waives"):
        words = f"{words}, {owed} is owed now"
    change = _change(clock, ClockState.EXCUSED, words)
    return replace(change, ended_at=plan.due_strict, ended_by=LAPSED)


def _change(clock: Clock, state: ClockState, words: str) -> ClockChange:
    plan = clock.plan
    return ClockChange(
        clock_id=clock.id,
        was=clock.state,
        state=state,
        due_at=None,
        ended_at=None,
        ended_by="",
        reason=Reason(rule=plan.rule, text=f"{plan.rule} ({plan.cite}): {words}"),
    )


def _is_before(at: datetime, plan: ClockPlan) -> bool:
    return to_the_second(at) < to_the_second(plan.started_at)


def _look(due_at: datetime) -> datetime:
    return to_the_second(due_at) + timedelta(seconds=1)


def _shown(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
