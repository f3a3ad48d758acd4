"""What a connector is and gives: the contract every platform's file fulfils."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol, runtime_checkable

from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply, Receipt

Cursor = NewType("Cursor", str)
"""Where a connector stands in its stream; opaque to everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorInfo:
    """What a connector is and may do; its page in docs says the same.

    ``reply_limit`` is in the platform's own characters (0: cannot reply).
    ``is_live``: it polls a platform, so that what it could not see must be recorded.
    ``reply_requests`` is how many requests one reply makes at most, signing in
    included (0: none, it does not wait for anybody). ``reaches_back``: how old a
    text may be to be read at all (``None``: of any age).
    """

    name: str
    label: str
    poll_every: timedelta
    reply_limit: int
    docs: str
    is_live: bool = True
    reply_requests: int = 1
    reaches_back: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much a platform still lets us do, in its own ``unit`` (requests, points).

    ``resets_at`` is when it is whole again; ``None`` where the platform does not say.
    """

    unit: str
    limit: int
    left: int
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether a connector can work now; ``detail`` says as whom, or why not.

    ``token_expires_at``: when our credential ends, where the platform tells.
    """

    ok: bool
    detail: str
    account_id: str = ""
    account_handle: str = ""
    token_expires_at: datetime | None = None
    quotas: Sequence[Quota] = ()


class Aside(StrEnum):
    """What a line in quarantine holds."""

    ITEM = "item"
    """What a platform sent, which only its connector can read."""

    MENTION = "mention"
    """What a connector had read already, and ingest did not believe."""

    NOTE = "note"
    """Nothing to be read: what a person must know of a source."""


class AsideState(StrEnum):
    """What became of an item that was kept aside."""

    OPEN = "open"
    READ = "read"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An item that made no sense, kept whole with the reason.

    ``where`` says where it came from (a file and line, or the platform's id).
    ``context`` is what its reading needs beside the payload, in the connector's own
    terms and opaque to everybody else.
    """

    where: str
    reason: str
    payload: str
    context: str = ""
    kind: Aside = Aside.ITEM


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of a connector: oldest first, duplicates allowed, gaps not.

    ``reads`` is what the page cost, in the platform's billing unit. ``position`` and
    ``total`` (bytes, rows, whatever the connector counts) let a progress bar move.
    ``removed``: ids that the platform told, unasked, are no longer there, on
    ``channel`` if that is not the connector's own name. A mention that was read before
    and bears a later ``edited_at`` is an edit. ``missed`` says why something before
    this page may never be shown, empty where nothing is missing.
    """

    mentions: Sequence[Mention]
    cursor: Cursor | None
    more: bool = False
    bad: Sequence[Quarantined] = ()
    reads: int = 0
    position: int = 0
    total: int = 0
    removed: Sequence[str] = ()
    missed: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One body that was delivered to a source; later ones bear higher numbers."""

    number: int
    body: str


class Delivered(Protocol):
    """What was delivered to one source, kept until it is read."""

    def after(self, number: int, limit: int) -> Sequence[Delivery]:
        """Return what came after a number, in the order in which it was kept."""
        ...

    def last_at(self) -> datetime | None:
        """Say when something was delivered last."""
        ...


class Connector(Protocol):
    """Reads one platform: translation only, no storage, no waiting, no clock."""

    @property
    def info(self) -> ConnectorInfo:
        """What it is and may do."""
        ...

    def check(self) -> Health:
        """Say whether we can work now; changes nothing there."""
        ...

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give what came after the cursor, oldest first, at least once."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


@runtime_checkable
class SendsReplies(Protocol):
    """A platform on which we may answer.

    A connector whose settings may leave it without the right to write says so in a
    ``may_reply`` of its own.
    """

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Publish once; raise ``OutcomeUnknown`` if that is in doubt."""
        ...

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Look whether it stands there already; by its ``external_id`` if it has one.

        Raises ``OutcomeUnknown`` where the platform does not show enough to tell.
        """
        ...


@runtime_checkable
class CountsCharacters(Protocol):
    """A platform that counts a text's length in a way of its own."""

    def reply_length(self, text: str) -> int:
        """Return the length that ``info.reply_limit`` bounds; asks nobody."""
        ...


@runtime_checkable
class SendsPrivately(Protocol):
    """A platform on which we may write to an author where nobody else reads."""

    def send_private(self, reply: OutboundReply) -> Receipt:
        """Send once to ``reply.author``; raise as ``send_reply`` does.

        ``Refused`` where their messages are closed, we are blocked, or the platform's
        window for it is shut.
        """
        ...

    def find_private(self, reply: OutboundReply) -> Receipt | None:
        """Look whether it arrived already, as ``find_reply`` does."""
        ...


@runtime_checkable
class MetersReads(Protocol):
    """A platform that bills what is read, looks for replies included."""

    def reads_spent(self) -> int:
        """Return what looks for replies have cost since this was asked last."""
        ...


@runtime_checkable
class ReadsDeliveries(Protocol):
    """A platform that we do not ask, because it delivers to us.

    Its cursor is the number of the last delivery that it read, in digits.
    """

    def read_from(self, delivered: Delivered) -> None:
        """Take what was delivered from there; before that there is nothing."""
        ...


@runtime_checkable
class ReadsAgain(Protocol):
    """A platform whose kept items can be read anew, without asking it."""

    def again(self, item: Quarantined) -> Page:
        """Read one item as it would be read today; asks nobody.

        While it makes no sense it comes back in ``bad`` with the reason, in the same
        place and with the same payload. A page with nothing in it says that it was
        read and that nobody else wrote it to us.
        """
        ...


@runtime_checkable
class ReportsRemovals(Protocol):
    """A platform that tells what its authors took back."""

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return those of the ids that can no longer be read there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One stretch of looking at a source: what was seen, or why nothing was.

    ``outcome`` is ``ok`` or the error's name; ``blind`` stretches are proof of absence
    of proof, and are kept as carefully as the others. An ``ok`` with a ``detail`` is a
    look after which something may be missing for ever, and says why.
    """

    source: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    detail: str = ""
    fetched: int = 0
    stored: int = 0
