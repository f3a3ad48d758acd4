"""What is to be done about a mention, and every reason for it, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum

from bot.domain.clocks import PackRef


class Outcome(StrEnum):
    """What happens to a mention."""

    OPEN_TICKET = "open_ticket"
    JOIN_TICKET = "join_ticket"
    ADD_REACH = "add_reach"
    RECORD_ONLY = "record_only"
    SET_ASIDE = "set_aside"


class Severity(StrEnum):
    """How bad it is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return list(Severity).index(self)


class Code(StrEnum):
    """How loudly the house is called."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for green up to 2 for red."""
        return list(Code).index(self)


class Tier(IntEnum):
    """Who works on it, from the self-service bot up to management."""

    SELF_SERVICE = 0
    AGENT = 1
    SPECIALIST = 2
    ESCALATION = 3
    MANAGEMENT = 4


class Answer(StrEnum):
    """A yes, a no, or a person has to look."""

    YES = "yes"
    NO = "no"
    NEEDS_HUMAN = "needs_human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact of the complaint test, with what it rests on."""

    answer: Answer
    score: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The complaint test as stored facts (RG 271.27, .32(a), .33).

    ``verdict`` is yes only if all four facts are; one doubt makes ``needs_human``.
    """

    dissatisfaction: Fact
    response_expected: Fact
    channel_controlled: Fact
    author_reachable: Fact
    verdict: Answer
    exclusion: str = "none"

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The four facts by their names."""
        return {
            "dissatisfaction": self.dissatisfaction,
            "response_expected": self.response_expected,
            "channel_controlled": self.channel_controlled,
            "author_reachable": self.author_reachable,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that applied, and what it did."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """A promise of the house: an event within a span of elapsed time.

    ``why``: what made it shorter than others have it, or a promise at all.
    """

    rule: str
    met_by: tuple[str, ...]
    within: timedelta
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Whether our first public word is due, and who must agree to it."""

    template: str
    needs_approval: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done about one mention.

    ``legal_class`` is the complaint class of the regulation's pack whose clocks start
    (``None``: no legal clock), ``provisional`` whether they run until a person has
    confirmed the scope; ``reasons`` are in the order in which they applied.
    """

    outcome: Outcome
    severity: Severity
    code: Code
    tier: Tier
    queue: str
    scope: Scope
    house_pack: PackRef
    regulation_pack: PackRef
    reasons: tuple[Reason, ...]
    legal_class: str | None = None
    provisional: bool = False
    targets: tuple[ServiceTarget, ...] = ()
    acknowledgement: Acknowledgement | None = None
