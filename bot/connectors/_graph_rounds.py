"""How lists of the Graph API are read: round after round, one page at a time.

A round takes each list once, and each thread that does not look as it did when it was
read last. What was taken is remembered by id, so that what shows up late is new.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, Field, ValidationError

from bot.connectors._again import KEPT, Context
from bot.connectors._edge import parse_instant
from bot.connectors._http import NONSENSE
from bot.connectors._texts import storable
from bot.domain.channels import Cursor, Quarantined
from bot.errors import BadPayload

Json: TypeAlias = "dict[str, object]"

OVERLAP = 15 * 60.0
"""Seconds; how long after its time a comment may show up and still be noticed."""

MOST_NAMES = 500
REREAD_EVERY = 12
"""Rounds; a thread that looks as before is read again all the same that often."""

PAGING = {"after", "until", "__paging_token"}


class Kind(StrEnum):
    """What a list holds."""

    POST = "post"
    TAGGED = "tagged"
    COMMENT = "comment"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of a list; ``root`` is the post or conversation in which it stands."""

    kind: Kind
    raw: object
    root: str = ""


class Order(StrEnum):
    """Where a list's news are."""

    NEWS_FIRST = "news_first"
    """What came last stands first, whatever time it bears."""

    MOVED_FIRST = "moved_first"
    """Conversations, those with the newest message first."""

    ANYWHERE = "anywhere"
    """A thread, to be read to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One list: where it is asked for, and what its answer holds.

    ``since``: the platform leaves out what is older than a Unix time.
    ``reached``: down to which time a page goes, where its order is ``MOVED_FIRST``.
    """

    path: str
    asked: Mapping[str, str]
    order: Order
    items: Callable[[Json], Iterable[Item]]
    since: bool = False
    reached: Callable[[Json], float] = lambda _: 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An item with a name and an instant: its neighbour's if it has none."""

    name: str
    at: float
    item: Item


class Stand(BaseModel):
    """How far one list was taken: all before ``start``, and ``names`` after it.

    ``begun``: it was read before, so that its past is not wanted any more. ``stamp`` is
    how a thread looked then. ``token`` leads to the next page of a pass under way, of
    which ``fresh`` came so far.
    """

    start: float = 0.0
    names: dict[str, float] = Field(default_factory=dict)
    begun: bool = False
    stamp: str = ""
    token: str = ""
    fresh: dict[str, float] = Field(default_factory=dict)

    def covers(self, found: Found) -> bool:
        """Whether it was taken already."""
        return found.at < self.start or found.name in self.names

    def ends(self, feed: Feed, seen: Sequence[Found], token: str, to: float) -> bool:
        """Whether what this pass wants lies behind it after that page."""
        if not token or token == self.token:
            return True
        if feed.order is Order.ANYWHERE:
            return False
        if not self.begun:
            return True
        if feed.order is Order.MOVED_FIRST:
            return to < self.start
        return any(one.name in self.names for one in seen)

    def paused(self, seen: Sequence[Found], token: str) -> Stand:
        """Say where it stands in the middle of a pass."""
        fresh = {**self.fresh, **{one.name: one.at for one in seen}}
        return self.model_copy(update={"token": token, "fresh": _newest(fresh)})

    def done(self, feed: Feed, seen: Sequence[Found], stamp: str) -> Stand:
        """Say where it stands after a pass."""
        fresh = {**self.fresh, **{one.name: one.at for one in seen}}
        if feed.order is Order.NEWS_FIRST:
            # Its times say nothing about what is new: an old post may be tagged today.
            known = list({**fresh, **self.names}.items())[:MOST_NAMES]
            return Stand(names=dict(known), begun=True, stamp=stamp)
        names = {**self.names, **fresh}
        if not names:
            return Stand(start=self.start, begun=True, stamp=stamp)
        kept = _newest(names)
        start = max(self.start, max(names.values()) - OVERLAP)
        if len(kept) < len(names):
            start = max(start, min(kept.values()))
        kept = {name: at for name, at in kept.items() if at >= start}
        return Stand(start=start, names=kept, begun=True, stamp=stamp)


