"""The response log for people: its lines in words, and as CSV and JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.domain.clocks import Clock, Kept
from bot.domain.replies import Reply, ReplyState
from bot.domain.response_log import Done, LogEntry
from bot.domain.tickets import (
    GIVEN_BY,
    GIVEN_ELSEWHERE,
    RECORDED_BY,
    REVIEWED,
    TicketEvent,
    standing,
)
from bot.reports.deadlines import MISSES, kept

ACKNOWLEDGED, ANSWERED = "acknowledged", "answered"

WORST = (
    Kept.MISSED,
    Kept.OVERDUE,
    Kept.STRICT_ONLY,
    Kept.LATE_EXCUSED,
    Kept.RUNNING,
    Kept.IN_TIME,
    Kept.NOT_OWED,
)
"""In which order one of several promises speaks for a whole complaint."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a cell would be computed by the program that opens it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise of the law: under which paragraph, until when, and how it stands.

    ``cause``: why it was not kept in time, as far as the record tells.
    """

    rule: str
    cite: str
    kept: Kept
    started_at: datetime
    due_strict: datetime
    due_legal: datetime
    ended_at: datetime | None
    ended_by: str
    provisional: bool
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One complaint of the log, as it is read and exported.

    ``kept`` is how the worst of its promises stands, empty where the law owes it none.
    """

    ticket: str
    brand: str
    channel: str
    author: str
    complaint: str
    legal_class: str
    tier: int
    queue: str
    owner: str
    influence: str
    received_at: datetime
    first_seen_at: datetime | None
    decided_at: datetime | None
    acknowledged: Done | None
    answered: Done | None
    closed_at: datetime | None
    kept: Kept | None
    promises: tuple[Promise, ...]


def line_of(entry: LogEntry, now: datetime) -> Line:
    """Say a complaint's line in words, as far as is known at an instant."""
    ticket = entry.ticket
    promises = tuple(_promise(one, entry, now) for one in entry.duties)
    found = {one.kept for one in promises}
    return Line(
        ticket=ticket.key,
        brand=ticket.brand,
        channel=ticket.channel,
        author=entry.author,
        complaint=ticket.complaint.value,
        legal_class=_class_of(entry),
        tier=int(ticket.tier),
        queue=ticket.queue,
        owner=ticket.owner,
        influence=ticket.band.value,
        received_at=ticket.received_at,
        first_seen_at=entry.first_seen_at,
        decided_at=entry.decided_at,
        acknowledged=_done(entry, {ACKNOWLEDGED}),
        answered=_done(entry, {ANSWERED, *_answers(entry)}),
        closed_at=ticket.closed_at,
        kept=next((one for one in WORST if one in found), None),
        promises=promises,
    )


def _class_of(entry: LogEntry) -> str:
    """Return the class that its clocks run by: a person may have said another."""
    said = [one.plan.inputs.get("class", "") for one in entry.clocks]
    return next(filter(None, said), entry.legal_class)


def _answers(entry: LogEntry) -> Iterator[str]:
    """Give the events that kept a promise which an acknowledgement does not keep."""
    for one in entry.duties:
        if ACKNOWLEDGED not in one.plan.met_by and one.is_duty:
            yield from one.plan.met_by


def _done(entry: LogEntry, names: set[str]) -> Done | None:
    events = [one for one in standing(entry.events) if one.name in names]
    if not events:
        return None
    first = min(events, key=lambda one: one.happened_at)
    return Done(at=first.happened_at, by=_by(first, entry))


def _by(event: TicketEvent, entry: LogEntry) -> str:
    """Say who did something: a person, or the bot under a policy."""
    facts = event.facts
    if GIVEN_ELSEWHERE in facts:
        return f"{facts[GIVEN_BY]} (told by {facts[RECORDED_BY]})"
    for one in entry.replies:
        if one.key == event.detail:
            return _wrote(one, entry.ticket.house_pack.id)
    said = event.detail.removeprefix("by ") if event.detail.startswith("by ") else ""
    return said.partition(":")[0] or "bot"


def _wrote(reply: Reply, policy: str) -> str:
    writer, agreed = reply.written_by or "bot", reply.approved_by
    if not agreed:
        return writer
    how = "by policy" if agreed == policy else "agreed to by"
    return f"{writer}, {how} {agreed}"


