"""Legal notices: what a regulation makes us write to a complainant alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from bot.domain.clocks import PackRef
from bot.domain.packs import EscalationBody, NoticeContents, Unit
from bot.domain.tickets import TicketId

LetterId = NewType("LetterId", int)

OUTCOME, CHECKED = "outcome", "contents_checked"
"""Facts of the event that a notice is recorded as: how the complaint ended, and whether
what it holds was checked."""


def letter_key(letter_id: int) -> str:
    """Return how people name a legal notice."""
    return f"L-{letter_id:06d}"


class Ending(StrEnum):
    """How a complaint ended, as a notice tells it."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    REJECTED = "rejected"


class LetterState(StrEnum):
    """Where a legal notice stands.

    ``sent``: the mail server took it, or a person proved that it was handed over.
    ``unknown``: the connection broke when it may have been taken.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a notice must hold, whether it does, and how that was judged."""

    item: str
    cite: str
    is_met: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One legal notice of one ticket.

    ``notice`` is its name in the pack, ``event`` what giving it is recorded as.
    ``issues`` are what the complaint raises, as a person listed it; ``reason_code`` the
    ground of a delay. ``recipient`` and ``text`` can be forgotten, their hash stays.
    ``receipt`` is what shows that it was given, ``proof_sha256`` the hash of a file
    that does, ``enclosures`` name what went with it.
    """

    ticket_id: TicketId
    pack: PackRef
    notice: str
    event: str
    legal_class: str
    language: str
    state: LetterState
    text: str
    text_hash: str
    written_by: str
    created_at: datetime
    id: LetterId = LetterId(0)
    outcome: str = ""
    issues: tuple[str, ...] = ()
    reason_code: str = ""
    findings: tuple[Finding, ...] = ()
    approved_at: datetime | None = None
    approved_by: str = ""
    way: str = ""
    recipient: str = ""
    receipt: str = ""
    proof_sha256: str = ""
    enclosures: tuple[str, ...] = ()
    sending_at: datetime | None = None
    sent_at: datetime | None = None
    reason: str = ""

    @property
    def key(self) -> str:
        """How people name it."""
        return letter_key(self.id)

    @property
    def message_id(self) -> str:
        """What its e-mail bears: the same at every try, to be found by at a server."""
        return f"<{self.key}.{self.text_hash[:16]}@answerable.invalid>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that goes with a notice."""

    name: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundLetter:
    """A notice as a mail server needs it."""

    message_id: str
    to: str
    subject: str
    text: str
    enclosures: Sequence[Enclosure] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words by which a language's notices are written and checked.

    ``date`` has the blanks ``day month year``. ``right``: that one may turn to
    somebody, ``denial``: that one may not. ``waiver``: that time limits are waived or
    kept. ``idle`` sentences give no reason of this case.

    What may stand nowhere: ``taken`` takes the right back, ``burden`` burdens it in a
    sentence about the body, which ``bodies`` name; ``receipt`` tells when we got the
    complaint; ``tipping_off`` tells of reports that nobody may tell of.
    """

    date: str
    months: tuple[str, ...]
    outcome: Mapping[Ending, tuple[str, ...]]
    right: tuple[str, ...]
    denial: tuple[str, ...]
    waiver: tuple[str, ...]
    idle: tuple[str, ...]
    units: Mapping[Unit, tuple[str, ...]]
    numbers: Mapping[int, tuple[str, ...]]
    contact: Mapping[str, str]
    years: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    burden: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    receipt: tuple[str, ...] = ()
    tipping_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionWording:
    """One section; ``by_outcome`` and ``by_class`` say it otherwise for some.

    What stands in square brackets only a person can say. ``each`` is said of every
    issue.
    """

    heading: str
    text: str = ""
    by_outcome: Mapping[Ending, str] = field(default_factory=dict)
    by_class: Mapping[str, str] = field(default_factory=dict)
    each: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTemplate:
    """How one notice is written; only what the pack asks for is put into it."""

    title: str
    opening: str
    sections: Mapping[str, SectionWording]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterBook:
    """The notices of one pack in one language."""

    pack: str
    language: str
    wording: Wording
    notices: Mapping[str, LetterTemplate]
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one notice of one ticket must be.

    ``recorded``: the outcome that the ticket's history tells already. ``latest``: the
    last day for what it promises, by the item's name. ``grounds``: of which
    ``reason_code`` must be one. ``others`` are bodies that this complaint cannot go to,
    ``other_brands`` those that it is not about.
    """

    contents: NoticeContents
    cite: str
    legal_class: str
    ticket: str
    brand: str
    received: date
    today: date
    outcome: str = ""
    issues: tuple[str, ...] = ()
    recorded: str = ""
    reason_code: str = ""
    grounds: tuple[str, ...] = ()
    body: EscalationBody | None = None
    others: tuple[EscalationBody, ...] = ()
    other_brands: tuple[str, ...] = ()
    latest: Mapping[str, date] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        """Whether the complaint is rejected, wholly or in part."""
        return self.outcome in {Ending.PARTLY, Ending.REJECTED}

    @property
    def required(self) -> list[str]:
        """What it must hold, in order."""
        return self.contents.required(self.legal_class, is_refused=self.is_refused)
