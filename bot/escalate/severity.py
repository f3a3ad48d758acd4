"""How bad it is, by the house's rules."""

from __future__ import annotations

from bot.domain.decisions import Reason, Severity
from bot.domain.packs import HousePack
from bot.escalate.conditions import Picture, holds


def grade(picture: Picture, house: HousePack) -> tuple[Severity, tuple[Reason, ...]]:
    """Return the highest severity of all rules that hold, and each that raised it.

    As rules only ever raise it, a doubt can make it worse but never better.
    """
    severity = Severity.LOW
    reasons = []
    for rule in house.severity:
        if rule.severity.rank > severity.rank and holds(rule.when, picture):
            severity = rule.severity
            reasons.append(
                Reason(
                    rule=f"house.severity.{rule.id}",
                    text=f"{rule.text}: severity {severity}",
                )
            )
    if not reasons:
        words = "no severity rule holds: severity low"
        reasons.append(Reason(rule="house.severity", text=words))
    return severity, tuple(reasons)
