"""The whole error tree; every error of ours that leaves a room is one of these.

    BotError
    ├─ SettingsError            fix a file or a variable; names file, line and key
    │  └─ PackError             a pack is incomplete or contradictory
    ├─ StorageError             the database is out of reach, or newer than this program
    ├─ ConnectorError(channel)
    │  ├─ Unavailable           later, growing pause with jitter
    │  ├─ RateLimited           later, at retry_at
    │  │  └─ BudgetSpent        not before the next month or a bigger budget
    │  ├─ AccessDenied          channel switched off, operator told
    │  ├─ Refused               never: the platform rejected this very text
    │  ├─ OutcomeUnknown        never blindly: find_reply first
    │  └─ BadPayload            never: kept aside, counted, the page goes on
    ├─ ClassifyError            a person looks; nothing is guessed
    ├─ NotAllowed               role, state, approval or mode forbids it
    │  ├─ NotSignedIn           nobody is known by this session or key
    │  └─ TooOften              asked or tried too often; later, at retry_at
    ├─ Stale                    someone else changed it first; reload and decide again
    └─ Missing                  there is no such thing

``str(error)`` is what people are shown: what happened, to what, what to do next.
``error.detail`` is for the log; neither ever holds an author's words or a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Retry(StrEnum):
    """When the same call may be tried again."""

    NEVER = "never"
    LATER = "later"
    AFTER_OPERATOR = "after_operator"
    FIND_FIRST = "find_first"


class BotError(Exception):
    """Something went wrong that a person can act on."""

    retry: ClassVar[Retry] = Retry.NEVER
    exit_code: ClassVar[int] = 1

    def __init__(self, shown: str, *, detail: str = "") -> None:
        """Take the sentence for people and, if there is more, the log's detail."""
        super().__init__(shown)
        self.shown = shown
        self.detail = detail or shown


class SettingsError(BotError):
    """A settings file or variable must be fixed before anything starts."""

    retry = Retry.AFTER_OPERATOR
    exit_code = 2


class PackError(SettingsError):
    """A rule pack or house policy is incomplete or contradictory."""


class StorageError(BotError):
    """The database is out of reach, damaged, or newer than this program."""

    retry = Retry.AFTER_OPERATOR
    exit_code = 3


class ClassifyError(BotError):
    """No trustworthy tag could be made; a person looks instead."""

    exit_code = 4


class ConnectorError(BotError):
    """A platform did not do what was asked of it."""

    exit_code = 5

    def __init__(self, channel: str, shown: str, *, detail: str = "") -> None:
        """Name the channel, then what happened there."""
        super().__init__(f"{channel}: {shown}", detail=detail)
        self.channel = channel


class Unavailable(ConnectorError):
    """The platform is down, slow or out of reach for now."""

    retry = Retry.LATER


class RateLimited(ConnectorError):
    """The platform asks for a pause."""

    retry = Retry.LATER

    def __init__(
        self, channel: str, shown: str, *, retry_at: datetime, detail: str = ""
    ) -> None:
        """``retry_at`` is aware UTC: the first instant at which a call may succeed."""
        super().__init__(channel, shown, detail=detail)
        self.retry_at = retry_at


class BudgetSpent(RateLimited):
    """The month's paid quota is used up; waiting minutes never cures it."""


class AccessDenied(ConnectorError):
    """The credential is wrong, expired, or lacks a permission or a paid tier."""

    retry = Retry.AFTER_OPERATOR


class Refused(ConnectorError):
    """The platform rejected this very reply; sending it again cannot help."""


class OutcomeUnknown(ConnectorError):
    """A reply may or may not have been published; look before doing anything."""

    retry = Retry.FIND_FIRST


class BadPayload(ConnectorError):
    """One item of an answer makes no sense; it is kept aside."""


class NotAllowed(BotError):
    """A role, state, approval or mode forbids it."""

    exit_code = 6

    def __init__(self, shown: str, *, reasons: Sequence[str] = ()) -> None:
        """``reasons`` are the rules that forbade it, in the order applied."""
        super().__init__(shown)
        self.reasons = tuple(reasons)


class NotSignedIn(NotAllowed):
    """Nobody is known by this session or key; sign in first."""


class TooOften(NotAllowed):
    """Asked or tried too often; it is looked at again at ``retry_at``."""

    retry = Retry.LATER

    def __init__(
        self, shown: str, *, retry_at: datetime, reasons: Sequence[str] = ()
    ) -> None:
        """``retry_at`` is aware UTC."""
        super().__init__(shown, reasons=reasons)
        self.retry_at = retry_at


class Stale(BotError):
    """Someone else changed it first; reload and decide again."""

    retry = Retry.LATER
    exit_code = 6


class Missing(BotError):
    """There is no such thing."""

    exit_code = 6
