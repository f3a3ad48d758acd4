"""Severity x influence: the cell that says who works on it and by when."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.decisions import Reason, ServiceTarget, Severity
from bot.domain.packs import Cell, HousePack, InfluenceGroup, RouteRule
from bot.domain.tags import Influence


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
    cell: Cell, routes: Sequence[RouteRule], house: HousePack
) -> tuple[ServiceTarget, ...]:
    """Return the shortest promises of cell and routes, with the events that keep them.

    No route ever lengthens what the cell promises.
    """
    shortest = dict(cell.targets)
    for route in routes:
        for name, within in route.targets.items():
            shortest[name] = min(within, shortest.get(name, within))
    return tuple(
        ServiceTarget(rule=name, met_by=house.targets[name], within=within)
        for name, within in shortest.items()
    )
