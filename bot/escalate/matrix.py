"""Severity x influence: the cell that says who works on it and by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.decisions import Reason, ServiceTarget, Severity
from bot.domain.packs import Cell, HousePack, InfluenceGroup, RouteRule
from bot.domain.tags import Influence, Sign
from bot.escalate.care import rules_for


def group_of(influence: Influence, house: HousePack) -> InfluenceGroup:
    """Return the matrix column: VIPs first, then whom the bio marks, then the band."""
    if influence.is_vip:
        return InfluenceGroup.VIP
    if influence.is_influencer:
        return InfluenceGroup.INFLUENCER
    return house.groups[influence.band]


def cell_of(
    severity: Severity, group: InfluenceGroup, house: HousePack
) -> tuple[Cell, Reason]:
    """Return the cell and the reason that names it."""
    cell = house.matrix[severity][group]
    words = (
        f"severity {severity} x influence {group}: tier {cell.tier}, "
        f"queue {cell.queue}, code {cell.code}"
    )
    return cell, Reason(rule=f"house.matrix.{severity}.{group}", text=words)


def targets_of(
    promised: Mapping[str, timedelta],
    routes: Sequence[RouteRule],
    house: HousePack,
    signs: Sequence[Sign] = (),
) -> tuple[ServiceTarget, ...]:
    """Return the shortest of a cell's promises, routes and signs, and what keeps them.

    None of them ever lengthens what another promises.
    """
    shortest = {name: (within, "") for name, within in promised.items()}
    asked = [(route.targets, "") for route in routes]
    asked += [(rule.targets, rule.text) for rule in rules_for(signs, house)]
    for targets, why in asked:
        for name, within in targets.items():
            known = shortest.get(name, (within, ""))[0]
            if within <= known:
                shortest[name] = (within, why)
    return tuple(
        ServiceTarget(rule=name, met_by=house.targets[name], within=within, why=why)
        for name, (within, why) in shortest.items()
    )
