"""Removed: what authors took back is noticed, and their words go from here too.

Each platform says how soon. The record stays, with its hash, its tags, its decision,
its ticket and its clocks: that something was said, not what.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.channels import MetersReads, ReportsRemovals
from bot.domain.mentions import StoredMention
from bot.domain.ports import Late, Notice, Store, Work
from bot.domain.replies import Reply, ReplyState
from bot.domain.tickets import Ticket, TicketStatus
from bot.errors import ConnectorError
from bot.escalate.replies import may_move
from bot.services.ingest import Source, again_at, month_of, over_budget
from bot.services.outbox import move_reply

ROUND_EVERY = timedelta(minutes=1)

BATCH = 100
"""Mentions asked about in one call: what the platforms take in one request."""

BATCHES = 5
"""Calls to one source in a round: listening needs its requests too."""

ROUND = timedelta(minutes=10)
"""Longer than any round takes; then another process may ask in its place."""

PAUSE = timedelta(minutes=15)
"""After a call that failed, unless the platform names another."""

SOONEST = timedelta(hours=1)
LOOK_FOR_LATE = timedelta(hours=1)

REMOVED = "what it answers was removed there"


def next_check(stored: StoredMention, within: timedelta, now: datetime) -> datetime:
    """Say when to ask about one again: soon while it is new, ever more rarely later.

    Never so late that one which went right after this look is still here when the
    platform wants it gone: a sixth of its time is left for calls that fail.
    """
    age = now - stored.mention.published_at
    return now + min(max(SOONEST, age / 4), within * 5 / 6)


def honour_removals(store: Store, sources: Iterable[Source], clock: Clock) -> int:
    """Ask about mentions whose turn has come; return how many lost their words."""
    for source in sources:
        if source.connector.info.is_live:
            _ask(store, source, clock)
    return _withdraw_all(store, clock)


def _ask(store: Store, source: Source, clock: Clock) -> None:
    """Ask one source, unless another process does or it wants a pause."""
    if not isinstance(source.connector, ReportsRemovals):
        return
    now = clock.now()
    with store.reading() as work:
        if not work.removals.due(source.name, now, 1):
            return
    lease, holder = f"removals:{source.name}", uuid.uuid4().hex
    with store.work() as work:
        if not work.leases.take(lease, holder, now=now, until=now + ROUND):
            return
    rest = now
    try:
        for _ in range(BATCHES):
            if _ask_some(store, source, source.connector, clock) < BATCH:
                break
    except ConnectorError as error:
        now = clock.now()
        rest = again_at(error, now, PAUSE)
        with store.work() as work:
            work.audit.append([_failed(source, error, rest, now)])
    with store.work() as work:
        if rest > clock.now():
            work.leases.take(lease, holder, now=clock.now(), until=rest)
        else:
            work.leases.release(lease, holder)
    _tell_if_late(store, source, clock.now(), holder)


def _ask_some(
    store: Store, source: Source, connector: ReportsRemovals, clock: Clock
) -> int:
    now = clock.now()
    with store.reading() as work:
        due = work.removals.due(source.name, now, BATCH)
        reads, _posts = work.sources.spent(source.name, month_of(now))
    if not due:
        return 0
    over_budget(source, reads, now)
    try:
        gone = set(connector.find_removed([one.mention.external_id for one in due]))
    finally:
        spent = connector.reads_spent() if isinstance(connector, MetersReads) else 0
        if spent:
            with store.work() as work:
                work.sources.spend(source.name, now, reads=spent)
    now = clock.now()
    with store.work() as work:
        for one in due:
            if one.mention.external_id not in gone:
                again = next_check(one, source.removals_within, now)
                work.removals.stands(one.id, at=now, again=again)
        for channel in sorted({one.mention.channel for one in due}):
            work.removals.gone(channel, gone, now)
    return len(due)


def _tell_if_late(store: Store, source: Source, now: datetime, holder: str) -> None:
    """Say to the operator what was not looked for in time: never in silence."""
    lease = f"removals:{source.name}:late"
    with store.work() as work:
        if not work.leases.take(lease, holder, now=now, until=now + LOOK_FOR_LATE):
            return
        late = work.removals.late(source.name, now - source.removals_within)
        if late.mentions and work.notices.add(_late(source, late, now), now):
            work.audit.append([_late_entry(source, late, now)])


def _withdraw_all(store: Store, clock: Clock) -> int:
    done = 0
    with store.reading() as work:
        if not work.removals.to_withdraw(1):
            return 0
    while True:
        with store.work() as work:
            some = work.removals.to_withdraw(BATCH)
            for stored in some:
                _withdraw(work, stored, clock.now())
        done += len(some)
        if len(some) < BATCH:
            return done


def _withdraw(work: Work, stored: StoredMention, now: datetime) -> None:
    """Let one author's words go; people who work on its ticket hear that they did."""
    made = work.mentions.decision(stored.id)
    ticket = None if made is None or made[1] is None else work.tickets.get(made[1])
    cancelled = [] if ticket is None else _cancel(work, stored, ticket, now)
    earlier = work.removals.withdraw(stored)
    withdrawn = work.mentions.get(stored.id)
    work.audit.append(
        [
            AuditEntry(
                action="mention.removed",
                subject=f"mention:{stored.id}",
                at=now,
                detail={
                    "channel": stored.mention.channel,
                    "external_id": stored.mention.external_id,
                    "source": stored.source,
                    "removed_at": stored.removed_at and stored.removed_at.isoformat(),
                    "text_sha256": withdrawn.text_sha256,
                    "earlier_sha256": list(earlier),
                    "ticket": ticket.id if ticket else None,
                    "replies_cancelled": cancelled,
                },
            )
        ]
    )
    if ticket is not None:
        work.desks.touch(ticket.id)
        if ticket.status is TicketStatus.OPEN:
            work.notices.add(_told(stored, ticket, cancelled), now)


