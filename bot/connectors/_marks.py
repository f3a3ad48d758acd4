"""How far a list that is newest first was taken, and what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_NAMES = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a feed was taken: all before ``start``, and ``names`` after it.

    ``start`` is in Unix seconds, and so are the values of ``names``.
    """

    start: float
    names: Mapping[str, float] = field(default_factory=dict)

    def covers(self, found: Found) -> bool:
        """Whether it was taken already."""
        return found.at < self.start or found.name in self.names

    def advanced(self, taken: Mapping[str, float], overlap: float) -> Mark:
        """Move on, and remember by name what was taken within the overlap.

        A thing that shows up late, below newer ones, is thus new for that long.
        """
        known = {**self.names, **taken}
        if not known:
            return self
        start = max(self.start, max(known.values()) - overlap)
        newest = sorted(known.items(), key=lambda one: (one[1], one[0]))[-MOST_NAMES:]
        if len(newest) < len(known):
            start = max(start, newest[0][1])
        return Mark(start, {name: at for name, at in newest if at >= start})


@dataclass(slots=True)
class Found:
    """One thing of a listing, with the feeds in which it stood."""

    name: str
    at: float
    raw: object
    feeds: set[str] = field(default_factory=set)
