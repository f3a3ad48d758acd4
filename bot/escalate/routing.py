"""To whom it goes: the matrix cell, topics with queues of their own, open tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.decisions import Code, Reason, Tier
from bot.domain.packs import Cell, HousePack, RouteRule
from bot.domain.tickets import Ticket
from bot.escalate.conditions import Picture, holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a ticket stands in the house."""

    tier: Tier
    queue: str
    code: Code


def fitting(picture: Picture, house: HousePack) -> tuple[RouteRule, ...]:
    """Return the routes that hold, in the pack's order."""
    return tuple(route for route in house.routes if holds(route.when, picture))


def place(
    cell: Cell, routes: Sequence[RouteRule], house: HousePack
) -> tuple[Placement, tuple[Reason, ...]]:
    """Start from the cell; the first topic that fits takes the queue.

    Every topic that fits may raise tier and code, none lowers them.
    """
    tier, queue, code = cell.tier, "", cell.code
    reasons = []
    for route in routes:
        queue = queue or route.queue
        tier = max(tier, route.tier)
        code = max(code, route.code, key=lambda one: one.rank)
        words = f"{route.text}: queue {queue}, tier {tier:d} and code {code} at least"
        reasons.append(Reason(rule=f"house.routes.{route.id}", text=words))
    if queue and not _stands_at(house, queue, tier):
        # A topic's team stands too low: the cell's own queue, an influencer desk say.
        queue = ""
    queue = queue_for(house, tier=tier, queue=queue or cell.queue)
    return Placement(tier=tier, queue=queue, code=code), tuple(reasons)


def _stands_at(house: HousePack, queue: str, tier: Tier) -> bool:
    return queue in house.queues and house.queues[queue].tier >= tier


def merge(ticket: Ticket, new: Placement, house: HousePack) -> Placement:
    """Raise an open ticket to at least the new placement; never lower it.

    It keeps its queue unless its tier rises, and then moves where the new one stands.
    From a tier's common queue it also moves to a topic's own of the same tier, where
    the new mention is urgent itself: who speaks of self-harm in an escalated ticket has
    to reach the people for that.
    """
    tier = max(ticket.tier, new.tier)
    is_common = ticket.queue == house.tiers[ticket.tier]
    is_urgent = new.tier == tier and new.code is not Code.GREEN
    moves = tier > ticket.tier or (is_common and is_urgent)
    queue = new.queue if moves else ticket.queue
    return Placement(
        tier=tier,
        queue=queue_for(house, tier=tier, queue=queue),
        code=max(ticket.code, new.code, key=lambda one: one.rank),
    )


def queue_for(house: HousePack, *, tier: Tier, queue: str) -> str:
    """Keep a queue whose team stands high enough, else take the tier's common one.

    A queue that this version of the house pack no longer has is kept as it is.
    """
    known = house.queues.get(queue)
    if known is None or known.tier >= tier:
        return queue
    return house.tiers[tier]
