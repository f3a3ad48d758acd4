"""Merge and split: one ticket of two, or two of one, and no promise lost by either.

By a merge the earliest receipt counts, and of two promises the one that is due first
goes on; by a split each part's legal clocks count from its own publication. Each undoes
the other: what went into a ticket whole comes back under its own number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, ClockPlan
from bot.domain.decisions import Answer, Decision
from bot.domain.mentions import MAX_ID, MentionId, StoredMention
from bot.domain.merging import CAME_FROM, MERGED, SPLIT
from bot.domain.packs import RECEIVED, InfluenceGroup, RegulationPack
from bot.domain.ports import Store, Work
from bot.domain.tags import Tags
from bot.domain.tickets import (
    CLASSIFIED,
    PACK_ADDED,
    REVIEWED,
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
    standing,
)
from bot.errors import Missing, NotAllowed
from bot.escalate.care import stays
from bot.escalate.matrix import cell_of, targets_of
from bot.escalate.merging import CERTAINTY, Joined, joined, together
from bot.rules.clocks import legal_plans, service_plans
from bot.services.care import put_on
from bot.services.cases import follow
from bot.services.chains import begin_if_free, begin_if_raised
from bot.services.claims import renew_claim, unowned
from bot.services.clocks import moving, start_clocks
from bot.services.scope import scope_in_force
from bot.services.triage import Policy

WARNING = (
    "RG 271 is owed to each complainant by themselves: an answer to one of them is no "
    "answer to the other"
)


def merge(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    clock: TimeSource,
    ticket_id: TicketId,
    other: TicketId,
    *,
    by: str,
    why: str = "",
) -> Ticket:
    """Let another ticket go into this one, which is returned as it is then.

    Its texts, replies and legal notices go with it, and what is said in its
    conversation from now on. Tickets of different authors need a reason. Raises
    ``Missing``, ``Stale``, or ``NotAllowed`` if one is closed or somebody else's, or if
    they are of different brands or under different packs.
    """
    now = clock.now()
    with store.work() as work:
        into, gone = work.tickets.get(ticket_id), work.tickets.get(other)
        _check_alike(into, gone)
        _check_free(work, gone, by, now)
        are_strangers = _are_strangers(work, into, gone)
        if are_strangers and not why:
            message = f"{into.key} and {gone.key} are of different authors. {WARNING}"
            raise NotAllowed(f"{message}. Give a reason if they are one all the same")
        renew_claim(work, into.id, by=by, at=now)
        into = work.tickets.get(ticket_id)
        signs = gone.signs
        mine, theirs = (work.clocks.of_ticket(one.id) for one in (into, gone))
        _bring_history(work, gone, into)
        work.merging.move_all(gone.id, into.id)
        for clocks in joined(mine, theirs):
            _join_clock(work, clocks, into, now, by)
        closed = work.tickets.save(
            replace(unowned(gone), status=TicketStatus.CLOSED, closed_at=now)
        )
        work.merging.record(closed, into.id, by=by, at=now)
        work.chains.cancel(gone.id, at=now, reason=f"it went into {into.key}")
        one = together(into, gone)
        queue = stays(policy.house, into.signs, one.queue)
        saved = work.tickets.save(replace(one, queue=queue))
        for ticket, fact, key in (
            (saved, "from", gone.key),
            (closed, "into", into.key),
        ):
            _note(work, ticket, MERGED, {fact: key}, now, by, why)
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.merged",
                    subject=f"ticket:{into.id}",
                    at=now,
                    actor=by,
                    detail={
                        "from": gone.id,
                        "mentions": saved.mentions,
                        "received_at": saved.received_at.isoformat(),
                        "different_authors": are_strangers,
                        "queue": saved.queue,
                        "reason": why,
                    },
                ),
                AuditEntry(
                    action="ticket.merged_into",
                    subject=f"ticket:{gone.id}",
                    at=now,
                    actor=by,
                    detail={"into": into.id, "reason": why},
                ),
            ]
        )
        place = policy.calendar.place
        saved = put_on(
            work, policy.house, place, saved, signs, now, why=f"{gone.key}", by=by
        )
        return begin_if_raised(work, policy.house, into, now, cause=MERGED)


def _check_alike(into: Ticket, gone: Ticket) -> None:
    if into.id == gone.id:
        raise NotAllowed(f"{into.key} cannot go into itself")
    for one in (into, gone):
        if one.status is TicketStatus.CLOSED:
            raise NotAllowed(f"{one.key} is closed; open it again first")
    if into.brand != gone.brand:
        message = f"{into.key} is about {into.brand}, {gone.key} about {gone.brand}"
        raise NotAllowed(f"{message}: answer each by itself")
    if into.regulation_pack != gone.regulation_pack:
        packs = " and ".join(
            f"{one.regulation_pack.id} {one.regulation_pack.version}"
            for one in (into, gone)
        )
        message = f"{into.key} and {gone.key} were promised by {packs}"
        raise NotAllowed(f"{message}: answer each by itself")


def _check_free(work: Work, gone: Ticket, by: str, now: datetime) -> None:
    owner = gone.claimed_by(now)
    if owner not in {"", by}:
        message = f"{owner} has {gone.key}: ask them, or hand it to yourself first"
        raise NotAllowed(message)
    if work.hand_offs.open_of(gone.id) is not None:
        message = f"the author of {gone.key} is led to a private talk: end that first"
        raise NotAllowed(message)


def _are_strangers(work: Work, into: Ticket, gone: Ticket) -> bool:
    """Whether somebody spoke in one who is nobody of the other, as far as known."""
    people = [_people(work, one.id) for one in (into, gone)]
    return bool(people[0] and people[1]) and people[0] != people[1]


def _people(work: Work, ticket_id: TicketId) -> set[object]:
    """Name who spoke in a ticket: joined accounts are one."""
    found: set[object] = set()
    for key in work.merging.authors(ticket_id):
        account = work.accounts.of(key)
        found.add(account.person if account else key)
    return found


def _bring_history(work: Work, gone: Ticket, into: Ticket) -> None:
    """Let what happened to one count on the other; its own history stays whole."""
    for event in standing(work.tickets.events(gone.id)):
        facts = {**event.facts, CAME_FROM: event.facts.get(CAME_FROM, gone.key)}
        work.tickets.add_event(replace(event, ticket_id=into.id, facts=facts, id=0))


def _join_clock(work: Work, one: Joined, into: Ticket, now: datetime, by: str) -> None:
    kept, other = one.kept, one.other
    if other is not None:
        here = replace(kept, ticket_id=into.id)
        if not work.merging.put_away(other, here, as_run=one.is_run):
            raise moving(into.id)
        work.audit.append([_covered(into, other, kept, now, by)])
    if kept.ticket_id != into.id:
        if not work.merging.take_clock(kept, into.id):
            raise moving(into.id)
        work.audit.append([_taken_over(into, kept, now, by)])
    if one.is_firm:
        firm = replace(kept.plan, provisional=False)
        if not work.clocks.amend(kept.id, firm, before=kept.state):
            raise moving(into.id)


def _taken_over(into: Ticket, clock: Clock, now: datetime, by: str) -> AuditEntry:
    return AuditEntry(
        action="clock.taken_over",
        subject=f"ticket:{into.id}",
        at=now,
        actor=by,
        detail=_standing_of(clock),
    )


def _covered(
    into: Ticket, other: Clock, kept: Clock, now: datetime, by: str
) -> AuditEntry:
    return AuditEntry(
        action="clock.covered",
        subject=f"ticket:{into.id}",
        at=now,
        actor=by,
        detail={**_standing_of(other), "covered_by": kept.id},
    )


def _standing_of(clock: Clock) -> dict[str, object]:
    return {
        "clock": clock.id,
        "rule": clock.plan.rule,
        "cite": clock.plan.cite,
        "from": clock.ticket_id,
        "was": clock.state.value,
        "started_at": clock.plan.started_at.isoformat(),
        "due_strict": clock.plan.due_strict.isoformat(),
        "due_legal": clock.plan.due_legal.isoformat(),
    }


def _note(  # noqa: PLR0913, PLR0917 - what happened to which ticket, by whom and why
    work: Work,
    ticket: Ticket,
    name: str,
    facts: dict[str, str],
    now: datetime,
    by: str,
    why: str,
) -> None:
    work.tickets.add_event(
        TicketEvent(
            ticket_id=ticket.id,
            name=name,
            happened_at=now,
            recorded_at=now,
            detail=f"by {by}: {why}" if why else f"by {by}",
            facts=facts,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """One text that gets a ticket of its own, and what is known of it."""

    stored: StoredMention
    decision: Decision
    tags: Tags | None
    verdict: Answer


def split(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    clock: TimeSource,
    ticket_id: TicketId,
    mentions: Collection[MentionId],
    *,
    by: str,
    why: str,
) -> Ticket:
    """Give some of a ticket's texts a ticket of their own, and return that.

    Its legal clocks count from their own publication, with what answered them since;
    those of the ticket that they leave stay as they are. A conversation that had gone
    into it whole gets its own ticket back. Raises ``Missing``, ``Stale``, or
    ``NotAllowed`` if the ticket is closed or nothing would be left in it.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        if ticket.status is TicketStatus.CLOSED:
            raise NotAllowed(f"{ticket.key} is closed; open it again first")
        renew_claim(work, ticket_id, by=by, at=now)
        ticket = work.tickets.get(ticket_id)
        texts = work.tickets.mentions(ticket_id)
        chosen = _chosen(work, ticket, texts, set(mentions))
        ids = {one.stored.id for one in chosen}
        further = {one.id for one in texts if _carries(one, chosen)}
        own = _own_ticket(work, ticket, texts, chosen, now)
        work.merging.move(ids | further, own.id)
        if not work.merging.into(own.id):
            work.merging.describe(own.id, ticket.id, chosen[0].stored.id)
        _bring_some(work, ticket, own, chosen)
        work.merging.undo(own.id)
        audience = sum(one.mention.audience for one in texts if one.id in ids | further)
        left = work.tickets.save(
            replace(
                ticket,
                mentions=ticket.mentions - len(ids),
                reach=max(ticket.reach - audience, 0),
            )
        )
        for one, fact, key in ((own, "from", ticket.key), (left, "into", own.key)):
            _note(work, one, SPLIT, {fact: key}, now, by, why)
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.split",
                    subject=f"ticket:{ticket.id}",
                    at=now,
                    actor=by,
                    detail={"into": own.id, "mentions": sorted(ids), "reason": why},
                ),
                AuditEntry(
                    action="ticket.split_off",
                    subject=f"ticket:{own.id}",
                    at=now,
                    actor=by,
                    detail={
                        "from": ticket.id,
                        "mentions": sorted(ids),
                        "received_at": own.received_at.isoformat(),
                        "queue": own.queue,
                        "reason": why,
                    },
                ),
            ]
        )
        _start(work, policy, own, chosen, now, by)
        begin_if_free(work, policy.house, own, SPLIT, now)
        return work.tickets.get(own.id)


