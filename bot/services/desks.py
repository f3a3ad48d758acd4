"""Mirror: tickets stand in outside desks too, and what is done there counts here.

A call's outcome may stay unknown. So a mirror carries our key and a note its mark;
while in doubt both are looked for first, and nothing is made a second time.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.channels import Cursor
from bot.domain.clocks import Clock, ClockKind
from bot.domain.desks import (
    OURS,
    DeskCard,
    DeskChange,
    DeskLink,
    DeskState,
    DeskUpdate,
    Sending,
)
from bot.domain.follow_ups import FollowUpPolicy
from bot.domain.ports import Desk, Notice, SourceState, Store, Work
from bot.domain.tickets import Ticket, TicketEvent, TicketId, TicketStatus
from bot.errors import (
    AccessDenied,
    ConnectorError,
    Missing,
    OutcomeUnknown,
    RateLimited,
    Retry,
    Stale,
)
from bot.services.cases import Rulebook, follow
from bot.services.clocks import apply_event
from bot.services.ingest import pause_after
from bot.services.tickets import close_one

INSTALLATION = "desks.installation"
"""The switch that keeps what tells our tickets from another database's."""

CALL_LASTS = timedelta(minutes=5)
"""After which a change that is being sent has lost its sender."""

ABSENT_LOOKS = 2
"""How often a mirror must be missing before it is made again."""

GIVE_UP_AFTER = 100
"""Tries; with their growing pauses they last about a day."""

PAGES = 20
"""Of a desk's news read in one go."""

STATUS = "status"
MENTIONS = "mentions"
REMOVED = "removed by their authors (delete their text here too)"
OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A desk, and what the operator lets it hold.

    ``queues``: only tickets that come into one of these, all if there are none.
    ``people``: our names for those whom the desk assigns. ``follow_ups``: what the
    author of a ticket that is closed there is asked.
    """

    desk: Desk
    rulebook: Rulebook
    queues: frozenset[str] = frozenset()
    with_text: bool = False
    every: timedelta = timedelta(minutes=1)
    people: Mapping[str, str] = field(default_factory=dict)
    follow_ups: FollowUpPolicy | None = None

    @property
    def name(self) -> str:
        """The operator's name for it."""
        return self.desk.name

    @property
    def source(self) -> str:
        """Under which its cursor is kept, and how the log names it."""
        return f"desk:{self.desk.name}"

    @property
    def outward(self) -> str:
        """Under which it is kept until when nothing may go there."""
        return f"desk:{self.desk.name}:out"


def mirror_pending(
    store: Store, mirrors: Sequence[Mirror], clock: TimeSource, *, limit: int = 50
) -> int:
    """Tell every desk what changed; return how many changes were settled.

    A desk that is down or asks for a pause is left alone until the next look.
    """
    return sum(_mirror(store, one, clock, limit) for one in mirrors)


def _mirror(store: Store, mirror: Mirror, clock: TimeSource, limit: int) -> int:
    with store.reading() as work:
        pause = work.sources.state(mirror.outward).retry_at
        if pause is not None and pause > clock.now():
            return 0
        due = work.desks.due(mirror.name, clock.now(), limit)
    settled = 0
    for change in due:
        call = _prepare(store, mirror, change, clock.now())
        if call is None:
            settled += 1
            continue
        try:
            state, outcome = _asked(mirror.desk, call)
        except ConnectorError as error:
            if _failed(store, mirror, call, error, clock.now()):
                break
            continue
        if outcome is _Outcome.ABSENT:
            _look_again(store, mirror, call, clock.now())
        else:
            _arrived(store, mirror, call, state, outcome, clock.now())
            settled += 1
    return settled


