"""Changes of policy and wording: proposed by one person, activated by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

PackChangeId = NewType("PackChangeId", int)


class PackKind(StrEnum):
    """Of which files a change is."""

    HOUSE = "house"
    TEMPLATES = "templates"


class PackChangeState(StrEnum):
    """What became of a proposed change."""

    PROPOSED = "proposed"
    ACTIVATED = "activated"
    TURNED_DOWN = "turned_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackChange:
    """All files of a version as somebody proposes them, by their hash.

    ``base_version`` and ``base_sha256`` are what was in force when it was proposed: it
    takes the place of that and of nothing else.
    """

    kind: PackKind
    version: str
    sha256: str
    base_version: str
    base_sha256: str
    files: Mapping[str, str]
    note: str
    proposed_by: str
    proposed_at: datetime
    state: PackChangeState = PackChangeState.PROPOSED
    settled_by: str = ""
    settled_at: datetime | None = None
    simulated: Mapping[str, str] = field(default_factory=dict)
    id: PackChangeId = PackChangeId(0)


class PackChanges(Protocol):
    """Proposed changes, and what became of them."""

    def add(self, change: PackChange) -> PackChange:
        """Keep one and return it with its number."""
        ...

    def get(self, change_id: PackChangeId) -> PackChange:
        """Return one, or raise ``Missing``."""
        ...

    def listing(
        self, limit: int, *, before: PackChangeId | None = None
    ) -> Sequence[PackChange]:
        """Return the newest first; with ``before`` those with lower numbers."""
        ...

    def settle(self, change: PackChange) -> bool:
        """Write what became of one that was still proposed; ``False`` if it was not."""
        ...

    def simulate(self, change_id: PackChangeId, told: Mapping[str, str]) -> None:
        """Keep what a run over the past told of one."""
        ...
