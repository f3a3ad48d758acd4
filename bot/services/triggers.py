"""Triggers: what the house wants done besides, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock
from bot.domain.corrections import corrected, worse
from bot.domain.mentions import StoredMention
from bot.domain.packs import (
    Happening,
    HousePack,
    Per,
    RegulationPack,
    Templates,
    Trigger,
)
from bot.domain.people import Roster
from bot.domain.ports import Notice, Store, Work
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.domain.tags import Tags
from bot.domain.tickets import Ticket, TicketId, TicketStatus
from bot.errors import Stale, StorageError
from bot.escalate import care
from bot.escalate.chains import assignee
from bot.escalate.conditions import Picture
from bot.escalate.decide import Situation, picture_of
from bot.escalate.notices import webhook
from bot.escalate.replies import choose_template
from bot.escalate.triggers import (
    Occurrence,
    changed,
    heard,
    is_asked,
    never_answered,
    place,
    waits,
    wording,
)
from bot.services.chains import around_of, begin_if_raised
from bot.services.claims import assign, unprepared
from bot.services.follow_ups import tell_of_raise
from bot.services.notices import tell_anew
from bot.services.replies import put_in_words
from bot.services.undecidable import FAILURES, LATER, attempt

DEEPEST = 5
"""How many triggers may set each other off, one after the other."""

OF_CLOCKS = {Happening.CLOCK_WARNING, Happening.BREACH}


class Means(Protocol):
    """What triggers act by: the policy in force, and who our people are."""

    @property
    def house(self) -> HousePack:
        """The house's own policy."""
        ...

    @property
    def templates(self) -> Templates:
        """Every wording."""
        ...

    @property
    def people(self) -> Roster | None:
        """Who works when, if the operator says so."""
        ...

    def governing(self, received_at: datetime) -> RegulationPack:
        """Return the version that governs what was received then."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Where triggers act: the transaction, the policy, the instant, the mention.

    ``counts`` is what is still to be counted at the end of the transaction.
    """

    work: Work
    means: Means
    now: datetime
    stored: StoredMention
    counts: list[Counting] = field(default_factory=list)

    @property
    def house(self) -> HousePack:
        """The house's own policy."""
        return self.means.house

    @property
    def subject(self) -> str:
        """How the log names the mention."""
        return f"mention:{self.stored.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """One item of a matter of which people hear once."""

    here: Happened
    trigger: Trigger
    what: Occurrence
    per: Per
    at: datetime
    items: int
    within: timedelta

    @property
    def scope(self) -> str:
        """Name the matter; empty where it has nothing in common with others."""
        return self.what.scope(self.per)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a trigger did besides raising and moving."""

    told: Sequence[str] = ()
    assigned: str = ""
    draft: Reply | None = None
    reach: int = 0


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
            here.counts.append(_of_many(here, trigger, what))
        elif _may_act(here, trigger, what):
            after = _act(here, trigger, what)
            if _has_moved(what.ticket, after):
                changing.append(trigger.id)
            what = replace(what, ticket=after)
            if trigger.then.add_reach:
                what = replace(what, carries=None)
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


def _has_moved(before: Ticket | None, after: Ticket | None) -> bool:
    return before is not None and after is not None and place(before) != place(after)


def _may_act(here: Happened, trigger: Trigger, what: Occurrence) -> bool:
    """Whether it has not acted too often in this conversation."""
    limit = trigger.at_most
    acted = here.work.triggers.acted(
        trigger.id, what.conversation, here.now, within=limit.within
    )
    if acted >= limit.times:
        detail = {"trigger": trigger.id, "on": trigger.on.value, "times": limit.times}
        _log(here, "trigger.capped", _subject(here, what), detail)
    return acted < limit.times


