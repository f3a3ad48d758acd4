"""What packs say once they are read: complaint rules, house policy, wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.chains import Chain, Who
from bot.domain.clocks import Force, PackRef
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.follow_ups import FollowUpPolicy
from bot.domain.handoff import FormWording, HandOffPolicy
from bot.domain.hours import Shift
from bot.domain.mentions import ChannelControl, MentionKind
from bot.domain.tags import Band, Sentiment, Sign, SignalKind

RECEIVED = "received"
"""The event at which a complaint's clocks start: its publication (RG 271.35, .106)."""


class PackStatus(StrEnum):
    """Whether a pack's figures were checked against the primary text."""

    REVIEWED = "reviewed"
    DRAFT = "draft"


# --- regulation packs -----------------------------------------------------------


class Unit(StrEnum):
    """What a duration counts; all but hours end with the local day.

    ``month_ends``: the n-th end of a month after the month of the start.
    """

    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"
    HOURS = "hours"
    WEEKS = "weeks"
    MONTHS = "months"
    MONTH_ENDS = "month_ends"


class Roll(StrEnum):
    """Where a last day that is a weekend or holiday moves to.

    ``next_business_day`` moves the legal due time only, as a general law of days may
    allow; ``by_rule`` moves both, because the rule itself says so.
    """

    NONE = "none"
    NEXT_BUSINESS_DAY = "next_business_day"
    BY_RULE = "by_rule"


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


class Party(StrEnum):
    """Whose time runs: the firm's, or one that only others may use or lose."""

    FIRM = "firm"
    COMPLAINANT = "complainant"
    OMBUDSMAN = "ombudsman"


