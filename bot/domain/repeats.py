"""A write that a program may send again, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The name that ``by`` gave one write; ``fingerprint`` is the SHA-256 of it all."""

    by: str
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the sender of a write was told: status, ETag and JSON."""

    status: int
    etag: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a key; no answer as long as the write is under way."""

    fingerprint: str
    answer: Answer | None
