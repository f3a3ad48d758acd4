"""What the API shows of our nouns, in the glossary's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.audit import LoggedEntry
from bot.domain.clocks import Clock, ClockKind, ClockState, Force
from bot.domain.decisions import Answer, Code, Decision, Outcome, Severity
from bot.domain.mentions import ChannelControl, MentionKind, StoredMention, text_hash
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.domain.tags import Band, Doubt, Sentiment, Sign, SignalKind, Tags
from bot.domain.tickets import Ticket, TicketEvent, TicketStatus, key_of, standing
from bot.services.tickets import Dossier, Seen
from bot.web.api.calls import Shape


class TicketShape(Shape):
    """One ticket; ``claimed_until`` is null unless somebody's claim holds."""

    ticket: str
    version: int
    brand: str
    channel: str
    status: TicketStatus
    severity: Severity
    code: Code
    tier: int
    queue: str
    complaint: Answer
    band: Band
    is_influencer: bool
    owner: str
    claimed_until: datetime | None
    received_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    reach: int
    mentions: int
    signs: list[Sign]
    house_pack: str
    regulation_pack: str


def ticket_shape(ticket: Ticket) -> TicketShape:
    """Show a ticket."""
    house, regulation = ticket.house_pack, ticket.regulation_pack
    return TicketShape(
        ticket=ticket.key,
        version=ticket.version,
        brand=ticket.brand,
        channel=ticket.channel,
        status=ticket.status,
        severity=ticket.severity,
        code=ticket.code,
        tier=int(ticket.tier),
        queue=ticket.queue,
        complaint=ticket.complaint,
        band=ticket.band,
        is_influencer=ticket.is_influencer,
        owner=ticket.owner,
        claimed_until=ticket.claim_expires_at,
        received_at=ticket.received_at,
        opened_at=ticket.opened_at,
        closed_at=ticket.closed_at,
        reach=ticket.reach,
        mentions=ticket.mentions,
        signs=list(ticket.signs),
        house_pack=f"{house.id} {house.version}",
        regulation_pack=f"{regulation.id} {regulation.version}",
    )


class ClockShape(Shape):
    """One promise; ``due_strict`` counts days as written, ``due_legal`` is rolled."""

    rule: str
    kind: ClockKind
    force: Force
    cite: str
    state: ClockState
    is_provisional: bool
    started_at: datetime
    due_strict: datetime
    due_legal: datetime
    ended_at: datetime | None
    ended_by: str
    pack: str
    pack_sha256: str


def clock_shape(clock: Clock) -> ClockShape:
    """Show a clock."""
    plan = clock.plan
    return ClockShape(
        rule=plan.rule,
        kind=plan.kind,
        force=plan.force,
        cite=plan.cite,
        state=clock.state,
        is_provisional=plan.provisional,
        started_at=plan.started_at,
        due_strict=plan.due_strict,
        due_legal=plan.due_legal,
        ended_at=clock.ended_at,
        ended_by=clock.ended_by,
        pack=f"{plan.pack.id} {plan.pack.version}",
        pack_sha256=plan.pack.sha256,
    )


class ReplyShape(Shape):
    """One reply; an approval binds to ``text_sha256``."""

    reply: str
    ticket: str
    mention: int
    state: ReplyState
    kind: ReplyKind
    is_private: bool
    channel: str
    brand: str
    in_reply_to: str
    text: str
    text_sha256: str
    language: str
    template: str
    written_by: str
    approved_by: str
    created_at: datetime
    sent_at: datetime | None
    seen_at: datetime | None
    gone_at: datetime | None
    external_id: str
    url: str
    reason: str


def reply_shape(reply: Reply) -> ReplyShape:
    """Show a reply."""
    return ReplyShape(
        reply=reply.key,
        ticket=key_of(reply.ticket_id),
        mention=reply.mention_id,
        state=reply.state,
        kind=reply.kind,
        is_private=reply.is_private,
        channel=reply.channel,
        brand=reply.brand,
        in_reply_to=reply.in_reply_to,
        text=reply.text,
        text_sha256=reply.text_hash,
        language=reply.language,
        template=reply.template,
        written_by=reply.written_by,
        approved_by=reply.approved_by,
        created_at=reply.created_at,
        sent_at=reply.sent_at,
        seen_at=reply.seen_at,
        gone_at=reply.gone_at,
        external_id=reply.external_id,
        url=reply.url,
        reason=reply.reason,
    )


class SignalShape(Shape):
    """One urgency signal, with the words that carried it."""

    kind: SignalKind
    sign: Sign | None
    words: list[str]
    score: float | None


class TagsShape(Shape):
    """What the models say of a mention; ``answers`` are the further questions'."""

    sentiment: Sentiment
    sentiment_scores: dict[str, float]
    complaint: bool | None
    complaint_score: float | None
    language: str
    topic: str | None
    influence: float
    influence_reasons: dict[str, float]
    band: Band
    is_influencer: bool
    signals: list[SignalShape]
    doubts: list[Doubt]
    answers: dict[str, str]
    model: str


