"""What classifiers say of a mention, with their scores and their doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


class SignalKind(StrEnum):
    """What makes a text urgent, whatever its sentiment."""

    HARDSHIP = "hardship"
    VULNERABILITY = "vulnerability"
    LEGAL_THREAT = "legal_threat"
    SAFETY = "safety"
    MEDIA = "media"
    CHURN = "churn"
    FRAUD = "fraud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One urgency signal with the words of the text that carried it."""

    kind: SignalKind
    words: tuple[str, ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """All that the models say of one mention.

    ``sentiment_scores`` are probabilities that sum to 1; ``complaint`` is ``None``
    where no complaint model ran. ``model`` names every model that had a say, so that
    the same tags can be made again.
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

    def has(self, kind: SignalKind) -> bool:
        """Whether a signal of this kind was seen."""
        return any(signal.kind is kind for signal in self.signals)
