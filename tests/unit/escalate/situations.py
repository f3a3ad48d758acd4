"""Situations for tests: plain at first, each test names what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.decisions import Answer, Decision, Severity, Tier
from bot.domain.mentions import ChannelControl, Engagement, Mention, MentionKind
from bot.domain.tags import (
    Band,
    Doubt,
    Influence,
    Sentiment,
    Signal,
    SignalKind,
    Tags,
)
from bot.domain.tickets import Ticket
from bot.escalate.decide import Situation, decide
from tests import samples
from tests.unit.rules.packs import house, rg271

NOW = samples.NOON + timedelta(hours=1)


def mention(text: str = "My card was declined at the till.", **fields: Any) -> Mention:
    """A post on the author's own timeline that calls our name."""
    plain = samples.mention(
        text=text,
        kind=MentionKind.POST,
        in_reply_to=None,
        engagement=Engagement(),
        author=samples.author(is_verified=False),
    )
    return replace(plain, **fields)


def owned(text: str, **fields: Any) -> Mention:
    return mention(text, control=ChannelControl.OWNED, **fields)


def elsewhere(text: str = "They lost my bag.", **fields: Any) -> Mention:
    return mention(
        text, control=ChannelControl.THIRD_PARTY, is_addressed=False, **fields
    )


def tags(**fields: Any) -> Tags:
    """Neutral words that complain of nothing."""
    plain = samples.tags(
        sentiment=Sentiment.NEUTRAL,
        sentiment_scores={"negative": 0.05, "neutral": 0.9, "positive": 0.05},
        complaint=False,
        complaint_score=0.03,
        influence=Influence(score=8.0, band=Band.NANO),
        signals=(),
        doubts=(),
    )
    return replace(plain, **fields)


def unhappy(score: float = 0.95, **fields: Any) -> Tags:
    negative = {"negative": 0.85, "neutral": 0.1, "positive": 0.05}
    return tags(
        **{
            "sentiment": Sentiment.NEGATIVE,
            "sentiment_scores": negative,
            "complaint": score >= 0.5,
            "complaint_score": score,
        }
        | fields
    )


def happy(**fields: Any) -> Tags:
    positive = {"negative": 0.01, "neutral": 0.04, "positive": 0.95}
    return tags(
        **{"sentiment": Sentiment.POSITIVE, "sentiment_scores": positive} | fields
    )


def unsure(**fields: Any) -> Tags:
    return unhappy(0.5, doubts=(Doubt.LOW_CONFIDENCE,), **fields)


def signal(*kinds: SignalKind) -> tuple[Signal, ...]:
    return tuple(Signal(kind=kind, words=("...",)) for kind in kinds)


def influence(band: Band = Band.NANO, **fields: Any) -> Influence:
    return replace(Influence(score=10.0, band=band), **fields)


def ticket(**fields: Any) -> Ticket:
    """An open question that nobody complained in."""
    plain = samples.ticket(
        severity=Severity.LOW,
        tier=Tier.SELF_SERVICE,
        queue="self_service",
        complaint=Answer.NO,
    )
    return replace(plain, **fields)


def decided(
    mention: Mention | None = None,
    tags: Tags | None = None,
    *,
    now: datetime = NOW,
    **around: Any,
) -> Decision:
    """Decide with the shipped packs."""
    situation = Situation(
        mention=mention or globals()["mention"](),
        tags=tags or globals()["tags"](),
        **around,
    )
    return decide(situation, house(), rg271(), now)


def rules(decision: Decision) -> list[str]:
    return [reason.rule for reason in decision.reasons]