class _Outcome(Enum):
    """What a try came to: told just now, found from before, or not there yet."""

    TOLD = auto()
    FOUND = auto()
    ABSENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One try, as it was before it."""

    change: DeskChange
    link: DeskLink
    card: DeskCard
    facts: Mapping[str, str]
    update: DeskUpdate | None


def _prepare(
    store: Store, mirror: Mirror, change: DeskChange, now: datetime
) -> _Call | None:
    """Take a change; ``None`` if others were first or there is nothing to tell.

    From here on the mirror is in doubt, until the desk has answered.
    """
    with store.work() as work:
        if not work.desks.claim(change, until=now + CALL_LASTS):
            return None
        ticket = work.tickets.get(change.ticket_id)
        link = work.desks.link(mirror.name, ticket.id)
        if link is None:
            if mirror.queues and ticket.queue not in mirror.queues:
                work.desks.settle(
                    change, Sending.DONE, attempts=change.attempts, reason="other queue"
                )
                return None
            link = DeskLink(
                desk=mirror.name,
                ticket_id=ticket.id,
                key=f"{OURS}{_installation(work, now)}-{ticket.id}",
            )
        card = card_of(work, ticket, link, with_text=mirror.with_text)
        facts = facts_of(work, ticket)
        update = _news(link, card, facts) if link.external_id else None
        if link.external_id and update is None:
            work.desks.settle(
                change, Sending.DONE, attempts=change.attempts, reason="known there"
            )
            return None
        call = _Call(change=change, link=link, card=card, facts=facts, update=update)
        if not link.external_id and not link.in_doubt:
            link = replace(link, known=_as_made(facts))
        work.desks.keep(replace(link, in_doubt=True))
    return call


def _installation(work: Work, now: datetime) -> str:
    known = work.switches.get(INSTALLATION)
    if not known:
        known = secrets.token_hex(4)
        work.switches.set(INSTALLATION, known, by="bot", at=now)
    return known


def _as_made(facts: Mapping[str, str]) -> dict[str, str]:
    return {**facts, STATUS: TicketStatus.OPEN.value}


def _asked(desk: Desk, call: _Call) -> tuple[DeskState | None, _Outcome]:
    """Make or find the mirror, or tell it the news. Raises ``ConnectorError``."""
    link = call.link
    if call.update is not None:
        state = desk.update(link.external_id, call.update, in_doubt=link.in_doubt)
        return state, _Outcome.TOLD
    if link.in_doubt and not desk.folds_repeats:
        found = desk.find(link.key)
        if found is not None:
            return found, _Outcome.FOUND
        if call.change.looks + 1 < ABSENT_LOOKS:
            return None, _Outcome.ABSENT
    return desk.create(call.card), _Outcome.TOLD


def _look_again(store: Store, mirror: Mirror, call: _Call, now: datetime) -> None:
    """It was not there, which may yet be too early to tell."""
    with store.work() as work:
        work.desks.settle(
            call.change,
            Sending.UNKNOWN,
            attempts=call.change.attempts + 1,
            looks=call.change.looks + 1,
            next_at=now + mirror.desk.settle_after,
            reason="not found yet",
        )


def _arrived(
    store: Store,
    mirror: Mirror,
    call: _Call,
    state: DeskState | None,
    outcome: _Outcome,
    now: datetime,
) -> None:
    change = call.change
    with store.work() as work:
        link = work.desks.link(mirror.name, change.ticket_id) or call.link
        told = TicketStatus.OPEN if call.update is None else call.update.status
        if call.update is not None:
            known: Mapping[str, str] = call.facts
        elif outcome is _Outcome.FOUND:
            known = link.known
        else:
            known = _as_made(call.facts)
        link = replace(
            link,
            external_id=link.external_id or (state.external_id if state else ""),
            url=state.url if state and state.url else link.url,
            known=known,
            told=link.told + (call.update is not None),
            in_doubt=False,
            status=told or link.status,
        )
        if state is not None and call.update is None and outcome is _Outcome.TOLD:
            # Whoever has it as it is made is the desk's own choice, and nobody's act.
            link = replace(link, assignee=state.assignee)
        if state is not None and told is not None and outcome is _Outcome.TOLD:
            # A word of ours that means something else there must not come back as news.
            link = replace(link, status=state.status)
        work.desks.keep(link)
        work.desks.settle(change, Sending.DONE, attempts=change.attempts + 1)
        work.audit.append([_mirrored(mirror, call, link, state, now)])
        ticket = work.tickets.get(change.ticket_id)
        if dict(facts_of(work, ticket)) != dict(known):
            work.desks.touch_one(mirror.name, ticket.id)
    if state is not None:
        _receive(store, mirror, state, now)


def _mirrored(
    mirror: Mirror,
    call: _Call,
    link: DeskLink,
    state: DeskState | None,
    now: datetime,
) -> AuditEntry:
    changed = [
        name
        for name, value in call.facts.items()
        if call.update is not None and call.link.known.get(name) != value
    ]
    return AuditEntry(
        action="desk.mirrored",
        subject=f"ticket:{link.ticket_id}",
        at=now,
        detail={
            "desk": mirror.name,
            "external_id": link.external_id,
            "key": link.key,
            "changed": changed,
            "status": state.status_name if state else "",
            "attempts": call.change.attempts + 1,
        },
    )


def _failed(
    store: Store, mirror: Mirror, call: _Call, error: ConnectorError, now: datetime
) -> bool:
    """Record a failed try; whether the desk is to be left alone for now."""
    change = call.change
    attempts = change.attempts + 1
    in_doubt = call.link.in_doubt or isinstance(error, OutcomeUnknown)
    with store.work() as work:
        link = work.desks.link(mirror.name, change.ticket_id) or call.link
        work.desks.keep(replace(link, in_doubt=in_doubt))
        if isinstance(error, RateLimited):
            work.desks.settle(
                change,
                Sending.WAITING,
                attempts=change.attempts,
                looks=change.looks,
                next_at=error.retry_at,
                reason=error.detail,
            )
            pause = replace(work.sources.state(mirror.outward), retry_at=error.retry_at)
            work.sources.save(pause)
            return True
        if error.retry is Retry.NEVER or attempts >= GIVE_UP_AFTER:
            work.desks.settle(
                change, Sending.GIVEN_UP, attempts=attempts, reason=error.detail
            )
            work.audit.append([_given_up(mirror, call, error, now)])
            work.notices.add(_failure(mirror, call, error), now)
            return False
        if isinstance(error, AccessDenied):
            work.notices.add(_locked_out(mirror, error, now), now)
        is_open = isinstance(error, OutcomeUnknown)
        rest = pause_after(change.attempts)
        work.desks.settle(
            change,
            Sending.UNKNOWN if is_open else Sending.WAITING,
            attempts=attempts,
            looks=0 if is_open else change.looks,
            next_at=now + (max(mirror.desk.settle_after, rest) if is_open else rest),
            reason=error.detail,
        )
    return True


def _given_up(
    mirror: Mirror, call: _Call, error: ConnectorError, now: datetime
) -> AuditEntry:
    return AuditEntry(
        action="desk.failed",
        subject=f"ticket:{call.change.ticket_id}",
        at=now,
        detail={
            "desk": mirror.name,
            "external_id": call.link.external_id,
            "key": call.link.key,
            "change": call.change.id,
            "attempts": call.change.attempts + 1,
            "error": type(error).__name__,
            "reason": error.detail,
        },
    )


def _failure(mirror: Mirror, call: _Call, error: ConnectorError) -> Notice:
    return Notice(
        key=f"desk:{mirror.name}:change:{call.change.id}",
        to=OPERATOR,
        subject=f"{call.card.title}: a change did not reach the desk {mirror.name}",
        body=(
            f"{error.shown} The ticket itself is as it was. When the cause is gone: "
            f"bot desk retry {mirror.name}"
        ),
        ticket_id=call.change.ticket_id,
    )


def _locked_out(mirror: Mirror, error: ConnectorError, now: datetime) -> Notice:
    return Notice(
        key=f"desk:{mirror.name}:denied:{now:%Y-%m-%d}",
        to=OPERATOR,
        subject=f"The desk {mirror.name} lets us in no more",
        body=f"{error.shown} Changes of tickets wait until it does.",
    )


def take_up(
    store: Store, clock: TimeSource, desk: str, ids: Collection[int], *, by: str
) -> int:
    """Line up anew what was given up for a desk, all of it without ids; say how much.

    Raises ``Missing`` if one of the ids names no such change.
    """
    with store.work() as work:
        taken = work.desks.take_up(desk, ids)
        unknown = sorted(set(ids) - {one.id for one in taken})
        if unknown:
            named = ", ".join(map(str, unknown))
            raise Missing(f"nothing was given up under {named} for the desk {desk}")
        for one in taken:
            work.audit.append(
                [
                    AuditEntry(
                        action="desk.taken_up",
                        subject=f"ticket:{one.ticket_id}",
                        at=clock.now(),
                        actor=by,
                        detail={"desk": desk, "change": one.id},
                    )
                ]
            )
    return len(taken)


# --- what is told


def card_of(work: Work, ticket: Ticket, link: DeskLink, *, with_text: bool) -> DeskCard:
    """Gather what a desk is told; the author's words only ``with_text``."""
    mentions = work.tickets.mentions(ticket.id)
    made = work.mentions.decision(mentions[0].id) if mentions else None
    said = [one.shown for one in mentions if one.mention.amplifies is None]
    links = [one.mention.url for one in mentions if one.mention.url]
    return DeskCard(
        key=link.key,
        title=f"{ticket.key} {ticket.brand}: code {ticket.code}, {ticket.severity}",
        status=ticket.status,
        severity=ticket.severity,
        facts=facts_of(work, ticket),
        reasons=[one.text for one in made[0].reasons] if made else (),
        link=links[0] if links else "",
        # What somebody in need wrote stays here, whatever else the operator lets out.
        texts=said if with_text and not ticket.signs else (),
    )