def tags_shape(tags: Tags) -> TagsShape:
    """Show a mention's tags."""
    found = tags.influence
    return TagsShape(
        sentiment=tags.sentiment,
        sentiment_scores=dict(tags.sentiment_scores),
        complaint=tags.complaint,
        complaint_score=tags.complaint_score,
        language=tags.language,
        topic=tags.topic.name if tags.topic else None,
        influence=found.score,
        influence_reasons={one.reason: one.points for one in found.reasons},
        band=found.band,
        is_influencer=found.is_influencer,
        signals=[
            SignalShape(
                kind=one.kind, sign=one.tells, words=list(one.words), score=one.score
            )
            for one in tags.signals
        ],
        doubts=list(tags.doubts),
        answers={name: one.label for name, one in tags.likeliest.items()},
        model=tags.model,
    )


class ReasonShape(Shape):
    """One rule that had a say, and its sentence."""

    rule: str
    text: str


class DecisionShape(Shape):
    """What was made of a mention, with the rules in the order applied."""

    outcome: Outcome
    in_scope: Answer
    reasons: list[ReasonShape]
    decided_at: datetime | None


def decision_shape(decision: Decision, at: datetime | None) -> DecisionShape:
    """Show a decision."""
    return DecisionShape(
        outcome=decision.outcome,
        in_scope=decision.scope.verdict,
        reasons=[ReasonShape(rule=one.rule, text=one.text) for one in decision.reasons],
        decided_at=at,
    )


class MentionShape(Shape):
    """One public text; ``text`` is empty once it was withdrawn, its hash stays."""

    mention: int
    channel: str
    external_id: str
    brand: str
    kind: MentionKind
    control: ChannelControl
    is_public: bool
    author: str | None
    text: str
    text_sha256: str
    url: str | None
    published_at: datetime
    first_seen_at: datetime
    removed_at: datetime | None
    edits: int
    tags: TagsShape | None
    decision: DecisionShape | None


def mention_shape(
    stored: StoredMention,
    tags: Tags | None,
    decision: Decision | None,
    decided_at: datetime | None,
) -> MentionShape:
    """Show a mention with what was made of it."""
    mention = stored.mention
    return MentionShape(
        mention=stored.id,
        channel=mention.channel,
        external_id=mention.external_id,
        brand=mention.brand,
        kind=mention.kind,
        control=mention.control,
        is_public=mention.is_public,
        author=mention.author.handle if mention.author else None,
        text=mention.text,
        text_sha256=stored.text_sha256 or text_hash(mention.text),
        url=mention.url,
        published_at=mention.published_at,
        first_seen_at=stored.ingested_at,
        removed_at=stored.removed_at,
        edits=stored.edits,
        tags=tags_shape(tags) if tags else None,
        decision=decision_shape(decision, decided_at) if decision else None,
    )


class EventShape(Shape):
    """Something that happened to a ticket; one that was withdrawn does not hold."""

    name: str
    happened_at: datetime
    recorded_at: datetime
    detail: str
    facts: dict[str, str]
    holds: bool


def event_shapes(events: Sequence[TicketEvent]) -> list[EventShape]:
    """Show a ticket's history."""
    holds = {one.id for one in standing(events)}
    return [
        EventShape(
            name=one.name,
            happened_at=one.happened_at,
            recorded_at=one.recorded_at,
            detail=one.detail,
            facts=dict(one.facts),
            holds=one.id in holds,
        )
        for one in events
    ]


class DossierShape(Shape):
    """One ticket whole."""

    ticket: TicketShape
    marks: list[str]
    mentions: list[MentionShape]
    clocks: list[ClockShape]
    earlier_clocks: list[ClockShape]
    replies: list[ReplyShape]
    events: list[EventShape]


def dossier_shape(whole: Dossier) -> DossierShape:
    """Show all of a ticket that programs need."""
    return DossierShape(
        ticket=ticket_shape(whole.ticket),
        marks=list(whole.marks),
        mentions=[_seen(one) for one in whole.seen],
        clocks=[clock_shape(one) for one in whole.clocks],
        earlier_clocks=[clock_shape(one) for one in whole.earlier],
        replies=[reply_shape(one) for one in whole.replies],
        events=event_shapes(whole.events),
    )


def _seen(one: Seen) -> MentionShape:
    return mention_shape(one.stored, one.tags, one.decision, one.decided_at)


class EntryShape(Shape):
    """One line of the audit log, as the seal covers it; ``detail`` is JSON text."""

    entry: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str
    seal: int
    position: int


def entry_shape(entry: LoggedEntry, seal: int, position: int) -> EntryShape:
    """Show a sealed entry and its place under its seal."""
    return EntryShape(
        entry=entry.id,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        detail=entry.detail,
        seal=seal,
        position=position,
    )
