"""Claims: one owner of a ticket at a time, a person or the bot, and no silent loss.

Who writes first wins: the ticket's version is compared and set, and whoever comes
second is told who has it. A claim that nothing follows runs out by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.packs import HousePack
from bot.domain.people import Roster
from bot.domain.ports import Notice, Store, Work
from bot.domain.tickets import Ticket, TicketEvent, TicketId, TicketStatus
from bot.errors import Missing, NotAllowed, Stale
from bot.escalate.care import may_lie_in
from bot.escalate.people import has_skills, is_away, is_on_shift, workers
from bot.services.chains import (
    OnChange,
    begin_chain,
    begin_if_free,
    need_of,
    remind_owner,
    unheard,
)

DUTIES_WITHIN = timedelta(days=2)
"""How near a deadline of the law must be for its ticket to come first."""

LOOK_AT = 50
"""How many tickets are looked at for one that a person has the skills for."""

MOST_RIVALS = 20
"""How many colleagues may be first with a ticket before one has to ask again."""

BOT = "bot"
"""By which name the self-service bot may hold a ticket."""

TRIES = 3
"""How often a ticket that others change at the same moment is read again."""


def claim(
    store: Store,
    clock: TimeSource,
    house: HousePack,
    ticket_id: TicketId,
    *,
    by: str,
    people: Roster | None = None,
) -> Ticket:
    """Make a ticket somebody's own; the owner's own second claim lasts anew.

    Raises ``Missing``, or ``NotAllowed`` if it is closed or somebody else's, which
    says whose and until when, or if it bears a sign that they are not prepared for.
    """

    def take(work: Work) -> Ticket:
        now = clock.now()
        ticket = _open(work, ticket_id)
        if why := unprepared(house, people, ticket, by):
            raise NotAllowed(why)
        holder = ticket.claimed_by(now)
        if holder not in {"", by}:
            raise NotAllowed(_taken(ticket))
        if not holder and ticket.owner:
            ticket = _run_out(work, ticket, now)
        claimed = work.tickets.save(_owned(ticket, by, now, house.claims.lasts))
        _log_claimed(work, claimed, now)
        _note(work, claimed, "claimed", f"by {by}", now)
        remind_owner(work, house, claimed, now)
        return claimed

    return _settled(store, take)


def claim_next(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    clock: TimeSource,
    house: HousePack,
    queues: Collection[str],
    *,
    by: str,
    people: Roster | None = None,
    brands: Collection[str] = (),
) -> Ticket | None:
    """Claim the ticket that is next in these queues; ``None`` if all are somebody's.

    With ``brands`` only of those.

    Somebody who may be in danger comes before everything. Then comes what the law wants
    done within two days, by its deadline: influencers are many, and must not push an
    ordinary complaint past its time. Of the rest, what a colleague at work has the
    skills for and this person has not is left to them, as long as there is anything
    else.
    """
    for _ in range(MOST_RIVALS):
        with store.reading() as work:
            ticket = _next(
                work, Where(queues=queues, brands=brands), by, people, clock.now()
            )
        if ticket is None:
            return None
        try:
            return claim(store, clock, house, ticket.id, by=by)
        except NotAllowed:
            # A colleague was first; the next one may be free.
            continue
    raise Stale("colleagues were first with every ticket; ask again")


def queues_of(house: HousePack, people: Roster | None, person: str) -> list[str]:
    """Give the queues that a person's teams work from, all where no roster says.

    Who is not in the roster is not among those prepared for people in need.
    """
    if people is None:
        return list(house.queues)
    if person not in people.people:
        prepared = {rule.queue for rule in house.care.signs.values()}
        return [name for name in house.queues if name not in prepared]
    return [
        name
        for team in people.teams.values()
        if person in team.members
        for name in team.queues
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where somebody takes tickets from: these queues, and if named these brands."""

    queues: Collection[str]
    brands: Collection[str] = ()


