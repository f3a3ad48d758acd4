"""What time and events do to a clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.clocks import Clock, ClockId, ClockPlan, ClockState
from bot.domain.decisions import Reason, Tier
from bot.domain.tickets import Ticket


class Lateness(StrEnum):
    """How late a promise was kept."""

    IN_TIME = "in_time"
    STRICT_ONLY = "late_strict_only"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """The new standing of one clock; write it only where ``was`` still holds.

    ``calls_next_tier``: a promise was broken, the ticket goes one tier up.
    """

    clock_id: ClockId
    was: ClockState
    state: ClockState
    due_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    reason: Reason
    calls_next_tier: bool = False


def first_look(plan: ClockPlan) -> datetime:
    """Return the first instant at which a new clock can be overdue."""
    raise NotImplementedError(plan)


def due(clock: Clock, now: datetime) -> ClockChange | None:
    """Say what the passing of time has done to a clock, if anything."""
    raise NotImplementedError(clock, now)


def on_event(clock: Clock, event_name: str, at: datetime) -> ClockChange | None:
    """Say what one event does to one clock, if anything."""
    raise NotImplementedError(clock, event_name, at)


def on_ticket_event(
    clocks: Sequence[Clock],
    event_name: str,
    at: datetime,
    *,
    flags: Collection[str] = (),
) -> tuple[ClockChange, ...]:
    """Say what an event does to all clocks of a ticket, waivers included."""
    raise NotImplementedError(clocks, event_name, at, flags)


def next_tier(ticket: Ticket) -> Tier:
    """One tier up, management at most."""
    return Tier(min(ticket.tier + 1, Tier.MANAGEMENT))
