"""Triggers: what the house wants done besides, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock
from bot.domain.corrections import corrected, worse
from bot.domain.decisions import Tier
from bot.domain.mentions import StoredMention
from bot.domain.packs import Happening, HousePack, RegulationPack, Trigger
from bot.domain.ports import Notice, Store, Work
from bot.domain.tickets import Ticket, TicketId
from bot.errors import Stale, StorageError
from bot.escalate.conditions import Picture
from bot.escalate.decide import Situation, picture_of
from bot.escalate.triggers import Occurrence, changed, heard, is_asked, waits
from bot.services.undecidable import FAILURES

DEEPEST = 5
"""How many triggers may set each other off, one after the other."""

LATER = timedelta(hours=1)
"""How far what cannot be computed is moved, so that it blocks nothing else."""

OF_CLOCKS = {Happening.CLOCK_WARNING, Happening.BREACH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Where triggers act: the transaction, the policy, the instant, the mention."""

    work: Work
    house: HousePack
    now: datetime
    stored: StoredMention

    @property
    def subject(self) -> str:
        """How the log names the mention."""
        return f"mention:{self.stored.id}"


def fire(
    here: Happened, what: Occurrence, *, chain: tuple[str, ...] = ()
) -> Ticket | None:
    """Let each trigger act that waits for this, in order; return the ticket then.

    What they do to a ticket is heard in turn. Where that goes on and on it is cut, and
    the log says which triggers went in a circle.
    """
    changing: list[str] = []
    for trigger in here.house.triggers:
        if not is_asked(trigger, what):
            continue
        if trigger.many is not None:
            _gather(here, trigger, what)
        elif _may_act(here, trigger, what):
            after = _act(here, trigger, what)
            if after != what.ticket:
                changing.append(trigger.id)
            what = replace(what, ticket=after)
        else:
            continue
        if trigger.stops:
            break
    if not changing:
        return what.ticket
    if len(chain) >= DEEPEST:
        _cut(here, what, (*chain, *changing))
        return what.ticket
    what = replace(what, happening=Happening.TICKET_CHANGED)
    return fire(here, what, chain=(*chain, *changing))


def _may_act(here: Happened, trigger: Trigger, what: Occurrence) -> bool:
    """Whether it has not acted too often in this conversation."""
    limit = trigger.at_most
    acted = here.work.triggers.acted(
        trigger.id, what.conversation, here.now, within=limit.within
    )
    if acted >= limit.times:
        here.work.audit.append(
            [
                AuditEntry(
                    action="trigger.capped",
                    subject=_subject(here, what),
                    at=here.now,
                    detail={
                        "trigger": trigger.id,
                        "on": trigger.on.value,
                        "times": limit.times,
                    },
                )
            ]
        )
    return acted < limit.times


def _act(here: Happened, trigger: Trigger, what: Occurrence) -> Ticket | None:
    number = here.work.triggers.act(
        trigger.id, what.conversation, here.now, within=trigger.at_most.within
    )
    before = after = what.ticket
    told = list(trigger.then.notify)
    if before is not None:
        after = changed(before, trigger.then, here.house)
        if after != before:
            after = here.work.tickets.save(after)
            told.append(after.queue)
        for word in trigger.then.marks:
            here.work.tickets.mark(before.id, word, by=trigger.id, at=here.now)
    told = list(dict.fromkeys(told))
    here.work.audit.append([_acted(here, trigger, replace(what, ticket=after), told)])
    for queue in told:
        here.work.notices.add(_notice(here, trigger, after, queue, number), here.now)
    return after


