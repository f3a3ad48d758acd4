"""Programs outside that are told what the log says, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.audit import SealedAt

WebhookId = NewType("WebhookId", int)


class WebhookState(StrEnum):
    """Whether it is told; ``paused`` after too long a silence, until a person asks."""

    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where entries of the log go, and how far it has been told.

    ``actions`` are those that it hears of, each whole (``ticket.opened``) or by its
    noun (``ticket.*``). ``read_to`` is the last entry that it took or that was none of
    its own. ``locked_secret`` signs what it is sent, unreadable without our own.
    """

    url: str
    actions: tuple[str, ...]
    locked_secret: str
    made_by: str
    made_at: datetime
    read_to: SealedAt
    id: WebhookId = WebhookId(0)
    state: WebhookState = WebhookState.ACTIVE
    next_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    reason: str = ""

    def hears(self, action: str) -> bool:
        """Whether it wants to know of such an entry."""
        noun = action.partition(".")[0]
        return action in self.actions or f"{noun}.*" in self.actions
