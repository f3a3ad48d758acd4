"""Bluesky's feeds: which are read, how far each was taken, what is new in them.

A feed is read pass by pass, each from the newest page down to where the last one began.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from bot.connectors._bluesky_answers import NAME, NONSENSE, is_post
from bot.connectors._edge import parse_instant
from bot.domain.channels import Cursor

log = logging.getLogger(__name__)

OWN, NOTIFICATIONS, SEARCH, THREAD = "own", "notifications", "search:", "thread:"
MOST_NAMES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing of a feed: what it is known by, when Bluesky had it, and itself."""

    name: str
    at: float
    raw: Any


class Stand(BaseModel):
    """How far one feed is read; instants are in Unix seconds.

    All before ``start`` is read, and ``names`` after it; ``token`` leads to the next
    older page of the pass under way, which has come by the newest ``passed``.
    """

    start: float = 0.0
    names: dict[str, float] = Field(default_factory=dict)
    token: str = ""
    passed: dict[str, float] = Field(default_factory=dict)

    def covers(self, found: Found) -> bool:
        """Whether it was taken already."""
        return found.at < self.start or found.name in self.names

    def moved(self, found: Sequence[Found], token: str, overlap: float) -> Stand:
        """Say where a feed stands after a page: in the middle of a pass, or after it.

        Within the overlap things are remembered by name, so that one which Bluesky
        shows late, below newer ones, is still new.
        """
        passed = _newest({**self.passed, **_instants(found)}, overlap)
        is_over = not token or token == self.token or self._reaches_down(found)
        if not is_over:
            return self.model_copy(update={"token": token, "passed": passed})
        names = _newest({**self.names, **passed}, overlap)
        oldest = min(names.values(), default=self.start)
        newest = max(names.values(), default=self.start)
        start = oldest if len(names) == MOST_NAMES else newest - overlap
        return Stand(start=max(self.start, start), names=names)

    def begun_again(self) -> Stand:
        """Give up the pass under way, from whose newest page another begins."""
        return Stand(start=self.start, names=self.names)

    def _reaches_down(self, found: Sequence[Found]) -> bool:
        return bool(found) and found[-1].at < self.start


class Place(BaseModel):
    """What a cursor holds; ``turn`` is the feed to be read next (empty: the first).

    ``talks`` are our newest posts that were answered.
    """

    version: Literal[1] = 1
    turn: str = ""
    feeds: dict[str, Stand] = Field(default_factory=dict)
    talks: list[str] = Field(default_factory=list)


def feeds_of(query: str, talks: Sequence[str], *, watches: bool) -> list[str]:
    """Name what is read, in that order; our own posts first, as they name talks."""
    feeds = [OWN] if watches else []
    feeds.append(NOTIFICATIONS)
    if query:
        # Another query is another feed: what the old one had read says nothing.
        feeds.append(SEARCH + sha256(query.encode()).hexdigest()[:8])
    return feeds + [THREAD + uri for uri in talks if watches]


def following(turn: str, feeds: Sequence[str]) -> str:
    """Name the feed after that one, nothing after the last."""
    order = [*feeds, ""]
    return order[order.index(turn) + 1]


def located(raws: Sequence[Any], now: datetime | None) -> Iterator[Found]:
    """Give each thing a name and an instant: its neighbour's if it has none.

    ``now`` is Bluesky's: nothing came later, whatever it says of itself.
    """
    latest = now.timestamp() if now else float("inf")
    ats = [_at(raw) for raw in raws]
    last = next((at for at in ats if at is not None), 0.0)
    for raw, at in zip(raws, ats, strict=True):
        last = last if at is None else min(at, latest)
        uri = raw.get("uri") if isinstance(raw, dict) else None
        name = uri if is_post(uri) else json.dumps(raw, default=str)
        yield Found(name=sha256(str(name).encode()).hexdigest()[:16], at=last, raw=raw)


def read_cursor(cursor: Cursor | None) -> Place:
    """Give the place; begin again where the cursor cannot be one of ours.

    All that Bluesky still has comes once more then, and what is known is not stored
    twice: there is no gap.
    """
    if cursor is None:
        return Place()
    try:
        return Place.model_validate_json(cursor)
    except ValidationError:
        log.warning("%s: the stored place makes no sense; reading begins again", NAME)
        return Place()


def write_cursor(place: Place, feeds: Sequence[str]) -> Cursor:
    """Give the place as one text, without feeds that are not read any more."""
    kept = {key: stand for key, stand in place.feeds.items() if key in feeds}
    return Cursor(place.model_copy(update={"feeds": kept}).model_dump_json())


def _at(raw: Any) -> float | None:  # noqa: ANN401 - undecoded JSON
    try:
        return parse_instant(raw["indexedAt"]).timestamp()
    except tuple(NONSENSE):
        return None


def _instants(found: Sequence[Found]) -> dict[str, float]:
    return {one.name: one.at for one in found}


def _newest(names: dict[str, float], overlap: float) -> dict[str, float]:
    """Keep the names that the next pass may meet again, and of those not too many."""
    newest = sorted(names.items(), key=lambda one: (one[1], one[0]))[-MOST_NAMES:]
    return {name: at for name, at in newest if at >= newest[-1][1] - overlap}