def _gather(here: Happened, trigger: Trigger, what: Occurrence) -> None:
    """Count an item by its publication; the one that makes it many opens an incident.

    However many follow, it is told once, until nothing came for the whole span.
    """
    many = trigger.many
    assert many is not None  # noqa: S101 - the caller has looked
    scope = what.scope(many.per)
    if not scope:
        return
    opened_at = here.work.triggers.gather(
        trigger.id,
        scope,
        here.stored.mention.published_at,
        items=many.items,
        within=many.within,
    )
    if opened_at is None:
        return
    told = list(trigger.then.notify)
    here.work.audit.append(
        [
            AuditEntry(
                action="incident.opened",
                subject=f"incident:{trigger.id}",
                at=here.now,
                detail={
                    "scope": scope,
                    "items": many.items,
                    "within": many.within.total_seconds(),
                    "opened_at": opened_at.isoformat(),
                    "mention": here.stored.id,
                    "notified": told,
                },
            )
        ]
    )
    brand, _, shared = scope.split("|", 2)
    minutes = many.within.total_seconds() / 60
    for queue in told:
        notice = Notice(
            key=f"incident:{trigger.id}:{scope}:{opened_at.isoformat()}:{queue}",
            to=queue,
            subject=f"{brand}: {trigger.text} ({many.per} {shared})",
            body=(
                f"{many.items} within {minutes:g} minutes, the last published "
                f"{opened_at:%Y-%m-%d %H:%M} UTC. You hear of it once while it lasts "
                f"(trigger {trigger.id})."
            ),
            is_important=trigger.then.is_important,
        )
        here.work.notices.add(notice, here.now)


def _cut(here: Happened, what: Occurrence, chain: Sequence[str]) -> None:
    here.work.audit.append(
        [
            AuditEntry(
                action="trigger.cut",
                subject=_subject(here, what),
                at=here.now,
                detail={"triggers": list(chain)},
            )
        ]
    )


def _acted(
    here: Happened, trigger: Trigger, what: Occurrence, told: Sequence[str]
) -> AuditEntry:
    ticket = what.ticket
    return AuditEntry(
        action="trigger.acted",
        subject=_subject(here, what),
        at=here.now,
        detail={
            "trigger": trigger.id,
            "on": trigger.on.value,
            "clock": what.rule,
            "share": what.share,
            "mention": here.stored.id,
            "severity": ticket.severity.value if ticket else None,
            "code": ticket.code.value if ticket else None,
            "tier": int(ticket.tier) if ticket else None,
            "queue": ticket.queue if ticket else "",
            "marks": list(trigger.then.marks) if ticket else [],
            "notified": list(told),
            "house": f"{here.house.ref.id} {here.house.ref.version}",
            "house_sha256": here.house.ref.sha256,
        },
    )


def _subject(here: Happened, what: Occurrence) -> str:
    return here.subject if what.ticket is None else f"ticket:{what.ticket.id}"


def _notice(
    here: Happened, trigger: Trigger, ticket: Ticket | None, queue: str, number: int
) -> Notice:
    brand = here.stored.mention.brand
    if ticket is None:
        name, stands = here.subject, "It has no ticket."
    else:
        name = ticket.key
        stands = (
            f"Severity {ticket.severity}, code {ticket.code}, tier {ticket.tier:d}, "
            f"queue {ticket.queue}."
        )
    return Notice(
        key=f"trigger:{number}:{queue}",
        to=queue,
        subject=f"{name} {brand}: {trigger.text}",
        body=f"{stands} Trigger {trigger.id}, on {trigger.on}.",
        ticket_id=ticket.id if ticket else None,
        is_important=trigger.then.is_important,
    )


# --- clocks


def warn(
    store: Store,
    clock: TimeSource,
    house: HousePack,
    regulation: RegulationPack,
    *,
    limit: int = 200,
) -> int:
    """Let triggers hear of clocks that are half over, nearly over, or breached.

    Each is a row that is due and a compare-and-set, so that a restart forgets none and
    none is told twice; an answer takes the clock out of what is looked at.
    """
    if not any(one.on in OF_CLOCKS for one in house.triggers):
        return 0
    now = clock.now()
    with store.reading() as work:
        due = work.clocks.warnings(now, limit)
    asked = [one for one in due if _is_asked_for(house, one, now)]
    ids = {one.id for one in asked}
    passed = _pass_over(store, [one for one in due if one.id not in ids], now)
    return passed + sum(_warn(store, house, regulation, one, now) for one in asked)


