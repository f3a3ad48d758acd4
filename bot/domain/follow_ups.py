"""Follow-ups: what the author hears of us between our first word and the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.hours import Shift
from bot.domain.mentions import MentionId
from bot.domain.replies import ReplyId, ReplyKind
from bot.domain.tickets import TicketId

FollowUpId = NewType("FollowUpId", int)

STATUS_SENT = "status_sent"
SATISFACTION_ASKED = "satisfaction_asked"
SATISFACTION_ANSWERED = "satisfaction_answered"
OF_FOLLOW_UPS = frozenset({STATUS_SENT, SATISFACTION_ASKED, SATISFACTION_ANSWERED})
"""Events that meet no promise, of the law's or of the house's."""

HAND_OFF_OFFERED = "hand_off_offered"
INVITED_PRIVATELY = "invited_privately"
OF_HAND_OFFS = frozenset({HAND_OFF_OFFERED, INVITED_PRIVATELY})
"""Events that invite to a private talk: they meet what a pack says they meet."""

NO_ANSWERS = frozenset(
    {
        "acknowledged",
        "acknowledged_another",
        "answered_another",
        *OF_FOLLOW_UPS,
        *OF_HAND_OFFS,
    }
)
"""Events after which an author waits as before."""


class Occasion(StrEnum):
    """Why the author should hear of us.

    ``waiting``: nobody has taken the ticket for a while; ``promise_near`` and
    ``legal_near``: a part of the time of the house's first promise, or of the law's,
    is over; ``closed``: whether they are satisfied is asked.
    """

    RAISED = "raised"
    WAITING = "waiting"
    PROMISE_NEAR = "promise_near"
    LEGAL_NEAR = "legal_near"
    CLOSED = "closed"

    @property
    def kind(self) -> ReplyKind:
        """The kind of reply that tells of it."""
        return _KINDS[self]


_KINDS: Mapping[Occasion, ReplyKind] = {
    Occasion.RAISED: ReplyKind.STATUS_RAISED,
    Occasion.WAITING: ReplyKind.STATUS_WAITING,
    Occasion.PROMISE_NEAR: ReplyKind.STATUS_PROMISE_NEAR,
    Occasion.LEGAL_NEAR: ReplyKind.STATUS_LEGAL_NEAR,
    Occasion.CLOSED: ReplyKind.SATISFACTION,
}
KINDS = frozenset(_KINDS.values())
"""The kinds of replies that are follow-ups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRule:
    """One occasion of the house's policy.

    ``unasked``: it may go out without a person's yes. ``after``: how long somebody has
    waited, or the ticket has been closed. ``share``: hundredths of a promise's time.
    """

    unasked: bool = False
    after: timedelta = timedelta(0)
    share: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPolicy:
    """When the author hears of us again; an occasion that is left out is off.

    ``answers`` are the events that answer the author: a promise that one of them meets
    gives the date that is told, and nothing that was to be told before is told after.
    ``quiet``: hours in which nothing is said; a zone left out is the brand's own.
    ``gap`` lies between two follow-ups of a ticket, which gets ``at_most`` so many.
    """

    answers: tuple[str, ...]
    quiet: tuple[Shift, ...] = ()
    gap: timedelta = timedelta(hours=4)
    at_most: int = 3
    raised: FollowUpRule | None = None
    waiting: FollowUpRule | None = None
    promise_near: FollowUpRule | None = None
    legal_near: FollowUpRule | None = None
    closed: FollowUpRule | None = None

    def rule(self, occasion: Occasion) -> FollowUpRule | None:
        """Return what the house wants on an occasion; ``None``: nothing."""
        found: FollowUpRule | None = getattr(self, occasion.value)
        return found


class FollowUpState(StrEnum):
    """Where a follow-up stands.

    ``worded``: it lies in the outbox; ``skipped``: a rule forbade it.
    """

    WAITING = "waiting"
    WORDED = "worded"
    DONE = "done"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing follows any more."""
        return self not in {FollowUpState.WAITING, FollowUpState.WORDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One that is or was due on a ticket: a durable timer.

    ``episode`` names the author's mention, or the closing, that it follows: whatever
    ends that (an answer, a further mention, a closing or opening) makes it void.
    ``due_at`` is when it must next be looked at, ``promised_at`` the date that its text
    names, ``moves`` how often it was put off.
    """

    ticket_id: TicketId
    mention_id: MentionId
    occasion: Occasion
    episode: str
    planned_at: datetime
    due_at: datetime
    id: FollowUpId = FollowUpId(0)
    state: FollowUpState = FollowUpState.WAITING
    reply_id: ReplyId | None = None
    promised_at: datetime | None = None
    moves: int = 0
    ended_at: datetime | None = None
    reason: str = ""
