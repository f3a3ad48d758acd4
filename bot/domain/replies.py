"""What we say, in public or to one author alone, and how we know it was said once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.mentions import MentionId
from bot.domain.tickets import TicketId

ReplyId = NewType("ReplyId", int)

LONGEST_REPLY = 10_000
"""Characters; no platform takes a longer message, and looking at them takes time."""


def reply_key(reply_id: int) -> str:
    """Return how people name a reply."""
    return f"R-{reply_id:06d}"


class ReplyKind(StrEnum):
    """What a reply is for.

    ``invitation``: to its author alone, with a link of their own; ``hand_off``: the
    public line that names where we can be written to in private.
    """

    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"
    STATUS_RAISED = "status_raised"
    STATUS_WAITING = "status_waiting"
    STATUS_PROMISE_NEAR = "status_promise_near"
    STATUS_LEGAL_NEAR = "status_legal_near"
    SATISFACTION = "satisfaction"
    INVITATION = "invitation"
    HAND_OFF = "hand_off"


class ReplyState(StrEnum):
    """Where a reply stands.

    ``withheld``: decided, worded and logged, but the channel is in shadow mode.
    ``sent``: the platform took it; ``seen``: it was read back there.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    SEEN = "seen"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    WITHHELD = "withheld"


class Mode(StrEnum):
    """Whether a channel really speaks."""

    SHADOW = "shadow"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to one mention. At most one of a kind exists per mention.

    ``text_hash`` is what an approval binds to. ``next_at`` is when the worker may look
    at it again, ``looks`` how often it was looked for on the platform in vain.
    ``author`` is the external id of whom we answer, for flood guards. ``written_by`` is
    whose words they are, empty for the house's own; ``tries_before`` is how often it
    was tried in earlier words. ``looked_at`` is when it was last found there after it
    was seen, ``gone_at`` when it was found to be there no more. ``is_private``: it
    goes to that author alone.
    """

    ticket_id: TicketId
    mention_id: MentionId
    kind: ReplyKind
    state: ReplyState
    channel: str
    brand: str
    conversation: str
    in_reply_to: str
    author: str
    text: str
    text_hash: str
    language: str
    template: str
    created_at: datetime
    id: ReplyId = ReplyId(0)
    attempts: int = 0
    looks: int = 0
    next_at: datetime | None = None
    sending_at: datetime | None = None
    sent_at: datetime | None = None
    seen_at: datetime | None = None
    external_id: str = ""
    url: str = ""
    reason: str = ""
    approved_by: str = ""
    written_by: str = ""
    tries_before: int = 0
    looked_at: datetime | None = None
    gone_at: datetime | None = None
    is_private: bool = False

    @property
    def key(self) -> str:
        """How people name it."""
        return reply_key(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundReply:
    """A reply as a connector needs it.

    ``key`` is ours and never changes between tries; ``first_tried_at`` bounds a search
    for it on the platform (``None`` before the first try). ``external_id`` is the
    platform's own, once it has taken the reply. ``author`` is the external id of whom
    we answer, ``language`` that of the text.
    """

    key: str
    brand: str
    conversation: str
    in_reply_to: str
    text: str
    author: str = ""
    language: str = ""
    first_tried_at: datetime | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A named person's yes to one exact text; void once the text was changed."""

    text_hash: str
    approved_by: str
    approved_at: datetime
    voided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierWords:
    """What a reply said before it was changed, kept where somebody else knew it."""

    text_hash: str
    text: str
    written_by: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The platform's word that a reply stands there."""

    external_id: str
    url: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether something may be done, and which rules said so, in order.

    ``open_until``: when a platform's window for it closes, where it has one.
    """

    allowed: bool
    reasons: tuple[str, ...] = ()
    open_until: datetime | None = None
