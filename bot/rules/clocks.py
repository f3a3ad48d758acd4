"""When a promise falls due: the arithmetic of days, holidays and zones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.clocks import ClockPlan, PackRef
from bot.domain.decisions import ServiceTarget
from bot.domain.packs import RECEIVED, ClockRule, RegulationPack
from bot.rules.calendars import Calendar


def plan(
    rule: ClockRule,
    *,
    started_at: datetime,
    calendar: Calendar,
    pack: RegulationPack,
    legal_class: str,
    provisional: bool = False,
) -> ClockPlan:
    """Compute one clock; raises ``ValueError`` where the class has no such clock."""
    raise NotImplementedError(
        rule, started_at, calendar, pack, legal_class, provisional
    )


def legal_plans(
    pack: RegulationPack,
    legal_class: str,
    received_at: datetime,
    calendar: Calendar,
    *,
    provisional: bool = False,
    event: str = RECEIVED,
) -> tuple[ClockPlan, ...]:
    """Every clock that an event starts; none where the pack was not yet in force."""
    raise NotImplementedError(
        pack, legal_class, received_at, calendar, provisional, event
    )


def service_plans(
    targets: Iterable[ServiceTarget], started_at: datetime, pack: PackRef
) -> tuple[ClockPlan, ...]:
    """Clocks of the house's own promises, in elapsed time."""
    raise NotImplementedError(targets, started_at, pack)
