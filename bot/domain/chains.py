"""Chains: who is called, one after the other, until somebody takes a ticket."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.clocks import PackRef
from bot.domain.decisions import Code, Tier
from bot.domain.hours import Shift
from bot.domain.tags import Sign

StepId = NewType("StepId", int)


class Who(StrEnum):
    """Whom a step calls; ``owner`` is for the reminder of a claim alone."""

    SHIFT = "shift"
    TEAM = "team"
    PERSON = "person"
    MANAGER = "manager"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a chain.

    ``after``: how long after the step before it (or after the chain began). ``name`` is
    the team's or the person's. ``one``: whose turn it is, not everybody. ``within``: in
    these hours only. A step that finds nobody waits for the first who comes, or with
    ``skip_if_empty`` makes way at once. ``repeat`` counts all its calls.
    """

    who: Who
    after: timedelta = timedelta(0)
    name: str = ""
    one: bool = False
    within: Shift | None = None
    skip_if_empty: bool = False
    repeat: int = 1
    every: timedelta = timedelta(0)
    important: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCondition:
    """Which tickets a chain is for; every field that is set must hold.

    ``signs_any``: it bears one of these signs of a need.
    """

    code_from: Code | None = None
    tier_from: Tier | None = None
    influencer: bool | None = None
    signs_any: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain of the house; what meets one of the targets ``ends`` ends it."""

    id: str
    text: str
    steps: tuple[Step, ...]
    when: ChainCondition = field(default_factory=ChainCondition)
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenChain:
    """A chain as it began on a ticket: a later edit of the pack changes nothing of it.

    ``ends`` are the events themselves.
    """

    id: str
    pack: PackRef
    steps: tuple[Step, ...]
    ends: tuple[str, ...] = ()


class StepState(StrEnum):
    """Where a due step stands; ``empty`` is one that found nobody to call."""

    WAITING = "waiting"
    DONE = "done"
    EMPTY = "empty"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """One call that is or was due on a ticket: a durable timer.

    ``episode`` names the stretch in which the ticket was nobody's: what ends it (a
    claim, an answer, a new episode) makes its steps void, without anybody's doing.
    ``moves`` counts how often it was put off.
    """

    ticket_id: int
    episode: str
    step: int
    round: int
    chain: FrozenChain
    began_at: datetime
    due_at: datetime
    id: StepId = StepId(0)
    state: StepState = StepState.WAITING
    told: tuple[str, ...] = ()
    moves: int = 0
    ended_at: datetime | None = None
    reason: str = ""

    @property
    def call(self) -> Step:
        """What it does."""
        return self.chain.steps[self.step]
