"""Review: a person answers the complaint test fact by fact, and the clocks follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, ClockKind, ClockState
from bot.domain.corrections import YES, TagKind, corrected, in_force
from bot.domain.decisions import Answer, Decision, Fact, Outcome, Reason, Scope
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.ports import Store, Work
from bot.domain.tickets import OVERTURNED, REVIEWED, Ticket, TicketEvent, TicketId
from bot.errors import NotAllowed
from bot.escalate.deadlines import ClockChange
from bot.escalate.scope import NONE
from bot.rules.clocks import legal_plans
from bot.services.cases import follow, is_from_receipt, is_owed_by
from bot.services.claims import renew_claim
from bot.services.clocks import (
    change_clock,
    history_of,
    judge_again,
    moving,
    restart_clock,
)
from bot.services.triage import CERTAINTY, Policy, reconsider

BY_REVIEW = "bot.reviewed"
"""The rule of what a person answered in the place of the complaint test."""

EXCLUSION = "exclusion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """The test as it was and as it is, the ticket, and what became of its clocks."""

    was: Scope
    scope: Scope
    ticket: Ticket | None
    ended: Sequence[Clock] = ()
    followed: Sequence[str] = ()


def scope_in_force(work: Work, stored: StoredMention, decision: Decision) -> Scope:
    """Return the complaint test as the last person answered it, else as decided."""
    said = last_review(work, stored)
    return decision.scope if said is None else _read(said, decision.scope)


def last_review(work: Work, stored: StoredMention) -> TicketEvent | None:
    """Return a mention's last review, unless a later correction took it back.

    Who says of its tags that it is a complaint says so of the whole.
    """
    made = work.mentions.decision(stored.id)
    if made is None or made[1] is None:
        return None
    said = [
        one
        for one in work.tickets.events(made[1])
        if one.name == REVIEWED and one.facts.get("mention") == str(stored.id)
    ]
    if not said:
        return None
    told = in_force(work.corrections.of_mention(stored.id)).get(TagKind.COMPLAINT)
    is_later = told is not None and told.at > said[-1].recorded_at
    return None if is_later and told is not None and told.value == YES else said[-1]


def doubtful(
    work: Work, ticket_id: TicketId
) -> Sequence[tuple[StoredMention, Sequence[str]]]:
    """Return the mentions of a ticket of which a person must say, and what of each."""
    found = []
    for stored in work.tickets.mentions(ticket_id):
        made = work.mentions.decision(stored.id)
        if made is None or stored.mention.is_amplification:
            continue
        scope = scope_in_force(work, stored, made[0])
        if scope.verdict is Answer.NEEDS_HUMAN:
            found.append((stored, _doubts(scope)))
    return found


def _doubts(scope: Scope) -> Sequence[str]:
    left = [
        name for name, fact in scope.facts.items() if fact.answer is Answer.NEEDS_HUMAN
    ]
    return left if scope.exclusion == NONE else [*left, EXCLUSION]


def review(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    clock: TimeSource,
    mention_id: MentionId,
    told: Mapping[str, Answer],
    *,
    exclusion: str | None = None,
    by: str,
    why: str,
) -> Reviewed:
    """Answer a mention's complaint test as a person sees it; what it decides holds.

    A fact that is not told stays as it was, but no doubt may be left. A complaint makes
    provisional clocks firm from its publication, or starts them from there, again if
    they had ended; where none is left in the ticket, those that only a complaint is
    owed end as ``excused``. Nothing is deleted. Raises ``Missing``, ``Stale``, or
    ``NotAllowed`` while it is not decided, or for a doubt that is left.
    """
    now = clock.now()
    with store.work() as work:
        stored = work.mentions.get(mention_id)
        made = work.mentions.decision(mention_id)
        if made is None or stored.mention.is_amplification:
            message = f"mention {mention_id} has no complaint test of its own"
            raise NotAllowed(message)
        was = scope_in_force(work, stored, made[0])
        scope = answered(was, told, exclusion, _known(policy, stored), by=by)
        work.audit.append([_entry(stored, made[1], was, scope, now, by, why)])
        if made[1] is not None:
            renew_claim(work, made[1], by=by, at=now)
        if scope.verdict is Answer.YES:
            ticket = _affirmed(work, policy, now, stored, scope, by)
            ended: Sequence[Clock] = ()
        else:
            ticket = None if made[1] is None else work.tickets.get(made[1])
            ended = _denied(work, policy, now, stored, ticket, by, why)
        if ticket is None:
            return Reviewed(was=was, scope=scope, ticket=None)
        work.tickets.add_event(_event(ticket.id, stored, scope, now, by, why))
        followed = follow(work, policy.rulebook, ticket.id, now, actor=by)
        return Reviewed(
            was=was,
            scope=scope,
            ticket=work.tickets.get(ticket.id),
            ended=ended,
            followed=followed,
        )


def answered(
    was: Scope,
    told: Mapping[str, Answer],
    exclusion: str | None,
    known: Sequence[str],
    *,
    by: str,
) -> Scope:
    """Return the test with what a person told; raises ``NotAllowed`` for a doubt left.

    One fact that is not so settles it, and so does an exclusion; else each doubt must
    be answered.
    """
    if exclusion is not None and exclusion not in {NONE, *known}:
        names = ", ".join((NONE, *known))
        raise NotAllowed(f"there is no exclusion {exclusion!r}; there are: {names}")
    facts = {
        name: Fact(answer=told[name], score=1.0, reason=f"{by} says so")
        if name in told
        else fact
        for name, fact in was.facts.items()
    }
    answers = {fact.answer for fact in facts.values()}
    excluded = was.exclusion if exclusion is None else exclusion
    if Answer.NO in answers or exclusion not in {None, NONE}:
        return Scope(**facts, verdict=Answer.NO, exclusion=excluded)
    scope = Scope(**facts, verdict=Answer.YES, exclusion=excluded)
    if left := _doubts(scope):
        raise NotAllowed(f"a doubt is left; answer also: {', '.join(left)}")
    return scope


def _known(policy: Policy, stored: StoredMention) -> Sequence[str]:
    return policy.governing(stored.mention.published_at).scope.exclusions


def _affirmed(
    work: Work,
    policy: Policy,
    now: datetime,
    stored: StoredMention,
    scope: Scope,
    by: str,
) -> Ticket | None:
    tags = work.mentions.tags(stored.id)
    if tags is None:
        raise NotAllowed(f"mention {stored.id} has no tags to be decided by")
    return reconsider(
        work,
        policy,
        now,
        stored,
        corrected(tags, work.corrections.of_mention(stored.id)),
        Reason(rule=BY_REVIEW, text=f"{by} says that it is a complaint"),
        is_complaint=True,
        is_told=True,
        stated=scope,
    )


def _denied(  # noqa: PLR0913, PLR0917 - one answer and what it acts on
    work: Work,
    policy: Policy,
    now: datetime,
    stored: StoredMention,
    ticket: Ticket | None,
    by: str,
    why: str,
) -> Sequence[Clock]:
    """End what nothing else in the ticket is owed, or count from what else is."""
    if ticket is None:
        return ()
    since = _since(work, ticket)
    if since is not None and stored.mention.published_at < since:
        return ()  # what runs is owed to a later complaint
    left = _complaints(work, ticket, stored.id, since)
    answers = [scope.verdict for _, scope in left]
    complaint = max(answers, key=CERTAINTY.__getitem__, default=Answer.NO)
    if complaint is not ticket.complaint:
        ticket = work.tickets.save(replace(ticket, complaint=complaint))
    if left:
        first = min(one.mention.published_at for one, _ in left)
        if since is not None and first > since:
            _count_from(work, policy, ticket, first, now, complaint)
        return ()
    ended = _owed(work, ticket)
    for one in ended:
        words = f"{by} found no complaint: {why}"
        change = ClockChange(
            clock_id=one.id,
            was=one.state,
            state=ClockState.EXCUSED,
            due_at=None,
            ended_at=now,
            ended_by=OVERTURNED,
            reason=Reason(rule=one.plan.rule, text=words),
        )
        if not change_clock(work, one, change, now, actor=by):
            raise moving(ticket.id)
    return ended


def _owed(work: Work, ticket: Ticket) -> Sequence[Clock]:
    """Return the legal clocks that are not over and that only a complaint is owed."""
    return [
        one
        for one in work.clocks.of_ticket(ticket.id)
        if one.plan.kind is ClockKind.LEGAL
        and not one.is_over
        and is_owed_by(one.plan, ticket.regulation_pack)
    ]


def _since(work: Work, ticket: Ticket) -> datetime | None:
    """Return the publication that the ticket's legal clocks count from, if any do."""
    starts = [
        one.plan.started_at
        for one in work.clocks.of_ticket(ticket.id)
        if one.plan.kind is ClockKind.LEGAL
        and one.plan.pack.id == ticket.regulation_pack.id
        and is_from_receipt(one)
    ]
    return max(starts, default=None)


