"""Whom a due step calls, when it must wait, and what comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.chains import (
    Chain,
    ChainStep,
    FrozenChain,
    Step,
    StepId,
    StepState,
    Who,
)
from bot.domain.decisions import Tier
from bot.domain.packs import Assignment, HousePack
from bot.domain.people import Need, Person, Roster
from bot.domain.tickets import Ticket, TicketStatus
from bot.escalate.people import (
    in_turn,
    is_away,
    is_on_shift,
    is_within,
    managers,
    members,
    next_on_shift,
    next_within,
    skilled,
    workers,
)

REMINDER = "claim"
"""The chain that reminds an owner before their claim runs out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a call depends on beside its ticket: our people, their load, the skills.

    ``top`` is told in the place of managers where there is no roster.
    """

    people: Roster | None
    top: str
    need: Need
    load: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Whom to tell now; if nobody, until when to wait; if neither, nobody will come."""

    told: tuple[str, ...] = ()
    until: datetime | None = None
    reason: str = ""


def chain_for(house: HousePack, ticket: Ticket) -> FrozenChain | None:
    """Freeze the first chain of the house that is for a ticket."""
    chain = next((one for one in house.chains if _is_for(one, ticket)), None)
    if chain is None:
        return None
    events = [name for target in chain.ends for name in house.targets.get(target, ())]
    return FrozenChain(
        id=chain.id,
        pack=house.ref,
        steps=chain.steps,
        ends=tuple(dict.fromkeys(events)),
    )


def _is_for(chain: Chain, ticket: Ticket) -> bool:
    when = chain.when
    return (
        (when.code_from is None or ticket.code.rank >= when.code_from.rank)
        and (when.tier_from is None or ticket.tier >= when.tier_from)
        and (when.influencer is None or ticket.is_influencer is when.influencer)
        and (not when.signs_any or any(one in ticket.signs for one in when.signs_any))
    )


def reminder(house: HousePack, ticket: Ticket) -> FrozenChain | None:
    """Give the chain that reminds a ticket's owner, if the house wants one."""
    lasts, remind = ticket.claim_lasts, house.claims.remind
    if lasts is None or not remind or remind >= lasts:
        return None
    step = Step(who=Who.OWNER, after=lasts - remind)
    return FrozenChain(id=REMINDER, pack=house.ref, steps=(step,))


def first_step(
    chain: FrozenChain, ticket: Ticket, cause: str, at: datetime
) -> ChainStep:
    """Begin a chain; the instant in its episode's key makes it another each time."""
    return ChainStep(
        ticket_id=ticket.id,
        episode=f"{cause}:{at.isoformat()}",
        step=0,
        round=0,
        chain=chain,
        began_at=at,
        due_at=at + chain.steps[0].after,
    )


def void(due: ChainStep, ticket: Ticket, now: datetime) -> str:
    """Say why a step need not be taken any more; empty if it must."""
    if ticket.status is TicketStatus.CLOSED:
        return "the ticket is closed"
    owner = ticket.claimed_by(now)
    if due.call.who is Who.OWNER:
        return "" if owner else "nobody has claimed it any more"
    return f"{owner} has it" if owner else ""


def call(due: ChainStep, ticket: Ticket, around: Around, now: datetime) -> Call:
    """Say whom a step calls now, or until when it waits."""
    step = due.call
    if step.who is Who.OWNER:
        return _remind(due, ticket, now)
    if step.within is not None and not is_within(step.within, now):
        until = None if step.skip_if_empty else next_within(step.within, now)
        return Call(until=until, reason="outside the hours of this step")
    if around.people is None:
        return Call(told=(_place(step, ticket, around.top),))
    pool = _pool(step.who, step.name, ticket, around.people)
    # Who is called by name is called off shift as well, but never while away.
    is_by_name = step.who in {Who.PERSON, Who.MANAGER}
    there = [
        one
        for one in pool
        if (not is_away(one, now) if is_by_name else is_on_shift(one, now))
    ]
    if not there:
        return _nobody(step, pool, now)
    able = skilled(there, around.need)
    if step.one:
        able = in_turn(able, around.load, ticket.id)[:1]
    return Call(told=tuple(one.name for one in able))


def _remind(due: ChainStep, ticket: Ticket, now: datetime) -> Call:
    """Remind an owner as long before the end as was meant, renewals counted in."""
    assert ticket.claim_expires_at is not None  # noqa: S101 - void() has looked
    assert ticket.claim_lasts is not None  # noqa: S101
    at = ticket.claim_expires_at - (ticket.claim_lasts - due.call.after)
    if at > now:
        return Call(until=at, reason="the claim was renewed")
    return Call(told=(ticket.owner,))


def _place(step: Step, ticket: Ticket, top: str) -> str:
    match step.who:
        case Who.TEAM | Who.PERSON:
            return step.name
        case Who.MANAGER:
            return top
        case _:
            return ticket.queue


def assignee(assign: Assignment, ticket: Ticket, around: Around, now: datetime) -> str:
    """Say whose a ticket becomes; empty where nobody is at work who could have it.

    Of several, whose turn it is: who has the skills and the fewest open tickets.
    """
    if around.people is None:
        return assign.name if assign.who is Who.PERSON else ""
    pool = _pool(assign.who, assign.name, ticket, around.people)
    there = skilled([one for one in pool if is_on_shift(one, now)], around.need)
    return next((one.name for one in in_turn(there, around.load, ticket.id)), "")


def _pool(who: Who, name: str, ticket: Ticket, people: Roster) -> tuple[Person, ...]:
    match who:
        case Who.TEAM:
            return members(people, name)
        case Who.PERSON:
            found = people.people.get(name)
            return (found,) if found else ()
        case Who.MANAGER:
            return managers(people, workers(people, ticket.queue))
        case _:
            return workers(people, ticket.queue)


def _nobody(step: Step, pool: tuple[Person, ...], now: datetime) -> Call:
    if step.skip_if_empty:
        return Call(reason="nobody is there")
    openings = [at for one in pool if (at := next_on_shift(one, now)) is not None]
    until = min(openings, default=None)
    return Call(until=until, reason="nobody is there" if until else "nobody will be")


def after(
    due: ChainStep, ticket: Ticket, now: datetime, *, told: bool
) -> ChainStep | None:
    """Give the step that comes next, ``None`` at the chain's end.

    Where nobody was told there is nothing to wait for: the next one is due at once.
    """
    step = due.call
    if step.who is Who.OWNER:
        # Due when this claim is over: it is void then, or moves behind a renewal.
        at = ticket.claim_expires_at
        return None if at is None else _next(due, due.step, due.round + 1, at)
    if told and due.round + 1 < step.repeat:
        return _next(due, due.step, due.round + 1, now + step.every)
    if due.step + 1 == len(due.chain.steps):
        return None
    pause = due.chain.steps[due.step + 1].after if told else now - now
    return _next(due, due.step + 1, 0, now + pause)


def _next(due: ChainStep, step: int, number: int, at: datetime) -> ChainStep:
    return replace(
        due,
        id=StepId(0),
        step=step,
        round=number,
        due_at=at,
        state=StepState.WAITING,
        told=(),
        moves=0,
        ended_at=None,
        reason="",
    )


def top_queue(house: HousePack) -> str:
    """Return where managers are told if nobody is named."""
    return house.tiers[Tier.MANAGEMENT]
