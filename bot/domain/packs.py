"""What packs say once they are read: complaint rules, house policy, wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.chains import Chain
from bot.domain.clocks import Force, PackRef
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.mentions import ChannelControl, MentionKind
from bot.domain.tags import Band, Sentiment, SignalKind

RECEIVED = "received"
"""The event at which a complaint's clocks start: its publication (RG 271.35, .106)."""


class PackStatus(StrEnum):
    """Whether a pack's figures were checked against the primary text."""

    REVIEWED = "reviewed"
    DRAFT = "draft"


# --- regulation packs -----------------------------------------------------------


class Unit(StrEnum):
    """What a duration counts; all but hours end with the local day."""

    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"
    HOURS = "hours"
    WEEKS = "weeks"
    MONTHS = "months"


class Roll(StrEnum):
    """Where a last day that is a weekend or holiday moves to."""

    NONE = "none"
    NEXT_BUSINESS_DAY = "next_business_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """So many units after the start; the day of the start is day zero."""

    unit: Unit
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTerm:
    """How one complaint class changes a clock; an empty ``start`` keeps the rule's."""

    unit: Unit
    n: int
    start: str = ""

    @property
    def duration(self) -> Duration:
        """The class's own duration."""
        return Duration(unit=self.unit, n=self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """One promise of a regulation.

    ``duration`` holds for every class that ``by_class`` does not name; where it is
    ``None``, other classes have no such clock. An empty ``classes`` means any class.
    ``roll`` moves the legal due time only, the strict one never.
    ``later_of``: due when the later of this and the named clock is.
    ``warns_of``: passing it is a warning (late), the named clock carries the breach.
    ``waives``: meeting it in time waives the named clock, unless one of the ``unless``
    flags holds; passing it is no breach, the named clock is simply owed from then on.
    """

    id: str
    start: str
    met_by: tuple[str, ...]
    force: Force
    cite: str
    duration: Duration | None = None
    by_class: Mapping[str, ClassTerm] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    roll: Roll = Roll.NONE
    later_of: str = ""
    warns_of: str = ""
    waives: str = ""
    unless: tuple[str, ...] = ()

    def term(self, legal_class: str) -> ClassTerm | None:
        """Duration and start event for a class; ``None`` where it has no such clock."""
        if self.classes and legal_class not in self.classes:
            return None
        own = self.by_class.get(legal_class)
        duration = own.duration if own else self.duration
        if duration is None:
            return None
        start = own.start if own and own.start else self.start
        return ClassTerm(unit=duration.unit, n=duration.n, start=start)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeOptions:
    """Cases that the regulation leaves open, answered by the firm."""

    treat_mentions_as_owned: bool = True
    platform_reply_counts_as_contactable: bool = True
    claimed_review_pages_owned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRules:
    """Which facts make a post a complaint in this regulation's sense.

    ``cites`` gives the paragraph of each fact, option and exclusion by its name.
    """

    owned_or_controlled_channel: bool
    author_reachable: bool
    options: ScopeOptions
    exclusions: tuple[str, ...]
    cites: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintClass:
    """A kind of complaint with terms of its own."""

    title: str
    cite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulationPack:
    """One version of one regulator's complaint rules.

    It governs what was received from ``effective_from`` on, in the place's own dates.
    ``default_class`` is given to a complaint until a person says otherwise.
    """

    ref: PackRef
    title: str
    status: PackStatus
    jurisdiction: str
    effective_from: date
    default_class: str
    scope: ScopeRules
    classes: Mapping[str, ComplaintClass]
    events: Mapping[str, str]
    clocks: Mapping[str, ClockRule]
    place_required: bool = False
    sources: tuple[str, ...] = ()
    effective_to: date | None = None


# --- house packs ----------------------------------------------------------------


class InfluenceGroup(StrEnum):
    """The matrix's columns: how far the author's words carry."""

    ORDINARY = "ordinary"
    KNOWN = "known"
    INFLUENCER = "influencer"
    VIP = "vip"


class Expectation(StrEnum):
    """Whether the author waits for an answer (RG 271.30)."""

    EXPLICIT = "explicit"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold of a mention; every field that is set must, the rest may be.

    Tuples mean "any of these", floats and counts "at least", booleans "exactly".
    ``cues_any`` names cue lists of which one phrase stands in the text, ``cues_sure``
    such of which enough different phrases do. ``topics_any`` are topics that the
    operator's examples teach; one that is in doubt meets no condition.
    """

    scope: tuple[Answer, ...] = ()
    dissatisfaction: tuple[Answer, ...] = ()
    expectation: tuple[Expectation, ...] = ()
    sentiment: tuple[Sentiment, ...] = ()
    negative_from: float | None = None
    complaint_from: float | None = None
    signals_any: tuple[SignalKind, ...] = ()
    topics_any: tuple[str, ...] = ()
    has_signal: bool | None = None
    has_doubt: bool | None = None
    groups: tuple[InfluenceGroup, ...] = ()
    roles_any: tuple[str, ...] = ()
    control: tuple[ChannelControl, ...] = ()
    kinds: tuple[MentionKind, ...] = ()
    cues_any: tuple[str, ...] = ()
    cues_sure: tuple[str, ...] = ()
    is_addressed: bool | None = None
    is_public: bool | None = None
    has_author: bool | None = None
    is_declared_bot: bool | None = None
    looks_automated: bool | None = None
    shares_from: int | None = None
    severity_from: Severity | None = None
    code_from: Code | None = None
    language_known: bool | None = None
    older_than: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named condition with the sentence that people read as the reason."""

    id: str
    text: str
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """Raises the severity to at least this; no rule ever lowers it."""

    id: str
    text: str
    when: Condition
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """Sends a topic to its own queue; tier and code are raised to at least these."""

    id: str
    text: str
    when: Condition
    queue: str
    tier: Tier = Tier.SELF_SERVICE
    code: Code = Code.GREEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the matrix; ``targets`` are elapsed time from receipt."""

    tier: Tier
    queue: str
    code: Code
    targets: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A named list of tickets a team works from; ``tier`` is the team's level."""

    title: str
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where a score becomes an answer; all are probabilities from 0 to 1.

    From ``complaint_yes`` up it is a complaint, up to ``complaint_no`` it is none, a
    person looks between. A negative text of ``disagree_negative`` that the complaint
    model puts at ``disagree_complaint`` or more is looked at as well: the models
    disagree. Up to ``negligible_negative`` a doubtful text is left alone.
    ``language_sure`` is needed to answer in the author's language unasked;
    ``cues_sure`` different phrases of one list are needed to be sure of it.
    """

    complaint_yes: float
    complaint_no: float
    disagree_negative: float
    disagree_complaint: float
    negligible_negative: float
    language_sure: float
    cues_sure: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementPolicy:
    """When our first public word goes out, and who must agree to it.

    ``never`` wins over ``approval``, and that over an automatic acknowledgement.
    """

    languages: tuple[str, ...]
    default_language: str
    never: tuple[Rule, ...]
    approval: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodLimit:
    """At most so many replies within a span of time."""

    replies: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodLimits:
    """How much we say at most, whatever happens."""

    author: FloodLimit
    conversation: FloodLimit
    overall: FloodLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPolicy:
    """How long a ticket is somebody's own while nothing follows.

    ``remind``: how long before the end its owner hears of it; none at zero.
    """

    lasts: timedelta = timedelta(hours=2)
    remind: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePack:
    """One version of the firm's own policy.

    ``cues`` are lists of phrases, ``groups`` gives each follower band its column,
    ``tiers`` each tier its common queue, ``targets`` the events that meet each target.
    ``opens`` and ``screens`` say what opens a ticket and what is only kept on record.
    """

    ref: PackRef
    title: str
    status: PackStatus
    thresholds: Thresholds
    cues: Mapping[str, tuple[str, ...]]
    groups: Mapping[Band, InfluenceGroup]
    queues: Mapping[str, Queue]
    tiers: Mapping[Tier, str]
    targets: Mapping[str, tuple[str, ...]]
    severity: tuple[SeverityRule, ...]
    matrix: Mapping[Severity, Mapping[InfluenceGroup, Cell]]
    routes: tuple[RouteRule, ...]
    screens: tuple[Rule, ...]
    opens: tuple[Rule, ...]
    acknowledgement: AcknowledgementPolicy
    flood: FloodLimits
    claims: ClaimPolicy = field(default_factory=ClaimPolicy)
    chains: tuple[Chain, ...] = ()


# --- wording --------------------------------------------------------------------


class Purpose(StrEnum):
    """What an acknowledgement answers."""

    COMPLAINT = "complaint"
    QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One wording, sign-off included; ``{brand}`` is its only blank."""

    id: str
    language: str
    purpose: Purpose
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """Every wording by language and purpose; each list has one variant at least."""

    ref: PackRef
    by_language: Mapping[str, Mapping[Purpose, tuple[Template, ...]]]
