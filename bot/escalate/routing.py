"""To whom it goes: the matrix cell, topics with queues of their own, open tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.decisions import Code, Reason, Tier
from bot.domain.packs import Cell, HousePack, RouteRule
from bot.domain.tags import Sign
from bot.domain.tickets import Ticket
from bot.escalate import care
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
    cell: Cell,
    routes: Sequence[RouteRule],
    house: HousePack,
    signs: Sequence[Sign] = (),
) -> tuple[Placement, tuple[Reason, ...]]:
    """Start from the cell; the first topic that fits takes the queue.

    Every topic that fits may raise tier and code, none lowers them. Signs of a need
    come before all topics, and keep their queue at any tier.
    """
    tier, queue, code = cell.tier, "", cell.code
    reasons = []
    for sign in care.cared_for(signs, house):
        rule = house.care.signs[sign]
        queue = queue or rule.queue
        tier = max(tier, rule.tier)
        code = max(code, rule.code, key=lambda one: one.rank)
        words = f"{rule.text}: queue {queue}, tier {tier:d} and code {code} at least"
        reasons.append(Reason(rule=f"{care.RULE}.{sign}", text=words))
    for route in routes:
        queue = queue or route.queue
        tier = max(tier, route.tier)
        code = max(code, route.code, key=lambda one: one.rank)
        words = f"{route.text}: queue {queue}, tier {tier:d} and code {code} at least"
        reasons.append(Reason(rule=f"house.routes.{route.id}", text=words))
    is_kept = bool(care.cared_for(signs, house))
    if queue and not is_kept and not _stands_at(house, queue, tier):
        # A topic's team stands too low: the cell's own queue, an influencer desk say.
        queue = ""
    queue = queue_for(house, tier=tier, queue=queue or cell.queue, signs=signs)
    return Placement(tier=tier, queue=queue, code=code), tuple(reasons)


def _stands_at(house: HousePack, queue: str, tier: Tier) -> bool:
    return queue in house.queues and house.queues[queue].tier >= tier


def merge(
    ticket: Ticket, new: Placement, house: HousePack, signs: Sequence[Sign] = ()
) -> Placement:
    """Raise an open ticket to at least the new placement; never lower it.

    It keeps its queue unless its tier rises, and then moves where the new one stands.
    From a tier's common queue it also moves to a topic's own of the same tier, where
    the new mention is urgent itself: who speaks of self-harm in an escalated ticket has
    to reach the people for that. Where ``signs`` of a need are new to it, it goes to
    those who are prepared for the gravest, and stays with them.
    """
    tier = max(ticket.tier, new.tier)
    is_common = ticket.queue == house.tiers[ticket.tier]
    is_urgent = new.tier == tier and new.code is not Code.GREEN
    moves = tier > ticket.tier or (is_common and is_urgent)
    queue = new.queue if moves else ticket.queue
    borne = (*ticket.signs, *signs)
    if care.cared_for(borne, house):
        queue = care.marked(ticket, signs, house).queue
    return Placement(
        tier=tier,
        queue=queue_for(house, tier=tier, queue=queue, signs=borne),
        code=max(ticket.code, new.code, key=lambda one: one.rank),
    )


def queue_for(
    house: HousePack, *, tier: Tier, queue: str, signs: Sequence[Sign] = ()
) -> str:
    """Keep a queue whose team stands high enough, else take the tier's common one.

    A queue that this version of the house pack no longer has is kept as it is. With
    signs of a need it stays with those who are prepared for them, at any tier.
    """
    if care.cared_for(signs, house):
        return care.stays(house, signs, queue)
    known = house.queues.get(queue)
    if known is None or known.tier >= tier:
        return queue
    return house.tiers[tier]
