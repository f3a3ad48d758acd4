"""Watch: promises that run out become breaches, the next tier, and a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, ClockState
from bot.domain.packs import HousePack
from bot.domain.people import Roster
from bot.domain.ports import Notice, Store, Work
from bot.domain.tickets import Ticket, TicketId, TicketStatus
from bot.escalate.deadlines import ClockChange, due, next_tier
from bot.escalate.routing import queue_for
from bot.services.chains import OnChange, begin_if_raised, run_steps, unheard
from bot.services.claims import expire_claims
from bot.services.clocks import change_clock
from bot.services.follow_ups import tell_of_raise
from bot.services.notices import tell_anew
from bot.services.undecidable import BATCH, LATER, attempt, attempt_all

MISSED = {
    ClockState.LATE: "is late by its strict time",
    ClockState.BREACHED: "was missed",
}
"""The states of which our people hear, and what they are told."""


def sweep(
    store: Store,
    clock: TimeSource,
    house: HousePack,
    *,
    on_change: OnChange = unheard,
    limit: int = BATCH,
) -> int:
    """Handle the deadlines that have come, earliest first; return how many changed.

    A broken promise lifts its ticket one tier, into a queue that stands high enough.
    Each is a compare-and-set, so that the loser of a race changes nothing; they share a
    transaction, and one bad row never blocks the rest. ``on_change`` hears of what is
    raised.
    """
    now = clock.now()
    return attempt_all(
        store,
        lambda work: work.clocks.due(now, limit),
        lambda work, one: _pass(work, house, one, now, on_change),
        lambda one: _handle(store, house, one, now, on_change),
    )


def watch(
    store: Store,
    clock: TimeSource,
    house: HousePack,
    people: Roster | None,
    *,
    on_change: OnChange = unheard,
) -> int:
    """Handle all that is due: deadlines, claims that ran out, calls of chains.

    In that order, and each to its end: however many calls wait, no deadline waits for
    them. Return how many deadlines changed.
    """
    deadlines = 0
    while done := sweep(store, clock, house, on_change=on_change):
        deadlines += done
    while expire_claims(store, clock, house):
        pass
    while run_steps(store, clock, house, people):
        pass
    return deadlines


def _handle(
    store: Store,
    house: HousePack,
    overdue: Clock,
    now: datetime,
    on_change: OnChange,
) -> bool:
    def put_off(work: Work, error: Exception) -> bool:
        work.clocks.postpone(overdue.id, now + LATER)
        work.audit.append([_uncomputable(overdue, error, now)])
        return False

    return attempt(
        store, lambda work: _pass(work, house, overdue, now, on_change), put_off
    )


def _pass(
    work: Work, house: HousePack, overdue: Clock, now: datetime, on_change: OnChange
) -> bool:
    change = due(overdue, now)
    if change is None or not change_clock(work, overdue, change, now):
        return False
    ticket = work.tickets.get(TicketId(overdue.ticket_id))
    if change.calls_next_tier and ticket.status is TicketStatus.OPEN:
        ticket = _escalate(work, house, ticket, overdue, now, on_change)
    if change.state in MISSED:
        # It calls those who have the ticket from now on.
        tell_anew(work, _missed_notice(ticket, overdue, change), now)
    return True


def _escalate(
    work: Work,
    house: HousePack,
    ticket: Ticket,
    overdue: Clock,
    now: datetime,
    on_change: OnChange,
) -> Ticket:
    tier = next_tier(ticket)
    if tier == ticket.tier:
        return ticket
    queue = queue_for(house, tier=tier, queue=ticket.queue, signs=ticket.signs)
    raised = work.tickets.save(replace(ticket, tier=tier, queue=queue))
    work.audit.append(
        [
            AuditEntry(
                action="ticket.escalated",
                subject=f"ticket:{ticket.id}",
                at=now,
                detail={
                    "from": int(ticket.tier),
                    "to": int(raised.tier),
                    "queue": raised.queue,
                    "clock": overdue.id,
                    "rule": overdue.plan.rule,
                    "cite": overdue.plan.cite,
                },
            )
        ]
    )
    on_change(work, ticket, raised, now)
    after = begin_if_raised(work, house, ticket, now, cause="escalated")
    tell_of_raise(work, house, ticket, after, now)
    return after


def _missed_notice(ticket: Ticket, overdue: Clock, change: ClockChange) -> Notice:
    plan = overdue.plan
    return Notice(
        key=f"clock:{overdue.id}:{change.state.value}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: {plan.rule} {MISSED[change.state]}",
        body=(
            f"{plan.cite} ({plan.force.value}): due {plan.due_strict:%Y-%m-%d %H:%M} "
            f"UTC, legally {plan.due_legal:%Y-%m-%d %H:%M} UTC. {change.reason.text}"
        ),
        ticket_id=ticket.id,
        # A mere warning can still be heeded: the clock that it warns of is not over.
        is_important=not plan.inputs.get("warns_of"),
    )


def _uncomputable(overdue: Clock, error: Exception, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="clock.postponed",
        subject=f"ticket:{overdue.ticket_id}",
        at=now,
        detail={"clock": overdue.id, "error": type(error).__name__},
    )
