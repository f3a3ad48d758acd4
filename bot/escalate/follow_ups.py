"""When an author is told how things stand, until when they hear, and who must agree."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.clocks import Clock, ClockKind, ClockState
from bot.domain.decisions import Code, Reason
from bot.domain.follow_ups import FollowUp, FollowUpPolicy, FollowUpRule, Occasion
from bot.domain.hours import A_DAY, Shift, spans
from bot.domain.mentions import MentionId
from bot.domain.packs import DateWording, HousePack
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.domain.tags import SignalKind, Tags
from bot.domain.tickets import Ticket, TicketEvent, TicketStatus
from bot.escalate.conditions import Picture, holds

LEAD = timedelta(minutes=10)
"""A date that is nearer than this is told to nobody: it would come too late."""

NOT_SAID = frozenset({ReplyState.CANCELLED, ReplyState.REJECTED, ReplyState.REFUSED})
"""States in which a reply surely does not stand on the platform and never will."""

ON_ITS_WAY = frozenset(
    {
        ReplyState.APPROVED,
        ReplyState.QUEUED,
        ReplyState.SENDING,
        ReplyState.UNKNOWN,
        ReplyState.SENT,
    }
)
"""States in which a reply may stand on the platform, or soon will."""

WEEK = 8
"""Days in which quiet hours must end somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Until when the author hears of us, and which clock says so."""

    at: datetime
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a follow-up depends on beside itself.

    ``newest`` is the author's newest mention in the ticket.
    """

    ticket: Ticket
    clocks: Sequence[Clock]
    events: Sequence[TicketEvent]
    newest: MentionId


def promised(
    clocks: Sequence[Clock], answers: Collection[str], now: datetime
) -> Promise | None:
    """Return the earliest time by which an answer is promised and still to come.

    ``None`` where there is none, where it is too near to be told, or where it would
    come after the law's own time: what the law wanted yesterday is not promised for
    tomorrow.
    """
    dates = [
        Promise(at=_due(one), rule=one.plan.rule)
        for one in _awaiting(clocks, answers)
        if one.state.is_open and _due(one) > now
    ]
    first = min(dates, key=lambda one: one.at, default=None)
    if first is None or first.at < now + LEAD:
        return None
    return None if is_too_late(first.at, clocks, answers) else first


def is_too_late(
    at: datetime, clocks: Sequence[Clock], answers: Collection[str]
) -> bool:
    """Whether the law wants an answer before an instant."""
    return any(
        one.plan.due_legal < at
        for one in _awaiting(clocks, answers)
        if one.plan.kind is ClockKind.LEGAL and one.is_duty
    )


def _awaiting(clocks: Sequence[Clock], answers: Collection[str]) -> Iterator[Clock]:
    """Give the clocks that an answer meets and that are not over, no mere chances."""
    wanted = set(answers)
    for one in clocks:
        if wanted & set(one.plan.met_by) and not (one.is_over or one.plan.is_chance):
            yield one


def _due(clock: Clock) -> datetime:
    is_late = clock.state is ClockState.LATE
    return clock.plan.due_legal if is_late else clock.plan.due_strict


def ripe_at(
    one: FollowUp,
    rule: FollowUpRule,
    around: Around,
    answers: Collection[str],
    now: datetime,
) -> datetime | None:
    """Return when the author is to hear of it, as things stand now.

    ``None``: the promise that would come near is over, or was never made.
    """
    match one.occasion:
        case Occasion.RAISED:
            return one.planned_at
        case Occasion.WAITING:
            held = around.ticket.claimed_by(now)
            return (
                around.ticket.claim_expires_at if held else one.planned_at + rule.after
            )
        case Occasion.CLOSED:
            return (around.ticket.closed_at or one.planned_at) + rule.after
        case Occasion.PROMISE_NEAR:
            kind = ClockKind.SERVICE
        case Occasion.LEGAL_NEAR:
            kind = ClockKind.LEGAL
    marks = [
        clock.plan.mark(rule.share)
        for clock in _awaiting(around.clocks, answers)
        if clock.plan.kind is kind
        and clock.state is ClockState.RUNNING
        and clock.plan.due_strict > now
    ]
    return min(marks, default=None)


def void(one: FollowUp, around: Around, answers: Collection[str], now: datetime) -> str:
    """Say why nothing is to be told any more; empty if it is."""
    if around.newest != one.mention_id:
        return "the author wrote anew"
    if one.occasion is Occasion.CLOSED:
        return _not_closed(one, around.ticket)
    if around.ticket.status is TicketStatus.CLOSED:
        return "the ticket is closed"
    for event in around.events:
        if event.name in answers and event.recorded_at >= one.planned_at:
            return f"{event.name} was recorded"
    return _not_true(one, around, answers, now)