class DayEnd(StrEnum):
    """When the last day of a term in days is over."""

    MIDNIGHT = "midnight"
    CLOSE_OF_BUSINESS = "close_of_business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What halts a clock and lets it run on; nothing else ever does.

    ``field``: the new due time is told apart under this name, because the first one
    stays the answer to "when was it due?"; empty: the clock's own due time moves.
    """

    on: str
    resume: str
    cite: str
    classes: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What an event must bring with it to count.

    ``reason_code`` lists the grounds that qualify, ``contents`` names a notice of the
    pack whose contents must all be there, ``human_approver``: a person agreed.
    """

    reason_code: tuple[str, ...] = ()
    contents: str = ""
    human_approver: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Days that somebody else may grant: an event that brings their number."""

    event: str
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """One promise of a regulation.

    ``duration`` holds for every class that ``by_class`` does not name; where it is
    ``None``, other classes have no such clock. An empty ``classes`` means any class.
    ``roll`` says what a weekend or holiday moves.
    ``later_of``: due when the later of this and the named clock is.
    ``warns_of``: passing it is a warning (late), the named clock carries the breach.
    ``waives``: meeting it in time waives the named clock, unless one of the ``unless``
    flags holds; passing it is no breach, the named clock is simply owed from then on.
    ``waived_as`` is the state that people read of what is waived so; complaints of
    the classes in ``waives_not`` are never waived.
    ``carried_by``: on tickets the named clock stands for this one, which says the same.
    ``due_with``: it has no duration of its own and is due when the named clock is.
    ``when``: it starts only if its start event brings one of these values.
    ``within``: it starts only if its start event came in time for the named clock.
    ``replaces``: its due time is the named clock's, from its own start on or, with
    ``replaces_on``, from that event on, if it came as ``requires`` says and in time for
    ``replaces_within``; of several the last in the file wins.
    ``excuses``: met in time and as ``requires`` says, the named clock may be late.
    ``awaits``: without its start event it counts from the end of the named clock.
    ``anew``: each further start event starts it afresh. ``repeats``: it runs again
    from each event that meets it, until one of ``until``. ``holds_from``: nothing may
    be done against the complainant from that event until it is due. ``emits``: the
    event that its due time is. ``is_chance``: passing it breaks nothing.
    ``tells``: further plain facts about it, for people.
    """

    id: str
    start: str
    cite: str
    force: Force
    met_by: tuple[str, ...] = ()
    duration: Duration | None = None
    by_class: Mapping[str, ClassTerm] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    status: PackStatus = PackStatus.REVIEWED
    party: Party = Party.FIRM
    roll: Roll = Roll.NONE
    day_ends: DayEnd = DayEnd.MIDNIGHT
    later_of: str = ""
    warns_of: str = ""
    waives: str = ""
    waived_as: str = "waived"
    waives_not: tuple[str, ...] = ()
    carried_by: str = ""
    unless: tuple[str, ...] = ()
    due_with: str = ""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    within: str = ""
    replaces: str = ""
    replaces_on: str = ""
    replaces_within: str = ""
    excuses: str = ""
    requires: Requirement | None = None
    stops: tuple[Stop, ...] = ()
    extension: Extension | None = None
    anew: bool = False
    repeats: bool = False
    until: tuple[str, ...] = ()
    holds_from: str = ""
    awaits: str = ""
    emits: str = ""
    is_chance: bool = False
    contents: str = ""
    tells: Mapping[str, str | bool] = field(default_factory=dict)

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
    claimed_review_pages_owned: bool = True
    platform_reply_counts_as_contactable: bool = True


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


class Ask(StrEnum):
    """How it is found out whether a notice really holds what it must.

    ``words``: it says something. ``outcome``: the outcome that is recorded, and no
    other. ``right``: the escalation body by its name, and that one may turn to it.
    ``contact``, ``website``: every way to the body, or its site, just as the pack has
    them. ``reachable``: an address, site or number at all. ``limit``: so long a time.
    ``waiver``: whether time limits are waived. ``reasons``: grounds of this very case.
    ``issues``: a finding on each issue raised. ``date``: a day that is in time.
    ``enclosure``: something must go with it.
    """

    WORDS = "words"
    OUTCOME = "outcome"
    RIGHT = "right"
    CONTACT = "contact"
    WEBSITE = "website"
    REACHABLE = "reachable"
    LIMIT = "limit"
    WAIVER = "waiver"
    REASONS = "reasons"
    ISSUES = "issues"
    DATE = "date"
    ENCLOSURE = "enclosure"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredItem:
    """One thing that a notice must hold, by which paragraph, and how it is checked.

    ``limit`` is the time that it names; ``clock`` the one that its date keeps.
    """

    cite: str
    asks: tuple[Ask, ...] = (Ask.WORDS,)
    limit: Duration | None = None
    clock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeContents:
    """What one outgoing notice must hold, by its kind and outcome, each with a cite.

    ``event`` is what giving it is recorded as; without it, what first meets a clock
    that asks for this notice.
    """

    cite: str
    must: tuple[str, ...]
    if_rejected_or_partly: tuple[str, ...] = ()
    by_class: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All that it must hold for complaints of these classes."""
    is_private: bool = True
    """Goes to the complainant alone, never into a public reply."""
    items: Mapping[str, RequiredItem] = field(default_factory=dict)
    event: str = ""

    def needed(self, legal_class: str) -> frozenset[str]:
        """Everything that it must hold, whatever the outcome."""
        return frozenset(self.required(legal_class))

    def required(self, legal_class: str, *, is_refused: bool = False) -> list[str]:
        """Everything that it must hold, in order; ``is_refused``: wholly or partly."""
        own = self.instead.get(
            legal_class, (*self.must, *self.by_class.get(legal_class, ()))
        )
        refused = self.if_rejected_or_partly if is_refused else ()
        return list(dict.fromkeys((*own, *refused)))

    def item(self, name: str) -> RequiredItem:
        """Return how one is checked; that it says something, if no more is known."""
        return self.items.get(name, RequiredItem(cite=self.cite))

    @property
    def has_outcome(self) -> bool:
        """Whether it tells how a complaint ended."""
        asked = (ask for item in self.items.values() for ask in item.asks)
        return bool(self.if_rejected_or_partly) or Ask.OUTCOME in asked


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationBody:
    """Whom a complainant may turn to; ``verified_on``: a person checked the contact.

    ``pack``: its own clocks (referring back) run beside those of the firm's rules.
    """

    name: str
    verified_on: date
    pack: str = ""
    web: str = ""
    email: str = ""
    phone: str = ""
    post: str = ""
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What must be kept, for how long, and by which paragraph."""

    cite: str
    every_complaint: bool = True
    reported: bool = False
    keep: Duration | None = None
    keep_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulationPack:
    """One version of one regulator's complaint rules.

    It governs what was received from ``effective_from`` on, in the place's own dates.
    ``default_class`` is given to a complaint until a person says otherwise.
    ``earliest`` names events that are the first of several others. ``receipts`` are
    events of which the first is the receipt where none is told, ``also`` other words
    for events. ``joined`` are
    names under which several clocks are read as one: name -> its part -> the clock.
    ``exempt_if``: flags with which nothing of this pack is owed. ``overlay_of``: it
    only ever runs beside the named pack. ``files``: the text that it was read from.
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
    earliest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    receipts: tuple[str, ...] = ()
    also: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    contents: Mapping[str, NoticeContents] = field(default_factory=dict)
    escalation_body: EscalationBody | None = None
    records: Records | None = None
    priority_flags: tuple[str, ...] = ()
    exempt_if: Mapping[str, str] = field(default_factory=dict)
    overlay_of: str = ""
    files: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def event_of(self, notice: str) -> str:
        """Return what giving a notice is recorded as; empty if no clock hears of it."""
        rules = (one for one in self.clocks.values() if one.contents == notice)
        first = next((one.met_by[0] for one in rules if one.met_by), "")
        return self.contents[notice].event or first

    def notice_of(self, event: str) -> str:
        """Return the notice whose giving an event tells; empty if it tells of none."""
        met = {one.contents: one.met_by for one in self.clocks.values() if one.contents}
        return next(
            (
                notice
                for notice, contents in self.contents.items()
                if event in (contents.event, *met.get(notice, ()))
            ),
            "",
        )

    def grounds_for(self, notice: str) -> tuple[str, ...]:
        """Return the grounds of which a notice must have one; none if it needs none."""
        return next(
            (
                one.requires.reason_code
                for one in self.clocks.values()
                if one.contents == notice and one.requires
            ),
            (),
        )


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
    ``signals_from`` asks for one of these signals with at least its score; a signal
    that was given none meets it.
    """

    scope: tuple[Answer, ...] = ()
    dissatisfaction: tuple[Answer, ...] = ()
    expectation: tuple[Expectation, ...] = ()
    sentiment: tuple[Sentiment, ...] = ()
    negative_from: float | None = None
    complaint_from: float | None = None
    signals_any: tuple[SignalKind, ...] = ()
    signals_from: Mapping[SignalKind, float] = field(default_factory=dict)
    topics_any: tuple[str, ...] = ()
    has_signal: bool | None = None
    has_doubt: bool | None = None
    groups: tuple[InfluenceGroup, ...] = ()
    bands: tuple[Band, ...] = ()
    roles_any: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
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
    """Sends a topic to its own queue; tier and code are raised to at least these.

    ``targets`` shorten the promises of the matrix's cell, or add to them.
    """

    id: str
    text: str
    when: Condition
    queue: str
    tier: Tier = Tier.SELF_SERVICE
    code: Code = Code.GREEN
    targets: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the matrix; ``targets`` are time from receipt.

    It is elapsed time, but for those that the house counts in business hours.
    """

    tier: Tier
    queue: str
    code: Code
    targets: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A named list of tickets a team works from; ``tier`` is the team's level."""

    title: str
    tier: Tier