def _chosen(
    work: Work,
    ticket: Ticket,
    texts: Sequence[StoredMention],
    wanted: Collection[MentionId],
) -> Sequence[_Chosen]:
    """Return the texts that are meant, oldest first; refuse what cannot leave."""
    own = [one for one in texts if not one.mention.is_amplification]
    if strange := set(wanted) - {one.id for one in own}:
        message = f"{ticket.key} has no text {min(strange)} of its own"
        raise Missing(message)
    if not wanted:
        raise NotAllowed("choose the texts that get a ticket of their own")
    if len(wanted) == len(own):
        raise NotAllowed(f"nothing would be left in {ticket.key}")
    under_way = work.hand_offs.open_of(ticket.id)
    if under_way is not None and under_way.mention_id in wanted:
        message = "who wrote it is led to a private talk: end that first"
        raise NotAllowed(message)
    return [_known(work, one) for one in own if one.id in wanted]


def _known(work: Work, stored: StoredMention) -> _Chosen:
    made = work.mentions.decision(stored.id)
    assert made is not None  # noqa: S101 - its decision binds it to the ticket
    scope = scope_in_force(work, stored, made[0])
    return _Chosen(
        stored=stored,
        decision=made[0],
        tags=work.mentions.tags(stored.id),
        verdict=scope.verdict,
    )