def _act(here: Happened, trigger: Trigger, what: Occurrence) -> Ticket | None:
    number = here.work.triggers.act(
        trigger.id, what.conversation, here.now, within=trigger.at_most.within
    )
    then, ticket = trigger.then, what.ticket
    told = [] if then.incident else list(then.notify)
    done = Done(reach=_reach(here, what) if then.add_reach else 0)
    if ticket is not None:
        after = changed(ticket, then, here.house)
        if after != ticket:
            after = here.work.tickets.save(after)
            told.append(after.queue)
        for word in then.marks:
            here.work.tickets.mark(after.id, word, by=trigger.id, at=here.now)
        what = replace(what, ticket=after)
        ticket = _assign(here, trigger, after)
        done = replace(
            done,
            assigned=ticket.owner if ticket.owner != after.owner else "",
            draft=_draft(here, trigger, what),
        )
        what = replace(what, ticket=ticket)
    done = replace(done, told=tuple(dict.fromkeys(told)))
    detail = _acted(here, trigger, what, done)
    _log(here, "trigger.acted", _subject(here, what), detail)
    for queue in done.told:
        here.work.notices.add(_notice(here, trigger, what, queue, number), here.now)
    if then.incident is not None:
        here.counts.append(_of_incident(here, trigger, what))
    else:
        for way in then.webhooks:
            call = _notice(here, trigger, what, webhook(way), number)
            call = replace(call, facts=_facts(here, trigger, what))
            here.work.notices.add(call, here.now)
    return ticket


def _assign(here: Happened, trigger: Trigger, ticket: Ticket) -> Ticket:
    """Give a free ticket to whom the trigger means, if they are at work."""
    asked, work, now = trigger.then.assign, here.work, here.now
    if asked is None or ticket.status is not TicketStatus.OPEN:
        return ticket
    owner = ticket.claimed_by(now)
    if owner:
        return _left_undone(here, trigger, ticket, "assign", f"{owner} has it")
    around = around_of(work, here.house, ticket, here.means.people, is_ones=True)
    to = assignee(asked, ticket, around, now)
    if not to:
        words = "nobody is at work who could have it"
        return _left_undone(here, trigger, ticket, "assign", words)
    if why := unprepared(here.house, here.means.people, ticket, to):
        return _left_undone(here, trigger, ticket, "assign", why)
    return assign(work, here.house, ticket, to, by=trigger.id, at=now)


def _draft(here: Happened, trigger: Trigger, what: Occurrence) -> Reply | None:
    """Put a wording before a person; it goes nowhere without their yes."""
    name, ticket = trigger.then.draft, what.ticket
    if not name or ticket is None or ticket.status is not TicketStatus.OPEN:
        return None
    templates, mention = here.means.templates, here.stored.mention
    why = never_answered(what.picture, here.house)
    if ticket.signs:
        why = f"{care.told(ticket.signs, here.house)}: no bot words anything"
    if why:
        _left_undone(here, trigger, ticket, "draft", why)
        return None
    chosen = wording(name, what.picture, here.house, templates)
    template = choose_template(
        templates, chosen, key=f"{mention.channel}:{mention.external_id}"
    )
    reply = put_in_words(
        here.work,
        templates,
        template,
        here.stored,
        ticket,
        kind=ReplyKind.ANSWER,
        state=ReplyState.SUBMITTED,
        language=what.picture.tags.language,
        at=here.now,
    )
    if reply is None:
        _left_undone(here, trigger, ticket, "draft", "an answer to it is there already")
    return reply


def _reach(here: Happened, what: Occurrence) -> int:
    """Count whom a text reached for the ticket of what it answers, once."""
    if what.carries is None:
        return 0
    audience = here.stored.mention.audience
    ticket = here.work.tickets.get(what.carries.id)
    here.work.tickets.save(replace(ticket, reach=ticket.reach + audience))
    return audience


def _left_undone(
    here: Happened, trigger: Trigger, ticket: Ticket, what: str, reason: str
) -> Ticket:
    detail = {"trigger": trigger.id, "what": what, "reason": reason}
    _log(here, "trigger.left_undone", f"ticket:{ticket.id}", detail)
    return ticket


# --- incidents