def _promise(clock: Clock, entry: LogEntry, now: datetime) -> Promise:
    how, plan = kept(clock, now), clock.plan
    return Promise(
        rule=plan.rule,
        cite=plan.cite,
        kept=how,
        started_at=plan.started_at,
        due_strict=plan.due_strict,
        due_legal=plan.due_legal,
        ended_at=clock.ended_at,
        ended_by=clock.ended_by,
        provisional=plan.provisional,
        cause=cause_of(clock, entry) if how in MISSES else "",
    )


def cause_of(clock: Clock, entry: LogEntry) -> str:
    """Say what kept a promise from being kept, as far as the record tells.

    The first that is so, in the order in which a complaint travels.
    """
    return next(_causes(clock, entry))


def _causes(clock: Clock, entry: LogEntry) -> Iterator[str]:
    due = clock.plan.due_strict
    if entry.first_seen_at is not None and entry.first_seen_at > due:
        yield "first read after its deadline"
    if entry.decided_at is not None and entry.decided_at > due:
        yield "decided after its deadline"
    if entry.ticket.opened_at > due:
        is_said = any(one.name == REVIEWED for one in entry.events)
        told = "a person found a complaint" if is_said else "its ticket was opened"
        yield f"{told} after its deadline"
    for one in entry.replies:
        if one.state in _WAITING:
            yield f"{one.key} waits: {_WAITING[one.state]}"
    for one in entry.replies:
        if one.state in _FAILED:
            yield f"{one.key} {one.state}: {one.reason}".rstrip(": ")
    if clock.ended_at is not None:
        yield f"done by {clock.ended_by}, after its deadline"
    owner = entry.ticket.owner
    yield f"claimed by {owner}, not done" if owner else "nobody has claimed it"


_WAITING: Mapping[ReplyState, str] = {
    ReplyState.DRAFT: "a draft that nobody submitted",
    ReplyState.SUBMITTED: "nobody has agreed to it",
    ReplyState.APPROVED: "agreed to, not sent",
    ReplyState.QUEUED: "in the queue",
    ReplyState.UNKNOWN: "it is not known whether it was sent",
    ReplyState.WITHHELD: "the channel is in shadow mode",
}
_FAILED = {ReplyState.REFUSED, ReplyState.REJECTED, ReplyState.CANCELLED}


def standings(lines: Iterable[Line]) -> dict[str, int]:
    """Count promises by how they were kept: the figures of an export."""
    counted = Counter(one.kept for line in lines for one in line.promises)
    return {one.value: counted[one] for one in Kept}


# -- files

COLUMNS = (
    "ticket",
    "brand",
    "channel",
    "author",
    "complaint",
    "legal_class",
    "tier",
    "queue",
    "owner",
    "influence",
    "received_at",
    "first_seen_at",
    "decided_at",
    "acknowledged_at",
    "acknowledged_by",
    "answered_at",
    "answered_by",
    "closed_at",
    "kept",
    "promises",
)


def csv_lines(lines: Iterable[Line]) -> Iterator[bytes]:
    """Write a table with one row per complaint; no cell of it can be a formula."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for line in lines:
        rows.writerow([_cell(value) for value in _row(line)])
        yield out.getvalue().encode("utf-8", "replace")
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode("utf-8", "replace")


def _row(line: Line) -> Iterator[object]:
    for name in COLUMNS[:13]:
        yield getattr(line, name)
    for done in (line.acknowledged, line.answered):
        yield done and done.at
        yield done and done.by
    yield line.closed_at
    yield line.kept
    yield "; ".join(map(told, line.promises))


def told(promise: Promise) -> str:
    """Say a promise in one cell."""
    words = f"{promise.rule} ({promise.cite}) {promise.kept}"
    words += f", due {_instant(promise.due_strict)}"
    if promise.ended_at is not None:
        words += f", {promise.ended_by} {_instant(promise.ended_at)}"
    if promise.cause:
        words += f", {promise.cause}"
    return words + (", provisional" if promise.provisional else "")


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = _instant(value) if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def json_lines(lines: Iterable[Line]) -> Iterator[bytes]:
    """Write one JSON object per complaint and line."""
    for line in lines:
        written = json.dumps(asdict(line), default=_plain, separators=(",", ":"))
        yield written.encode("ascii") + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    message = f"the log holds no {type(value).__name__}"
    raise TypeError(message)
