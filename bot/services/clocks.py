"""Start promises, and let what happened meet, waive or stop them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.audit import AuditEntry
from bot.domain.clocks import (
    Clock,
    ClockId,
    ClockKind,
    ClockPlan,
    ClockState,
    Force,
)
from bot.domain.follow_ups import NO_ANSWERS
from bot.domain.ports import Work
from bot.domain.tickets import OVERTURNED, TicketEvent, TicketId, hearsay, standing
from bot.errors import Stale
from bot.escalate.deadlines import ClockChange, on_event, on_ticket_event

Counts = Callable[[TicketEvent], bool]

REPLY = re.compile(r"R-\d+")
"""What the detail of an event is that a reply's proof brought."""

ROUNDS = 5
"""How often clocks that others change at the same time are read again."""


def start_clocks(  # noqa: PLR0913 - what starts, where, and how, by keyword
    work: Work,
    ticket_id: TicketId,
    plans: Sequence[ClockPlan],
    at: datetime,
    *,
    anew: bool = False,
    is_reopened: bool = False,
    counts: Counts = lambda _past: True,
    looks_back: bool = False,
    again: bool = False,
) -> None:
    """Start promises on a ticket and log what each was computed from.

    One that runs already keeps its start, but is confirmed where it was provisional
    and no longer is, antedated where a complaint was published earlier and read later,
    and tightened where the house now promises an earlier time. ``anew``: a further
    complaint came after all duties had ended; those of the law that are over run again
    for it, and how they had ended is kept. ``is_reopened``: so do those of the house,
    whose ticket was closed. ``counts`` says of an earlier event whether it counts for a
    clock that is antedated. ``looks_back``: what starts now was owed for a while, and
    what happened since counts for it as well. One that a person had found not to be
    owed runs for whatever is a complaint after all. ``again``: what was said asks for
    more than what a promise of the house was kept for; it runs anew.
    """
    if not plans:
        return
    running = {clock.plan.rule: clock for clock in work.clocks.of_ticket(ticket_id)}
    fresh = [plan for plan in plans if plan.rule not in running]
    work.clocks.start(ticket_id, fresh)
    work.audit.append([_promised("clock.started", ticket_id, one, at) for one in fresh])
    void = [plan for plan in plans if _is_void(running.get(plan.rule), plan)]
    for plan in void:
        restart_clock(work, running.pop(plan.rule), plan, at)
    if looks_back:
        _look_back(work, ticket_id, [*fresh, *void], at, counts)
    known = [(running[plan.rule], plan) for plan in plans if plan.rule in running]
    for clock, plan in known:
        is_afresh = is_reopened or again
        if plan.kind is ClockKind.SERVICE and not (is_afresh and clock.is_over):
            _tighten(work, clock, plan, at)
        elif clock.is_over and (anew or plan.kind is ClockKind.SERVICE):
            keep_run(work, clock)
            restart_clock(work, clock, plan, at)
        else:
            _confirm(work, clock, plan, at)
    earlier = [
        plan
        for clock, plan in known
        if plan.kind is ClockKind.LEGAL and plan.started_at < clock.plan.started_at
    ]
    if earlier:
        _antedate(work, ticket_id, earlier, at, counts)


def _look_back(
    work: Work,
    ticket_id: TicketId,
    fresh: Sequence[ClockPlan],
    at: datetime,
    counts: Counts,
) -> None:
    rules = {plan.rule for plan in fresh}
    started = {
        one.id for one in work.clocks.of_ticket(ticket_id) if one.plan.rule in rules
    }
    history = history_of(work, ticket_id)
    judge_again(work, started, [past for past in history if counts(past)], at)


def _is_void(clock: Clock | None, plan: ClockPlan) -> bool:
    """Whether a person found that what runs now was owed to nobody."""
    is_legal = plan.kind is ClockKind.LEGAL
    return clock is not None and is_legal and clock.ended_by == OVERTURNED


def is_settled(clocks: Sequence[Clock]) -> bool:
    """Whether a ticket had duties, and all are over."""
    duties = [clock for clock in clocks if clock.is_duty]
    return bool(duties) and all(clock.is_over for clock in duties)


def keep_run(work: Work, clock: Clock) -> None:
    """Keep how a clock ended before it runs anew: what was missed stays missed."""
    work.clocks.keep_runs(clock.id, [clock], since=clock.plan.started_at)


