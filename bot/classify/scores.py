"""What an encoder says about one text, before anyone decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

READING = "pieces-1"
"""Changes whenever the same weights would score the same long text differently."""

SENTIMENTS = ("negative", "neutral", "positive")
"""The three sentiment labels, in the order in which scores are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextScores:
    """Calibrated probabilities for one text."""

    sentiment: Mapping[str, float]
    """Probability of each of ``SENTIMENTS``; they sum to 1."""

    complaint: float | None
    """Probability that the text is a complaint; None: the model cannot tell."""

    truncated: bool
    """The end was not read: whatever stands there had no say."""

    others: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What the model's further heads say: head -> label -> probability."""