def _complaints(
    work: Work, ticket: Ticket, but: MentionId, since: datetime | None
) -> Sequence[tuple[StoredMention, Scope]]:
    """Return what else in the ticket is or may be a complaint, of those still owed."""
    return [
        (stored, scope)
        for stored, scope in complaints_in(work, ticket.id)
        if stored.id != but and (since is None or stored.mention.published_at >= since)
    ]


def complaints_in(
    work: Work, ticket_id: TicketId
) -> Sequence[tuple[StoredMention, Scope]]:
    """Return what in a ticket is or may be a complaint, by the test as it stands."""
    found = []
    for stored in work.tickets.mentions(ticket_id):
        made = work.mentions.decision(stored.id)
        if made is None or made[0].outcome is Outcome.ADD_REACH:
            continue
        scope = scope_in_force(work, stored, made[0])
        if scope.verdict is not Answer.NO:
            found.append((stored, scope))
    return found


def _count_from(
    work: Work,
    policy: Policy,
    ticket: Ticket,
    since: datetime,
    now: datetime,
    complaint: Answer,
) -> None:
    """Let what is not done yet count from a later complaint of the same ticket."""
    pack = policy.rulebook.exactly(ticket.regulation_pack)
    if pack is None:
        return
    plans = {
        one.rule: one
        for one in legal_plans(
            pack,
            pack.default_class,
            since,
            policy.calendar,
            provisional=complaint is not Answer.YES,
        )
    }
    moved = [one for one in _owed(work, ticket) if one.plan.rule in plans]
    for one in moved:
        restart_clock(work, one, plans[one.plan.rule], now)
    history = history_of(work, ticket.id)
    judge_again(work, {one.id for one in moved}, history, now)