def facts_of(work: Work, ticket: Ticket) -> Mapping[str, str]:
    """Return what may change of a ticket, in the order in which people read it."""
    clocks = work.clocks.of_ticket(ticket.id)
    gone = sum(bool(one.text_sha256) for one in work.tickets.mentions(ticket.id))
    return {
        STATUS: ticket.status.value,
        "severity": ticket.severity.value,
        "code": ticket.code.value,
        "tier": str(int(ticket.tier)),
        "queue": ticket.queue,
        MENTIONS: str(ticket.mentions),
        **({REMOVED: str(gone)} if gone else {}),
        **{f"{one.plan.rule} ({one.plan.cite})": _standing(one) for one in clocks},
    }


def _standing(clock: Clock) -> str:
    due = f"due {clock.plan.due_strict:%Y-%m-%d %H:%M} UTC"
    words = f"{clock.state.value}, {due}"
    return f"{words} (provisional)" if clock.plan.provisional else words


def _news(
    link: DeskLink, card: DeskCard, facts: Mapping[str, str]
) -> DeskUpdate | None:
    lines = [
        f"{name}: {link.known.get(name, 'none')} -> {facts.get(name, 'none')}"
        for name in (*facts, *(old for old in link.known if old not in facts))
        if link.known.get(name) != facts.get(name)
    ]
    if not lines:
        return None
    texts = card.texts[int(link.known.get(MENTIONS, 0)) :]
    digest = hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:6]
    return DeskUpdate(
        card=card,
        mark=f"{link.key}/{link.told + 1}-{digest}",
        lines=[*lines, *(f"\n{text}" for text in texts)],
        status=None if card.status.value == link.known.get(STATUS) else card.status,
    )


