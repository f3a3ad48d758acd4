"""Open a ticket by hand, or add a pack to one: clocks that no public post starts.

A portal, an ombudsman or a code starts them by what a person records: when a complaint
was forwarded, a quarter ended, a document was asked for. They then run, are late, are
met and are computed again like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, ClockPlan, PackRef
from bot.domain.decisions import Answer, Severity
from bot.domain.packs import RECEIVED, InfluenceGroup, RegulationPack
from bot.domain.ports import Store, Work
from bot.domain.tags import Band
from bot.domain.tickets import (
    BY_HAND,
    PACK_ADDED,
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
    standing,
)
from bot.errors import NotAllowed
from bot.escalate.matrix import cell_of
from bot.rules.clocks import in_force, legal_plans
from bot.services.cases import added_to, follow
from bot.services.chains import begin_if_free
from bot.services.claims import renew_claim
from bot.services.clocks import start_clocks
from bot.services.triage import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What started the clocks, when, and how it is called where it came from."""

    brand: str
    reference: str
    event: str = RECEIVED
    happened_at: datetime
    legal_class: str = ""
    severity: Severity = Severity.MEDIUM
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The ticket, the pack that governs it, and its clocks."""

    ticket: Ticket
    pack: RegulationPack
    clocks: Sequence[Clock]


def open_by_hand(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    clock: TimeSource,
    start: Start,
    *,
    pack: str = "",
    by: str,
    why: str,
) -> Opened:
    """Open a ticket for what was said to nobody in public; its clocks run from then.

    The version of ``pack`` in force on that day governs, the house's regulation where
    none is named; a draft too, as a person names it. Raises ``NotAllowed`` for a pack,
    class or event that starts nothing, an instant to come, or a reference whose ticket
    is open.
    """
    now = clock.now()
    if start.happened_at > now:
        at = start.happened_at.isoformat()
        raise NotAllowed(f"{start.event} at {at} is still to come")
    chosen = _governing(policy, pack or policy.regulation.ref.id, start.happened_at)
    if chosen.overlay_of:
        name, other = chosen.ref.id, chosen.overlay_of
        raise NotAllowed(f"{name} runs beside {other} only: open by that, then add it")
    event = chosen.also.get(start.event, start.event)
    plans = _plans(policy, chosen, start, event)
    with store.work() as work:
        known = work.tickets.open_for(BY_HAND, start.brand, start.reference)
        if known is not None:
            message = f"{known.key} is open for {start.reference} already"
            raise NotAllowed(message)
        work.packs.keep(chosen, now)
        work.packs.keep(policy.house, now)
        ticket = work.tickets.add(_ticket(policy, start, chosen, now))
        work.audit.append([_opened(ticket, start, event, by, why)])
        work.tickets.add_event(
            TicketEvent(
                ticket_id=ticket.id,
                name=event,
                happened_at=start.happened_at,
                recorded_at=now,
                detail=f"by {by}: {why}",
                facts=start.facts,
            )
        )
        start_clocks(work, ticket.id, plans, now)
        follow(work, policy.rulebook, ticket.id, now, actor=by)
        begin_if_free(work, policy.house, ticket, "opened", now)
        clocks = work.clocks.of_ticket(ticket.id)
    return Opened(ticket=ticket, pack=chosen, clocks=clocks)


def _plans(
    policy: Policy, chosen: RegulationPack, start: Start, event: str
) -> Sequence[ClockPlan]:
    legal_class = start.legal_class or chosen.default_class
    if legal_class not in chosen.classes:
        names = ", ".join(chosen.classes)
        message = f"{chosen.ref.id} has no class {legal_class!r}; it has {names}"
        raise NotAllowed(message)
    plans = legal_plans(
        chosen, legal_class, start.happened_at, policy.calendar, event=event
    )
    if not plans:
        names = ", ".join(sorted({one.start for one in chosen.clocks.values()}))
        message = f"{event} starts no clock of {chosen.ref.id}; these do: {names}"
        raise NotAllowed(message)
    return plans


def add_pack(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    clock: TimeSource,
    ticket_id: TicketId,
    pack: str,
    *,
    by: str,
    why: str,
) -> tuple[RegulationPack, Sequence[str]]:
    """Let a further pack's clocks run on a ticket too; return it and what moved.

    Raises ``Missing``, or ``NotAllowed`` for one that is there already, that runs
    beside another pack only, or that has a clock of the same name: it needs a ticket of
    its own.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        added = _governing(policy, pack, ticket.received_at)
        _check(work, policy, ticket, added)
        renew_claim(work, ticket_id, by=by, at=now)
        work.packs.keep(added, now)
        work.audit.append([_added(ticket, added.ref, now, by, why)])
        work.tickets.add_event(
            TicketEvent(
                ticket_id=ticket_id,
                name=PACK_ADDED,
                happened_at=now,
                recorded_at=now,
                detail=f"by {by}: {why}",
                facts={
                    "pack": added.ref.id,
                    "version": added.ref.version,
                    "pack_sha256": added.ref.sha256,
                },
            )
        )
        return added, follow(work, policy.rulebook, ticket_id, now, actor=by)