def _event(
    ticket_id: TicketId,
    stored: StoredMention,
    scope: Scope,
    now: datetime,
    by: str,
    why: str,
) -> TicketEvent:
    return TicketEvent(
        ticket_id=ticket_id,
        name=REVIEWED,
        happened_at=now,
        recorded_at=now,
        detail=f"by {by}: {why}",
        facts={"mention": str(stored.id), **_said(scope)},
    )


def _said(scope: Scope) -> dict[str, str]:
    """Return every answer of the test in a word."""
    facts = {name: fact.answer.value for name, fact in scope.facts.items()}
    return {"verdict": scope.verdict.value, **facts, EXCLUSION: scope.exclusion}


def _read(event: TicketEvent, decided: Scope) -> Scope:
    said = event.facts
    facts = {
        name: Fact(answer=Answer(said[name]), score=1.0, reason=event.detail)
        for name in decided.facts
    }
    return Scope(**facts, verdict=Answer(said["verdict"]), exclusion=said[EXCLUSION])


def _entry(  # noqa: PLR0913, PLR0917 - what was answered, by whom and why
    stored: StoredMention,
    ticket_id: TicketId | None,
    was: Scope,
    scope: Scope,
    now: datetime,
    by: str,
    why: str,
) -> AuditEntry:
    return AuditEntry(
        action="mention.reviewed",
        subject=f"mention:{stored.id}",
        at=now,
        actor=by,
        detail={
            "ticket": ticket_id,
            "was": _said(was),
            "now": _said(scope),
            "reason": why,
        },
    )