def _of_many(here: Happened, trigger: Trigger, what: Occurrence) -> Counting:
    many = trigger.many
    assert many is not None  # noqa: S101 - the caller has looked
    return Counting(
        here=here,
        trigger=trigger,
        what=what,
        per=many.per,
        at=here.stored.mention.published_at,
        items=many.items,
        within=many.within,
    )


def _of_incident(here: Happened, trigger: Trigger, what: Occurrence) -> Counting:
    incident = trigger.then.incident
    assert incident is not None  # noqa: S101 - the caller has looked
    return Counting(
        here=here,
        trigger=trigger,
        what=what,
        per=incident.per,
        at=here.now,
        items=1,
        within=incident.lasts,
    )


def count(counts: Sequence[Counting]) -> None:
    """Count what a transaction has gathered, at its end and by the matters' names.

    Each matter is held until the commit: two that counted the same ones in the order in
    which they came would wait for each other.
    """
    named = [one for one in counts if one.scope]
    for one in sorted(named, key=lambda one: (one.trigger.id, one.scope)):
        _gather(one)


def _gather(one: Counting) -> None:
    """Count an item; the one that makes it many opens an incident.

    However many follow, it is told once, until nothing came for the whole span.
    """
    here, trigger = one.here, one.trigger
    opened_at = here.work.triggers.gather(
        trigger.id, one.scope, one.at, items=one.items, within=one.within
    )
    if opened_at is None:
        return
    told = list(trigger.then.notify)
    detail = {
        "scope": one.scope,
        "items": one.items,
        "within": one.within.total_seconds(),
        "opened_at": opened_at.isoformat(),
        "mention": here.stored.id,
        "notified": told,
        "webhooks": list(trigger.then.webhooks),
    }
    _log(here, "incident.opened", f"incident:{trigger.id}", detail)
    for queue in told:
        here.work.notices.add(_incident(one, opened_at, queue), here.now)
    facts = {
        **_facts(here, trigger, one.what),
        "scope": one.scope,
        "items": str(one.items),
        "opened_at": opened_at.isoformat(),
    }
    for way in trigger.then.webhooks:
        call = replace(_incident(one, opened_at, webhook(way)), facts=facts)
        here.work.notices.add(call, here.now)


def _incident(one: Counting, opened_at: datetime, to: str) -> Notice:
    trigger = one.trigger
    brand, _, shared = one.scope.split("|", 2)
    minutes = one.within.total_seconds() / 60
    return Notice(
        key=f"incident:{trigger.id}:{one.scope}:{opened_at.isoformat()}:{to}",
        to=to,
        subject=f"{brand}: {trigger.text} ({one.per} {shared})",
        body=(
            f"{one.items} within {minutes:g} minutes, the last of "
            f"{opened_at:%Y-%m-%d %H:%M} UTC. You hear of it once while it lasts "
            f"(trigger {trigger.id})."
        ),
        is_important=trigger.then.is_important,
    )


# --- what is written of it


def _cut(here: Happened, what: Occurrence, chain: Sequence[str]) -> None:
    _log(here, "trigger.cut", _subject(here, what), {"triggers": list(chain)})


def _log(
    here: Happened, action: str, subject: str, detail: Mapping[str, object]
) -> None:
    entry = AuditEntry(action=action, subject=subject, at=here.now, detail=detail)
    here.work.audit.append([entry])


def _acted(
    here: Happened, trigger: Trigger, what: Occurrence, done: Done
) -> Mapping[str, object]:
    ticket = what.ticket
    return {
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
        "assigned": done.assigned,
        "draft": done.draft.id if done.draft else None,
        "reach": done.reach,
        "notified": list(done.told),
        "webhooks": [] if trigger.then.incident else list(trigger.then.webhooks),
        "house": f"{here.house.ref.id} {here.house.ref.version}",
        "house_sha256": here.house.ref.sha256,
    }


