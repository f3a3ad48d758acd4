"""Tickets as outside desks hold them: what goes there, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from bot.domain.channels import Cursor
from bot.domain.decisions import Severity
from bot.domain.tickets import TicketId, TicketStatus

NEVER = datetime.min.replace(tzinfo=UTC)
"""Before anything that a desk can say."""


OURS = "answerable-"
"""What every key of ours begins with."""


class Sending(StrEnum):
    """How far a change of a ticket is on its way to a desk."""

    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCard:
    """What a desk is told of a ticket: ids, reasons, times and a link.

    ``key`` is ours alone, on every desk and for ever. ``facts`` are what may change.
    ``texts`` are the author's words, empty unless the operator lets them out.
    """

    key: str
    title: str
    status: TicketStatus
    severity: Severity
    facts: Mapping[str, str]
    reasons: Sequence[str] = ()
    link: str = ""
    texts: Sequence[str] = ()

    @property
    def body(self) -> str:
        """All of it for people, in plain text."""
        lines = [f"{name}: {value}" for name, value in self.facts.items()]
        if self.reasons:
            lines += ["", "Why:", *(f"- {reason}" for reason in self.reasons)]
        for text in self.texts:
            lines += ["", text]
        if self.link:
            lines += ["", self.link]
        return "\n".join([*lines, "", f"[{self.key}]"])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskUpdate:
    """What changed since the desk was told last.

    ``mark`` stands in the note that tells of it, the same in every try. ``status`` is
    set only where it is not what the desk holds already.
    """

    card: DeskCard
    mark: str
    lines: Sequence[str]
    status: TicketStatus | None = None

    @property
    def note(self) -> str:
        """The change for people, in plain text."""
        return "\n".join([*self.lines, "", f"[{self.mark}]"])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """How one of our tickets stands at a desk, and when it was last changed there.

    ``status_name`` and ``assignee`` are the desk's own words.
    """

    external_id: str
    status: TicketStatus
    status_name: str
    at: datetime
    assignee: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPage:
    """What changed at a desk; the cursor goes on behind it."""

    states: Sequence[DeskState]
    cursor: Cursor | None
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLink:
    """Our ticket and its mirror: what the desk was told, and what it said last.

    ``in_doubt``: a call may have done its work though nothing came of it. ``told``
    counts the notes that surely arrived.
    """

    desk: str
    ticket_id: TicketId
    key: str
    external_id: str = ""
    url: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    told: int = 0
    in_doubt: bool = False
    status: TicketStatus = TicketStatus.OPEN
    assignee: str = ""
    changed_at: datetime = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChange:
    """One change of a ticket on its way to one desk; later ones join it as it waits."""

    id: int
    desk: str
    ticket_id: TicketId
    state: Sending
    attempts: int
    looks: int
    reason: str = ""
    next_at: datetime | None = None
