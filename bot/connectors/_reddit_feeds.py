"""Reddit's listings: which are read, how far each was taken, what is new in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from bot.connectors._again import KEPT
from bot.connectors._edge import from_epoch
from bot.connectors._marks import Found, Mark
from bot.connectors._reddit_things import (
    FULLNAME,
    NAME,
    REMOVED_UNSEEN,
    data_of,
    instant,
)
from bot.domain.channels import Aside, Cursor, Quarantined
from bot.errors import BadPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One listing, newest first; ``place`` is what people know it by.

    ``listed`` is how many things Reddit keeps in it, whatever came.
    """

    place: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    listed: int = 1_000

    @property
    def key(self) -> str:
        """What the cursor calls it."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path


def children_of(answer: object, place: str) -> tuple[Sequence[object], str]:
    """Open a listing: its things, and the anchor for more, empty at the end.

    Raises ``BadPayload`` where there is none.
    """
    match answer:
        case {"kind": "Listing", "data": {"children": list(children), **rest}}:
            after = rest.get("after")
            return children, after if isinstance(after, str) else ""
    raise BadPayload(NAME, f"Reddit's answer for {place} is no listing")


def located(raws: Sequence[object], start: float) -> Iterator[Found]:
    """Give each thing a name and an instant: its neighbour's if it has none."""
    ats = [_at(raw) for raw in raws]
    last = next((at for at in ats if at is not None), start)
    for raw, at in zip(raws, ats, strict=True):
        last = last if at is None else at
        name = data_of(raw).get("name")
        if not isinstance(name, str) or not FULLNAME.fullmatch(name):
            name = sha256(_dump(raw).encode()).hexdigest()
        yield Found(name, last, raw)


def set_aside(found: Found, error: BadPayload) -> Quarantined:
    """Keep it whole; of what was taken back, only where it stood."""
    raw, reason = found.raw, error.shown.removeprefix(f"{NAME}: ")
    kind = Aside.ITEM
    if reason == REMOVED_UNSEEN:
        kept = ("name", "created_utc", "subreddit", "parent_id")
        raw, kind = {key: data_of(raw).get(key) for key in kept}, Aside.NOTE
    payload = _dump(raw)[:KEPT]
    return Quarantined(where=found.name, reason=reason, payload=payload, kind=kind)


def overrun(feed: Feed, oldest: Found) -> Quarantined:
    """Say that more came than Reddit lists: what lies between was never shown."""
    since = from_epoch(oldest.at).isoformat()
    return Quarantined(
        where=feed.key,
        reason=f"more came in {feed.place} than Reddit lists; nothing older than "
        f"{since} could be seen",
        payload=json.dumps({"oldest_seen": oldest.name, "at": since}),
        kind=Aside.NOTE,
    )


def read_cursor(cursor: Cursor | None) -> dict[str, Mark]:
    """Give the marks by feed; raise ``BadPayload`` for a cursor that is not ours."""
    try:
        kept = json.loads(cursor) if cursor else {}
        return {
            key: Mark(
                float(mark["start"]),
                {name: float(at) for name, at in mark["names"].items()},
            )
            for key, mark in kept.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadPayload(NAME, "the stored cursor is not one of ours") from error


def write_cursor(marks: Mapping[str, Mark]) -> Cursor:
    """Give the marks as one opaque text."""
    kept = {key: {"start": m.start, "names": dict(m.names)} for key, m in marks.items()}
    return Cursor(json.dumps(kept, separators=(",", ":")))


def _at(raw: object) -> float | None:
    try:
        return instant(data_of(raw).get("created_utc")).timestamp()
    except (TypeError, ValueError):
        return None


def _dump(raw: object) -> str:
    return json.dumps(raw, separators=(",", ":"), default=str)
