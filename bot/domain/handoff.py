"""The way from a public line to a private talk with somebody whom we know.

(Who has a ticket changes hands by ``hand_off`` of ``services/claims``: another thing.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.mentions import MentionId
from bot.domain.replies import ReplyId
from bot.domain.tickets import TicketId, Way

HandOffId = NewType("HandOffId", int)
LinkNumber = NewType("LinkNumber", int)

LINK = "{link}"
"""Stands in a text where its reader sees a link; the database holds no link."""


class HandOffState(StrEnum):
    """How far somebody has come from the public to a private talk.

    ``offered``: the way there is worded and not yet seen to stand; ``opened``: they
    wrote to us in private, or used their form; ``fell_back``: a person goes on by
    phone or letter, and what comes late still counts.
    """

    OFFERED = "offered"
    INVITED = "invited"
    OPENED = "opened"
    IDENTIFIED = "identified"
    MATCHED = "matched"
    PRIVATE = "private"
    FELL_BACK = "fell_back"
    CLOSED = "closed"

    @property
    def is_over(self) -> bool:
        """Whether nothing follows any more."""
        return self in {HandOffState.PRIVATE, HandOffState.CLOSED}


TIMED = (
    HandOffState.OFFERED,
    HandOffState.INVITED,
    HandOffState.OPENED,
    HandOffState.IDENTIFIED,
    HandOffState.MATCHED,
)
"""The steps that end by themselves."""


class HandOffWay(StrEnum):
    """By what somebody is led away from the public, in the order of trying."""

    MESSAGE = "message"
    LINE = "line"
    PERSON = "person"


class HandOffCause(StrEnum):
    """Why a way ended.

    ``refused``: the platform did not take the message, as where messages are closed
    or we are blocked; ``no_way``: nobody may be written to so, or nothing is set up.
    """

    REFUSED = "refused"
    WINDOW_SHUT = "window_shut"
    NO_WAY = "no_way"
    NOT_AGREED = "not_agreed"
    EXPIRED = "expired"
    WRONG_ANSWERS = "wrong_answers"
    DECLINED = "declined"
    IN_NEED = "in_need"
    REPRESENTATIVE = "representative"
    GIVEN_UP = "given_up"


class Asked(StrEnum):
    """What a form may ask for; nothing that only we can know."""

    FULL_NAME = "full_name"
    DATE_OF_BIRTH = "date_of_birth"
    POSTCODE = "postcode"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLink:
    """A private way of the house's own; ``verified_on``: a person followed it."""

    url: str
    verified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffPolicy:
    """How the house leads people away from the public.

    ``steps``: how long each may last. ``asks`` must be answered in the form, what
    ``may_ask`` names need not; ``contact`` are the ways that somebody can choose from.
    ``links``: the house's own private way by brand, which a public line names.
    ``unasked``: an invitation in the house's words needs no person's yes. The form's
    link is bounded by ``link_lasts`` and ``attempts``.
    """

    steps: Mapping[HandOffState, timedelta]
    asks: tuple[Asked, ...]
    contact: tuple[Way, ...]
    may_ask: tuple[Asked, ...] = ()
    links: Mapping[str, VerifiedLink] = field(default_factory=dict)
    unasked: bool = False
    link_lasts: timedelta = timedelta(days=3)
    attempts: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FormWording:
    """What the form says in a language; it never says that anybody is known to us."""

    title: str
    intro: str
    asks: Mapping[Asked, str]
    contact: Mapping[Way, str]
    how: str
    optional: str
    send: str
    thanks: str
    gone: str
    later: str
    needed: str
    no_date: str
    too_long: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """One on its way. At most one of a ticket is not over.

    ``author`` is the external id of whom it is for, ``mention_id`` what we answer.
    ``due_at`` is when it must next be looked at, ``until`` when its step ends.
    ``tried`` are the ways that were begun, ``reply_id`` our words of the present one.
    ``record`` is the house's own reference of whom we talk to, ``contact`` how they
    want to be reached. ``version`` grows by one with every change.
    """

    ticket_id: TicketId
    mention_id: MentionId
    channel: str
    brand: str
    author: str
    language: str
    state: HandOffState
    begun_at: datetime
    begun_by: str
    moved_at: datetime
    id: HandOffId = HandOffId(0)
    version: int = 1
    way: HandOffWay = HandOffWay.PERSON
    tried: tuple[str, ...] = ()
    reply_id: ReplyId | None = None
    due_at: datetime | None = None
    until: datetime | None = None
    cause: str = ""
    reason: str = ""
    record: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffLink:
    """One link to the form, good for one set of answers; ``reply_id`` carries it."""

    hand_off_id: HandOffId
    made_at: datetime
    expires_at: datetime
    number: LinkNumber = LinkNumber(0)
    reply_id: ReplyId | None = None
    used_at: datetime | None = None
    void_at: datetime | None = None
    attempts: int = 0

    def is_good(self, now: datetime) -> bool:
        """Whether answers may still come by it."""
        is_open = self.used_at is None and self.void_at is None
        return is_open and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedAnswers:
    """What somebody answered, in a form that only our secret opens."""

    hand_off_id: HandOffId
    locked: str
    given_at: datetime
    purge_at: datetime
