"""Call: the steps of a chain, one after the other, until somebody takes the ticket.

Every call that is due is a row. It is ended, its notices are queued and the next one
is written in one transaction, with others that are due: a process that dies loses none
and tells nobody twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.chains import ChainStep, FrozenChain, StepState, Who
from bot.domain.packs import HousePack
from bot.domain.people import Need, Roster
from bot.domain.ports import Notice, Store, Work
from bot.domain.tickets import Ticket, TicketId, TicketStatus, standing
from bot.escalate.chains import (
    Around,
    Call,
    after,
    call,
    chain_for,
    first_step,
    reminder,
    top_queue,
    void,
)
from bot.escalate.conditions import sure_topics
from bot.services.undecidable import BATCH, LATER, attempt, attempt_all

OPERATOR = "operator"

OnChange = Callable[[Work, Ticket, Ticket, datetime], None]
"""Hears of a ticket that was raised or moved: as it was, as it is, and when."""


def unheard(_work: Work, _before: Ticket, _after: Ticket, _at: datetime) -> None:
    """Where nobody waits for changes."""


def begin_chain(
    work: Work, house: HousePack, ticket: Ticket, cause: str, at: datetime
) -> None:
    """Begin to call people for a ticket; what was still to come of before ends.

    The chain is frozen as it begins. ``cause`` names the new episode.
    """
    work.chains.cancel(ticket.id, at=at, reason=f"begun anew: {cause}")
    _begin(work, chain_for(house, ticket), ticket, cause, at)


def begin_if_raised(
    work: Work, house: HousePack, before: Ticket, at: datetime, *, cause: str
) -> Ticket:
    """Call people for a ticket that has risen, unless it is somebody's; return it.

    Read anew: others may have raised it further meanwhile.
    """
    after = work.tickets.get(before.id)
    was = (before.code, before.tier, before.signs)
    has_risen = was != (after.code, after.tier, after.signs)
    if has_risen:
        begin_if_free(work, house, after, cause, at)
    return after


def begin_if_free(
    work: Work, house: HousePack, ticket: Ticket, cause: str, at: datetime
) -> None:
    """Call people for an open ticket that nobody has; others call nobody."""
    if (
        house.chains
        and ticket.status is TicketStatus.OPEN
        and not ticket.claimed_by(at)
    ):
        begin_chain(work, house, ticket, cause, at)


def remind_owner(work: Work, house: HousePack, ticket: Ticket, at: datetime) -> None:
    """Call nobody else for a ticket that is somebody's own; remind them in time."""
    work.chains.cancel(ticket.id, at=at, reason=f"{ticket.owner} has it")
    _begin(work, reminder(house, ticket), ticket, "claimed", at)


def _begin(
    work: Work, chain: FrozenChain | None, ticket: Ticket, cause: str, at: datetime
) -> None:
    """Write the first step; a cause that came twice at one instant is numbered."""
    if chain is None:
        return
    step, number = first_step(chain, ticket, cause, at), 1
    while not work.chains.add(step):
        number += 1
        step = first_step(chain, ticket, f"{cause} {number}", at)


def run_steps(
    store: Store,
    clock: TimeSource,
    house: HousePack,
    people: Roster | None,
    *,
    limit: int = BATCH,
) -> int:
    """Take the steps that are due, earliest first; return how many changed."""
    now = clock.now()
    return attempt_all(
        store,
        lambda work: work.chains.due(now, limit),
        lambda work, one: _take(work, house, people, one, now),
        lambda one: _run(store, house, people, one, now),
    )


def _run(
    store: Store, house: HousePack, people: Roster | None, due: ChainStep, now: datetime
) -> bool:
    def put_off(work: Work, error: Exception) -> bool:
        reason = type(error).__name__
        moved = work.chains.move(due, until=now + LATER, reason=reason)
        if moved:
            work.audit.append([_postponed(due, reason, now)])
        return moved

    return attempt(store, lambda work: _take(work, house, people, due, now), put_off)


def _take(
    work: Work, house: HousePack, people: Roster | None, due: ChainStep, now: datetime
) -> bool:
    ticket = work.tickets.get(TicketId(due.ticket_id))
    why = void(due, ticket, now) or _over(work, due)
    if why:
        return work.chains.finish(due.id, state=StepState.CANCELLED, at=now, reason=why)
    around = around_of(work, house, ticket, people, is_ones=due.call.one)
    made = call(due, ticket, around, now)
    if made.told:
        return _tell(work, ticket, due, made, now)
    if made.until is not None:
        moved = work.chains.move(due, until=made.until, reason=made.reason)
        if moved and due.call.who is not Who.OWNER:
            work.audit.append([_nobody(due, made, now)])
        return moved
    return _pass_over(work, ticket, due, made, now)