def _cancel(
    work: Work, stored: StoredMention, ticket: Ticket, now: datetime
) -> list[str]:
    """Take back what would answer it and is not on its way yet."""
    return [
        reply.key
        for reply in work.replies.of_ticket(ticket.id)
        if reply.mention_id == stored.id and _cancelled(work, reply, now)
    ]


def _cancelled(work: Work, reply: Reply, now: datetime) -> bool:
    if not may_move(reply.state, ReplyState.CANCELLED):
        return False
    over = replace(reply, state=ReplyState.CANCELLED, next_at=None, reason=REMOVED)
    return move_reply(work, over, before=reply.state, at=now)


def _told(stored: StoredMention, ticket: Ticket, cancelled: list[str]) -> Notice:
    channel = stored.mention.channel
    what = f"Cancelled: {', '.join(cancelled)}. " if cancelled else ""
    return Notice(
        key=f"mention:{stored.id}:removed",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: mention {stored.id} was removed",
        body=f"It can no longer be read on {channel}, so its text, its author's name "
        f"and its link are withdrawn here. {what}There is nothing to answer in public; "
        "the ticket and its clocks run on.",
        ticket_id=ticket.id,
    )


def _failed(
    source: Source, error: ConnectorError, retry_at: datetime, now: datetime
) -> AuditEntry:
    return AuditEntry(
        action="source.removals_unknown",
        subject=f"source:{source.name}",
        at=now,
        detail={
            "error": type(error).__name__,
            "detail": error.detail,
            "retry_at": retry_at.isoformat(),
        },
    )


def _late(source: Source, late: Late, now: datetime) -> Notice:
    hours = source.removals_within / timedelta(hours=1)
    return Notice(
        key=f"removals:{source.name}:late:{now.date()}",
        to="operator",
        subject=f"Source {source.name}: removed posts may still be kept here",
        body=f"{late.mentions} mentions, the first of them {late.first}, were not "
        f"looked for on the platform within its {hours:g} hours. Look at the source "
        "(bot doctor) and at its budget.monthly_reads: asking costs reads.",
        is_important=True,
    )


def _late_entry(source: Source, late: Late, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="source.removals_late",
        subject=f"source:{source.name}",
        at=now,
        detail={
            "mentions": late.mentions,
            "within": source.removals_within.total_seconds(),
        },
    )
