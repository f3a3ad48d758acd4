"""Promises that run on a ticket, and the moments at which they run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

ClockId = NewType("ClockId", int)


WARNINGS = (50, 80)
"""Hundredths of a promise's time after which triggers may hear of it."""


class ClockKind(StrEnum):
    """Who made the promise: a rule pack or the house itself."""

    LEGAL = "legal"
    SERVICE = "service"


class Force(StrEnum):
    """How binding a clock is."""

    MUST = "must"
    EXPECT = "expect"
    CODE = "code"
    PORTAL = "portal"
    INTERNAL = "internal"


class ClockState(StrEnum):
    """Where a clock stands.

    ``late`` is past the strict due time but inside the legal one, which a holiday or
    weekend moved (Acts Interpretation Act 1901 s 36(2)). ``excused``: a chance that
    passed, a lateness that a valid notice excuses, or one that was never owed, because
    a person found no complaint.
    """

    RUNNING = "running"
    LATE = "late"
    STOPPED = "stopped"
    MET = "met"
    EXCUSED = "excused"
    WAIVED = "waived"
    BREACHED = "breached"

    @property
    def is_open(self) -> bool:
        """Whether an event can still meet it."""
        return self in {ClockState.RUNNING, ClockState.LATE}


class Kept(StrEnum):
    """How a promise was kept, worst last but for what is not owed."""

    IN_TIME = "in_time"
    STRICT_ONLY = "late_strict_only"
    LATE_EXCUSED = "late_excused"
    RUNNING = "running"
    OVERDUE = "overdue"
    MISSED = "missed"
    NOT_OWED = "not_owed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRef:
    """One exact version of a pack: its content's hash pins it."""

    id: str
    version: str
    sha256: str


def to_the_second(at: datetime) -> datetime:
    """Promises are kept by the second: 23:59:59.9 is 23:59:59."""
    return at.replace(microsecond=0)


def is_past(at: datetime, due_at: datetime) -> bool:
    """Whether something done at an instant was done after its due time."""
    return to_the_second(at) > due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPlan:
    """A clock as it starts, with everything needed to compute it again.

    ``due_strict`` counts days as written and drives alerts; ``due_legal`` is rolled to
    the next business day of the place and only labels a lateness.
    ``provisional``: a person has still to say whether the rule applies at all.
    ``inputs`` are what the arithmetic used (zone, place, holiday-set hash, class).
    """

    rule: str
    kind: ClockKind
    force: Force
    cite: str
    pack: PackRef
    started_at: datetime
    due_strict: datetime
    due_legal: datetime
    met_by: tuple[str, ...]
    provisional: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_chance(self) -> bool:
        """Whether nobody promised to use it, so that passing it breaks nothing."""
        return bool(self.inputs.get("waives") or self.inputs.get("chance"))

    def mark(self, share: int) -> datetime:
        """Return when so many hundredths of its strict time are over."""
        return self.started_at + (self.due_strict - self.started_at) * share / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock on a ticket. ``due_at`` is when it must next be looked at, if ever.

    ``warn_at`` is when triggers must next hear of it, if ever.
    """

    id: ClockId
    ticket_id: int
    plan: ClockPlan
    state: ClockState
    due_at: datetime | None
    ended_at: datetime | None = None
    ended_by: str = ""
    warn_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is owed any more: kept, kept too late, or not owed."""
        if self.state in {ClockState.BREACHED, ClockState.EXCUSED}:
            return self.ended_at is not None
        return self.state in {ClockState.MET, ClockState.WAIVED}

    @property
    def owed_at(self) -> datetime | None:
        """When what it asks for is owed, past or to come; ``None`` where nothing is.

        A chance that nobody must take is no debt.
        """
        is_missed = self.state is ClockState.BREACHED and not self.is_over
        if self.plan.is_chance or not (self.state.is_open or is_missed):
            return None
        is_strict = self.state is ClockState.RUNNING
        return self.plan.due_strict if is_strict else self.plan.due_legal

    @property
    def is_duty(self) -> bool:
        """Whether it binds: no guidance, no promise of the house, no mere chance."""
        binding = self.plan.force not in {Force.EXPECT, Force.INTERNAL}
        return binding and not self.plan.is_chance