def _over(work: Work, due: ChainStep) -> str:
    """Say what has ended a step's episode since it began; empty if nothing has."""
    ticket_id = TicketId(due.ticket_id)
    if work.chains.episode(ticket_id) != due.episode:
        return "another episode has begun"
    ended = [
        event.name
        for event in standing(work.tickets.events(ticket_id))
        if event.name in due.chain.ends and event.recorded_at >= due.began_at
    ]
    return f"{ended[0]} was recorded" if ended else ""


def around_of(
    work: Work,
    house: HousePack,
    ticket: Ticket,
    people: Roster | None,
    *,
    is_ones: bool,
) -> Around:
    """Say what a call depends on; load only where it is for one alone."""
    return Around(
        people=people,
        top=top_queue(house),
        need=need_of(work, ticket) if people else Need(),
        load=work.tickets.load() if people and is_ones else {},
    )


def need_of(work: Work, ticket: Ticket) -> Need:
    """Say what a ticket asks for, by its newest text: language, brand, topic."""
    said = [
        stored
        for stored in work.tickets.mentions(ticket.id)
        if not stored.mention.is_amplification
    ]
    tags = work.mentions.tags(said[-1].id) if said else None
    return Need(
        language=tags.language if tags else "",
        products=(ticket.brand, *(sure_topics(tags) if tags else ())),
        influencers=ticket.is_influencer,
    )


def _tell(
    work: Work, ticket: Ticket, due: ChainStep, made: Call, now: datetime
) -> bool:
    if not work.chains.finish(
        due.id, state=StepState.DONE, at=now, told=made.told, reason=made.reason
    ):
        return False
    for name in made.told:
        work.notices.add(_called(ticket, due, name), now)
    _go_on(work, ticket, due, now, told=True)
    work.audit.append(
        [
            AuditEntry(
                action="chain.called",
                subject=f"ticket:{ticket.id}",
                at=now,
                detail={
                    **_which(due),
                    "to": list(made.told),
                    "due_at": due.due_at.isoformat(),
                },
            )
        ]
    )
    return True


def _pass_over(
    work: Work, ticket: Ticket, due: ChainStep, made: Call, now: datetime
) -> bool:
    """Go on where a step reaches nobody; where nobody ever comes, tell the operator."""
    if not work.chains.finish(
        due.id, state=StepState.EMPTY, at=now, reason=made.reason
    ):
        return False
    work.audit.append([_nobody(due, made, now)])
    goes_on = _go_on(work, ticket, due, now, told=False)
    if not (goes_on and due.call.skip_if_empty):
        work.notices.add(_unheard(ticket, due), now)
    return True


def _go_on(
    work: Work, ticket: Ticket, due: ChainStep, now: datetime, *, told: bool
) -> bool:
    following = after(due, ticket, now, told=told)
    if following is not None:
        work.chains.add(following)
    return following is not None


def _which(due: ChainStep) -> dict[str, object]:
    return {
        "chain": due.chain.id,
        "pack": f"{due.chain.pack.id} {due.chain.pack.version}",
        "episode": due.episode,
        "step": due.step + 1,
        "round": due.round + 1,
    }


def _nobody(due: ChainStep, made: Call, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="chain.nobody",
        subject=f"ticket:{due.ticket_id}",
        at=now,
        detail={
            **_which(due),
            "reason": made.reason,
            "until": made.until.isoformat() if made.until else None,
        },
    )


def _postponed(due: ChainStep, error: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="chain.postponed",
        subject=f"ticket:{due.ticket_id}",
        at=now,
        detail={**_which(due), "error": error, "moves": due.moves + 1},
    )


def _called(ticket: Ticket, due: ChainStep, name: str) -> Notice:
    if due.call.who is Who.OWNER:
        until = ticket.claim_expires_at
        subject = f"{ticket.key} {ticket.brand}: your claim runs out"
        body = (
            f"Nothing was done on it; at {until:%Y-%m-%d %H:%M} UTC it goes back to "
            f"the queue {ticket.queue}."
        )
    else:
        subject = f"{ticket.key} {ticket.brand}: nobody has taken it"
        body = (
            f"Code {ticket.code.value}, tier {ticket.tier:d}, queue {ticket.queue}. "
            f"Call {due.step + 1}.{due.round + 1} of the chain {due.chain.id}, since "
            f"{due.began_at:%Y-%m-%d %H:%M} UTC. Claim it, or answer."
        )
    return Notice(
        key=f"{_key(due)}:{name}",
        to=name,
        subject=subject,
        body=body,
        ticket_id=ticket.id,
        is_important=due.call.important,
    )


def _unheard(ticket: Ticket, due: ChainStep) -> Notice:
    return Notice(
        key=f"{_key(due)}:nobody",
        to=OPERATOR,
        subject=f"{ticket.key} {ticket.brand}: nobody could be called",
        body=(
            f"Step {due.step + 1} of the chain {due.chain.id} found nobody. The ticket "
            f"waits in the queue {ticket.queue}; look at the file of people."
        ),
        ticket_id=ticket.id,
        is_important=True,
    )


def _key(due: ChainStep) -> str:
    return f"chain:{due.ticket_id}:{due.episode}:{due.step}:{due.round}"
