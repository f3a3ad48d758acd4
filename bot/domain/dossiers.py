"""One ticket as people read it: what was said, by whom, and who else looks at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NewType, Protocol

from bot.domain.audit import LoggedEntry
from bot.domain.corrections import Correction
from bot.domain.decisions import Decision
from bot.domain.mentions import Author, MentionId, MentionVersion, StoredMention
from bot.domain.tags import Tags
from bot.domain.tickets import Ticket, TicketEvent, TicketId

AccountId = NewType("AccountId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One text of a ticket with all that is known of it.

    ``carried``: how often it was carried further, as far as we saw. ``versions`` are
    its words before each edit, oldest first.
    """

    stored: StoredMention
    decision: Decision
    decided_at: datetime
    tags: Tags | None = None
    corrections: Sequence[Correction] = ()
    versions: Sequence[MentionVersion] = ()
    carried: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """An account by the platform's own id of it."""

    channel: str
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedAccount:
    """An account that a person said is somebody's, with others.

    ``person`` is the number that those accounts share.
    """

    id: AccountId
    key: AccountKey
    person: int
    why: str
    joined_by: str
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Somebody who has a ticket open, and when we last heard so."""

    viewer: str
    seen_at: datetime


class Dossiers(Protocol):
    """What one ticket's page shows, each part by an index."""

    def told(
        self, ticket_id: TicketId, *, limit: int, before: MentionId | None = None
    ) -> Sequence[Told]:
        """Return a ticket's newest texts, oldest first, without mere amplifications.

        ``before`` goes on behind the oldest one of the page before.
        """
        ...

    def first(self, ticket_id: TicketId) -> StoredMention | None:
        """Return the text that it began with."""
        ...

    def events(self, ticket_id: TicketId) -> Sequence[TicketEvent]:
        """Return its history but for the receipt of each mention, oldest first."""
        ...

    def account(self, key: AccountKey) -> tuple[Author, datetime] | None:
        """Return an account as it was when last seen, and when that was."""
        ...

    def tickets_by(
        self, accounts: Collection[AccountKey], *, limit: int
    ) -> Sequence[Ticket]:
        """Return the newest tickets in which these accounts spoke, newest first."""
        ...

    def texts_by(
        self, accounts: Collection[AccountKey], *, limit: int
    ) -> Sequence[tuple[StoredMention, TicketId | None]]:
        """Return the newest texts of these accounts with their tickets."""
        ...

    def log(
        self, ticket_id: TicketId, actions: Collection[str]
    ) -> Sequence[LoggedEntry]:
        """Return what the log says of a ticket by these actions, oldest first."""
        ...

    def last_entry(self, ticket_id: TicketId) -> LoggedEntry | None:
        """Return the newest line of the log about a ticket."""
        ...


class Accounts(Protocol):
    """Which accounts a person said are one author's; nothing is joined by itself."""

    def of(self, key: AccountKey) -> JoinedAccount | None:
        """Return an account, if it is joined with any."""
        ...

    def together(self, person: int) -> Sequence[JoinedAccount]:
        """Return all accounts that are joined, in the order in which they were."""
        ...

    def add(
        self, key: AccountKey, *, person: int, why: str, by: str, at: datetime
    ) -> JoinedAccount:
        """Put an account to a person's others; to none yet if ``person`` is 0."""
        ...

    def move(self, person: int, to: int) -> None:
        """Let all accounts of one number share another."""
        ...

    def remove(self, account_id: AccountId) -> None:
        """Take one away from the others."""
        ...


class Viewers(Protocol):
    """Who looks at which ticket, and how much abuse our people had to read."""

    def look(self, ticket_id: TicketId, viewer: str, at: datetime) -> None:
        """Write that somebody looks at a ticket."""
        ...

    def forget(self, viewer: str, before: datetime) -> None:
        """Drop what somebody looked at before an instant."""
        ...

    def looking(self, ticket_id: TicketId, since: datetime) -> Sequence[Looking]:
        """Return who was seen there since an instant, by name."""
        ...

    def looking_at(
        self, tickets: Collection[TicketId], since: datetime
    ) -> Mapping[TicketId, Sequence[str]]:
        """Return who was seen at each of several since an instant, by name."""
        ...

    def expose(self, viewer: str, day: date) -> int:
        """Count one more abusive text that somebody uncovered; return the day's."""
        ...

    def exposures(self, day: date) -> Mapping[str, int]:
        """Return how many each of our people uncovered on a day."""
        ...