def _governing(policy: Policy, name: str, at: datetime) -> RegulationPack:
    """Return the newest version that was in force on a day, drafts as well."""
    day = policy.calendar.local_date(at)
    known = {one.ref: one for one in _all(policy)}
    found = [one for one in known.values() if one.ref.id == name]
    if not found:
        names = ", ".join(sorted({one.ref.id for one in known.values()}))
        raise NotAllowed(f"there is no pack {name}; there are: {names}")
    held = [one for one in found if in_force(one, day)]
    if not held:
        raise NotAllowed(f"no version of {name} was in force on {day}")
    return max(held, key=_effective_from)


def _all(policy: Policy) -> Iterable[RegulationPack]:
    book = policy.rulebook
    return (*book.packs, *book.overlays, *book.library())


def _effective_from(pack: RegulationPack) -> date:
    return pack.effective_from


def _check(work: Work, policy: Policy, ticket: Ticket, added: RegulationPack) -> None:
    refs = added_to(standing(work.tickets.events(ticket.id)))
    here = [ticket.regulation_pack, *refs]
    beside = [one.ref for one in policy.overlays if one.overlay_of == here[0].id]
    ids = [one.id for one in (*here, *beside)]
    if added.ref.id in ids:
        raise NotAllowed(f"{added.ref.id} runs on {ticket.key} already")
    if added.overlay_of and added.overlay_of != ticket.regulation_pack.id:
        words = f"{added.ref.id} runs beside {added.overlay_of} only"
        raise NotAllowed(f"{words}, and {ticket.key} is under {here[0].id}")
    names = {
        name
        for one in _all(policy)
        if one.ref in {*here, *beside}
        for name in one.clocks
    }
    if same := sorted(names & set(added.clocks)):
        words = f"{added.ref.id} and {ticket.key} both have {', '.join(same)}"
        raise NotAllowed(f"{words}: open a ticket of its own, by bot ticket open")


def _ticket(
    policy: Policy, start: Start, pack: RegulationPack, now: datetime
) -> Ticket:
    cell, _ = cell_of(start.severity, InfluenceGroup.ORDINARY, policy.house)
    return Ticket(
        brand=start.brand,
        channel=BY_HAND,
        conversation=start.reference,
        status=TicketStatus.OPEN,
        severity=start.severity,
        code=cell.code,
        tier=cell.tier,
        queue=cell.queue,
        complaint=Answer.YES,
        band=Band.NANO,
        is_influencer=False,
        house_pack=policy.house.ref,
        regulation_pack=pack.ref,
        received_at=start.happened_at,
        opened_at=now,
        mentions=0,
    )


def _opened(ticket: Ticket, start: Start, event: str, by: str, why: str) -> AuditEntry:
    return AuditEntry(
        action="ticket.opened_by_hand",
        subject=f"ticket:{ticket.id}",
        at=ticket.opened_at,
        actor=by,
        detail={
            "event": event,
            "happened_at": start.happened_at.isoformat(),
            "facts": dict(start.facts),
            "reference": start.reference,
            "pack": f"{ticket.regulation_pack.id} {ticket.regulation_pack.version}",
            "pack_sha256": ticket.regulation_pack.sha256,
            "house": f"{ticket.house_pack.id} {ticket.house_pack.version}",
            "house_sha256": ticket.house_pack.sha256,
            "severity": ticket.severity.value,
            "queue": ticket.queue,
            "reason": why,
        },
    )


def _added(
    ticket: Ticket, ref: PackRef, now: datetime, by: str, why: str
) -> AuditEntry:
    return AuditEntry(
        action="ticket.pack_added",
        subject=f"ticket:{ticket.id}",
        at=now,
        actor=by,
        detail={
            "pack": f"{ref.id} {ref.version}",
            "pack_sha256": ref.sha256,
            "reason": why,
        },
    )