def _next(
    work: Work, where: Where, by: str, people: Roster | None, now: datetime
) -> Ticket | None:
    queues, brands = where.queues, where.brands
    grave = None if by == BOT else work.tickets.next_in_need(queues, brands=brands)
    if grave is not None:
        return grave
    duty = work.tickets.next_duty(queues, before=now + DUTIES_WITHIN, brands=brands)
    if duty is not None:
        return duty
    first = next(iter(work.tickets.free(queues, limit=1, brands=brands)), None)
    me = people.people.get(by) if people else None
    if first is None or people is None or me is None:
        return first
    there = {
        queue: [
            one
            for one in workers(people, queue)
            if one.name != by and is_on_shift(one, now)
        ]
        for queue in queues
    }
    has_desk = any(one.influencers for some in there.values() for one in some)
    for ticket in work.tickets.free(
        queues,
        limit=LOOK_AT,
        is_ordinary=has_desk and not me.influencers,
        brands=brands,
    ):
        need = need_of(work, ticket)
        others = there[ticket.queue]
        if has_skills(me, need) or not any(has_skills(one, need) for one in others):
            return ticket
    return first


def release(
    store: Store, clock: TimeSource, house: HousePack, ticket_id: TicketId, *, by: str
) -> Ticket:
    """Give a ticket back to its queue; only its owner can.

    Raises ``Missing``, or ``NotAllowed`` if it is closed or not theirs.
    """

    def give_back(work: Work) -> Ticket:
        now = clock.now()
        ticket = _open(work, ticket_id)
        if ticket.owner != by:
            theirs = _taken(ticket) if ticket.claimed_by(now) else "nobody has it"
            message = f"{by} cannot release {ticket.key}: {theirs}"
            raise NotAllowed(message)
        released = work.tickets.save(unowned(ticket))
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.released",
                    subject=f"ticket:{ticket.id}",
                    at=now,
                    actor=by,
                    detail={"queue": released.queue},
                )
            ]
        )
        _note(work, released, "released", f"by {by}", now)
        _tell_queue(work, released, f"{by} gave it back.", now)
        begin_chain(work, house, released, "released", now)
        return released

    return _settled(store, give_back)


def hand_off(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    clock: TimeSource,
    house: HousePack,
    ticket_id: TicketId,
    *,
    to: str,
    reason: str,
    by: str,
    people: Roster | None = None,
    on_change: OnChange = unheard,
) -> Ticket:
    """Move a ticket into another queue, or make it another person's own.

    Anybody may, as an owner may be away; the reason stands in the log, and the owner
    before is told. A queue whose team stands below the ticket's tier is refused, and so
    is a person who is away. Raises ``Missing`` for who is not in the roster, if there
    is one, or ``NotAllowed``. ``on_change`` hears of another queue.
    """

    def move(work: Work) -> Ticket:
        now = clock.now()
        ticket = _open(work, ticket_id)
        queue = house.queues.get(to)
        prepared = may_lie_in(house, ticket.signs)
        if queue is None:
            _check_person(people, to, now)
            if why := unprepared(house, people, ticket, to):
                raise NotAllowed(why)
            moved = _owned(ticket, to, now, house.claims.lasts)
        elif prepared and to not in prepared:
            raise NotAllowed(_only_to(ticket, prepared))
        elif queue.tier < ticket.tier and to not in prepared[:1]:
            message = (
                f"{ticket.key} is at tier {ticket.tier:d}, and the team of {to} stands "
                f"at {queue.tier:d}; hand it to a queue of its tier, or to a person"
            )
            raise NotAllowed(message)
        else:
            moved = replace(unowned(ticket), queue=to)
        saved = work.tickets.save(moved)
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.handed_off",
                    subject=f"ticket:{ticket.id}",
                    at=now,
                    actor=by,
                    detail={
                        "from": ticket.owner or ticket.queue,
                        "to": to,
                        "queue": saved.queue,
                        "reason": reason,
                    },
                )
            ]
        )
        _note(work, saved, "handed_off", f"to {to} by {by}", now)
        told = {to, ticket.owner} - {"", by}
        for one in sorted(told):
            work.notices.add(_handed(saved, to=one, target=to, by=by, at=now), now)
        if saved.owner:
            remind_owner(work, house, saved, now)
        else:
            on_change(work, ticket, saved, now)
            saved = work.tickets.get(saved.id)
            begin_if_free(work, house, saved, "handed_off", now)
        return saved

    return _settled(store, move)