# --- what comes back


def receive_pending(store: Store, mirrors: Sequence[Mirror], clock: TimeSource) -> int:
    """Ask each desk whose time has come what changed there; return what did here."""
    return sum(_ask(store, one, clock) for one in mirrors)


def _ask(store: Store, mirror: Mirror, clock: TimeSource) -> int:
    with store.reading() as work:
        at = work.sources.state(mirror.source)
    if at.retry_at is not None and at.retry_at > clock.now():
        return 0
    changed = 0
    cursor, failed = at.cursor, None
    try:
        for _ in range(PAGES):
            page = mirror.desk.changes(cursor)
            changed += sum(
                _receive(store, mirror, state, clock.now()) for state in page.states
            )
            cursor = page.cursor
            if not page.more:
                break
    except ConnectorError as error:
        failed = error
    _remember(store, mirror, at, cursor, failed, clock.now())
    return changed


def _remember(
    store: Store,
    mirror: Mirror,
    at: SourceState,
    cursor: Cursor | None,
    failed: ConnectorError | None,
    now: datetime,
) -> None:
    if failed is None:
        state = replace(
            at,
            cursor=cursor,
            last_success_at=now,
            failures=0,
            retry_at=now + mirror.every,
        )
    else:
        pause = max(mirror.every, pause_after(at.failures))
        asked = failed.retry_at if isinstance(failed, RateLimited) else now + pause
        state = replace(at, cursor=cursor, failures=at.failures + 1, retry_at=asked)
    with store.work() as work:
        work.sources.save(state)
        if isinstance(failed, AccessDenied):
            work.notices.add(_locked_out(mirror, failed, now), now)


