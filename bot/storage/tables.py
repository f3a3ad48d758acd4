"""The tables as they are now; the migrations make them (a test compares the two).

Words that partial indexes and queries must share literally are constants here: neither
database uses a partial index for a condition that hides in a bound parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from sqlalchemy import (
    Double,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from bot.domain.chains import FrozenChain
from bot.domain.channels import Quota
from bot.domain.clocks import PackRef
from bot.domain.decisions import Acknowledgement, Reason, Scope, ServiceTarget
from bot.domain.letters import Finding
from bot.domain.mentions import Author, Engagement
from bot.domain.tags import Doubt, Influence, Relevance, Sign, Signal, Tags
from bot.storage.types import Instant, Json, Whole, Words

IS_STORED = "stage = 'stored'"
IS_TAGGED = "stage = 'tagged'"
IS_DECIDED = "stage = 'decided'"
IS_AMPLIFICATION = "amplifies IS NOT NULL"
IS_STANDING = "text_sha256 IS NULL"
IS_TO_WITHDRAW = "removed_at IS NOT NULL AND text_sha256 IS NULL"
IS_SET_ASIDE = "outcome = 'set_aside' AND ticket_id IS NULL"
IS_JUDGED_NO = "verdict = 'no' AND outcome <> 'add_reach'"
IS_DOUBTFUL = "status = 'open' AND complaint = 'needs_human'"
IS_OPEN_TICKET = "status = 'open'"
IS_CLOSED_TICKET = "status = 'closed'"
IS_MARKED = "signs IS NOT NULL"
IS_OWING = "next_due_at IS NOT NULL"
IS_OVERDUE = "overdue_at IS NOT NULL"
IS_RED = "status = 'open' AND code = 'red'"
IS_CLAIMED = "status = 'open' AND claim_expires_at IS NOT NULL"
IS_OPEN_CLOCK = "state IN ('running', 'late')"
IS_WARNED = "state IN ('running', 'late', 'breached') AND warn_at IS NOT NULL"
IS_WAITING_STEP = "state = 'waiting'"
IS_OPEN_FOLLOW_UP = "state IN ('waiting', 'worded')"
IS_WAITING_NOTICE = "state = 'waiting'"
IS_GIVEN_UP = "state = 'given_up'"
IS_UNDECIDABLE = "key LIKE '%undecidable'"
IS_OPEN_HAND_OFF = "state NOT IN ('private', 'closed')"
IS_UNREAD = "body <> ''"
IS_WRITTEN = "written_by <> ''"
IS_UNSENT = "state <> 'done'"
IS_LOOKED_AT_AGAIN = "state = 'seen' AND next_at IS NOT NULL"
IS_MIRRORED = "external_id <> ''"
IS_KEPT_OPEN = "state = 'open'"

NOBODY = text("''")
"""Whose words those are that the house worded."""

IN_PUBLIC = text("false")

STORED, TAGGED, DECIDED = "stored", "tagged", "decided"
WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given_up"
ITEM, OPEN = "item", "open"


def partial_index(
    name: str, *columns: str, where: str, is_unique: bool = False
) -> Index:
    """Name an index of just the rows that meet a condition, on both databases."""
    condition = text(where)
    return Index(
        name,
        *columns,
        unique=is_unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


class Rows(DeclarativeBase):
    """What all tables share: names of constraints and types of columns."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[type, TypeEngine[Any]]] = {
        str: Words(),
        int: Whole,
        float: Double(),
        datetime: Instant(),
    }


def table(rows: type[Rows]) -> Table:
    """Return the table behind a class, for statements without objects."""
    return cast("Table", rows.__table__)


