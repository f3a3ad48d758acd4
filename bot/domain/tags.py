"""What classifiers say of a mention, with their scores and their doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Sentiment(StrEnum):
    """The text's attitude."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Doubt(StrEnum):
    """Why a tag should not be trusted alone."""

    LOW_CONFIDENCE = "low_confidence"
    UNKNOWN_LANGUAGE = "unknown_language"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    TOO_SHORT = "too_short"
    TRUNCATED = "truncated"
    NO_COMPLAINT_MODEL = "no_complaint_model"
    MAY_BE_IRONIC = "may_be_ironic"


UNREADABLE = frozenset(
    {
        Doubt.UNKNOWN_LANGUAGE,
        Doubt.UNSUPPORTED_LANGUAGE,
        Doubt.TOO_SHORT,
        Doubt.TRUNCATED,
    }
)
"""Doubts with which nothing is done for what examples say that a text is about."""


class SignalKind(StrEnum):
    """What makes a text urgent, whatever its sentiment."""

    HARDSHIP = "hardship"
    VULNERABILITY = "vulnerability"
    LEGAL_THREAT = "legal_threat"
    SAFETY = "safety"
    MEDIA = "media"
    CHURN = "churn"
    FRAUD = "fraud"


class Sign(StrEnum):
    """Of which need a signal tells: what a person should look at, no diagnosis."""

    SELF_HARM = "self_harm"
    FAMILY_VIOLENCE = "family_violence"
    THREAT = "threat"
    SERIOUS_ILLNESS = "serious_illness"
    BEREAVEMENT = "bereavement"
    CIRCUMSTANCES = "circumstances"
    HARDSHIP = "hardship"


_USUALLY = {
    SignalKind.VULNERABILITY: Sign.CIRCUMSTANCES,
    SignalKind.HARDSHIP: Sign.HARDSHIP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One urgency signal with the words of the text that carried it.

    ``sign``: of which need, where the kind alone does not say so. ``score`` is how
    likely it is meant, 0 to 1; ``None`` where none was given.
    """

    kind: SignalKind
    words: tuple[str, ...]
    sign: Sign | None = None
    score: float | None = None

    @property
    def tells(self) -> Sign | None:
        """Of which need it is a sign; ``None``: of none that asks for care."""
        return self.sign or _USUALLY.get(self.kind)


SURE_OF_TOPIC = 0.5
"""Probability from which a topic is acted on; below it is shown, and doubted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a text is about, by an operator's examples; ``score``: how likely it is."""

    name: str
    score: float

    @property
    def is_sure(self) -> bool:
        """Whether rules may act on it."""
        return self.score >= SURE_OF_TOPIC


BY_EXAMPLES = "examples"
"""What decided on relevance where no rule did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """Whether a text is about the brand at all, by an operator's rules and examples.

    ``rule`` is what decided (``include.shop``, ``exclude.jobs``, ``examples``) and
    ``text`` its sentence for people. ``score`` is how likely it is about something
    else, ``None`` where the examples were not asked. ``is_advice``: it is only told,
    and nothing is set aside for it.
    """

    is_relevant: bool
    rule: str
    text: str
    score: float | None = None
    is_advice: bool = False

    @property
    def is_by_rule(self) -> bool:
        """Whether a rule says so that a person wrote, and not what examples share."""
        return self.rule != BY_EXAMPLES


class Band(StrEnum):
    """How far an author's words carry, by usual follower bands."""

    NANO = "nano"
    MICRO = "micro"
    MID = "mid"
    MACRO = "macro"
    MEGA = "mega"


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """One reason of an influence score, with what it added or took away."""

    reason: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """How far an author's words will carry: 0 to 100, with every reason.

    Between ``low`` and ``high`` lies what the score may be for all that is ``unknown``;
    ``None`` where an earlier form of the score told no range.
    """

    score: float
    band: Band
    low: float | None = None
    high: float | None = None
    is_vip: bool = False
    may_be_influencer: bool = False
    roles: tuple[str, ...] = ()
    looks_automated: bool = False
    reasons: tuple[Points, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def is_influencer(self) -> bool:
        """Whether the author is answered ahead of others; a doubt counts for them."""
        return (
            self.is_vip
            or self.band in {Band.MACRO, Band.MEGA}
            or bool(self.roles)
            or self.may_be_influencer
        )


IRONY, HATE, OFFENSIVE = "irony", "hate", "offensive"
"""Further questions on whose answers something depends; there may be more."""

YES = "yes"
"""The answer to a question that asks whether."""

SAYS_YES = {IRONY: 0.8, HATE: 0.7, OFFENSIVE: 0.7}
"""Probability from which something is done because of such an answer.

At an even chance a third of all neutral posts would go to people for irony, and one in
ten for offence; from here on it is one in twenty, and one in fifty.
"""


RESPONSE, EXPLICIT = "response", "explicit"
"""The question what answer the author waits for, and that they ask for one."""

SURE_IT_ASKS = 0.9
"""Probability from which a text that has no asking phrase is taken to ask."""


def says(others: Mapping[str, Mapping[str, float]], question: str) -> bool:
    """Whether the answer is a yes; a question that was never asked has none."""
    return others.get(question, {}).get(YES, 0.0) >= SAYS_YES[question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeliest:
    """The answer that a text model gives to one question, and how likely it is."""

    label: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """All that the models say of one mention.

    ``sentiment_scores`` are probabilities that sum to 1; ``complaint`` is ``None``
    where no complaint model ran. ``topic`` is ``None`` where it is none of those that
    the operator named, ``relevance`` where nothing was asked. ``others`` are the
    probabilities of the text model's further questions (question -> label), empty where
    it was taught none. ``model`` names every model that had a say, so that the same
    tags can be made again.
    """

    sentiment: Sentiment
    sentiment_scores: Mapping[str, float]
    complaint: bool | None
    complaint_score: float | None
    language: str
    language_score: float
    influence: Influence
    model: str
    signals: tuple[Signal, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    topic: Topic | None = None
    relevance: Relevance | None = None
    others: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def likeliest(self) -> Mapping[str, Likeliest]:
        """The answer to each further question; a tie between yes and no is a yes."""
        best = {
            question: max((score, label) for label, score in answers.items())
            for question, answers in self.others.items()
        }
        return {
            question: Likeliest(label=label, score=score)
            for question, (score, label) in best.items()
        }

    @property
    def asks(self) -> float:
        """How sure a model is that an answer is asked for; 0 where it is not sure."""
        score = self.others.get(RESPONSE, {}).get(EXPLICIT, 0.0)
        return score if score >= SURE_IT_ASKS else 0.0

    @property
    def is_abusive(self) -> bool:
        """Whether it sounds hateful or offensive: no bot answers that alone."""
        return says(self.others, HATE) or says(self.others, OFFENSIVE)

    @property
    def signs(self) -> tuple[Sign, ...]:
        """The needs that its signals tell of, the gravest first."""
        told = {signal.tells for signal in self.signals}
        return tuple(sign for sign in Sign if sign in told)

    @property
    def likelihoods(self) -> Mapping[SignalKind, float]:
        """How likely each kind of signal that was seen is meant; 1 if never scored."""
        found: dict[SignalKind, float] = {}
        for one in self.signals:
            score = 1.0 if one.score is None else one.score
            found[one.kind] = max(score, found.get(one.kind, 0.0))
        return found

    def has(self, kind: SignalKind) -> bool:
        """Whether a signal of this kind was seen."""
        return any(signal.kind is kind for signal in self.signals)
