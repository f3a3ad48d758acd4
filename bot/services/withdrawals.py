"""Withdraw: an event that was recorded wrongly holds no more; clocks stand without it.

The event stays in the history beside its withdrawal, and so does all that it did to
clocks in the log. What it had met, waived, moved or stopped is judged by the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, ClockState, is_past
from bot.domain.decisions import Reason
from bot.domain.mentions import StoredMention
from bot.domain.ports import Store, Work
from bot.domain.tickets import (
    CLASSIFIED,
    NUMBER,
    OVERTURNED,
    REVIEWED,
    WITHDRAWN,
    Ticket,
    TicketEvent,
    TicketId,
    hearsay,
    standing,
)
from bot.errors import NotAllowed
from bot.escalate.deadlines import (
    ClockChange,
    Lateness,
    first_look,
    lateness,
)
from bot.rules.clocks import legal_plans
from bot.services.cases import follow, owed
from bot.services.claims import renew_claim
from bot.services.clocks import (
    change_clock,
    changed_entry,
    history_of,
    judge_again,
    moving,
    start_clocks,
)
from bot.services.scope import complaints_in
from bot.services.tickets import NOTED, SEEN_BY_THE_BOT
from bot.services.triage import ACKNOWLEDGED, Policy, was_said_to

KEPT = {
    **SEEN_BY_THE_BOT,
    CLASSIFIED: "bot ticket class says another",
    REVIEWED: "bot ticket review answers anew",
    NOTED: "a further note says what is right",
    "closed": "a ticket that is closed can be opened again (bot ticket reopen)",
}
"""Events that nobody withdraws, and what there is instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The event, clocks as they stood before and stand now, and what else moved."""

    event: TicketEvent
    clocks: Sequence[tuple[Clock, Clock]]
    followed: Sequence[str]


def withdraw(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    clock: TimeSource,
    ticket_id: TicketId,
    name: str,
    *,
    by: str,
    why: str,
    happened_at: datetime | None = None,
) -> Withdrawn:
    """Withdraw an event that a person recorded wrongly; return what it did.

    ``happened_at`` tells several of one name apart. What was met by it in time and is
    due by now is found in breach by the next sweep. Raises ``Missing``, or
    ``NotAllowed`` for what the ticket does not have, and for what only the bot saw.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        events = work.tickets.events(ticket_id)
        name = policy.rulebook.with_packs_of(ticket, events).canonical(name)
        event = _meant(ticket, events, name, happened_at)
        clocks = work.clocks.of_ticket(ticket_id)
        before = owed(work, policy.rulebook, ticket_id, now)
        work.audit.append([_entry(ticket, event, now, by, why)])
        work.tickets.add_event(_event(event, now, by, why))
        renew_claim(work, ticket_id, by=by, at=now)
        _judge_without(work, event, clocks, now, by)
        _count_from_before(work, policy, ticket, event, now)
        followed = follow(
            work, policy.rulebook, ticket_id, now, actor=by, before=before
        )
        _judge_runs_without(work, event, now, by)
        after = {one.id: one for one in work.clocks.of_ticket(ticket_id)}
    changed = [
        (one, after[one.id]) for one in clocks if one.state is not after[one.id].state
    ]
    return Withdrawn(event=event, clocks=changed, followed=followed)


def _meant(
    ticket: Ticket,
    events: Sequence[TicketEvent],
    name: str,
    happened_at: datetime | None,
) -> TicketEvent:
    held = standing(events)
    found = [
        one
        for one in held
        if one.name == name and happened_at in {None, one.happened_at}
        if name not in KEPT or hearsay(one)
    ]
    if name in KEPT and not found:
        raise NotAllowed(f"{name} cannot be withdrawn: {KEPT[name]}")
    if not found:
        when = f" at {happened_at.isoformat()}" if happened_at else ""
        names = ", ".join(sorted({one.name for one in held} - set(KEPT))) or "none"
        message = f"{ticket.key} has no {name}{when} to withdraw; it has {names}"
        raise NotAllowed(message)
    if len({one.happened_at for one in found}) > 1:
        times = ", ".join(one.happened_at.isoformat() for one in found)
        message = f"{ticket.key} has several {name}; say which by --at: {times}"
        raise NotAllowed(message)
    return found[-1]


def _judge_without(
    work: Work, event: TicketEvent, clocks: Sequence[Clock], now: datetime, by: str
) -> None:
    """Let what it met or waived, or kept from being waived, stand by the others."""
    ours = _touched(event, clocks)
    for one in ours:
        change = _undone(one, event)
        if change is not None and not change_clock(work, one, change, now, actor=by):
            raise moving(event.ticket_id)
    history = history_of(work, event.ticket_id)
    judge_again(work, {one.id for one in ours}, history, now)


