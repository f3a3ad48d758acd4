"""Tag: mentions without tags get them, each once per model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.mentions import StoredMention
from bot.domain.ports import Classifier, Store
from bot.domain.tags import Band, Doubt, Influence, Sentiment, Tags
from bot.errors import ClassifyError

BATCH = 256


def tag_pending(
    store: Store,
    classifier: Classifier,
    clock: Clock,
    *,
    limit: int = BATCH,
    ids: range | None = None,
) -> int:
    """Tag one batch of the oldest untagged mentions; return how many it tagged.

    With ``ids`` only among those: several workers each take other mentions.
    """
    with store.reading() as work:
        pending = work.mentions.untagged(limit, ids=ids)
    if not pending:
        return 0
    tagged = _tags(classifier, pending)
    now = clock.now()
    with store.work() as work:
        won = work.mentions.tag(
            [(one.id, tags) for one, tags in zip(pending, tagged, strict=True)], now
        )
        work.audit.append(
            [
                AuditEntry(
                    action="mention.tagged",
                    subject=f"mention:{one.id}",
                    at=now,
                    detail=_detail(tags),
                )
                for one, tags in zip(pending, tagged, strict=True)
                if one.id in won
            ]
        )
    return len(won)


def _tags(classifier: Classifier, pending: Sequence[StoredMention]) -> Sequence[Tags]:
    """Tag all at once or, if that fails, one by one: one must not block others."""
    try:
        return classifier.tag(pending)
    except ClassifyError:
        return [_tags_of_one(classifier, one) for one in pending]


def _tags_of_one(classifier: Classifier, one: StoredMention) -> Tags:
    try:
        return classifier.tag([one])[0]
    except ClassifyError:
        return Tags(
            sentiment=Sentiment.NEUTRAL,
            sentiment_scores={each.value: 1 / len(Sentiment) for each in Sentiment},
            complaint=None,
            complaint_score=None,
            language="und",
            language_score=0.0,
            influence=Influence(score=0.0, band=Band.NANO),
            model="none",
            doubts=(Doubt.LOW_CONFIDENCE, Doubt.NO_COMPLAINT_MODEL),
        )


def others(tags: Tags) -> dict[str, object]:
    """Return the answers to the model's further questions, for log and programs."""
    return {
        question: {"label": one.label, "score": round(one.score, 4)}
        for question, one in tags.likeliest.items()
    }


def _detail(tags: Tags) -> dict[str, object]:
    further = others(tags)
    return {
        "model": tags.model,
        "sentiment": tags.sentiment.value,
        "sentiment_score": round(tags.sentiment_scores[tags.sentiment], 4),
        "complaint": tags.complaint,
        "complaint_score": tags.complaint_score and round(tags.complaint_score, 4),
        "language": tags.language,
        "influence": round(tags.influence.score, 1),
        "influence_low": _rounded(tags.influence.low),
        "influence_high": _rounded(tags.influence.high),
        "band": tags.influence.band.value,
        "roles": list(tags.influence.roles),
        "vip": tags.influence.is_vip,
        "may_be_influencer": tags.influence.may_be_influencer,
        "signals": list(dict.fromkeys(one.kind.value for one in tags.signals)),
        "signal_scores": tags.likelihoods,
        "doubts": [doubt.value for doubt in tags.doubts],
        "topic": tags.topic and tags.topic.name,
        "topic_score": tags.topic and round(tags.topic.score, 4),
        "relevance": tags.relevance and asdict(tags.relevance),
        **({"others": further} if further else {}),
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 1)
