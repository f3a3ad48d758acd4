"""Domain values as rows and back, for mentions and what is said of and to them."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.decisions import Code, Decision, Outcome, Severity, Tier
from bot.domain.mentions import (
    ChannelControl,
    Mention,
    MentionId,
    MentionKind,
    Restored,
    StoredMention,
)
from bot.domain.replies import Approval
from bot.domain.tags import Sentiment, Tags, Topic
from bot.domain.tickets import TicketId
from bot.storage.statements import AnyRow

FIRST_CHECK = timedelta(hours=1)
"""How long after we read it a mention is first looked for again."""


def author_row(mention: Mention, at: datetime) -> dict[str, object]:
    """Return the row of a mention's author, who must be known."""
    author = mention.author
    assert author is not None  # noqa: S101 - the caller has looked
    return {
        "channel": mention.channel,
        "external_id": author.external_id,
        "handle": author.handle,
        "profile": author,
        "seen_at": at,
    }


def mention_row(mention: Mention, source: str, at: datetime) -> dict[str, object]:
    """Return the row of a mention that was just found."""
    author = mention.author
    return {
        "channel": mention.channel,
        "external_id": mention.external_id,
        "brand": mention.brand,
        "kind": mention.kind,
        "text": mention.text,
        "published_at": mention.published_at,
        "edited_at": mention.edited_at,
        "conversation": mention.conversation,
        "in_reply_to": mention.in_reply_to,
        "amplifies": mention.amplifies,
        "author_id": None if author is None else author.external_id,
        "author": author,
        "engagement": mention.engagement,
        "language_hint": mention.language_hint,
        "url": mention.url,
        "control": mention.control,
        "is_addressed": mention.is_addressed,
        "is_public": mention.is_public,
        "source": source,
        "ingested_at": at,
        "check_at": at + FIRST_CHECK,
    }


def to_stored(row: AnyRow) -> StoredMention:
    """Read a row of ``mentions``."""
    mention = Mention(
        channel=row.channel,
        external_id=row.external_id,
        brand=row.brand,
        text=row.text,
        published_at=row.published_at,
        conversation=row.conversation,
        kind=MentionKind(row.kind),
        author=row.author,
        in_reply_to=row.in_reply_to,
        amplifies=row.amplifies,
        language_hint=row.language_hint,
        url=row.url,
        edited_at=row.edited_at,
        control=ChannelControl(row.control),
        is_addressed=row.is_addressed,
        is_public=row.is_public,
        engagement=row.engagement,
    )
    return StoredMention(
        id=MentionId(row.id),
        mention=mention,
        source=row.source,
        ingested_at=row.ingested_at,
        restored_as=row.restored_as and Restored(row.restored_as),
        edits=row.edits,
        removed_at=row.removed_at,
        text_sha256=row.text_sha256 or "",
    )


def tag_row(mention_id: MentionId, tags: Tags, at: datetime) -> dict[str, object]:
    """Return the row of a mention's tags."""
    return {
        "mention_id": mention_id,
        "model": tags.model,
        "sentiment": tags.sentiment,
        "sentiment_scores": tags.sentiment_scores,
        "complaint": tags.complaint,
        "complaint_score": tags.complaint_score,
        "language": tags.language,
        "language_score": tags.language_score,
        "influence": tags.influence,
        "is_influencer": tags.influence.is_influencer,
        "signals": tags.signals,
        "doubts": tags.doubts,
        "tagged_at": at,
        "topic": tags.topic and tags.topic.name,
        "topic_score": tags.topic and tags.topic.score,
        "relevance": tags.relevance,
        "others": tags.others or None,
    }


def to_tags(row: AnyRow) -> Tags:
    """Read a row of ``tags``."""
    return Tags(
        sentiment=Sentiment(row.sentiment),
        sentiment_scores=row.sentiment_scores,
        complaint=row.complaint,
        complaint_score=row.complaint_score,
        language=row.language,
        language_score=row.language_score,
        influence=row.influence,
        model=row.model,
        signals=row.signals,
        doubts=row.doubts,
        topic=row.topic and Topic(name=row.topic, score=row.topic_score),
        relevance=row.relevance,
        others=row.others or {},
    )


def decision_row(
    mention_id: MentionId,
    decision: Decision,
    ticket_id: TicketId | None,
    at: datetime,
) -> dict[str, object]:
    """Return the row of a mention's decision."""
    return {
        "mention_id": mention_id,
        "ticket_id": ticket_id,
        "outcome": decision.outcome,
        "severity": decision.severity,
        "code": decision.code,
        "tier": int(decision.tier),
        "queue": decision.queue,
        "verdict": decision.scope.verdict,
        "legal_class": decision.legal_class,
        "provisional": decision.provisional,
        "scope": decision.scope,
        "house_pack": decision.house_pack,
        "regulation_pack": decision.regulation_pack,
        "reasons": decision.reasons,
        "targets": decision.targets,
        "acknowledgement": decision.acknowledgement,
        "decided_at": at,
    }


def to_decision(row: AnyRow) -> Decision:
    """Read a row of ``decisions``."""
    return Decision(
        outcome=Outcome(row.outcome),
        severity=Severity(row.severity),
        code=Code(row.code),
        tier=Tier(row.tier),
        queue=row.queue,
        scope=row.scope,
        house_pack=row.house_pack,
        regulation_pack=row.regulation_pack,
        reasons=row.reasons,
        legal_class=row.legal_class,
        provisional=row.provisional,
        targets=row.targets,
        acknowledgement=row.acknowledgement,
    )


def to_approval(row: AnyRow) -> Approval:
    """Return a person's yes, to a reply or to a legal notice."""
    return Approval(
        text_hash=row.text_hash,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        voided_at=row.voided_at,
    )