def _receive(store: Store, mirror: Mirror, state: DeskState, now: datetime) -> bool:
    """Let one state of a mirror count here; whether it was news."""
    with store.work() as work:
        link = work.desks.linked(mirror.name, state.external_id)
        if link is None or state.at < link.changed_at:
            return False
        if (state.status, state.assignee) != (link.status, link.assignee):
            _apply(work, mirror, link, state, now)
            return True
        if state.at > link.changed_at:
            work.desks.keep(replace(link, changed_at=state.at))
    return False


def _apply(
    work: Work, mirror: Mirror, link: DeskLink, state: DeskState, now: datetime
) -> None:
    """Do here what was done there, and let the desk not be told of it again."""
    ticket = work.tickets.get(link.ticket_id)
    before = facts_of(work, ticket)
    unsent = {name for name in before if link.known.get(name) != before[name]}
    applied: list[str] = []
    if state.status is not link.status:
        unsent.discard(STATUS)
        if state.status is not ticket.status:
            applied.append(_with_status(work, mirror, ticket, state, now))
    if state.assignee != link.assignee:
        applied.append(_assign(work, mirror, link, state, now))
    after = facts_of(work, work.tickets.get(ticket.id))
    kept = {name: link.known[name] for name in unsent if name in link.known}
    known = {name: after[name] for name in after if name not in unsent}
    work.desks.keep(
        replace(
            link,
            known={**known, **kept},
            status=state.status,
            assignee=state.assignee,
            changed_at=state.at,
            url=state.url or link.url,
        )
    )
    work.audit.append([_received(work, mirror, link, state, applied, now)])


def _received(
    work: Work,
    mirror: Mirror,
    link: DeskLink,
    state: DeskState,
    applied: Sequence[str],
    now: datetime,
) -> AuditEntry:
    return AuditEntry(
        action="desk.status_received",
        subject=f"ticket:{link.ticket_id}",
        at=now,
        actor=mirror.source,
        detail={
            "desk": mirror.name,
            "external_id": state.external_id,
            "status": state.status_name,
            "assignee": state.assignee,
            "changed_at": state.at.isoformat(),
            "applied": [one for one in applied if one],
            "legal_clocks": [one.id for one in _owed(work, link.ticket_id)],
        },
    )


def _with_status(
    work: Work, mirror: Mirror, ticket: Ticket, state: DeskState, now: datetime
) -> str:
    """Close or open again; return what was done, nothing if it could not be."""
    happened_at = _instant(ticket, state, now)
    if state.status is TicketStatus.CLOSED and ticket.signs:
        work.notices.add(_not_closed(mirror, ticket, state), now)
        return ""
    if state.status is TicketStatus.CLOSED:
        close_one(
            work,
            ticket,
            happened_at,
            now,
            by=mirror.source,
            rulebook=mirror.rulebook,
            follow_ups=mirror.follow_ups,
        )
        owed = _owed(work, ticket.id)
        if owed:
            work.notices.add(_still_owed(mirror, ticket, state, owed), now)
        return "closed"
    try:
        work.tickets.save(replace(ticket, status=TicketStatus.OPEN, closed_at=None))
    except Stale:
        work.notices.add(_not_reopened(mirror, ticket, state), now)
        return ""
    work.audit.append(
        [
            AuditEntry(
                action="desk.reopened",
                subject=f"ticket:{ticket.id}",
                at=now,
                actor=mirror.source,
                detail={"desk": mirror.name, "external_id": state.external_id},
            )
        ]
    )
    _happened(work, mirror, ticket, "reopened", state, now)
    return "reopened"