def _carries(one: StoredMention, chosen: Sequence[_Chosen]) -> bool:
    texts = {
        (each.stored.mention.channel, each.stored.mention.external_id)
        for each in chosen
    }
    return (one.mention.channel, one.mention.amplifies) in texts


def _own_ticket(
    work: Work,
    ticket: Ticket,
    texts: Sequence[StoredMention],
    chosen: Sequence[_Chosen],
    now: datetime,
) -> Ticket:
    """Open the ticket of what leaves: its own again, if it had one, else a new one."""
    place = _place(chosen)
    before = work.merging.merged_as(ticket.id, *place) if place else None
    ids = {one.stored.id for one in chosen}
    whole = {
        one.id
        for one in texts
        if not one.mention.is_amplification
        and (one.mention.channel, one.mention.conversation) == place
    }
    own = work.tickets.get(before) if before is not None else None
    if own is not None and whole == ids and _goes_on_in(work, own) == ticket.id:
        opened = replace(own, status=TicketStatus.OPEN, closed_at=None)
        return work.tickets.save(_standing_as(ticket, opened, chosen))
    first = chosen[0].stored
    name = f"#{first.id}"
    conversation = first.mention.conversation[: MAX_ID - len(name)] + name
    fresh = replace(
        unowned(ticket),
        id=TicketId(0),
        version=1,
        channel=first.mention.channel,
        conversation=conversation,
        opened_at=now,
    )
    return work.tickets.add(_standing_as(ticket, fresh, chosen))


