"""Reopen: a person says that a closed ticket is not done with."""

from __future__ import annotations

from dataclasses import replace

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.packs import InfluenceGroup
from bot.domain.ports import Store
from bot.domain.tickets import (
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
    key_of,
)
from bot.errors import NotAllowed
from bot.escalate.matrix import cell_of, targets_of
from bot.rules.clocks import service_plans
from bot.services.chains import begin_if_free
from bot.services.clocks import start_clocks
from bot.services.triage import REOPENED, Policy


def reopen(
    store: Store,
    policy: Policy,
    clock: TimeSource,
    ticket_id: TicketId,
    *,
    by: str,
    why: str,
) -> Ticket:
    """Open a closed ticket again: the house's promises run anew, from now.

    Legal clocks stay as they are: closing had not ended them. Raises ``Missing``,
    ``Stale``, or ``NotAllowed`` if it is open, or its conversation has another one.
    """
    now, house = clock.now(), policy.house
    with store.work() as work:
        closed = work.tickets.get(ticket_id)
        if closed.status is TicketStatus.OPEN:
            raise NotAllowed(f"{closed.key} is open")
        known = work.tickets.open_for(closed.channel, closed.brand, closed.conversation)
        whole = work.merging.into(ticket_id)
        if whole is not None:
            message = f"it went into {key_of(whole)}: split it off there"
            raise NotAllowed(message)
        if known is not None:
            message = f"its conversation goes on in {known.key}: go on there"
            raise NotAllowed(message)
        opened = work.tickets.save(
            replace(closed, status=TicketStatus.OPEN, closed_at=None)
        )
        work.tickets.add_event(
            TicketEvent(
                ticket_id=ticket_id,
                name=REOPENED,
                happened_at=now,
                recorded_at=now,
                detail=f"by {by}: {why}",
            )
        )
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.reopened",
                    subject=f"ticket:{ticket_id}",
                    at=now,
                    actor=by,
                    detail={"reason": why, "queue": opened.queue},
                )
            ]
        )
        group = (
            InfluenceGroup.INFLUENCER
            if opened.is_influencer
            else house.groups[opened.band]
        )
        cell, _ = cell_of(opened.severity, group, house)
        targets = targets_of(cell.targets, (), house, opened.signs)
        plans = service_plans(targets, now, house, policy.calendar)
        start_clocks(work, ticket_id, plans, now, is_reopened=True)
        begin_if_free(work, house, opened, REOPENED, now)
    return opened
