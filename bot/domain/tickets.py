"""Our unit of work: one open ticket per conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.clocks import PackRef
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.tags import Band, Sign
from bot.errors import Missing

TicketId = NewType("TicketId", int)


class TicketStatus(StrEnum):
    """Whether anybody still owes anything."""

    OPEN = "open"
    CLOSED = "closed"


CLASSIFIED = "classified"
"""A person said of which class of the regulation's pack a complaint is."""

REVIEWED = "scope_reviewed"
"""A person answered the complaint test of one of its mentions, fact by fact."""

OVERTURNED = "scope_overturned"
"""What ends clocks that were never owed: a person found no complaint."""


WITHDRAWN = "withdrawn"
"""A person said that an event was recorded wrongly; both stay in the history."""

NUMBER = "number"
"""The fact by which a withdrawal names its event."""


PACK_ADDED = "pack_added"
"""A person said that another pack's clocks run on a ticket too."""

BY_HAND = "by_hand"
"""The channel of tickets that a person opened: nothing was said in public."""


class Way(StrEnum):
    """How something reached its author where the bot could not see it."""

    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"
    IN_PERSON = "in_person"
    PRIVATE_MESSAGE = "private_message"
    PLATFORM_APP = "platform_app"


GIVEN_ELSEWHERE, GIVEN_BY, RECORDED_BY = "given_elsewhere", "given_by", "recorded_by"
"""The facts of what only a person's word stands for: which way, by whom, whose word."""


MOST_DIGITS = 18
"""Of a number that a database can hold."""


def key_of(ticket_id: int) -> str:
    """Return how people name a ticket."""
    return f"T-{ticket_id:06d}"


def id_of(key: str) -> TicketId:
    """Read ``T-000012`` or ``12``; raises ``Missing`` for what names no ticket."""
    digits = key.strip().upper().removeprefix("T-")
    if not digits.isdecimal() or len(digits) > MOST_DIGITS:
        raise Missing(f"{key!r} is no ticket; one looks like T-000012")
    return TicketId(int(digits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One conversation that somebody must look after.

    ``received_at`` is the publication of its first mention (RG 271.35, .106), never the
    time of our work on it. ``version`` grows by one with every change: whoever writes
    an older one is told ``Stale``. ``owner`` is empty unless a person or the bot has
    claimed it; a claim ends at ``claim_expires_at`` unless the owner does something,
    which makes it last ``claim_lasts`` from then. ``signs`` are needs that a person
    should look at: they are of this conversation, and never of its author.
    """

    brand: str
    channel: str
    conversation: str
    status: TicketStatus
    severity: Severity
    code: Code
    tier: Tier
    queue: str
    complaint: Answer
    band: Band
    is_influencer: bool
    house_pack: PackRef
    regulation_pack: PackRef
    received_at: datetime
    opened_at: datetime
    id: TicketId = TicketId(0)
    version: int = 1
    reach: int = 0
    mentions: int = 1
    owner: str = ""
    claim_expires_at: datetime | None = None
    claim_lasts: timedelta | None = None
    closed_at: datetime | None = None
    signs: tuple[Sign, ...] = ()

    @property
    def key(self) -> str:
        """How people name it."""
        return key_of(self.id)

    def claimed_by(self, at: datetime) -> str:
        """Whose it is at an instant; empty if nobody's, or if the claim has run out."""
        holds = self.claim_expires_at is not None and at < self.claim_expires_at
        return self.owner if holds else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """Something that happened to a ticket; clocks are computed from these alone.

    ``happened_at`` is the world's time of it, ``recorded_at`` ours. ``facts`` came with
    it: a reason code, what a notice held, how many days were granted. ``id`` is its
    number in the history, zero before it is stored.
    """

    ticket_id: TicketId
    name: str
    happened_at: datetime
    recorded_at: datetime
    detail: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    id: int = field(default=0, compare=False)


def hearsay(event: TicketEvent) -> str:
    """Say on whose word an event rests that the bot did not see; empty if it did."""
    facts = event.facts
    if GIVEN_ELSEWHERE not in facts:
        return ""
    way, by = facts[GIVEN_ELSEWHERE].replace("_", " "), facts[GIVEN_BY]
    return f"{way} by {by}, recorded by {facts[RECORDED_BY]}, not seen by the bot"


def standing(events: Sequence[TicketEvent]) -> list[TicketEvent]:
    """Return the events that hold: none that was withdrawn, and no withdrawal."""
    gone = {one.facts.get(NUMBER) for one in events if one.name == WITHDRAWN}
    return [one for one in events if one.name != WITHDRAWN and str(one.id) not in gone]