def _goes_on_in(work: Work, own: Ticket) -> TicketId | None:
    """Say in which open ticket what is said in a conversation goes on."""
    found = work.tickets.open_for(own.channel, own.brand, own.conversation)
    return found.id if found else None


def _place(chosen: Sequence[_Chosen]) -> tuple[str, str] | None:
    """Return the one conversation that all of them are of; ``None`` if of several."""
    places = {
        (one.stored.mention.channel, one.stored.mention.conversation) for one in chosen
    }
    return next(iter(places)) if len(places) == 1 else None


def _standing_as(ticket: Ticket, own: Ticket, chosen: Sequence[_Chosen]) -> Ticket:
    """Say of the new one what its texts tell; it stands no lower than it stood."""
    tags = [one.tags for one in chosen if one.tags is not None]
    told = {sign for one in tags for sign in one.signs}
    return replace(
        own,
        severity=ticket.severity,
        code=ticket.code,
        tier=ticket.tier,
        queue=ticket.queue,
        complaint=max((one.verdict for one in chosen), key=CERTAINTY.index),
        band=max(
            (one.influence.band for one in tags),
            key=list(type(ticket.band)).index,
            default=ticket.band,
        ),
        is_influencer=any(one.influence.is_influencer for one in tags),
        signs=tuple(one for one in ticket.signs if one in told),
        received_at=chosen[0].stored.mention.published_at,
        mentions=len(chosen),
        reach=sum(one.stored.mention.audience for one in chosen),
    )


def _bring_some(
    work: Work, ticket: Ticket, own: Ticket, chosen: Sequence[_Chosen]
) -> None:
    """Let the new one know what happened to its texts, and what class they are of."""
    had = {
        (one.name, one.happened_at, one.detail) for one in work.tickets.events(own.id)
    }
    for event in _of_these(work, ticket, own, chosen):
        if (event.name, event.happened_at, event.detail) not in had:
            facts = {**event.facts, CAME_FROM: ticket.key}
            work.tickets.add_event(replace(event, ticket_id=own.id, facts=facts, id=0))


def _of_these(
    work: Work, ticket: Ticket, own: Ticket, chosen: Sequence[_Chosen]
) -> Iterator[TicketEvent]:
    keys = {one.key for one in work.replies.of_ticket(own.id)}
    numbers = {str(one.stored.id) for one in chosen}
    for event in standing(work.tickets.events(ticket.id)):
        is_receipt = event.name == RECEIVED and event.detail in {
            f"mention:{number}" for number in numbers
        }
        is_review = event.name == REVIEWED and event.facts.get("mention") in numbers
        is_whole = event.name in {CLASSIFIED, PACK_ADDED}
        if is_receipt or is_review or is_whole or event.detail in keys:
            yield event


def _start(
    work: Work,
    policy: Policy,
    own: Ticket,
    chosen: Sequence[_Chosen],
    now: datetime,
    by: str,
) -> None:
    """Start the house's promises, and the law's if any of the texts may complain."""
    house = policy.house
    work.packs.keep(house, now)
    group = InfluenceGroup.INFLUENCER if own.is_influencer else house.groups[own.band]
    cell, _ = cell_of(own.severity, group, house)
    targets = targets_of(cell.targets, (), house, own.signs)
    plans: list[ClockPlan] = list(
        service_plans(targets, own.received_at, house, policy.calendar)
    )
    complaints = [one for one in chosen if one.verdict is not Answer.NO]
    if complaints:
        pack = _pack(policy, own)
        work.packs.keep(pack, now)
        plans += legal_plans(
            pack,
            complaints[0].decision.legal_class or pack.default_class,
            complaints[0].stored.mention.published_at,
            policy.calendar,
            provisional=all(one.verdict is not Answer.YES for one in complaints),
        )
    start_clocks(work, own.id, plans, now, looks_back=True)
    follow(work, policy.rulebook, own.id, now, actor=by)


def _pack(policy: Policy, own: Ticket) -> RegulationPack:
    found = policy.rulebook.exactly(own.regulation_pack)
    return found or policy.governing(own.received_at)
