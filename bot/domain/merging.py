"""Tickets that became one, and tickets that were split: what is moved between them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.clocks import Clock
from bot.domain.dossiers import AccountKey
from bot.domain.mentions import MentionId
from bot.domain.tickets import Ticket, TicketId

MERGED = "merged"
"""How both histories name that one ticket went into another."""

SPLIT = "split"
"""How both histories name that some of a ticket's texts have one of their own."""

CAME_FROM = "came_from"
"""The fact of an event that was told on another ticket first: by its key."""


class Merging(Protocol):
    """What goes from one ticket to another, within one transaction."""

    def record(self, merged: Ticket, into: TicketId, *, by: str, at: datetime) -> None:
        """Write that a ticket went into another, and what had gone into it."""
        ...

    def into(self, ticket_id: TicketId) -> TicketId | None:
        """Return into which one a ticket went, if it did."""
        ...

    def gone_into(self, ticket_id: TicketId) -> Sequence[TicketId]:
        """Return the tickets that went into one, by their numbers."""
        ...

    def undo(self, ticket_id: TicketId) -> None:
        """Write that it stands by itself again."""
        ...

    def merged_as(
        self, into: TicketId, channel: str, conversation: str
    ) -> TicketId | None:
        """Return the ticket of a conversation that went into another."""
        ...

    def move_all(self, ticket_id: TicketId, to: TicketId) -> None:
        """Give all texts, replies, legal notices and hand-offs to another ticket."""
        ...

    def move(self, mentions: Collection[MentionId], to: TicketId) -> None:
        """Give some texts and what answers them to another ticket."""
        ...

    def describe(self, ticket_id: TicketId, like: TicketId, opened_by: int) -> None:
        """Say which text opened it, in the language and about the topic of another."""
        ...

    def take_clock(self, clock: Clock, to: TicketId) -> bool:
        """Let a clock run on another ticket, if it still stands as it did."""
        ...

    def put_away(self, clock: Clock, into: Clock, *, as_run: bool) -> bool:
        """Take a clock out in favour of one that covers it, with its runs.

        ``False`` if it does not stand any more as it did.
        ``as_run``: how it stood is kept as an earlier run of that one.
        """
        ...

    def authors(self, ticket_id: TicketId) -> Sequence[AccountKey]:
        """Return who spoke in a ticket."""
        ...