class AuthorRow(Rows):
    """An account as it was when last seen."""

    __tablename__ = "authors"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index(None, "handle"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    handle: Mapped[str]
    profile: Mapped[Author] = mapped_column(Json(Author))
    seen_at: Mapped[datetime]


class MentionRow(Rows):
    """One text, with its author as it was then and how far we are with it."""

    __tablename__ = "mentions"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        partial_index("ix_mentions_untagged", "published_at", "id", where=IS_STORED),
        partial_index("ix_mentions_undecided", "published_at", "id", where=IS_TAGGED),
        partial_index(
            "ix_mentions_amplifies", "channel", "amplifies", where=IS_AMPLIFICATION
        ),
        partial_index("ix_mentions_standing", "source", "check_at", where=IS_STANDING),
        partial_index("ix_mentions_to_withdraw", "id", where=IS_TO_WITHDRAW),
        Index(None, "channel", "author_id"),
        Index(None, "published_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    brand: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    published_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    conversation: Mapped[str]
    in_reply_to: Mapped[str | None]
    amplifies: Mapped[str | None]
    author_id: Mapped[str | None]
    author: Mapped[Author | None] = mapped_column(Json(Author))
    engagement: Mapped[Engagement] = mapped_column(Json(Engagement))
    language_hint: Mapped[str | None]
    url: Mapped[str | None]
    control: Mapped[str]
    is_addressed: Mapped[bool]
    is_public: Mapped[bool]
    source: Mapped[str]
    ingested_at: Mapped[datetime]
    stage: Mapped[str] = mapped_column(server_default=STORED)
    restored_as: Mapped[str | None]
    edits: Mapped[int] = mapped_column(server_default="0")
    checked_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    text_sha256: Mapped[str | None]


class MentionVersionRow(Rows):
    """A mention as it stood before its author edited it, with its tags of then."""

    __tablename__ = "mention_versions"
    __table_args__ = (UniqueConstraint("mention_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id"))
    number: Mapped[int]
    text: Mapped[str]
    text_sha256: Mapped[str]
    edited_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime]
    tags: Mapped[Tags | None] = mapped_column(Json(Tags))


class TagRow(Rows):
    """What one set of models said of a mention."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("mention_id", "model"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id"))
    model: Mapped[str]
    sentiment: Mapped[str]
    sentiment_scores: Mapped[Mapping[str, float]] = mapped_column(
        Json(Mapping[str, float])
    )
    complaint: Mapped[bool | None]
    complaint_score: Mapped[float | None]
    language: Mapped[str]
    language_score: Mapped[float]
    influence: Mapped[Influence] = mapped_column(Json(Influence))
    is_influencer: Mapped[bool]
    signals: Mapped[tuple[Signal, ...]] = mapped_column(Json(tuple[Signal, ...]))
    doubts: Mapped[tuple[Doubt, ...]] = mapped_column(Json(tuple[Doubt, ...]))
    tagged_at: Mapped[datetime]
    topic: Mapped[str | None]
    topic_score: Mapped[float | None]
    relevance: Mapped[Relevance | None] = mapped_column(Json(Relevance))
    others: Mapped[Mapping[str, Mapping[str, float]] | None] = mapped_column(
        Json(Mapping[str, Mapping[str, float]])
    )


class CorrectionRow(Rows):
    """What one person said of one tag; rows are added and never changed."""

    __tablename__ = "corrections"
    __table_args__ = (Index(None, "mention_id", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id"))
    kind: Mapped[str]
    value: Mapped[str]
    was: Mapped[str]
    model: Mapped[str]
    said_by: Mapped[str]
    said_at: Mapped[datetime]
    note: Mapped[str]


class TicketRow(Rows):
    """A conversation that somebody must look after.

    What it owes next is kept by whatever changes its clocks (``storage/deadlines.py``);
    ``opened_by`` is the mention that opened it, in its language and about its topic.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        partial_index(
            "uq_tickets_one_open",
            "channel",
            "brand",
            "conversation",
            where=IS_OPEN_TICKET,
            is_unique=True,
        ),
        Index(None, "status", "urgency", "received_at", "id"),
        Index(None, "received_at", "id"),
        partial_index("ix_tickets_doubtful", "received_at", "id", where=IS_DOUBTFUL),
        partial_index("ix_tickets_claimed", "claim_expires_at", "id", where=IS_CLAIMED),
        partial_index(
            "ix_tickets_closed", "conversation", "id", where=IS_CLOSED_TICKET
        ),
        partial_index("ix_tickets_signs", "channel", "conversation", where=IS_MARKED),
        partial_index(
            # All that a list of open ones may be narrowed by, read from here alone.
            "ix_tickets_listed",
            "urgency",
            "received_at",
            "id",
            "owner",
            "brand",
            "queue",
            "channel",
            "tier",
            "severity",
            "code",
            "language",
            "topic",
            where=IS_OPEN_TICKET,
        ),
        partial_index("ix_tickets_owner", "owner", "brand", where=IS_CLAIMED),
        partial_index("ix_tickets_queue", "queue", "brand", where=IS_OPEN_TICKET),
        partial_index("ix_tickets_red", "code", "brand", where=IS_RED),
        partial_index("ix_tickets_owing", "next_due_at", "id", "brand", where=IS_OWING),
        partial_index(
            "ix_tickets_overdue", "overdue_at", "id", "brand", where=IS_OVERDUE
        ),
        Index(None, "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    brand: Mapped[str]
    channel: Mapped[str]
    conversation: Mapped[str]
    status: Mapped[str]
    severity: Mapped[str]
    urgency: Mapped[int]
    code: Mapped[str]
    tier: Mapped[int]
    queue: Mapped[str]
    complaint: Mapped[str]
    band: Mapped[str]
    is_influencer: Mapped[bool]
    house_pack: Mapped[PackRef] = mapped_column(Json(PackRef))
    regulation_pack: Mapped[PackRef] = mapped_column(Json(PackRef))
    received_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reach: Mapped[int]
    mentions: Mapped[int]
    owner: Mapped[str]
    claim_expires_at: Mapped[datetime | None]
    claim_lasts: Mapped[timedelta | None] = mapped_column(Json(timedelta))
    signs: Mapped[tuple[Sign, ...] | None] = mapped_column(Json(tuple[Sign, ...]))
    next_legal_at: Mapped[datetime | None]
    next_service_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    opened_by: Mapped[int | None]
    language: Mapped[str | None]
    topic: Mapped[str | None]


class SavedViewRow(Rows):
    """A list with a name, for its owner or for everybody."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("owner", "room", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    is_shared: Mapped[bool]
    saved_at: Mapped[datetime]
    room: Mapped[str] = mapped_column(server_default="queues")


class TicketEventRow(Rows):
    """A ticket's history."""

    __tablename__ = "ticket_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    name: Mapped[str]
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    detail: Mapped[str]
    facts: Mapped[Mapping[str, str] | None] = mapped_column(Json(Mapping[str, str]))


class TicketMarkRow(Rows):
    """A word on a ticket by which people find it, and the trigger that put it there."""

    __tablename__ = "ticket_marks"
    __table_args__ = (Index(None, "mark", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id"), primary_key=True, autoincrement=False
    )
    mark: Mapped[str] = mapped_column(primary_key=True)
    marked_by: Mapped[str]
    marked_at: Mapped[datetime]


class MergedTicketRow(Rows):
    """A ticket that went into another, and with it its conversation."""

    __tablename__ = "merged_tickets"
    __table_args__ = (Index(None, "channel", "brand", "conversation"),)

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id"), primary_key=True, autoincrement=False
    )
    into_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    channel: Mapped[str]
    brand: Mapped[str]
    conversation: Mapped[str]
    merged_by: Mapped[str]
    merged_at: Mapped[datetime]


class JoinedAccountRow(Rows):
    """An account that a person said is somebody's, who has others.

    Numbers are never used twice: the log names them.
    """

    __tablename__ = "joined_accounts"
    __table_args__ = (
        UniqueConstraint("channel", "author_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    author_id: Mapped[str]
    person: Mapped[int] = mapped_column(index=True)
    why: Mapped[str]
    joined_by: Mapped[str]
    joined_at: Mapped[datetime]


class TicketViewerRow(Rows):
    """Who has a ticket open."""

    __tablename__ = "ticket_viewers"

    viewer: Mapped[str] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id"), primary_key=True, autoincrement=False, index=True
    )
    seen_at: Mapped[datetime]


class ExposureRow(Rows):
    """How many abusive texts somebody uncovered on a day."""

    __tablename__ = "exposures"

    viewer: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    texts: Mapped[int]


class DecisionRow(Rows):
    """The one decision about a mention, and the ticket that came of it."""

    __tablename__ = "decisions"
    __table_args__ = (
        partial_index(
            "ix_decisions_set_aside", "decided_at", "mention_id", where=IS_SET_ASIDE
        ),
        partial_index(
            "ix_decisions_judged_no", "decided_at", "mention_id", where=IS_JUDGED_NO
        ),
    )

    mention_id: Mapped[int] = mapped_column(
        ForeignKey("mentions.id"), primary_key=True, autoincrement=False
    )
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    outcome: Mapped[str]
    severity: Mapped[str]
    code: Mapped[str]
    tier: Mapped[int]
    queue: Mapped[str]
    verdict: Mapped[str]
    legal_class: Mapped[str | None]
    provisional: Mapped[bool]
    scope: Mapped[Scope] = mapped_column(Json(Scope))
    house_pack: Mapped[PackRef] = mapped_column(Json(PackRef))
    regulation_pack: Mapped[PackRef] = mapped_column(Json(PackRef))
    reasons: Mapped[tuple[Reason, ...]] = mapped_column(Json(tuple[Reason, ...]))
    targets: Mapped[tuple[ServiceTarget, ...]] = mapped_column(
        Json(tuple[ServiceTarget, ...])
    )
    acknowledgement: Mapped[Acknowledgement | None] = mapped_column(
        Json(Acknowledgement)
    )
    decided_at: Mapped[datetime]


class _Promises:
    """What a promise is and how it stands, while it runs and after it ran."""

    rule: Mapped[str]
    kind: Mapped[str]
    force: Mapped[str]
    cite: Mapped[str]
    pack: Mapped[PackRef] = mapped_column(Json(PackRef))
    started_at: Mapped[datetime]
    due_strict: Mapped[datetime]
    due_legal: Mapped[datetime]
    met_by: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    provisional: Mapped[bool]
    inputs: Mapped[Mapping[str, str]] = mapped_column(Json(Mapping[str, str]))
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str]


class ClockRow(_Promises, Rows):
    """A promise on a ticket, with all that computes it again."""

    __tablename__ = "clocks"
    __table_args__ = (
        UniqueConstraint("ticket_id", "rule"),
        Index(None, "due_strict", "id"),
        partial_index("ix_clocks_due", "due_at", "id", where=IS_OPEN_CLOCK),
        partial_index("ix_clocks_warned", "warn_at", "id", where=IS_WARNED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    due_at: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]


class ClockRunRow(_Promises, Rows):
    """A promise that was over before its clock began to run anew, as it ended."""

    __tablename__ = "clock_runs"
    __table_args__ = (
        UniqueConstraint("clock_id", "started_at"),
        Index(None, "due_strict", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)


class ChainStepRow(Rows):
    """A call that is or was due on a ticket, with the chain as it began."""

    __tablename__ = "chain_steps"
    __table_args__ = (
        UniqueConstraint("ticket_id", "episode", "step", "round"),
        partial_index("ix_chain_steps_due", "due_at", "id", where=IS_WAITING_STEP),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    episode: Mapped[str]
    step: Mapped[int]
    round: Mapped[int]
    chain: Mapped[FrozenChain] = mapped_column(Json(FrozenChain))
    began_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str]
    told: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    moves: Mapped[int]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str]


class ReplyRow(Rows):
    """The outbox."""

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("mention_id", "kind"),
        Index(None, "state", "id"),
        Index(None, "channel", "external_id"),
        Index(None, "sending_at"),
        partial_index("ix_replies_written", "written_by", "id", where=IS_WRITTEN),
        partial_index(
            # SQLite would take the other index of the state if this began otherwise.
            "ix_replies_look_again",
            "state",
            "next_at",
            where=IS_LOOKED_AT_AGAIN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id"))
    kind: Mapped[str]
    state: Mapped[str]
    channel: Mapped[str]
    brand: Mapped[str]
    conversation: Mapped[str]
    in_reply_to: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    text_hash: Mapped[str]
    language: Mapped[str]
    template: Mapped[str]
    created_at: Mapped[datetime]
    attempts: Mapped[int]
    looks: Mapped[int]
    next_at: Mapped[datetime | None]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    external_id: Mapped[str]
    url: Mapped[str]
    reason: Mapped[str]
    approved_by: Mapped[str]
    written_by: Mapped[str] = mapped_column(server_default=NOBODY)
    tries_before: Mapped[int] = mapped_column(server_default="0")
    looked_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
    is_private: Mapped[bool] = mapped_column(server_default=IN_PUBLIC)


class EarlierWordsRow(Rows):
    """What a reply said before it was changed, once for each wording."""

    __tablename__ = "earlier_words"
    __table_args__ = (UniqueConstraint("reply_id", "text_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("replies.id"))
    text_hash: Mapped[str]
    text: Mapped[str]
    written_by: Mapped[str]
    until: Mapped[datetime]


class LetterRow(Rows):
    """A legal notice; its words and whom it went to can be forgotten, its hash stays.

    No reply: nothing that answers in public ever reads this table to send from it.
    """

    __tablename__ = "letters"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    pack: Mapped[PackRef] = mapped_column(Json(PackRef))
    notice: Mapped[str]
    event: Mapped[str]
    legal_class: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    text: Mapped[str]
    text_hash: Mapped[str]
    written_by: Mapped[str]
    created_at: Mapped[datetime]
    outcome: Mapped[str]
    issues: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    reason_code: Mapped[str]
    findings: Mapped[tuple[Finding, ...]] = mapped_column(Json(tuple[Finding, ...]))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str]
    way: Mapped[str]
    recipient: Mapped[str]
    receipt: Mapped[str]
    proof_sha256: Mapped[str]
    enclosures: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str]


class FollowUpRow(Rows):
    """What an author is or was to hear of us after our first word."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        UniqueConstraint("ticket_id", "episode", "occasion"),
        partial_index("ix_follow_ups_due", "due_at", "id", where=IS_OPEN_FOLLOW_UP),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id"))
    occasion: Mapped[str]
    episode: Mapped[str]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str]
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("replies.id"))
    promised_at: Mapped[datetime | None]
    moves: Mapped[int]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str]


class HandOffRow(Rows):
    """Somebody on the way from the public to a private talk."""

    __tablename__ = "hand_offs"
    __table_args__ = (
        partial_index(
            "uq_hand_offs_open", "ticket_id", where=IS_OPEN_HAND_OFF, is_unique=True
        ),
        partial_index("ix_hand_offs_due", "due_at", "id", where=IS_OPEN_HAND_OFF),
        partial_index(
            "ix_hand_offs_author", "channel", "author", where=IS_OPEN_HAND_OFF
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id"))
    channel: Mapped[str]
    brand: Mapped[str]
    author: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    begun_at: Mapped[datetime]
    begun_by: Mapped[str]
    moved_at: Mapped[datetime]
    way: Mapped[str]
    tried: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("replies.id"))
    due_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    cause: Mapped[str]
    reason: Mapped[str]
    record: Mapped[str]
    contact: Mapped[str]


class HandOffLinkRow(Rows):
    """A link to the form; the token itself is made of its number and our secret."""

    __tablename__ = "hand_off_links"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(primary_key=True)
    hand_off_id: Mapped[int] = mapped_column(ForeignKey("hand_offs.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("replies.id"), unique=True)
    used_at: Mapped[datetime | None]
    void_at: Mapped[datetime | None]
    attempts: Mapped[int]


class HandOffAnswerRow(Rows):
    """What somebody answered, locked; it goes when a person has matched it."""

    __tablename__ = "hand_off_answers"

    hand_off_id: Mapped[int] = mapped_column(
        ForeignKey("hand_offs.id"), primary_key=True, autoincrement=False
    )
    locked: Mapped[str]
    given_at: Mapped[datetime]
    purge_at: Mapped[datetime]


class ApprovalRow(Rows):
    """A named person's yes to one exact text: a reply's, or a legal notice's."""

    __tablename__ = "approvals"

    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("replies.id"), index=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id"), index=True)
    text_hash: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]


class SourceRow(Rows):
    """Where a source stands."""

    __tablename__ = "sources"

    name: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str | None]
    last_success_at: Mapped[datetime | None]
    failures: Mapped[int]
    retry_at: Mapped[datetime | None]
    off_because: Mapped[str]
    moved_at: Mapped[datetime | None]
    newest_at: Mapped[datetime | None]


class SourceHealthRow(Rows):
    """What a source's platform said last when it was asked whether we can work."""

    __tablename__ = "source_health"

    source: Mapped[str] = mapped_column(primary_key=True)
    checked_at: Mapped[datetime]
    ok: Mapped[bool]
    detail: Mapped[str]
    account_id: Mapped[str]
    account_handle: Mapped[str]
    token_expires_at: Mapped[datetime | None]
    quotas: Mapped[tuple[Quota, ...]] = mapped_column(Json(tuple[Quota, ...]))


class CoverageRow(Rows):
    """When a source was looked at, and when it could not be."""

    __tablename__ = "coverage"
    __table_args__ = (Index(None, "source", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    outcome: Mapped[str]
    detail: Mapped[str]
    fetched: Mapped[int]
    stored: Mapped[int]


class UsageRow(Rows):
    """The month's paid meter of a source."""

    __tablename__ = "usage"

    source: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    reads: Mapped[int]
    posts: Mapped[int]


class UsageDayRow(Rows):
    """The day's paid meter of a source, for its pace; days are UTC's."""

    __tablename__ = "usage_days"

    source: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    reads: Mapped[int]
    posts: Mapped[int]


class QuarantineItemRow(Rows):
    """What made no sense; ``digest`` covers where it came from and its content."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("source", "digest"),
        partial_index("ix_quarantine_open", "id", where=IS_KEPT_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    place: Mapped[str]
    reason: Mapped[str]
    payload: Mapped[str]
    digest: Mapped[str]
    kept_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(server_default=ITEM)
    context: Mapped[str] = mapped_column(server_default=NOBODY)
    state: Mapped[str] = mapped_column(server_default=OPEN)
    tried_at: Mapped[datetime | None]
    tried_by: Mapped[str] = mapped_column(server_default=NOBODY)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(server_default=NOBODY)
    outcome: Mapped[str] = mapped_column(server_default=NOBODY)


class DeliveryRow(Rows):
    """What others delivered; the words go when they are read, the digest stays.

    Numbers are where reading goes on, so none is used twice.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("source", "digest"),
        partial_index("ix_deliveries_unread", "source", "id", where=IS_UNREAD),
        Index(None, "source", "kept_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    digest: Mapped[str]
    body: Mapped[str]
    kept_at: Mapped[datetime]


class NoticeRow(Rows):
    """A message to our own people."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("key"),
        partial_index("ix_notices_waiting", "id", where=IS_WAITING_NOTICE),
        partial_index("ix_notices_given_up", "id", where=IS_GIVEN_UP),
        partial_index("ix_notices_undecidable", "id", where=IS_UNDECIDABLE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    is_important: Mapped[bool]
    facts: Mapped[Mapping[str, str] | None] = mapped_column(Json(Mapping[str, str]))
    created_at: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int]
    next_at: Mapped[datetime | None]
    reason: Mapped[str]
    delivered_by: Mapped[str]
    delivered_at: Mapped[datetime | None]


class TriggerItemRow(Rows):
    """What a trigger acted on, or counted, in one conversation or one matter."""

    __tablename__ = "trigger_items"
    __table_args__ = (Index(None, "trigger", "scope", "happened_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trigger: Mapped[str]
    scope: Mapped[str]
    happened_at: Mapped[datetime]


class IncidentRow(Rows):
    """The newest incident of one matter; ``lasts_until`` moves on with every item."""

    __tablename__ = "incidents"

    trigger: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime | None]
    lasts_until: Mapped[datetime | None]


class DeskLinkRow(Rows):
    """A ticket's mirror at one desk."""

    __tablename__ = "desk_links"
    __table_args__ = (
        partial_index(
            "uq_desk_links_external",
            "desk",
            "external_id",
            where=IS_MIRRORED,
            is_unique=True,
        ),
    )

    desk: Mapped[str] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id"), primary_key=True, autoincrement=False
    )
    key: Mapped[str]
    external_id: Mapped[str]
    url: Mapped[str]
    known: Mapped[Mapping[str, str]] = mapped_column(Json(Mapping[str, str]))
    told: Mapped[int]
    in_doubt: Mapped[bool]
    status: Mapped[str]
    assignee: Mapped[str]
    changed_at: Mapped[datetime]


class DeskChangeRow(Rows):
    """A change of a ticket on its way to one desk."""

    __tablename__ = "desk_changes"
    __table_args__ = (
        partial_index(
            "uq_desk_changes_waiting",
            "desk",
            "ticket_id",
            where=IS_WAITING_NOTICE,
            is_unique=True,
        ),
        partial_index("ix_desk_changes_open", "desk", "id", where=IS_UNSENT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk: Mapped[str]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    state: Mapped[str]
    joined: Mapped[int]
    attempts: Mapped[int]
    looks: Mapped[int]
    next_at: Mapped[datetime | None]
    reason: Mapped[str]


class RepeatRow(Rows):
    """A program's write by the name that it gave it; no status while under way."""

    __tablename__ = "repeats"
    __table_args__ = (UniqueConstraint("by", "name"), Index(None, "made_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str]
    name: Mapped[str]
    fingerprint: Mapped[str]
    made_at: Mapped[datetime]
    status: Mapped[int]
    etag: Mapped[str]
    body: Mapped[str]


class WebhookRow(Rows):
    """Who outside is told what the log says, and how far."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    actions: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    locked_secret: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    read_seal: Mapped[int]
    read_position: Mapped[int]
    state: Mapped[str]
    next_at: Mapped[datetime | None]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    reason: Mapped[str]


class PackTextRow(Rows):
    """The very text of a regulation pack that was in force, or was named."""

    __tablename__ = "pack_texts"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    pack: Mapped[str]
    version: Mapped[str]
    files: Mapped[Mapping[str, str]] = mapped_column(Json(Mapping[str, str]))
    kept_at: Mapped[datetime]


class VolumeRow(Rows):
    """How many of something there were in one hour or one day of the place."""

    __tablename__ = "volume"

    grain: Mapped[str] = mapped_column(primary_key=True)
    aspect: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    brand: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class VolumeMarkRow(Rows):
    """An instant whose figures are to be counted anew; without one: all of them.

    Rows are added by whoever changes what is counted, which nobody waits for.
    """

    __tablename__ = "volume_marks"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]


class PackChangeRow(Rows):
    """A version of the house's policy or wording that somebody proposes, whole."""

    __tablename__ = "pack_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    version: Mapped[str]
    sha256: Mapped[str]
    base_version: Mapped[str]
    base_sha256: Mapped[str]
    files: Mapped[Mapping[str, str]] = mapped_column(Json(Mapping[str, str]))
    note: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    state: Mapped[str]
    settled_by: Mapped[str]
    settled_at: Mapped[datetime | None]
    simulated: Mapped[Mapping[str, str]] = mapped_column(Json(Mapping[str, str]))


class SwitchRow(Rows):
    """A switch that every process obeys."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class LeaseRow(Rows):
    """Who is the active one, and until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    expires_at: Mapped[datetime]


class UserRow(Rows):
    """One of our people at the console; ``key`` is the name without capitals."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    version: Mapped[int]
    role: Mapped[str]
    brands: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    zone: Mapped[str]
    language: Mapped[str]
    theme: Mapped[str]
    added_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    password: Mapped[str]
    totp: Mapped[str]
    totp_step: Mapped[int]
    recovery: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    subject: Mapped[str | None] = mapped_column(unique=True)
    link: Mapped[str | None] = mapped_column(unique=True)
    link_ends_at: Mapped[datetime | None]


class SessionRow(Rows):
    """A browser in which somebody is signed in, by its cookie's hash."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    way: Mapped[str]
    address: Mapped[str]
    browser: Mapped[str]


class ApiKeyRow(Rows):
    """What a program signs in with, by its hash."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    brands: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    token: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class GrantRow(Rows):
    """A ticket that a regulator may read until an instant."""

    __tablename__ = "grants"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id"), primary_key=True, autoincrement=False
    )
    given_at: Mapped[datetime]
    given_by: Mapped[str]
    until: Mapped[datetime]
    reason: Mapped[str]


class FailureRow(Rows):
    """How often signing in failed under a name, from an address, or both."""

    __tablename__ = "sign_in_failures"

    who: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class SecretRow(Rows):
    """A secret that was made here because the settings name none."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    made_at: Mapped[datetime]


class AuditEntryRow(Rows):
    """One line of the log: plain text columns, because the seal covers their bytes.

    Numbers are never used twice, not even after the newest rows were cut off.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "subject", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)


class AuditSealRow(Rows):
    """One closed batch of the log."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_at: Mapped[str] = mapped_column(Text)
    root: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)
    total: Mapped[int]


class AuditLeafRow(Rows):
    """Which seal covers an entry, at which leaf, with the leaf's hash."""

    __tablename__ = "audit_leaves"
    __table_args__ = (UniqueConstraint("seal_number", "position"),)

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("audit_entries.id"), primary_key=True, autoincrement=False
    )
    seal_number: Mapped[int] = mapped_column(ForeignKey("audit_seals.number"))
    position: Mapped[int]
    leaf: Mapped[str] = mapped_column(Text)
