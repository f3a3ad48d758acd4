"""What waits for somebody's yes: replies and legal notices, most urgent first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bot.domain.letters import Letter
from bot.domain.replies import Reply

NO_CLOCK = datetime(9999, 1, 1, tzinfo=UTC)
"""Where something stands that no clock runs for: behind all the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an item stands; the list goes on behind one. Letters come first."""

    due_at: datetime
    is_reply: bool
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A reply or a legal notice that waits, and the next clock of its ticket.

    ``due_at`` is when that clock runs out, ``NO_CLOCK`` where none runs.
    """

    what: Reply | Letter
    brand: str
    due_at: datetime

    @property
    def is_reply(self) -> bool:
        """Whether it is to stand on a platform."""
        return isinstance(self.what, Reply)

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(
            due_at=self.due_at, is_reply=self.is_reply, number=int(self.what.id)
        )


class Inbox(Protocol):
    """Read-only questions of those who agree to what others wrote."""

    def waiting(
        self, *, limit: int, brands: Collection[str] = (), after: Place | None = None
    ) -> Sequence[Waiting]:
        """Return what waits, earliest due first; all brands' if none is named."""
        ...

    def free_and_red(self, brands: Collection[str] = (), *, most: int) -> int:
        """Count open tickets in code red that nobody has, no further than ``most``."""
        ...

    def sources_off(self) -> Mapping[str, str]:
        """Return the sources that are not listened to, each with its reason."""
        ...