def restart_clock(work: Work, clock: Clock, plan: ClockPlan, at: datetime) -> None:
    """Let one run anew under a promise, and log it; raises ``Stale``."""
    if not work.clocks.restart(clock.id, plan, before=clock.state):
        raise moving(clock.ticket_id)
    ticket_id = TicketId(clock.ticket_id)
    work.audit.append([_promised("clock.restarted", ticket_id, plan, at)])


def _confirm(work: Work, clock: Clock, plan: ClockPlan, at: datetime) -> None:
    """Say that it binds, however far it has run: a late one binds no less."""
    if not clock.plan.provisional or plan.provisional:
        return
    promise = replace(clock.plan, provisional=False)
    if not work.clocks.amend(clock.id, promise, before=clock.state):
        raise moving(clock.ticket_id)
    ticket_id = TicketId(clock.ticket_id)
    work.audit.append([_promised("clock.confirmed", ticket_id, promise, at)])


def _tighten(work: Work, clock: Clock, plan: ClockPlan, at: datetime) -> None:
    is_earlier = plan.due_strict < clock.plan.due_strict
    if is_earlier and work.clocks.renew(clock.id, plan):
        ticket_id = TicketId(clock.ticket_id)
        work.audit.append([_promised("clock.tightened", ticket_id, plan, at)])


def _antedate(
    work: Work,
    ticket_id: TicketId,
    plans: Sequence[ClockPlan],
    at: datetime,
    counts: Counts,
) -> None:
    """Run legal clocks from a publication that was earlier than the one they know.

    Sources are read in an order of their own, but the expression of dissatisfaction
    starts the time (RG 271.35, .106). What happened since is judged again under the
    earlier promise. What called the next tier already, a lateness or a breach, stays
    what it is and calls nobody twice.
    """
    history = history_of(work, ticket_id)
    clocks = {one.plan.rule: one for one in work.clocks.of_ticket(ticket_id)}
    if any(_was_settled(list(clocks.values()), plan, history) for plan in plans):
        return
    moved: set[ClockId] = set()
    for plan in plans:
        clock = clocks[plan.rule]
        provisional = plan.provisional and clock.plan.provisional
        promise = replace(plan, provisional=provisional)
        if not _put_back(work, clock, promise):
            raise moving(ticket_id)
        moved.add(clock.id)
        work.clocks.keep_runs(clock.id, (), since=promise.started_at)
        work.audit.append([_promised("clock.antedated", ticket_id, promise, at)])
    judge_again(work, moved, [past for past in history if counts(past)], at)


def _was_settled(
    clocks: Sequence[Clock], plan: ClockPlan, history: Sequence[TicketEvent]
) -> bool:
    """Whether duties were met or waived between the two starts: an earlier run ended.

    Its complaint was dealt with; what runs now is owed to a later one.
    """
    ends = {
        name
        for one in clocks
        if one.plan.force is Force.MUST
        for name in one.plan.met_by
    }
    known = next(one.plan.started_at for one in clocks if one.plan.rule == plan.rule)
    return any(
        past.name in ends and plan.started_at <= past.happened_at < known
        for past in history
    )


def _put_back(work: Work, clock: Clock, plan: ClockPlan) -> bool:
    if clock.state is ClockState.BREACHED and clock.ended_at is None:
        return work.clocks.amend(clock.id, plan, before=clock.state)
    is_late = clock.state is ClockState.LATE
    state = ClockState.LATE if is_late else ClockState.RUNNING
    return work.clocks.restart(clock.id, plan, before=clock.state, state=state)


def history_of(work: Work, ticket_id: TicketId) -> list[TicketEvent]:
    """Return what happened to a ticket and still holds, oldest first."""
    events = standing(work.tickets.events(ticket_id))
    return sorted(events, key=lambda one: one.happened_at)


def judge_again(
    work: Work, moved: Collection[ClockId], history: Sequence[TicketEvent], at: datetime
) -> None:
    """Let what happened, oldest first, meet or waive clocks under new promises."""
    earlier: set[str] = set()
    for number, past in enumerate(history):
        clocks = {one.id: one for one in work.clocks.of_ticket(past.ticket_id)}
        changes = on_ticket_event(
            list(clocks.values()), past.name, past.happened_at, flags=earlier
        )
        ours = [change for change in changes if change.clock_id in moved]
        for change in ours:
            told = _resting_on(change, past)
            change_clock(work, clocks[change.clock_id], told, at)
        revived = {one.clock_id for one in ours if one.was is ClockState.WAIVED}
        _catch_up(work, revived, history[:number], at)
        earlier.add(past.name)


