"""Which promises of a period were kept: the answer to "was any deadline missed?"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.clocks import Clock, ClockState, Force
from bot.escalate.deadlines import Lateness, lateness


class Kept(StrEnum):
    """How a promise was kept, worst last but for what is not owed."""

    IN_TIME = "in_time"
    STRICT_ONLY = "late_strict_only"
    RUNNING = "running"
    MISSED = "missed"
    NOT_OWED = "not_owed"


MISSES = frozenset({Kept.MISSED, Kept.STRICT_ONLY})


def kept(clock: Clock) -> Kept:
    """Say how a promise was kept.

    ``late_strict_only``: after the strict due time and within the legal one, be it done
    by now or not; ``missed``: in breach, be it done since or not.
    """
    match clock.state:
        case ClockState.MET if clock.ended_at is not None:
            how = lateness(clock.plan, clock.ended_at)
            return Kept.IN_TIME if how is Lateness.IN_TIME else Kept.STRICT_ONLY
        case ClockState.LATE:
            return Kept.STRICT_ONLY
        case ClockState.BREACHED:
            return Kept.MISSED
        case ClockState.EXCUSED | ClockState.WAIVED:
            return Kept.NOT_OWED
        case _:
            return Kept.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule's promises of the period, counted by how they were kept."""

    rule: str
    cite: str
    force: Force
    counts: dict[Kept, int]


def by_rule(clocks: Iterable[Clock]) -> Sequence[RuleRow]:
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
        row.counts[kept(clock)] += 1
    return [rows[key] for key in sorted(rows)]
