"""Work: what people do to a ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, to_the_second
from bot.domain.corrections import Correction
from bot.domain.decisions import Decision
from bot.domain.follow_ups import (
    SATISFACTION_ANSWERED,
    SATISFACTION_ASKED,
    STATUS_SENT,
    FollowUp,
    FollowUpPolicy,
)
from bot.domain.handoff import HandOff
from bot.domain.letters import CHECKED, Letter
from bot.domain.mentions import StoredMention, text_hash
from bot.domain.ports import Store, Work
from bot.domain.replies import Reply, ReplyKind
from bot.domain.tags import Tags
from bot.domain.tickets import (
    CLASSIFIED,
    GIVEN_BY,
    GIVEN_ELSEWHERE,
    RECORDED_BY,
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
    Way,
    hearsay,
    standing,
)
from bot.errors import NotAllowed
from bot.escalate.deadlines import ClockChange
from bot.services.cases import Rulebook, follow
from bot.services.claims import renew_claim, unowned
from bot.services.clocks import apply_event
from bot.services.follow_ups import ask_when_closed
from bot.services.replies import EVENT_OF
from bot.services.triage import Policy

ACKNOWLEDGED = EVENT_OF[ReplyKind.ACKNOWLEDGEMENT]

SEEN_BY_THE_BOT = {
    "received": "a mention is received when it is published",
    ACKNOWLEDGED: "only a reply that the bot sees on the platform acknowledges, or one "
    "that was given elsewhere, with --given-elsewhere WAY",
    CLASSIFIED: "bot ticket class says so",
    STATUS_SENT: "only a reply that the bot sees on the platform tells an author",
    SATISFACTION_ASKED: "only a reply that the bot sees on the platform asks",
    SATISFACTION_ANSWERED: "the author alone says it",
}
"""Events that nobody's word can replace, and why."""

MOST_OF_MARK = 40

MARK = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{MOST_OF_MARK - 1}}}")
"""A word that goes into the log, so none of an author's."""