def assign(
    work: Work, house: HousePack, ticket: Ticket, to: str, *, by: str, at: datetime
) -> Ticket:
    """Make a ticket that nobody has somebody's own, in the house's name; return it.

    In the transaction of what it is for. Who has been given it hears of it, and loses
    it again like anybody if nothing follows. Raises ``NotAllowed`` if it is somebody's.
    """
    if ticket.claimed_by(at):
        raise NotAllowed(_taken(ticket))
    if ticket.owner:
        ticket = _run_out(work, ticket, at)
    given = work.tickets.save(_owned(ticket, to, at, house.claims.lasts))
    until = given.claim_expires_at
    work.audit.append(
        [
            AuditEntry(
                action="ticket.assigned",
                subject=f"ticket:{ticket.id}",
                at=at,
                detail={
                    "to": to,
                    "queue": given.queue,
                    "trigger": by,
                    "expires_at": until.isoformat() if until else None,
                },
            )
        ]
    )
    _note(work, given, "assigned", f"to {to} by trigger {by}", at)
    words = f"{until:%Y-%m-%d %H:%M} UTC" if until else "somebody says otherwise"
    notice = Notice(
        key=f"ticket:{given.id}:assigned:{given.version}:{to}",
        to=to,
        subject=f"{given.key} {given.brand}: it is yours",
        body=(
            f"Assigned by trigger {by}. Code {given.code}, tier {given.tier:d}, queue "
            f"{given.queue}. It is yours until {words}; do something on it, or give it "
            "back."
        ),
        ticket_id=given.id,
    )
    work.notices.add(notice, at)
    remind_owner(work, house, given, at)
    return given


def expire_claims(
    store: Store, clock: TimeSource, house: HousePack, *, limit: int = 200
) -> int:
    """Give back the tickets whose claim ran out, earliest first; return how many.

    Each in a transaction of its own, so that one bad row never blocks the rest.
    """
    now = clock.now()
    with store.reading() as work:
        over = work.tickets.claims_over(now, limit)
    return sum(_expire(store, house, one, now) for one in over)


def _expire(store: Store, house: HousePack, over: Ticket, now: datetime) -> bool:
    try:
        with store.work() as work:
            ticket = work.tickets.get(over.id)
            if ticket.version != over.version:
                # Renewed, closed or handed on meanwhile.
                return False
            freed = work.tickets.save(_run_out(work, ticket, now))
            words = f"{over.owner} had it, and nothing followed."
            _tell_queue(work, freed, words, now)
            begin_chain(work, house, freed, "claim_expired", now)
    except Stale:
        # Somebody changed it between our reading and our writing; it comes again.
        return False
    return True


def _run_out(work: Work, ticket: Ticket, now: datetime) -> Ticket:
    """Log that a claim ran out, and return the ticket as nobody's."""
    expired_at = ticket.claim_expires_at
    work.audit.append(
        [
            AuditEntry(
                action="ticket.claim_expired",
                subject=f"ticket:{ticket.id}",
                at=now,
                detail={
                    "owner": ticket.owner,
                    "queue": ticket.queue,
                    "expired_at": expired_at.isoformat() if expired_at else None,
                },
            )
        ]
    )
    _note(work, ticket, "claim_expired", f"of {ticket.owner}", now)
    return unowned(ticket)


def renew_claim(work: Work, ticket_id: TicketId, *, by: str, at: datetime) -> None:
    """Let the owner's claim last anew, as something followed; others change nothing."""
    work.tickets.renew_claim(ticket_id, by, at)


def unowned(ticket: Ticket) -> Ticket:
    """Return a ticket as nobody's."""
    return replace(ticket, owner="", claim_expires_at=None, claim_lasts=None)