def _assign(
    work: Work, mirror: Mirror, link: DeskLink, state: DeskState, now: datetime
) -> str:
    """Note whom the desk gave it to; a claim here is everybody's own act."""
    ticket = work.tickets.get(link.ticket_id)
    who = _person(mirror, state.assignee) or "nobody"
    _happened(work, mirror, ticket, "assigned", state, now, who=who)
    return "assigned"


def _person(mirror: Mirror, assignee: str) -> str:
    return mirror.people.get(
        assignee, f"{mirror.source}:{assignee}" if assignee else ""
    )


def _happened(  # noqa: PLR0913 - what happened, where and to what
    work: Work,
    mirror: Mirror,
    ticket: Ticket,
    name: str,
    state: DeskState,
    now: datetime,
    *,
    who: str = "",
) -> None:
    apply_event(
        work,
        TicketEvent(
            ticket_id=ticket.id,
            name=name,
            happened_at=_instant(ticket, state, now),
            recorded_at=now,
            detail=f"by {mirror.source}{f': {who}' if who else ''}",
        ),
        actor=mirror.source,
    )
    follow(work, mirror.rulebook, ticket.id, now, actor=mirror.source)


def _instant(ticket: Ticket, state: DeskState, now: datetime) -> datetime:
    """Believe the desk's time, unless it cannot be."""
    return state.at if ticket.received_at <= state.at <= now else now


def _owed(work: Work, ticket_id: TicketId) -> list[Clock]:
    return [
        one
        for one in work.clocks.of_ticket(ticket_id)
        if one.plan.kind is ClockKind.LEGAL and one.is_duty and not one.is_over
    ]


def _still_owed(
    mirror: Mirror, ticket: Ticket, state: DeskState, owed: Sequence[Clock]
) -> Notice:
    lines = [
        f"- {one.plan.rule} ({one.plan.cite}): due "
        f"{one.plan.due_strict:%Y-%m-%d %H:%M} UTC"
        for one in owed
    ]
    return Notice(
        key=f"desk:{mirror.name}:{state.external_id}:closed:{state.at.isoformat()}",
        to=ticket.queue,
        subject=(
            f"{ticket.key} {ticket.brand}: closed in {mirror.name}, but the law still "
            "waits"
        ),
        body="\n".join(
            [
                f"It was set to {state.status_name} there.",
                "These clocks run on until what they ask for is done:",
                *lines,
            ]
        ),
        ticket_id=ticket.id,
        is_important=True,
    )


def _not_closed(mirror: Mirror, ticket: Ticket, state: DeskState) -> Notice:
    """Say that it is still open here: a desk's own rules close what is quiet."""
    return Notice(
        key=f"desk:{mirror.name}:{state.external_id}:kept:{state.at.isoformat()}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: closed in {mirror.name} only",
        body=(
            f"It was set to {state.status_name} there. It bears signs of a need "
            f"({', '.join(ticket.signs)}), so a person closes it here: bot ticket "
            f"close {ticket.key}."
        ),
        ticket_id=ticket.id,
        is_important=True,
    )


def _not_reopened(mirror: Mirror, ticket: Ticket, state: DeskState) -> Notice:
    return Notice(
        key=f"desk:{mirror.name}:{state.external_id}:open:{state.at.isoformat()}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: opened again in {mirror.name} only",
        body=(
            "Its conversation has a newer open ticket here; go on with that one, and "
            f"close the one in {mirror.name} again."
        ),
        ticket_id=ticket.id,
    )