def moving(ticket_id: int) -> Stale:
    """Return the error of one whose clocks others change faster than we read them."""
    return Stale(f"the clocks of ticket {ticket_id} do not stand still; try again")


def apply_event(
    work: Work, event: TicketEvent, *, actor: str = "bot"
) -> Sequence[ClockChange]:
    """Write an event and what it does to every promise of its ticket; return that.

    Where a sweep changed a clock at the same moment, that clock is read and judged
    again: what was done in time undoes a breach, whoever wrote first. ``actor`` is
    whose word the changes rest on.
    """
    history = standing(work.tickets.events(event.ticket_id))
    earlier = {one.name for one in history}
    work.tickets.add_event(event)
    if event.name not in NO_ANSWERS:
        work.follow_ups.hurry(event.ticket_id, event.recorded_at)
    done: list[ClockChange] = []
    for _ in range(ROUNDS):
        clocks = work.clocks.of_ticket(event.ticket_id)
        by_id = {clock.id: clock for clock in clocks}
        changes = [
            _resting_on(one, event)
            for one in on_ticket_event(
                clocks, event.name, event.happened_at, flags=earlier
            )
        ]
        won = [
            one
            for one in changes
            if change_clock(
                work,
                by_id[one.clock_id],
                one,
                event.recorded_at,
                actor=actor,
            )
        ]
        done += won
        if len(won) == len(changes):
            revived = {one.clock_id for one in changes if one.was is ClockState.WAIVED}
            at = event.recorded_at
            return [*done, *_catch_up(work, revived, history, at, actor=actor)]
    raise moving(event.ticket_id)


def _resting_on(change: ClockChange, event: TicketEvent) -> ClockChange:
    """Say which proof what an event did to a clock rests on, or whose word alone."""
    if REPLY.fullmatch(event.detail):
        change = replace(change, evidence=event.detail)
    told = hearsay(event)
    if not told:
        return change
    reason = replace(change.reason, text=f"{change.reason.text}; {told}")
    return replace(change, reason=reason)


def _catch_up(
    work: Work,
    revived: Collection[ClockId],
    history: Sequence[TicketEvent],
    at: datetime,
    *,
    actor: str = "bot",
) -> Sequence[ClockChange]:
    """Let what happened while a clock was waived count once it is owed after all."""
    done = []
    for past in history if revived else ():
        for clock in work.clocks.of_ticket(past.ticket_id):
            change = on_event(clock, past.name, past.happened_at)
            if (
                clock.id in revived
                and change is not None
                and change_clock(
                    work, clock, _resting_on(change, past), at, actor=actor
                )
            ):
                done.append(change)
    return done


def change_clock(
    work: Work, clock: Clock, change: ClockChange, at: datetime, *, actor: str = "bot"
) -> bool:
    """Write a clock's new standing, unless another process was first."""
    won = work.clocks.change(
        clock.id,
        before=change.was,
        after=change.state,
        due_at=change.due_at,
        ended_at=change.ended_at,
        ended_by=change.ended_by,
        started_at=clock.plan.started_at,
    )
    if won:
        work.audit.append([changed_entry(clock, change, at, actor)])
        work.desks.touch(TicketId(clock.ticket_id))
    return won


def _promised(
    action: str, ticket_id: TicketId, plan: ClockPlan, at: datetime
) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"ticket:{ticket_id}",
        at=at,
        detail=promise_detail(plan),
    )


def promise_detail(plan: ClockPlan) -> dict[str, object]:
    """Return a promise as the log keeps it, with all that it was computed from."""
    return {
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
    }


def changed_entry(
    clock: Clock, change: ClockChange, at: datetime, actor: str
) -> AuditEntry:
    """Return a clock's new standing as the log keeps it."""
    return AuditEntry(
        action=f"clock.{change.state.value}",
        subject=f"ticket:{clock.ticket_id}",
        at=at,
        actor=actor,
        detail={
            "clock": clock.id,
            "rule": clock.plan.rule,
            "cite": clock.plan.cite,
            "was": change.was.value,
            "ended_at": change.ended_at.isoformat() if change.ended_at else None,
            "ended_by": change.ended_by,
            "reason": f"{change.reason.rule}: {change.reason.text}",
            **({"evidence": change.evidence} if change.evidence else {}),
        },
    )
