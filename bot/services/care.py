"""Signs of a need on tickets: who put them there, who took them off, and who is told.

A sign is kept with the ticket and its history alone. Nothing is ever written about an
author, and no notice or log entry holds more than which sign it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.decisions import Code
from bot.domain.packs import HousePack
from bot.domain.ports import Notice, Store, Work
from bot.domain.tags import Sign, Tags
from bot.domain.tickets import Ticket, TicketEvent, TicketId, TicketStatus
from bot.errors import NotAllowed
from bot.escalate import care
from bot.escalate.matrix import targets_of
from bot.rules.calendars import Calendar
from bot.rules.clocks import service_plans
from bot.services.chains import begin_chain
from bot.services.claims import renew_claim, unowned
from bot.services.clocks import start_clocks

FLAGGED, UNFLAGGED = "flagged", "unflagged"
"""How a ticket's history names a sign that was put on it or taken off."""


OPENING = (
    "A sign is what you should look at, no diagnosis. No bot speaks here; the words "
    "are yours to choose."
)


def put_on(  # noqa: PLR0913 - what is put where, by whom and why, by keyword
    work: Work,
    house: HousePack,
    place: str,
    ticket: Ticket,
    signs: Collection[Sign],
    now: datetime,
    *,
    why: str,
    by: str = "bot",
    came_from: str = "",
) -> Ticket:
    """Let a ticket bear signs from now on, where the people for them see it.

    ``why`` says what told of them: a mention, or a person's reason. Where it comes from
    another queue, whoever had claimed it there has it no longer, as others must see it
    at once; ``came_from``: where it lay before it was moved for them already.
    """
    new = [one for one in care.cared_for(signs, house) if one not in ticket.signs]
    if not new:
        return ticket
    after = care.marked(ticket, new, house)
    owner = ticket.claimed_by(now)
    is_taken_away = bool(owner) and after.queue != (came_from or ticket.queue)
    saved = work.tickets.save(unowned(after) if is_taken_away else after)
    for sign in new:
        _note(work, saved, FLAGGED, sign, f"by {by}: {why}", now)
    work.audit.append(
        [
            AuditEntry(
                action="ticket.flagged",
                subject=f"ticket:{ticket.id}",
                at=now,
                actor=by,
                detail={
                    "signs": [one.value for one in new],
                    "why": why,
                    "severity": saved.severity.value,
                    "code": saved.code.value,
                    "tier": int(saved.tier),
                    "queue": saved.queue,
                    "owner_before": owner if is_taken_away else "",
                },
            )
        ]
    )
    work.notices.add(_first_aid(saved, new, house, place), now)
    if is_taken_away:
        work.notices.add(_taken_away(saved, owner), now)
    return saved


def flag(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    clock: TimeSource,
    house: HousePack,
    calendar: Calendar,
    ticket_id: TicketId,
    sign: Sign,
    *,
    by: str,
    why: str,
) -> Ticket:
    """Put on a sign that a person saw where no word list did; people are called.

    Raises ``Missing``, or ``NotAllowed`` if the ticket is closed, bears it already, or
    the house has no rule for it.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        if ticket.status is TicketStatus.CLOSED:
            message = f"{ticket.key} is closed; a sign on it would call nobody"
            raise NotAllowed(message)
        if sign in ticket.signs:
            raise NotAllowed(f"{ticket.key} bears {sign} already")
        if sign not in house.care.signs:
            message = f"the house has no rule for {sign}; write it under care.signs"
            raise NotAllowed(message)
        renew_claim(work, ticket_id, by=by, at=now)
        ticket = work.tickets.get(ticket_id)
        saved = put_on(work, house, calendar.place, ticket, [sign], now, why=why, by=by)
        plans = service_plans(targets_of({}, (), house, [sign]), now, house, calendar)
        start_clocks(work, ticket_id, plans, now, again=True)
        if not saved.claimed_by(now):
            begin_chain(work, house, saved, FLAGGED, now)
        return saved


def unflag(
    store: Store,
    clock: TimeSource,
    ticket_id: TicketId,
    sign: Sign,
    *,
    by: str,
    why: str,
) -> Ticket:
    """Take a sign off a ticket; it stays where it stands, as nothing is ever lowered.

    Raises ``Missing``, or ``NotAllowed`` if the ticket does not bear it.
    """
    now = clock.now()
    with store.work() as work:
        renew_claim(work, ticket_id, by=by, at=now)
        ticket = work.tickets.get(ticket_id)
        if sign not in ticket.signs:
            borne = ", ".join(ticket.signs) or "none"
            raise NotAllowed(f"{ticket.key} does not bear {sign}; its signs: {borne}")
        left = tuple(one for one in ticket.signs if one is not sign)
        saved = work.tickets.save(replace(ticket, signs=left))
        _note(work, saved, UNFLAGGED, sign, f"by {by}: {why}", now)
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.unflagged",
                    subject=f"ticket:{ticket.id}",
                    at=now,
                    actor=by,
                    detail={"signs": [sign.value], "why": why},
                )
            ]
        )
        return saved


def as_people_left_it(work: Work, ticket: Ticket | None, tags: Tags) -> Tags:
    """Leave out signs that a person took off the mention's own ticket.

    What is decided again must not put back what somebody found to be none.
    """
    if ticket is None:
        return tags
    taken = {
        event.facts.get("sign")
        for event in work.tickets.events(ticket.id)
        if event.name == UNFLAGGED
    } - set(ticket.signs)
    if not taken:
        return tags
    kept = tuple(one for one in tags.signals if one.tells not in taken)
    return replace(tags, signals=kept)


def _note(
    work: Work, ticket: Ticket, name: str, sign: Sign, detail: str, now: datetime
) -> None:
    work.tickets.add_event(
        TicketEvent(
            ticket_id=ticket.id,
            name=name,
            happened_at=now,
            recorded_at=now,
            detail=detail,
            facts={"sign": sign.value},
        )
    )


def _first_aid(
    ticket: Ticket, new: Sequence[Sign], house: HousePack, place: str
) -> Notice:
    texts, lines = care.first_aid(new, house, place)
    lines_told = [f"{one.name}: {one.contact}" for one in lines]
    return Notice(
        key=f"ticket:{ticket.id}:signs:{ticket.version}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: {care.told(new, house)}",
        body="\n\n".join([OPENING, *texts, *lines_told]),
        ticket_id=ticket.id,
        is_important=ticket.code is Code.RED,
    )


def _taken_away(ticket: Ticket, owner: str) -> Notice:
    return Notice(
        key=f"ticket:{ticket.id}:taken-away:{ticket.version}",
        to=owner,
        subject=f"{ticket.key} {ticket.brand}: others have it now",
        body=(
            f"There is a sign of a need in it, so it lies in the queue {ticket.queue} "
            "for people who are prepared. Tell them what you know, and answer no more."
        ),
        ticket_id=ticket.id,
    )