NOTED = "noted"
"""How a ticket's history names a word of our own people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One mention of a ticket with what was said of it and decided about it."""

    stored: StoredMention
    tags: Tags | None
    decision: Decision | None
    decided_at: datetime | None
    corrections: Sequence[Correction] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What a person says of a word that the bot could not see, and by what it shows.

    The note is kept in the history; the log holds its hash.
    """

    way: Way
    given_by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What an event did: clocks met or waived, and lines on what else moved."""

    changes: Sequence[ClockChange]
    followed: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is known of one ticket; ``earlier`` are runs before the present ones."""

    ticket: Ticket
    seen: Sequence[Seen]
    clocks: Sequence[Clock]
    earlier: Sequence[Clock]
    replies: Sequence[Reply]
    events: Sequence[TicketEvent]
    marks: Sequence[str] = ()
    follow_ups: Sequence[FollowUp] = ()
    letters: Sequence[Letter] = ()
    hand_offs: Sequence[HandOff] = ()


def dossier(store: Store, ticket_id: TicketId) -> Dossier:
    """Gather one ticket whole; raises ``Missing``."""
    with store.reading() as work:
        seen = []
        for stored in work.tickets.mentions(ticket_id):
            made = work.mentions.decision(stored.id)
            seen.append(
                Seen(
                    stored=stored,
                    tags=work.mentions.tags(stored.id),
                    decision=made[0] if made else None,
                    decided_at=made[2] if made else None,
                    corrections=work.corrections.of_mention(stored.id),
                )
            )
        return Dossier(
            ticket=work.tickets.get(ticket_id),
            seen=seen,
            clocks=work.clocks.of_ticket(ticket_id),
            earlier=work.clocks.earlier_runs(ticket_id),
            replies=work.replies.of_ticket(ticket_id),
            events=work.tickets.events(ticket_id),
            marks=work.tickets.marks(ticket_id),
            follow_ups=work.follow_ups.of_ticket(ticket_id),
            letters=work.letters.of_ticket(ticket_id),
            hand_offs=work.hand_offs.of_ticket(ticket_id),
        )


def recordable(policy: Policy) -> set[str]:
    """Name the events of both packs that a person may record.

    Closing is a doing of its own, and some things only the bot can see.
    """
    packs = (*policy.rulebook.packs, *policy.overlays)
    events = {name for pack in packs for name in (*pack.events, *pack.also)}
    events = events.union(*policy.house.targets.values())
    hidden = {"closed", *SEEN_BY_THE_BOT}
    return {name for name in events if policy.rulebook.canonical(name) not in hidden}


def record(  # noqa: PLR0913 - an event and who tells it, by keyword
    store: Store,
    clock: TimeSource,
    ticket_id: TicketId,
    name: str,
    *,
    by: str,
    rulebook: Rulebook,
    happened_at: datetime | None = None,
    facts: Mapping[str, str] | None = None,
    elsewhere: Elsewhere | None = None,
    checked: Mapping[str, str] | None = None,
) -> Recorded:
    """Record what a person did or learned; return what it did to the clocks.

    ``facts`` came with the event: why, what a notice held, how many days.
    ``elsewhere``: it was given where the bot could not see it; so alone may a person
    say that something was acknowledged. ``checked`` is what a check of a legal notice's
    text found; without it, the event of one says that nobody checked its contents.

    Raises ``Missing``, or ``NotAllowed`` for what only the bot can see, for an instant
    that is still to come or lies before the ticket's receipt, and for what was given
    elsewhere but is known already.
    """
    if CHECKED in (facts or {}):
        message = f"{CHECKED} is not for people to say; give the text with --text FILE"
        raise NotAllowed(message)
    now = clock.now()
    with store.work() as work:
        return record_within(
            work,
            now,
            ticket_id,
            name,
            by=by,
            rulebook=rulebook,
            happened_at=happened_at or now,
            facts={**(facts or {}), **(checked or {})},
            elsewhere=elsewhere,
        )


def record_within(  # noqa: PLR0913 - an event and who tells it, mostly by keyword
    work: Work,
    now: datetime,
    ticket_id: TicketId,
    name: str,
    *,
    by: str,
    rulebook: Rulebook,
    happened_at: datetime,
    facts: Mapping[str, str],
    elsewhere: Elsewhere | None = None,
    is_ours: bool = False,
) -> Recorded:
    """Record an event within a transaction; ``is_ours``: the bot itself brought it."""
    ticket = work.tickets.get(ticket_id)
    rulebook = rulebook.with_packs_of(ticket, work.tickets.events(ticket_id))
    name = rulebook.canonical(name)
    is_told = is_ours or (elsewhere is not None and name == ACKNOWLEDGED)
    if name in SEEN_BY_THE_BOT and not is_told:
        why = SEEN_BY_THE_BOT[name]
        raise NotAllowed(f"{name} is not for people to record: {why}")
    since = ticket.received_at
    if rulebook.may_precede(name):
        since = min(since, happened_at)
    if not since <= happened_at <= now:
        message = (
            f"{name} at {happened_at.isoformat()} is not between the receipt of "
            f"{ticket.key} ({ticket.received_at.isoformat()}) and now"
        )
        raise NotAllowed(message)
    if elsewhere is not None:
        _check_elsewhere(work, ticket, name, happened_at)
        facts = {**facts, **_told(elsewhere, by)}
    if CHECKED not in facts and rulebook.notice_of(name):
        facts = {**facts, CHECKED: "no"}
    work.audit.append(
        [
            AuditEntry(
                action="ticket.recorded",
                subject=f"ticket:{ticket_id}",
                at=now,
                actor=by,
                detail={
                    "event": name,
                    "happened_at": happened_at.isoformat(),
                    **({"facts": dict(facts)} if facts else {}),
                },
            )
        ]
    )
    renew_claim(work, ticket_id, by=by, at=now)
    changes = apply_event(
        work,
        TicketEvent(
            ticket_id=ticket_id,
            name=name,
            happened_at=happened_at,
            recorded_at=now,
            detail=f"by {by}: {elsewhere.note}" if elsewhere else f"by {by}",
            facts=facts,
        ),
        actor=by,
    )
    followed = follow(work, rulebook, ticket_id, now, actor=by)
    return Recorded(changes=changes, followed=followed)


def _check_elsewhere(
    work: Work, ticket: Ticket, name: str, happened_at: datetime
) -> None:
    """Refuse what the complaint was not yet there for, and what is known already.

    An acknowledgement that came before the one that is known counts.
    """
    since = max(
        (
            one.plan.started_at
            for one in work.clocks.of_ticket(ticket.id)
            if name == ACKNOWLEDGED and name in one.plan.met_by
        ),
        default=happened_at,
    )
    if to_the_second(happened_at) < to_the_second(since):
        message = (
            f"{name} at {happened_at.isoformat()} is before the complaint that "
            f"{ticket.key} counts from, {since.isoformat()}"
        )
        raise NotAllowed(message)
    for one in standing(work.tickets.events(ticket.id)):
        is_known = one.happened_at == happened_at
        if name == ACKNOWLEDGED and one.happened_at >= since:
            is_known = bool(hearsay(one)) or one.happened_at <= happened_at
        if one.name == name and is_known:
            at = one.happened_at.isoformat()
            told = hearsay(one) or one.detail
            message = f"{ticket.key} has {name} at {at} already ({told})"
            raise NotAllowed(f"{message}; what is wrong of it can be withdrawn")


def _told(elsewhere: Elsewhere, by: str) -> dict[str, str]:
    return {
        GIVEN_ELSEWHERE: elsewhere.way.value,
        GIVEN_BY: elsewhere.given_by,
        RECORDED_BY: by,
        "note_sha256": text_hash(elsewhere.note),
    }


def note(
    store: Store, clock: TimeSource, ticket_id: TicketId, text: str, *, by: str
) -> None:
    """Keep a word of our own people in a ticket's history; the log holds its hash.

    Raises ``Missing``.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        renew_claim(work, ticket.id, by=by, at=now)
        work.tickets.add_event(
            TicketEvent(
                ticket_id=ticket.id,
                name=NOTED,
                happened_at=now,
                recorded_at=now,
                detail=f"by {by}: {text}",
            )
        )
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.noted",
                    subject=f"ticket:{ticket.id}",
                    at=now,
                    actor=by,
                    detail={"note_sha256": text_hash(text)},
                )
            ]
        )