def _not_closed(one: FollowUp, ticket: Ticket) -> str:
    if ticket.status is TicketStatus.OPEN:
        return "the ticket was opened again"
    return "" if one.episode == closing(ticket) else "it was closed anew"


def _not_true(
    one: FollowUp, around: Around, answers: Collection[str], now: datetime
) -> str:
    """Say what has become wrong with the date that its text names."""
    if one.promised_at is None:
        return ""
    if now >= one.promised_at:
        return "the time that it names is over"
    late = is_too_late(one.promised_at, around.clocks, answers)
    return "it names a later time than the law's" if late else ""


def closing(ticket: Ticket) -> str:
    """Name the episode that a ticket's closing begins."""
    return f"closed:{ticket.closed_at.isoformat() if ticket.closed_at else ''}"


def quiet_until(policy: FollowUpPolicy, zone: str, now: datetime) -> datetime | None:
    """Return when the quiet hours around an instant end; ``None`` outside of them.

    Stretches that touch each other are one. A zone left out is the one given.
    """
    local = [one if one.zone else replace(one, zone=zone) for one in policy.quiet]
    end = now
    while (later := max(_ends(local, end), default=end)) > end:
        if later > now + WEEK * A_DAY:
            break
        end = later
    return None if end == now else end


def _ends(quiet: Sequence[Shift], at: datetime) -> Iterator[datetime]:
    for shift in quiet:
        today = at.astimezone(ZoneInfo(shift.zone)).date()
        for day in (today - A_DAY, today):
            yield from (end for start, end in spans(shift, day) if start <= at < end)


def room_at(
    policy: FollowUpPolicy, said: Sequence[Reply]
) -> tuple[datetime | None, str]:
    """Say from when on one more may follow those said, or why none ever may."""
    there = [one for one in said if one.state not in NOT_SAID]
    if len(there) >= policy.at_most:
        return None, f"{policy.at_most} follow-ups of this ticket are enough"
    last = max((one.sent_at or one.created_at for one in there), default=None)
    return (None if last is None else last + policy.gap), ""


def is_being_answered(said: Sequence[Reply]) -> bool:
    """Whether an answer is on its way: who reads it is not told to wait for it."""
    return any(one.kind is ReplyKind.ANSWER and one.state in ON_ITS_WAY for one in said)


def never(house: HousePack, picture: Picture) -> Reason | None:
    """Name the rule by which this author is not answered here at all, if there is."""
    for rule in house.acknowledgement.never:
        if holds(rule.when, picture):
            name = f"house.acknowledgement.{rule.id}"
            return Reason(rule=name, text=f"{rule.text}: no follow-up")
    return None


def asked(
    house: HousePack,
    rule: FollowUpRule,
    ticket: Ticket,
    picture: Picture,
    heard: Sequence[Tags],
) -> tuple[Reason, ...]:
    """Say why a person must agree; empty where the house's own yes is enough.

    A matter of care, law or abuse is never told by a machine alone, whatever the house
    says. The mention's age is no reason here: it is old by the nature of the thing.
    """
    found = []
    if not rule.unasked:
        found.append(("house.follow_ups", "the house lets none of these out by itself"))
    if ticket.code is Code.RED:
        found.append(("house.follow_ups.red", "code red"))
    for kind, words in _GRAVE.items():
        if any(tags.has(kind) for tags in heard):
            found.append((f"house.follow_ups.{kind}", words))
    if any(tags.is_abusive for tags in heard):
        found.append(("house.follow_ups.abuse", "it sounds hateful or offensive"))
    found += [
        (f"house.acknowledgement.{one.id}", one.text)
        for one in house.acknowledgement.approval
        if one.when.older_than is None and holds(one.when, picture)
    ]
    return tuple(
        Reason(rule=name, text=f"{words}: a person must agree") for name, words in found
    )


_GRAVE = {
    SignalKind.VULNERABILITY: "signs of vulnerable circumstances",
    SignalKind.LEGAL_THREAT: "legal steps are named",
}


def written(at: datetime, wording: DateWording, zone: str) -> str:
    """Write an instant as a language does, to the minute and never later."""
    local = at.astimezone(ZoneInfo(zone))
    return wording.form.format(
        day=local.day,
        month=wording.months[local.month - 1],
        year=local.year,
        time=f"{local:%H:%M}",
        zone=local.tzname() or zone,
    )