def _owned(ticket: Ticket, owner: str, now: datetime, lasts: timedelta) -> Ticket:
    return replace(ticket, owner=owner, claim_expires_at=now + lasts, claim_lasts=lasts)


def _settled(store: Store, step: Callable[[Work], Ticket]) -> Ticket:
    """Do it again where another process changed the ticket under us."""
    for _ in range(TRIES - 1):
        try:
            with store.work() as work:
                return step(work)
        except Stale:
            continue
    with store.work() as work:
        return step(work)


def _open(work: Work, ticket_id: TicketId) -> Ticket:
    ticket = work.tickets.get(ticket_id)
    if ticket.status is TicketStatus.CLOSED:
        message = f"{ticket.key} is closed; nobody works on it"
        raise NotAllowed(message)
    return ticket


def _check_person(people: Roster | None, name: str, now: datetime) -> None:
    if people is None:
        return
    person = people.people.get(name)
    if person is None:
        message = (
            f"{name!r} is neither a queue of the house nor one of the people of the "
            "roster; 'bot people list' names them"
        )
        raise Missing(message)
    if is_away(person, now):
        message = f"{name} is out of office; hand it to somebody else or to a queue"
        raise NotAllowed(message)


def unprepared(
    house: HousePack, people: Roster | None, ticket: Ticket, name: str
) -> str:
    """Say why somebody may not own a ticket with signs of a need; empty if they may.

    The bot never may; where there is a roster, only who works from a prepared queue.
    """
    if not ticket.signs:
        return ""
    if name == BOT:
        return _for_people(ticket)
    prepared = may_lie_in(house, ticket.signs)
    if people is None or not prepared:
        return ""
    there = {one.name for queue in prepared for one in workers(people, queue)}
    return "" if name in there else _only_to(ticket, prepared)


def _for_people(ticket: Ticket) -> str:
    borne = ", ".join(ticket.signs)
    return f"{ticket.key} bears signs of a need ({borne}); no bot may have it"


def _only_to(ticket: Ticket, prepared: Sequence[str]) -> str:
    return (
        f"{ticket.key} bears signs of a need ({', '.join(ticket.signs)}) and stays "
        f"with those who are prepared: hand it to {', '.join(prepared)} or to one of "
        "their people, or take the sign off first (bot ticket unflag)"
    )


def _taken(ticket: Ticket) -> str:
    until = ticket.claim_expires_at
    shown = f"{until:%Y-%m-%d %H:%M} UTC" if until else "they release it"
    return (
        f"{ticket.key} is {ticket.owner}'s until {shown}; ask them, or hand it off "
        "with a reason"
    )


def _log_claimed(work: Work, ticket: Ticket, now: datetime) -> None:
    until = ticket.claim_expires_at
    work.audit.append(
        [
            AuditEntry(
                action="ticket.claimed",
                subject=f"ticket:{ticket.id}",
                at=now,
                actor=ticket.owner,
                detail={
                    "queue": ticket.queue,
                    "expires_at": until.isoformat() if until else None,
                },
            )
        ]
    )


def _note(work: Work, ticket: Ticket, name: str, detail: str, now: datetime) -> None:
    work.tickets.add_event(
        TicketEvent(
            ticket_id=ticket.id,
            name=name,
            happened_at=now,
            recorded_at=now,
            detail=detail,
        )
    )


def _tell_queue(work: Work, ticket: Ticket, why: str, now: datetime) -> None:
    notice = Notice(
        key=f"ticket:{ticket.id}:free:{ticket.version}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand} is free again",
        body=f"{why} It waits in the queue {ticket.queue}.",
        ticket_id=ticket.id,
    )
    work.notices.add(notice, now)


def _handed(ticket: Ticket, *, to: str, target: str, by: str, at: datetime) -> Notice:
    return Notice(
        key=f"ticket:{ticket.id}:handed:{ticket.version}:{to}",
        to=to,
        subject=f"{ticket.key} {ticket.brand}: handed off to {target}",
        body=(
            f"{by} handed it off at {at:%Y-%m-%d %H:%M} UTC; the reason stands in the "
            "log."
        ),
        ticket_id=ticket.id,
    )
