"""Domain values for tests, each valid as it is; name only what a test is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.audit import AuditEntry
from bot.domain.clocks import ClockKind, ClockPlan, Force, PackRef
from bot.domain.decisions import (
    Acknowledgement,
    Answer,
    Code,
    Decision,
    Fact,
    Outcome,
    Reason,
    Scope,
    ServiceTarget,
    Severity,
    Tier,
)
from bot.domain.mentions import (
    Author,
    ChannelControl,
    Engagement,
    Mention,
    MentionKind,
    text_hash,
)
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.domain.tags import (
    Band,
    Doubt,
    Influence,
    Points,
    Sentiment,
    Signal,
    SignalKind,
    Tags,
)
from bot.domain.tickets import Ticket, TicketStatus

NOON = datetime(2026, 3, 2, 12, 0, 0, 123_457, tzinfo=UTC)
HOUSE = PackRef(id="house", version="1", sha256="a" * 64)
REGULATION = PackRef(id="au.asic.rg271", version="2", sha256="b" * 64)


def author(**fields: Any) -> Author:
    whole = Author(
        external_id="a-1",
        handle="mirela_of_the_hills",
        name="Mirela",
        bio="Writes about trains ☕",
        followers=321,
        following=12,
        posts=99,
        is_verified=True,
        created_at=NOON - timedelta(days=900),
    )
    return replace(whole, **fields)


def mention(number: int = 1, **fields: Any) -> Mention:
    whole = Mention(
        channel="agora",
        external_id=f"m-{number}",
        brand="Kestrel Air",
        text=f"My bag is lost, day {number} 😠",
        published_at=NOON + timedelta(minutes=number),
        conversation=f"c-{number}",
        kind=MentionKind.REPLY,
        author=author(),
        in_reply_to="m-0",
        language_hint="en",
        url="https://agora.example/m/1",
        edited_at=NOON + timedelta(hours=1),
        control=ChannelControl.MENTION,
        is_addressed=True,
        engagement=Engagement(likes=3, reposts=2, replies=1, quotes=0, views=777),
    )
    return replace(whole, **fields)


def tags(**fields: Any) -> Tags:
    whole = Tags(
        sentiment=Sentiment.NEGATIVE,
        sentiment_scores={"negative": 0.91, "neutral": 0.06, "positive": 0.03},
        complaint=True,
        complaint_score=0.1 + 0.2,
        language="en",
        language_score=0.99,
        influence=Influence(
            score=41.5,
            band=Band.MICRO,
            is_vip=True,
            roles=("journalist",),
            reasons=(Points(reason="reach", points=12.25),),
        ),
        model="minilm-1",
        signals=(Signal(kind=SignalKind.HARDSHIP, words=("no money", "for food")),),
        doubts=(Doubt.TOO_SHORT, Doubt.LOW_CONFIDENCE),
    )
    return replace(whole, **fields)


def scope(verdict: Answer = Answer.YES) -> Scope:
    fact = Fact(answer=verdict, score=0.75, reason="says so")
    return Scope(
        dissatisfaction=fact,
        response_expected=fact,
        channel_controlled=fact,
        author_reachable=fact,
        verdict=verdict,
    )


def decision(**fields: Any) -> Decision:
    whole = Decision(
        outcome=Outcome.OPEN_TICKET,
        severity=Severity.HIGH,
        code=Code.RED,
        tier=Tier.SPECIALIST,
        queue="hardship",
        scope=scope(),
        house_pack=HOUSE,
        regulation_pack=REGULATION,
        reasons=(
            Reason(rule="hardship", text="first"),
            Reason(rule="reach", text="then"),
        ),
        legal_class="standard",
        provisional=True,
        targets=(
            ServiceTarget(
                rule="first_response",
                met_by=("reply.seen", "ticket.claimed"),
                within=timedelta(hours=1, microseconds=1),
            ),
        ),
        acknowledgement=Acknowledgement(template="received", needs_approval=True),
    )
    return replace(whole, **fields)


def ticket(number: int = 1, **fields: Any) -> Ticket:
    whole = Ticket(
        brand="Kestrel Air",
        channel="agora",
        conversation=f"c-{number}",
        status=TicketStatus.OPEN,
        severity=Severity.HIGH,
        code=Code.AMBER,
        tier=Tier.AGENT,
        queue="baggage",
        complaint=Answer.NEEDS_HUMAN,
        band=Band.MICRO,
        is_influencer=False,
        house_pack=HOUSE,
        regulation_pack=REGULATION,
        received_at=NOON + timedelta(minutes=number),
        opened_at=NOON + timedelta(hours=1),
    )
    return replace(whole, **fields)


def plan(rule: str = "acknowledge", **fields: Any) -> ClockPlan:
    whole = ClockPlan(
        rule=rule,
        kind=ClockKind.LEGAL,
        force=Force.MUST,
        cite="RG 271.51",
        pack=REGULATION,
        started_at=NOON,
        due_strict=NOON + timedelta(days=1),
        due_legal=NOON + timedelta(days=3),
        met_by=("reply.seen",),
        provisional=True,
        inputs={"zone": "Australia/Sydney", "class": "standard"},
    )
    return replace(whole, **fields)


def reply(**fields: Any) -> Reply:
    text = "Thank you for telling us. Please write to us privately."
    whole = Reply(
        ticket_id=fields.pop("ticket_id"),
        mention_id=fields.pop("mention_id"),
        kind=ReplyKind.ACKNOWLEDGEMENT,
        state=ReplyState.QUEUED,
        channel="agora",
        brand="Kestrel Air",
        conversation="c-1",
        in_reply_to="m-1",
        author="a-1",
        text=text,
        text_hash=text_hash(text),
        language="en",
        template="received",
        created_at=NOON,
    )
    return replace(whole, **fields)


def entry(number: int = 1, **fields: Any) -> AuditEntry:
    whole = AuditEntry(
        action="ticket.opened",
        subject=f"ticket:{number}",
        at=NOON + timedelta(seconds=number),
        detail={"tier": 2, "because": ["hardship"], "hash": "é"},
    )
    return replace(whole, **fields)