def _facts(here: Happened, trigger: Trigger, what: Occurrence) -> Mapping[str, str]:
    """Say the same to a system: ids, standing and link, never the author's words."""
    ticket, mention = what.ticket, here.stored.mention
    standing = {
        "ticket": ticket.key if ticket else "",
        "severity": ticket.severity.value if ticket else "",
        "code": ticket.code.value if ticket else "",
        "tier": str(int(ticket.tier)) if ticket else "",
        "queue": ticket.queue if ticket else "",
        "owner": ticket.owner if ticket else "",
    }
    return {
        "trigger": trigger.id,
        "text": trigger.text,
        "on": trigger.on.value,
        "at": here.now.isoformat(),
        "brand": mention.brand,
        "channel": mention.channel,
        "mention": str(here.stored.id),
        "link": mention.url or "",
        **standing,
        "clock": what.rule,
        "share": str(what.share or ""),
    }


def _subject(here: Happened, what: Occurrence) -> str:
    return here.subject if what.ticket is None else f"ticket:{what.ticket.id}"


def _notice(
    here: Happened, trigger: Trigger, what: Occurrence, to: str, number: int
) -> Notice:
    ticket = what.ticket
    if ticket is None:
        name, stands = here.subject, "It has no ticket."
    else:
        name = ticket.key
        stands = (
            f"Severity {ticket.severity}, code {ticket.code}, tier {ticket.tier:d}, "
            f"queue {ticket.queue}."
        )
    return Notice(
        # A number may come again where the row that bore it was the newest.
        key=f"trigger:{number}:{here.now.isoformat()}:{to}",
        to=to,
        subject=f"{name} {here.stored.mention.brand}: {trigger.text}",
        body=f"{stands} Trigger {trigger.id}, on {trigger.on}.",
        ticket_id=ticket.id if ticket else None,
        is_important=trigger.then.is_important,
    )


# --- clocks


def warn(store: Store, clock: TimeSource, means: Means, *, limit: int = 200) -> int:
    """Let triggers hear of clocks that are half over, nearly over, or breached.

    Each is a row that is due and a compare-and-set, so that a restart forgets none and
    none is told twice; an answer takes the clock out of what is looked at.
    """
    house = means.house
    if not any(one.on in OF_CLOCKS for one in house.triggers):
        return 0
    now = clock.now()
    with store.reading() as work:
        due = work.clocks.warnings(now, limit)
    asked = [one for one in due if _is_asked_for(house, one, now)]
    ids = {one.id for one in asked}
    passed = _pass_over(store, [one for one in due if one.id not in ids], now)
    return passed + sum(_warn(store, means, one, now) for one in asked)


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


def _warn(store: Store, means: Means, one: Clock, now: datetime) -> bool:
    ticket_id = TicketId(one.ticket_id)

    def take(work: Work) -> bool:
        found = heard(one, now)
        won = work.clocks.warned(one, found.next_at)
        if won and found.happening is not None:
            ticket = work.tickets.get(ticket_id)
            clock = (one.plan.rule, found.share)
            _hear(work, means, found.happening, ticket, now, of_clock=clock)
        return won

    def put_off(work: Work, error: Exception) -> bool:
        work.clocks.warned(one, now + LATER)
        work.audit.append([_postponed(one, error, now)])
        return False

    return attempt(store, take, put_off)


def _postponed(one: Clock, error: Exception, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="trigger.postponed",
        subject=f"ticket:{one.ticket_id}",
        at=now,
        detail={"clock": one.id, "error": type(error).__name__},
    )


# --- what happens to tickets beside mentions


def hear_change(
    means: Means, work: Work, before: Ticket, after: Ticket, at: datetime
) -> None:
    """Let triggers hear of a ticket that a clock or a person raised or moved."""
    if place(before) != place(after):
        _hear_at_all(work, means, Happening.TICKET_CHANGED, after, at)


def hear_reply(means: Means, work: Work, reply: Reply, at: datetime) -> None:
    """Let triggers hear of a reply of ours that was seen on the platform."""
    ticket = work.tickets.get(TicketId(reply.ticket_id))
    stored = work.mentions.get(reply.mention_id)
    _hear_at_all(work, means, Happening.REPLY_SEEN, ticket, at, stored=stored)