class Place(BaseModel):
    """What a cursor holds; ``queue`` is what this round has still to read.

    ``due`` is how the threads in the queue looked when they were put there.
    """

    version: Literal[1] = 1
    rounds: int = 0
    queue: list[str] = Field(default_factory=list)
    due: dict[str, str] = Field(default_factory=dict)
    stands: dict[str, Stand] = Field(default_factory=dict)

    def begin(self, lists: Iterable[str]) -> None:
        """Start another round."""
        self.rounds, self.queue, self.due = self.rounds + 1, list(lists), {}

    def stand(self, key: str) -> Stand:
        """Return how far a list was taken."""
        return self.stands.get(key, Stand())

    def watch(self, stamps: Mapping[str, str]) -> None:
        """Queue the threads that have changed; forget those not watched any more.

        A thread without a stamp is empty. A count may look as before where one comment
        came and another went: so every thread is read now and then.
        """
        anew = self.rounds % REREAD_EVERY == 0
        for key, stamp in stamps.items():
            if stamp != self.stand(key).stamp or (anew and stamp):
                self.due[key] = stamp
                self.also([key])
        roots = {root_of(key) for key in stamps}
        self.stands = {
            key: stand
            for key, stand in self.stands.items()
            if not is_thread(key) or root_of(key) in roots
        }

    def also(self, keys: Iterable[str]) -> None:
        """Queue threads, each once."""
        self.queue += [key for key in keys if key not in self.queue]

    def take(self) -> None:
        """Let the first of the queue go."""
        self.due.pop(self.queue.pop(0), None)

    def write(self) -> Cursor:
        """Give it as one opaque text."""
        return Cursor(self.model_dump_json(exclude_defaults=True))


def thread(root: str, comment: str = "") -> str:
    """Name the thread below a post, or below one of its comments."""
    return f"thread/{root}/{comment}" if comment else f"thread/{root}"


def is_thread(key: str) -> bool:
    """Whether a list is the comments on something."""
    return "/" in key


def root_of(key: str) -> str:
    """Return the post of a thread."""
    return key.split("/")[1] if is_thread(key) else ""


def read_cursor(name: str, cursor: Cursor | None) -> Place:
    """Give the place; raise ``BadPayload`` for a cursor that is not ours."""
    try:
        return Place.model_validate_json(cursor) if cursor else Place()
    except ValidationError as error:
        raise BadPayload(name, "the cursor is not one of ours", detail=name) from error


def located(items: Sequence[Item], start: float, now: datetime | None) -> list[Found]:
    """Give each item a name and an instant, none of them in the platform's future."""
    latest = now.timestamp() if now else float("inf")
    ats = [_at(item.raw) for item in items]
    last = next((at for at in ats if at is not None), start)
    found = []
    for item, at in zip(items, ats, strict=True):
        last = min(last if at is None else at, latest)
        found.append(Found(name=_name(item.raw), at=last, item=item))
    return found


def set_aside(found: Found, error: BadPayload, now: datetime | None) -> Quarantined:
    """Keep an item that makes no sense whole, with where it stood and when."""
    item = found.item
    beside = {"kind": item.kind, "root": item.root, "now": now and now.isoformat()}
    return Quarantined(
        where=found.name,
        reason=error.detail,
        payload=_dump(item.raw)[:KEPT],
        context=json.dumps(beside),
    )


def placed(raw: object, beside: Context) -> tuple[Item, datetime | None]:
    """Give an item that was kept aside its place and its time again."""
    now = beside["now"]
    item = Item(kind=Kind(beside["kind"]), raw=raw, root=beside["root"])
    return item, parse_instant(now) if now else None


def listed(answer: Json, key: str = "data") -> list[object]:
    """Return a list's things; raise what ``NONSENSE`` names where there is none."""
    found = answer[key]
    if not isinstance(found, list):
        message = f"{key} is no list"
        raise TypeError(message)
    return found


def inner(raw: object, key: str) -> list[object]:
    """Return the things of a list inside a thing; none where it has no such list."""
    within = raw.get(key) if isinstance(raw, dict) else None
    found = within.get("data") if isinstance(within, dict) else None
    return found if isinstance(found, list) else []


def token_of(answer: object) -> str:
    """Return what asks for the next page, empty on the last one.

    Of the address that the platform gives only that: nobody is led elsewhere by it.
    """
    match answer:
        case {"paging": {"next": str(), "cursors": {"after": str(after)}}}:
            return urlencode({"after": after})
        case {"paging": {"next": str(address)}}:
            asked = parse_qsl(urlsplit(address).query)
            return urlencode([one for one in asked if one[0] in PAGING])
    return ""


def time_of(raw: object) -> float:
    """Return an item's instant in Unix seconds, 0 where it has none."""
    return _at(raw) or 0.0


def _at(raw: object) -> float | None:
    if not isinstance(raw, dict):
        return None
    for key in ("created_time", "timestamp", "updated_time"):
        try:
            return parse_instant(raw[key]).timestamp()
        except NONSENSE:
            continue
    return None


def _name(raw: object) -> str:
    name = raw.get("id") if isinstance(raw, dict) else None
    if isinstance(name, str) and 0 < len(name) <= MOST_NAMES:
        return storable(name)
    return sha256(_dump(raw).encode()).hexdigest()


def _newest(names: Mapping[str, float]) -> dict[str, float]:
    kept = sorted(names.items(), key=lambda one: (one[1], one[0]))[-MOST_NAMES:]
    return dict(kept)


def _dump(raw: object) -> str:
    return json.dumps(raw, separators=(",", ":"), default=str)


def oldest_first(found: Iterable[Found]) -> Iterator[Found]:
    """Put them in the order in which they were said."""
    return iter(sorted(found, key=lambda one: (one.at, one.name)))
