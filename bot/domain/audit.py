"""The append-only log's values: entries, seals and the head that leaves the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that happened, as it is handed to the log.

    ``action`` is dotted and past tense (``ticket.opened``); ``subject`` names what it
    happened to (``ticket:12``). ``detail`` holds ids, reasons, versions and hashes,
    never an author's words.
    """

    action: str
    subject: str
    at: datetime
    actor: str = "bot"
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry:
    """An entry exactly as it lies in the log: the strings that the seal covers."""

    id: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntry:
    """An entry with the number of the seal that covers it; ``None`` until one does."""

    entry: LoggedEntry
    seal: int | None
    leaf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One closed batch: the Merkle root of its entries, chained to the seal before.

    All hashes are SHA-256 in hex; ``entry_ids`` are in leaf order; ``total`` counts
    all entries sealed so far, this batch included.
    """

    number: int
    sealed_at: str
    entry_ids: tuple[int, ...]
    root: str
    previous: str
    hash: str
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A seal with the leaf hashes of its entries, in leaf order."""

    seal: Seal
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SealedAt:
    """An entry's place in the sealed log: which seal, and which leaf under it."""

    seal: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest seal as it leaves the machine: proof that nothing is gone since."""

    number: int
    hash: str
    total: int
    sealed_at: str
