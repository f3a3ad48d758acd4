"""Which promises of a period were kept: the answer to "was any deadline missed?"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.clocks import Clock, ClockState, Force, Kept
from bot.domain.tickets import OVERTURNED
from bot.escalate.deadlines import Lateness, due, lateness

STANDING = {ClockState.LATE: Kept.STRICT_ONLY, ClockState.BREACHED: Kept.MISSED}

MISSES = frozenset({Kept.MISSED, Kept.OVERDUE, Kept.STRICT_ONLY, Kept.LATE_EXCUSED})


def kept(clock: Clock, now: datetime) -> Kept:
    """Say how a promise was kept, as far as is known at an instant.

    ``late_strict_only``: after the strict due time and within the legal one, be it done
    by now or not; ``missed``: in breach, be it done since or not; ``late_excused``:
    late, and a notice lets it be; ``overdue``: its time is over, and no sweep has
    looked at it since.
    """
    overdue = due(clock, now)
    if overdue is not None and overdue.state is not ClockState.EXCUSED:
        return Kept.OVERDUE
    match clock.state if overdue is None else overdue.state:
        case ClockState.MET if clock.ended_at is not None:
            how = lateness(clock.plan, clock.ended_at)
            return Kept.IN_TIME if how is Lateness.IN_TIME else Kept.STRICT_ONLY
        case ClockState.EXCUSED | ClockState.WAIVED:
            return _not_owed(clock)
        case state:
            return STANDING.get(state, Kept.RUNNING)


def _not_owed(clock: Clock) -> Kept:
    """Tell a lateness that a notice excuses from what was never owed."""
    is_waived = clock.state is ClockState.WAIVED or clock.ended_by == OVERTURNED
    is_late = clock.plan.inputs.get("excused_by") and not is_waived
    return Kept.LATE_EXCUSED if is_late else Kept.NOT_OWED


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule's promises of the period, counted by how they were kept."""

    rule: str
    cite: str
    force: Force
    counts: dict[Kept, int]


def by_rule(clocks: Iterable[Clock], now: datetime) -> Sequence[RuleRow]:
    """Count promises by rule, those of the law first."""
    rows: dict[tuple[bool, str], RuleRow] = {}
    for clock in clocks:
        plan = clock.plan
        row = rows.setdefault(
            (plan.force is Force.INTERNAL, plan.rule),
            RuleRow(
                rule=plan.rule,
                cite=plan.cite,
                force=plan.force,
                counts=dict.fromkeys(Kept, 0),
            ),
        )
        row.counts[kept(clock, now)] += 1
    return [rows[key] for key in sorted(rows)]
