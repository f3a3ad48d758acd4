"""Start promises, and let what happened meet, waive or stop them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, ClockId, ClockKind, ClockPlan, ClockState
from bot.domain.ports import Work
from bot.domain.tickets import TicketEvent, TicketId
from bot.errors import Stale
from bot.escalate.deadlines import ClockChange, on_event, on_ticket_event

ROUNDS = 5
"""How often clocks that others change at the same time are read again."""


def start_clocks(
    work: Work,
    ticket_id: TicketId,
    plans: Sequence[ClockPlan],
    at: datetime,
    *,
    anew: bool = False,
) -> None:
    """Start promises on a ticket and log what each was computed from.

    One that runs already keeps its start, but is confirmed where it was provisional
    and no longer is, and tightened where the house now promises an earlier time.
    ``anew``: a further complaint came after all duties had ended; those of the law
    that are over run again for it, and their first run stands in the log.
    """
    if not plans:
        return
    running = {clock.plan.rule: clock for clock in work.clocks.of_ticket(ticket_id)}
    fresh = [plan for plan in plans if plan.rule not in running]
    work.clocks.start(ticket_id, fresh)
    work.audit.append([_promised("clock.started", ticket_id, one, at) for one in fresh])
    for plan in plans:
        if plan.rule in running:
            clock = running[plan.rule]
            again = anew and clock.is_over and plan.kind is ClockKind.LEGAL
            (_restart if again else _renew)(work, clock, plan, at)


def is_settled(clocks: Sequence[Clock]) -> bool:
    """Whether a ticket had duties, and all are over."""
    duties = [clock for clock in clocks if clock.is_duty]
    return bool(duties) and all(clock.is_over for clock in duties)


def _restart(work: Work, clock: Clock, plan: ClockPlan, at: datetime) -> None:
    if not work.clocks.restart(clock.id, plan, before=clock.state):
        message = f"the clocks of ticket {clock.ticket_id} do not stand still"
        raise Stale(message)
    ticket_id = TicketId(clock.ticket_id)
    work.audit.append([_promised("clock.restarted", ticket_id, plan, at)])


def _renew(work: Work, clock: Clock, plan: ClockPlan, at: datetime) -> None:
    if plan.kind is ClockKind.LEGAL:
        action, promise = "clock.confirmed", replace(clock.plan, provisional=False)
        is_due = clock.plan.provisional and not plan.provisional
    else:
        action, promise = "clock.tightened", plan
        is_due = plan.due_strict < clock.plan.due_strict
    if is_due and work.clocks.renew(clock.id, promise):
        work.audit.append([_promised(action, TicketId(clock.ticket_id), promise, at)])


def apply_event(work: Work, event: TicketEvent) -> None:
    """Write an event and what it does to every promise of its ticket.

    Where a sweep changed a clock at the same moment, that clock is read and judged
    again: what was done in time undoes a breach, whoever wrote first.
    """
    history = work.tickets.events(event.ticket_id)
    earlier = {one.name for one in history}
    work.tickets.add_event(event)
    for _ in range(ROUNDS):
        clocks = work.clocks.of_ticket(event.ticket_id)
        by_id = {clock.id: clock for clock in clocks}
        changes = on_ticket_event(clocks, event.name, event.happened_at, flags=earlier)
        won = [
            change_clock(work, by_id[one.clock_id], one, event.recorded_at)
            for one in changes
        ]
        if all(won):
            revived = {one.clock_id for one in changes if one.was is ClockState.WAIVED}
            _catch_up(work, revived, history, event.recorded_at)
            return
    message = f"the clocks of ticket {event.ticket_id} do not stand still; try again"
    raise Stale(message)


def _catch_up(
    work: Work,
    revived: Collection[ClockId],
    history: Sequence[TicketEvent],
    at: datetime,
) -> None:
    """Let what happened while a clock was waived count once it is owed after all."""
    for past in history if revived else ():
        for clock in work.clocks.of_ticket(past.ticket_id):
            change = on_event(clock, past.name, past.happened_at)
            if clock.id in revived and change is not None:
                change_clock(work, clock, change, at)


def change_clock(work: Work, clock: Clock, change: ClockChange, at: datetime) -> bool:
    """Write a clock's new standing, unless another process was first."""
    won = work.clocks.change(
        clock.id,
        before=change.was,
        after=change.state,
        due_at=change.due_at,
        ended_at=change.ended_at,
        ended_by=change.ended_by,
    )
    if won:
        work.audit.append([_changed(clock, change, at)])
    return won


def _promised(
    action: str, ticket_id: TicketId, plan: ClockPlan, at: datetime
) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"ticket:{ticket_id}",
        at=at,
        detail={
            "rule": plan.rule,
            "kind": plan.kind.value,
            "force": plan.force.value,
            "cite": plan.cite,
            "pack": f"{plan.pack.id} {plan.pack.version}",
            "pack_sha256": plan.pack.sha256,
            "started_at": plan.started_at.isoformat(),
            "due_strict": plan.due_strict.isoformat(),
            "due_legal": plan.due_legal.isoformat(),
            "provisional": plan.provisional,
            "inputs": dict(plan.inputs),
        },
    )


def _changed(clock: Clock, change: ClockChange, at: datetime) -> AuditEntry:
    return AuditEntry(
        action=f"clock.{change.state.value}",
        subject=f"ticket:{clock.ticket_id}",
        at=at,
        detail={
            "clock": clock.id,
            "rule": clock.plan.rule,
            "cite": clock.plan.cite,
            "was": change.was.value,
            "ended_at": change.ended_at.isoformat() if change.ended_at else None,
            "ended_by": change.ended_by,
            "reason": f"{change.reason.rule}: {change.reason.text}",
        },
    )