def mark(
    store: Store, clock: TimeSource, ticket_id: TicketId, word: str, *, by: str
) -> None:
    """Put a word on a ticket by which people find it.

    Raises ``Missing``, or ``NotAllowed`` for what is no mark or is there already.
    """
    if not MARK.fullmatch(word):
        message = f"a mark is made of a-z, 0-9, - and _, {MOST_OF_MARK} of them at most"
        raise NotAllowed(message)
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        if not work.tickets.mark(ticket_id, word, by=by, at=now):
            raise NotAllowed(f"{ticket.key} bears the mark {word} already")
        renew_claim(work, ticket_id, by=by, at=now)
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.marked",
                    subject=f"ticket:{ticket_id}",
                    at=now,
                    actor=by,
                    detail={"mark": word},
                )
            ]
        )


def classify(  # noqa: PLR0913 - what is said and who says it, by keyword
    store: Store,
    clock: TimeSource,
    ticket_id: TicketId,
    legal_class: str,
    *,
    by: str,
    why: str,
    rulebook: Rulebook,
) -> Sequence[str]:
    """Say of which class a complaint is; return what that did to its legal clocks.

    Each counts from the receipt as it would have from the beginning. Raises
    ``Missing``, or ``NotAllowed`` for a class that the ticket's pack does not have.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        pack = rulebook.exactly(ticket.regulation_pack)
        if pack is None or legal_class not in pack.classes:
            known = ", ".join(pack.classes) if pack else "none: it does not lie here"
            ref = ticket.regulation_pack
            message = (
                f"{ref.id} {ref.version} has no class {legal_class!r}; it has {known}"
            )
            raise NotAllowed(message)
        renew_claim(work, ticket_id, by=by, at=now)
        work.audit.append(
            [
                AuditEntry(
                    action="ticket.classified",
                    subject=f"ticket:{ticket_id}",
                    at=now,
                    actor=by,
                    detail={"class": legal_class, "reason": why},
                )
            ]
        )
        apply_event(
            work,
            TicketEvent(
                ticket_id=ticket_id,
                name=CLASSIFIED,
                happened_at=now,
                recorded_at=now,
                detail=f"by {by}: {why}",
                facts={"class": legal_class},
            ),
            actor=by,
        )
        return follow(work, rulebook, ticket_id, now, actor=by)


def close(  # noqa: PLR0913 - a use case's own inputs, mostly by keyword
    store: Store,
    clock: TimeSource,
    ticket_id: TicketId,
    *,
    by: str,
    rulebook: Rulebook,
    follow_ups: FollowUpPolicy | None = None,
    why: str = "",
) -> Ticket:
    """Close a ticket; its legal clocks run on until what they ask for was done.

    ``follow_ups`` may want its author asked later whether they are satisfied. Raises
    ``Missing``, ``Stale``, or ``NotAllowed`` if it is closed already.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        if ticket.status is TicketStatus.CLOSED:
            message = f"{ticket.key} is closed already"
            raise NotAllowed(message)
        return close_one(
            work,
            ticket,
            now,
            now,
            by=by,
            rulebook=rulebook,
            follow_ups=follow_ups,
            why=why,
        )


def close_one(  # noqa: PLR0913 - what is closed, when and by whom, mostly by keyword
    work: Work,
    ticket: Ticket,
    happened_at: datetime,
    now: datetime,
    *,
    by: str,
    rulebook: Rulebook,
    follow_ups: FollowUpPolicy | None = None,
    why: str = "",
) -> Ticket:
    """Close an open one within a transaction; raises ``Stale``."""
    closed = work.tickets.save(
        replace(unowned(ticket), status=TicketStatus.CLOSED, closed_at=now)
    )
    work.audit.append(
        [
            AuditEntry(
                action="ticket.closed",
                subject=f"ticket:{ticket.id}",
                at=now,
                actor=by,
                detail={"reason": why} if why else {},
            )
        ]
    )
    apply_event(
        work,
        TicketEvent(
            ticket_id=ticket.id,
            name="closed",
            happened_at=happened_at,
            recorded_at=now,
            detail=f"by {by}: {why}" if why else f"by {by}",
        ),
        actor=by,
    )
    follow(work, rulebook, ticket.id, now, actor=by)
    ask_when_closed(work, follow_ups, closed, now)
    return closed