def _judge_runs_without(work: Work, event: TicketEvent, now: datetime, by: str) -> None:
    """Say of earlier runs that it seemed to have kept that they were not.

    One whose time is not over yet is forgotten: what was promised since holds.
    """
    runs = work.clocks.earlier_runs(event.ticket_id)
    for one in runs:
        if (one.ended_by, one.ended_at) != (event.name, event.happened_at):
            continue
        kept = [
            other
            for other in runs
            if other.id == one.id and other.plan.started_at > one.plan.started_at
        ]
        if is_past(now, one.plan.due_legal):
            change = _change(one, event, ClockState.BREACHED, None)
            work.audit.append([changed_entry(one, change, now, by)])
            kept.append(replace(one, state=change.state, ended_at=None, ended_by=""))
        work.clocks.keep_runs(one.id, kept, since=one.plan.started_at)


def _touched(event: TicketEvent, clocks: Sequence[Clock]) -> Sequence[Clock]:
    ends = {
        one.plan.rule
        for one in clocks
        if one.ended_at == event.happened_at
        and one.ended_by.rpartition(":")[2] == event.name
    }
    guards = {
        one.plan.rule
        for one in clocks
        if event.name in one.plan.inputs.get("unless", "").split(",")
    }
    waived = {
        one.plan.inputs.get("waives")
        for one in clocks
        if one.plan.rule in ends | guards
    }
    rules = ends | guards | waived
    return [one for one in clocks if one.plan.rule in rules]


def _undone(clock: Clock, event: TicketEvent) -> ClockChange | None:
    """Put a clock back to where it stood before it was met or waived.

    What was late or in breach by then is so again, and calls nobody twice.
    """
    plan, ended_at = clock.plan, clock.ended_at
    if ended_at is None or clock.ended_by.rpartition(":")[2] not in _ends(clock, event):
        return None
    state, due_at = ClockState.RUNNING, first_look(plan)
    if clock.state is ClockState.BREACHED:
        return _change(clock, event, ClockState.BREACHED, None)
    is_met = clock.state is ClockState.MET
    if is_met and lateness(plan, ended_at) is Lateness.STRICT_ONLY:
        state, due_at = ClockState.LATE, plan.due_legal
    return _change(clock, event, state, due_at)


def _ends(clock: Clock, event: TicketEvent) -> set[str]:
    """Return the events by which one may have ended that the withdrawal concerns."""
    return {event.name, *clock.plan.met_by}


def _change(
    clock: Clock, event: TicketEvent, state: ClockState, due_at: datetime | None
) -> ClockChange:
    at = event.happened_at.isoformat(timespec="seconds")
    words = f"{event.name} at {at} was withdrawn"
    return ClockChange(
        clock_id=clock.id,
        was=clock.state,
        state=state,
        due_at=due_at,
        ended_at=None,
        ended_by="",
        reason=Reason(rule=clock.plan.rule, text=words),
    )


def _count_from_before(
    work: Work, policy: Policy, ticket: Ticket, event: TicketEvent, now: datetime
) -> None:
    """Run clocks from an earlier complaint that the event had seemed to settle.

    The newest first: what still settles an earlier one keeps it where it was.
    """
    pack = policy.rulebook.exactly(ticket.regulation_pack)
    for stored, _scope in reversed(complaints_in(work, ticket.id)):
        received_at = stored.mention.published_at
        if pack is None or received_at > event.happened_at:
            continue
        plans = legal_plans(
            pack,
            pack.default_class,
            received_at,
            policy.calendar,
            provisional=True,  # what binds already binds no less
        )
        known = {
            one.plan.rule
            for one in work.clocks.of_ticket(ticket.id)
            if one.ended_by != OVERTURNED
        }
        start_clocks(
            work,
            ticket.id,
            [one for one in plans if one.rule in known],
            now,
            counts=partial(_counts, work, stored),
        )


def _counts(work: Work, stored: StoredMention, past: TicketEvent) -> bool:
    """Whether it may meet a clock of this mention: only words to its very author."""
    return past.name != ACKNOWLEDGED or was_said_to(work, past, stored.mention)


def _event(event: TicketEvent, now: datetime, by: str, why: str) -> TicketEvent:
    return TicketEvent(
        ticket_id=event.ticket_id,
        name=WITHDRAWN,
        happened_at=now,
        recorded_at=now,
        detail=f"by {by}: {why}",
        facts={
            NUMBER: str(event.id),
            "event": event.name,
            "happened_at": event.happened_at.isoformat(),
        },
    )


def _entry(
    ticket: Ticket, event: TicketEvent, now: datetime, by: str, why: str
) -> AuditEntry:
    return AuditEntry(
        action="ticket.withdrawn",
        subject=f"ticket:{ticket.id}",
        at=now,
        actor=by,
        detail={
            "event": event.name,
            "happened_at": event.happened_at.isoformat(),
            "recorded_at": event.recorded_at.isoformat(),
            "reason": why,
        },
    )