def _is_asked_for(house: HousePack, one: Clock, now: datetime) -> bool:
    """Whether any trigger waits for this of this clock, whatever its condition."""
    try:
        found = heard(one, now)
    except FAILURES:
        return True  # it is put off and counted where it is handled
    return found.happening is not None and any(
        waits(trigger, found.happening, found.share, one.plan.rule)
        for trigger in house.triggers
    )


def _pass_over(store: Store, some: Sequence[Clock], now: datetime) -> int:
    """Say of many at once when triggers must hear of them next."""
    if not some:
        return 0
    with store.work() as work:
        return sum(work.clocks.warned(one, heard(one, now).next_at) for one in some)


def _warn(
    store: Store,
    house: HousePack,
    regulation: RegulationPack,
    one: Clock,
    now: datetime,
) -> bool:
    try:
        with store.work() as work:
            found = heard(one, now)
            won = work.clocks.warned(one, found.next_at)
            if won and found.happening is not None:
                seen = _first_seen(work, house, regulation, one, now)
                if seen is not None:
                    stored, picture = seen
                    what = Occurrence(
                        happening=found.happening,
                        picture=picture,
                        ticket=work.tickets.get(TicketId(one.ticket_id)),
                        rule=one.plan.rule,
                        share=found.share,
                    )
                    here = Happened(work=work, house=house, now=now, stored=stored)
                    fire(here, what)
            return won
    except Stale:
        # The ticket changed under us; the clock is still due and comes again.
        return False
    except StorageError:
        raise
    except FAILURES as error:
        with store.work() as work:
            work.clocks.warned(one, now + LATER)
            work.audit.append([_postponed(one, error, now)])
        return False


def _first_seen(
    work: Work,
    house: HousePack,
    regulation: RegulationPack,
    one: Clock,
    now: datetime,
) -> tuple[StoredMention, Picture] | None:
    """Return a ticket's first mention, as what its conditions are asked of."""
    said = work.tickets.mentions(TicketId(one.ticket_id))
    tags = work.mentions.tags(said[0].id) if said else None
    if tags is None:
        return None
    stored = said[0]
    situation = Situation(
        mention=stored.mention,
        tags=corrected(tags, worse(work.corrections.of_mention(stored.id))),
        restored_as=stored.restored_as,
    )
    return stored, picture_of(situation, house, regulation, now)


def _postponed(one: Clock, error: Exception, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="trigger.postponed",
        subject=f"ticket:{one.ticket_id}",
        at=now,
        detail={"clock": one.id, "error": type(error).__name__},
    )


# --- mentions


def fire_for(  # noqa: PLR0913 - one decision and what it came from, by keyword
    here: Happened,
    regulation: RegulationPack,
    situation: Situation,
    *,
    before: Ticket | None,
    after: Ticket | None,
    is_opened: bool,
    is_new: bool,
) -> None:
    """Let triggers hear of a mention that was just decided, and of what it did.

    One that is only decided again was tagged, and counted, before.
    """
    picture = picture_of(situation, here.house, regulation, here.now)
    happenings = _with_ticket(situation, before, after, is_opened=is_opened)
    if is_new:
        happenings = [Happening.MENTION_TAGGED, *happenings, Happening.MANY]
    for happening in happenings:
        what = Occurrence(happening=happening, picture=picture, ticket=after)
        after = fire(here, what)


def _with_ticket(
    situation: Situation,
    before: Ticket | None,
    after: Ticket | None,
    *,
    is_opened: bool,
) -> Sequence[Happening]:
    if is_opened:
        return [Happening.TICKET_OPENED]
    if before is None or after is None:
        return []
    found = []
    if _place(before) != _place(after):
        found.append(Happening.TICKET_CHANGED)
    if not (situation.is_authors_first or situation.mention.is_amplification):
        found.append(Happening.REPLY_RECEIVED)
    return found


def _place(ticket: Ticket) -> tuple[object, Tier, object, str]:
    return ticket.severity, ticket.tier, ticket.code, ticket.queue
