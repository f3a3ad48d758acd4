"""Two tickets become one: which of two promises goes on.

Nothing that is owed is lost, begins anew or falls due later. Of two that are both still
owed the one that is due first goes on: whatever keeps it keeps the other too. One that
is over is kept beside the one that is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.clocks import Clock, ClockState
from bot.domain.decisions import Answer
from bot.domain.tickets import Ticket

CERTAINTY = (Answer.NO, Answer.NEEDS_HUMAN, Answer.YES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What becomes of one rule's clocks: ``kept`` goes on, ``other`` stands behind it.

    ``is_run``: ``other`` is kept as an earlier run: it was over, or was missed.
    ``is_firm``: ``kept`` is provisional no more, as the other one was not.
    """

    kept: Clock
    other: Clock | None = None
    is_run: bool = False
    is_firm: bool = False


def joined(mine: Sequence[Clock], theirs: Sequence[Clock]) -> Sequence[Joined]:
    """Say for each promise of theirs what goes on, on the ticket that has mine."""
    ours = {one.plan.rule: one for one in mine}
    return [
        Joined(kept=one)
        if one.plan.rule not in ours
        else _of_two(ours[one.plan.rule], one)
        for one in theirs
    ]


def _of_two(mine: Clock, theirs: Clock) -> Joined:
    kept, other = sorted((mine, theirs), key=_comes_first)
    is_missed = other.state is ClockState.BREACHED
    is_firm = kept.plan.provisional and not other.plan.provisional and not other.is_over
    return Joined(
        kept=kept, other=other, is_run=other.is_over or is_missed, is_firm=is_firm
    )


def _comes_first(clock: Clock) -> tuple[object, ...]:
    """Order by what is owed: what runs, what stands still, what is over."""
    if clock.is_over:
        return 2, -clock.plan.started_at.timestamp()
    dues = clock.plan.due_strict.timestamp(), clock.plan.due_legal.timestamp()
    return int(clock.state is ClockState.STOPPED), *dues


def together(into: Ticket, merged: Ticket) -> Ticket:
    """Return the ticket that is left: it stands nowhere lower than either stood."""
    return replace(
        into,
        severity=max(into.severity, merged.severity, key=lambda one: one.rank),
        code=max(into.code, merged.code, key=lambda one: one.rank),
        tier=max(into.tier, merged.tier),
        queue=merged.queue if merged.tier > into.tier else into.queue,
        complaint=max(into.complaint, merged.complaint, key=CERTAINTY.index),
        band=max(into.band, merged.band, key=list(type(into.band)).index),
        is_influencer=into.is_influencer or merged.is_influencer,
        received_at=min(into.received_at, merged.received_at),
        mentions=into.mentions + merged.mentions,
        reach=into.reach + merged.reach,
    )