def _hear_at_all(
    work: Work,
    means: Means,
    happening: Happening,
    ticket: Ticket,
    at: datetime,
    *,
    stored: StoredMention | None = None,
) -> None:
    """Let no trigger that cannot be computed undo what it is about.

    A broken promise, or a word that stands there, is on record whatever the house
    wants done besides. What triggers did before one failed is undone as a whole: it
    would stand in no log, and call nobody.
    """
    try:
        with work.savepoint():
            _hear(work, means, happening, ticket, at, stored=stored)
    except (Stale, StorageError):
        raise
    except FAILURES as error:
        entry = AuditEntry(
            action="trigger.failed",
            subject=f"ticket:{ticket.id}",
            at=at,
            detail={"on": happening.value, "error": type(error).__name__},
        )
        work.audit.append([entry])


def _hear(  # noqa: PLR0913 - what happened, and of what conditions are asked
    work: Work,
    means: Means,
    happening: Happening,
    ticket: Ticket,
    at: datetime,
    *,
    stored: StoredMention | None = None,
    of_clock: tuple[str, int] = ("", 0),
) -> None:
    """Fire, and call people anew where that raised the ticket.

    Conditions are asked of the mention given, else of the ticket's first.
    """
    if not any(one.on is happening for one in means.house.triggers):
        return
    said = [stored] if stored else work.tickets.mentions(ticket.id)[:1]
    tags = work.mentions.tags(said[0].id) if said else None
    if not said and happening is Happening.CLOCK_WARNING:
        tell_anew(work, _runs_out(ticket, *of_clock), at)
    if tags is None:
        return
    here = Happened(work=work, means=means, now=at, stored=said[0])
    rule, share = of_clock
    what = Occurrence(
        happening=happening,
        picture=_picture(here, tags),
        ticket=ticket,
        rule=rule,
        share=share,
    )
    fire(here, what)
    count(here.counts)
    cause = f"raised on {happening}"
    after = begin_if_raised(work, means.house, ticket, at, cause=cause)
    tell_of_raise(work, means.house, ticket, after, at)


def _runs_out(ticket: Ticket, rule: str, share: int) -> Notice:
    """Tell the team of a ticket in which nobody spoke, so that no condition can ask."""
    return Notice(
        key=f"ticket:{ticket.id}:{rule}:{share}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: {rule}, {share} % of its time is over",
        body=f"{ticket.key} was opened by hand, for {ticket.conversation}. Look at its "
        "clocks with 'bot ticket show'.",
        ticket_id=ticket.id,
    )


def _picture(here: Happened, tags: Tags) -> Picture:
    stored = here.stored
    said = worse(here.work.corrections.of_mention(stored.id))
    situation = Situation(
        mention=stored.mention,
        tags=corrected(tags, said),
        restored_as=stored.restored_as,
    )
    regulation = here.means.governing(stored.mention.published_at)
    return picture_of(situation, here.house, regulation, here.now)


# --- mentions


def fire_for(
    here: Happened,
    situation: Situation,
    *,
    before: Ticket | None,
    after: Ticket | None,
    is_opened: bool,
    is_new: bool,
) -> None:
    """Let triggers hear of a mention that was just decided, and of what it did.

    One that is only decided again was tagged, and counted, before. ``before`` is the
    ticket that it may have joined, whether it did or not.
    """
    regulation = here.means.governing(here.stored.mention.published_at)
    picture = picture_of(situation, here.house, regulation, here.now)
    happenings = _with_ticket(situation, before, after, is_opened=is_opened)
    if is_new:
        happenings = [Happening.MENTION_TAGGED, *happenings, Happening.MANY]
    carries = before if after is None else None
    for happening in happenings:
        what = Occurrence(
            happening=happening, picture=picture, ticket=after, carries=carries
        )
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
    if place(before) != place(after):
        found.append(Happening.TICKET_CHANGED)
    if not (situation.is_authors_first or situation.mention.is_amplification):
        found.append(Happening.REPLY_RECEIVED)
    return found