class Happening(StrEnum):
    """What a trigger waits for.

    ``ticket_changed``: it was raised or moved; ``reply_received``: somebody writes
    again who is in the ticket already; ``reply_seen``: a reply of ours stands there;
    ``many``: so many items within so long.
    """

    MENTION_TAGGED = "mention_tagged"
    TICKET_OPENED = "ticket_opened"
    TICKET_CHANGED = "ticket_changed"
    REPLY_RECEIVED = "reply_received"
    REPLY_SEEN = "reply_seen"
    CLOCK_WARNING = "clock_warning"
    BREACH = "breach"
    MANY = "many"


class Per(StrEnum):
    """What many items have in common, beside their brand."""

    TOPIC = "topic"
    QUEUE = "queue"
    BRAND = "brand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """So many items that were published within a span of time are an incident."""

    items: int
    within: timedelta
    per: Per


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One matter that people hear of once, until nothing came for so long."""

    per: Per
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Whose a ticket becomes: a person by name, or whose turn it is.

    ``shift`` is of those who work from the ticket's queue, ``team`` of those in it.
    """

    who: Who
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What a trigger does: the ticket is raised to at least these, or moved.

    ``notify`` names queues whose people are told, ``marks`` words that it is found by,
    ``draft`` a wording that waits for a person's yes, ``webhooks`` ways that are
    called. ``add_reach``: whom a text reached counts for the ticket that it belongs to.
    With ``incident`` people and webhooks hear of that, and not of each ticket in it.
    """

    severity: Severity | None = None
    code: Code | None = None
    tier: Tier | None = None
    queue: str = ""
    notify: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    is_important: bool = False
    assign: Assignment | None = None
    draft: str = ""
    add_reach: bool = False
    incident: Incident | None = None
    webhooks: tuple[str, ...] = ()

    @property
    def change_ticket(self) -> bool:
        """Whether it may raise, move or give away a ticket, or bind a text to it."""
        raises = (self.severity, self.code, self.tier, self.assign)
        return bool(self.queue or self.marks or self.draft or self.add_reach) or any(
            one is not None for one in raises
        )

    @property
    def tell_somebody(self) -> bool:
        """Whether people or systems hear of it."""
        return bool(self.notify or self.webhooks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so often within a span of time."""

    times: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When something happens, and a condition holds, then do this.

    ``queues``: where the ticket must stand; ``share`` and ``clocks``: at which part of
    which promise's time. ``stops``: later triggers do not hear of what it acted on.
    ``at_most`` holds for each conversation.
    """

    id: str
    text: str
    on: Happening
    then: Actions
    when: Condition = field(default_factory=Condition)
    queues: tuple[str, ...] = ()
    share: int = 0
    clocks: tuple[str, ...] = ()
    many: Many | None = None
    stops: bool = False
    at_most: Limit = Limit(times=10, within=timedelta(days=1))


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
class FourEyes:
    """Which replies two different people answer for; none where nothing is said.

    ``rules`` are asked of what is answered, with the ticket's severity and code as
    they stand; ``words`` are phrases in what we say.
    """

    rules: tuple[Rule, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodLimit:
    """At most so many replies within a span of time."""

    replies: int
    within: timedelta


_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When nothing more goes out unasked until a person says so.

    ``overall``: so many words that nobody agreed to one by one; ``alike``: one wording
    to so many different authors.
    """

    overall: FloodLimit = FloodLimit(replies=200, within=_HOUR)
    alike: FloodLimit = FloodLimit(replies=40, within=_HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodLimits:
    """How much we say at most, whatever happens.

    ``exchange``: so many texts of one author are answered unasked before a person
    speaks with them.
    """

    author: FloodLimit
    conversation: FloodLimit
    overall: FloodLimit
    channel: FloodLimit = FloodLimit(replies=150, within=_HOUR)
    exchange: FloodLimit = FloodLimit(replies=3, within=timedelta(days=30))
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPolicy:
    """How long a ticket is somebody's own while nothing follows.

    ``remind``: how long before the end its owner hears of it; none at zero.
    """

    lasts: timedelta = timedelta(hours=2)
    remind: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRule:
    """What the house does where it sees a sign of a need.

    The ticket is raised to at least these and lies in ``queue``; ``targets`` shorten
    its promises or add to them. ``text`` names the sign, ``guidance`` is what an agent
    reads first, with ``helplines`` beside whom the author may be told of.
    """

    text: str
    queue: str
    severity: Severity
    tier: Tier
    code: Code
    guidance: str
    targets: Mapping[str, timedelta] = field(default_factory=dict)
    helplines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpline:
    """Who helps people in a crisis; ``verified_on``: somebody rang and was answered."""

    name: str
    contact: str
    verified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePolicy:
    """How people in need are met: no bot speaks, and no rule moves them elsewhere.

    Of several signs the first in ``signs`` takes the queue; ``also`` are the further
    queues whose people are prepared. ``helplines`` are by place (``AU-NSW``).
    """

    signs: Mapping[Sign, CareRule] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    helplines: Mapping[str, tuple[Helpline, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """When the house's own promises run, and which of them run only then.

    Several stretches a day are several shifts; a zone left out is the place's.
    Holidays of the place do not count.
    """

    hours: tuple[Shift, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePack:
    """One version of the firm's own policy.

    ``cues`` are lists of phrases, ``groups`` gives each follower band its column,
    ``tiers`` each tier its common queue, ``targets`` the events that meet each target.
    ``opens`` and ``screens`` say what opens a ticket and what is only kept on record,
    ``triggers`` what is done besides, in their order. For ``reopen_within`` after its
    closing a ticket opens again where its author is dissatisfied still. ``four_eyes``:
    which replies two people answer for, ``hand_off``: how people are led to a private
    talk. ``files``: the text that it was read from.
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
    triggers: tuple[Trigger, ...] = ()
    claims: ClaimPolicy = field(default_factory=ClaimPolicy)
    chains: tuple[Chain, ...] = ()
    business: BusinessHours | None = None
    follow_ups: FollowUpPolicy | None = None
    reopen_within: timedelta = timedelta(days=30)
    care: CarePolicy = field(default_factory=CarePolicy)
    four_eyes: FourEyes = field(default_factory=FourEyes)
    hand_off: HandOffPolicy | None = None
    files: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


# --- wording --------------------------------------------------------------------


class Purpose(StrEnum):
    """What a wording is for: what it acknowledges, or what it says later.

    ``care``: what a person says to somebody who may be in need. ``invitation``: a
    private message with a link of one's own; ``hand_off``: the public line with the
    house's.
    """

    COMPLAINT = "complaint"
    QUESTION = "question"
    CARE = "care"
    STATUS = "status"
    SATISFACTION = "satisfaction"
    INVITATION = "invitation"
    HAND_OFF = "hand_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateWording:
    """How a language writes an instant: blanks ``day month year time zone``.

    ``months`` are its twelve names, January first.
    """

    form: str
    months: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One wording, sign-off included.

    Its only blanks are ``{brand}`` and, in a status, ``{by}``: until when they hear;
    where it leads to a private talk, ``{link}``.
    """

    id: str
    language: str
    purpose: str
    text: str


class Tone(StrEnum):
    """How an answer sounds."""

    APOLOGY = "apology"
    NEUTRAL = "neutral"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswer:
    """An approved answer that people choose; no program ever sends it.

    ``topics``: what it is for, anything where there are none; it is for tickets from
    ``severity_from`` to ``severity_to``. ``examples`` are texts that it would answer.
    Its blanks are ``{brand}`` and ``{link}``.
    """

    id: str
    text: str
    tone: Tone
    topics: tuple[str, ...] = ()
    severity_from: Severity = Severity.LOW
    severity_to: Severity = Severity.CRITICAL
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """Every wording by language and purpose, and how languages write dates.

    What triggers draft stands beside, under names of the operator's own; ``forms`` is
    what the form of a private hand-off says. ``answers`` are what people may choose
    from, by language.
    """

    ref: PackRef
    by_language: Mapping[str, Mapping[str, tuple[Template, ...]]]
    dates: Mapping[str, DateWording] = field(default_factory=dict)
    forms: Mapping[str, FormWording] = field(default_factory=dict)
    answers: Mapping[str, tuple[AgentAnswer, ...]] = field(default_factory=dict)

    def has(self, language: str, purpose: str) -> bool:
        """Whether there is a wording for it in a language."""
        return bool(self.by_language.get(language, {}).get(purpose))
