"""Which triggers act, and what becomes of a ticket by it: pure, nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.clocks import WARNINGS, Clock, ClockState
from bot.domain.decisions import Code, Severity, Tier
from bot.domain.packs import Actions, Happening, HousePack, Per, Templates, Trigger
from bot.domain.tickets import Ticket, TicketStatus
from bot.escalate.acknowledge import primary
from bot.escalate.conditions import Picture, holds
from bot.escalate.routing import queue_for

AGAIN = timedelta(minutes=1)
"""When to look again at a clock whose end has come and that no sweep has ended yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What happened to a clock, if anything, and when to listen to it next."""

    happening: Happening | None = None
    share: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that happened, to what, and all that is known of it.

    ``rule`` and ``share`` are of the clock that it is about, if it is about one.
    ``carries``: the ticket of what the mention answers, where it came to none itself.
    """

    happening: Happening
    picture: Picture
    ticket: Ticket | None = None
    rule: str = ""
    share: int = 0
    carries: Ticket | None = None

    @property
    def conversation(self) -> str:
        """One name for the conversation that it happened in."""
        mention = self.picture.mention
        return f"{mention.channel}|{mention.brand}|{mention.conversation}"

    def scope(self, per: Per) -> str:
        """Name what it has in common with others; empty where it has nothing."""
        match per:
            case Per.BRAND:
                shared = "all"
            case Per.TOPIC:
                shared = next(iter(self.picture.topics), "")
            case Per.QUEUE:
                shared = self.ticket.queue if self.ticket else ""
        return f"{self.picture.mention.brand}|{per}|{shared}" if shared else ""


def heard(clock: Clock, now: datetime) -> Heard:
    """Say what triggers hear of a clock by now: the last warning only, or its breach.

    After a standstill one that is half over and nearly over is nearly over.
    """
    plan = clock.plan
    if clock.state is ClockState.BREACHED:
        return Heard(happening=Happening.BREACH)
    end = plan.due_legal.replace(microsecond=0) + timedelta(seconds=1)
    if now >= end:
        return Heard(next_at=now + AGAIN)
    marks = {share: plan.mark(share) for share in WARNINGS}
    next_at = min((at for at in marks.values() if at > now), default=end)
    # What had to be put off was not told yet, though its mark lies further back.
    is_put_off = clock.warn_at not in marks.values()
    first = plan.started_at if is_put_off else clock.warn_at or plan.started_at
    fresh = [share for share, at in marks.items() if first <= at <= now]
    if not fresh or now >= plan.due_strict:
        return Heard(next_at=next_at)
    return Heard(happening=Happening.CLOCK_WARNING, share=max(fresh), next_at=next_at)


def waits(trigger: Trigger, happening: Happening, share: int, rule: str) -> bool:
    """Whether a trigger waits for this at all, whatever its condition says."""
    return (
        trigger.on is happening
        and (not trigger.share or trigger.share == share)
        and (not trigger.clocks or rule in trigger.clocks)
    )


def is_asked(trigger: Trigger, what: Occurrence) -> bool:
    """Whether a trigger waits for this, here, and its condition holds.

    Severity and code are the ticket's, where there is one.
    """
    ticket, picture = what.ticket, what.picture
    if ticket is not None:
        picture = replace(picture, severity=ticket.severity, code=ticket.code)
    return (
        waits(trigger, what.happening, what.share, what.rule)
        and (
            not trigger.queues
            or (ticket is not None and ticket.queue in trigger.queues)
        )
        and holds(trigger.when, picture)
    )


def place(ticket: Ticket) -> tuple[Severity, Tier, Code, str]:
    """Where a ticket stands: what has another has changed."""
    return ticket.severity, ticket.tier, ticket.code, ticket.queue


def never_answered(picture: Picture, house: HousePack) -> str:
    """Say why the house says nothing to this in public; empty where it may."""
    if picture.mention.author is None:
        return "its author is not known"
    for rule in house.acknowledgement.never:
        if holds(rule.when, picture):
            return rule.text
    return ""


def wording(name: str, picture: Picture, house: HousePack, templates: Templates) -> str:
    """Name the wording of a draft: in the author's language where there is one."""
    language = primary(picture.tags.language)
    known = templates.by_language.get(language, {})
    if not picture.language_known or name not in known:
        language = house.acknowledgement.default_language
    return f"{language}/{name}"


def changed(ticket: Ticket, then: Actions, house: HousePack) -> Ticket:
    """Return a ticket as a trigger leaves it: raised or moved, never lowered.

    A closed one stays as it is. A queue whose team stands too low is not taken.
    """
    if ticket.status is not TicketStatus.OPEN:
        return ticket
    tier = max(ticket.tier, then.tier or ticket.tier)
    return replace(
        ticket,
        severity=max(
            ticket.severity, then.severity or ticket.severity, key=lambda one: one.rank
        ),
        code=max(ticket.code, then.code or ticket.code, key=lambda one: one.rank),
        tier=tier,
        queue=queue_for(
            house, tier=tier, queue=then.queue or ticket.queue, signs=ticket.signs
        ),
    )
