"""Hacker News through Algolia's search: stories and comments that a query finds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, ClassVar

from pydantic import Field

from bot.connectors._again import KEPT, read_again
from bot.connectors._edge import ConnectorSettings, from_epoch
from bot.connectors._html import text_of
from bot.connectors._http import Http
from bot.connectors._marks import Found, Mark
from bot.connectors._texts import storable
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page, Quarantined
from bot.domain.mentions import Author, Engagement, Mention, MentionKind
from bot.errors import BadPayload, ConnectorError

NAME = "hackernews"
ROUTE = "/api/v1/search_by_date"
ITEM = "https://news.ycombinator.com/item?id="
FIRST_LOOK, PER_REQUEST, MOST_REQUESTS = 100, 1_000, 10
MOST = 1 << 53

Json = Mapping[str, Any]

_DIGITS = re.compile("[0-9]{1,20}")


class HackerNewsSettings(ConnectorSettings):
    """What is looked for; ``overlap`` is how far back late arrivals still count."""

    base_url: str = Field(default="https://hn.algolia.com", pattern=r"^https?://[^/]+")
    query: str = Field(min_length=2, max_length=512)
    overlap: timedelta = Field(
        default=timedelta(minutes=30), gt=timedelta(0), le=timedelta(days=1)
    )


class HackerNewsConnector:
    """Reads one search; opens nothing before the first call."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="Hacker News",
        poll_every=timedelta(minutes=5),
        reply_limit=0,
        docs="docs/connectors/hackernews.md",
        reply_requests=0,
    )
    settings_model: ClassVar[type[ConnectorSettings]] = HackerNewsSettings

    def __init__(self, settings: HackerNewsSettings) -> None:
        self._settings = settings
        self._key = sha256(settings.query.encode()).hexdigest()[:12]
        self._http = Http(NAME, settings.base_url, timeout=settings.timeout)

    def check(self) -> Health:
        """Ask for one hit."""
        try:
            hits = self._ask(1, [])
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        found = "something" if hits else "nothing yet"
        return Health(ok=True, detail=f"the search answers; it finds {found}")

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Read down to where it was left; give the oldest ``limit``."""
        mark = self._mark(cursor)
        seen, is_whole = self._walk(mark)
        start = min((one.at for one in seen), default=0.0)
        mark = mark or Mark(start)
        new = {one.name: one for one in seen if not mark.covers(one)}
        waiting = sorted(new.values(), key=lambda one: (one.at, one.name))
        taken = waiting[: max(limit, 1)]
        bad, mentions = list[Quarantined](), list[Mention]()
        for one in taken:
            try:
                mentions.append(to_mention(one.raw, self._settings.brand))
            except BadPayload as error:
                bad.append(_aside(one, error))
        overlap = self._settings.overlap.total_seconds()
        moved = mark.advanced({one.name: one.at for one in taken}, overlap)
        return Page(
            mentions=mentions,
            cursor=self._cursor(moved),
            more=len(waiting) > len(taken),
            bad=bad,
            missed="" if is_whole else _cut_off(start),
        )

    def again(self, item: Quarantined) -> Page:
        """Read a hit that was kept aside."""
        brand = self._settings.brand
        return read_again(item, lambda raw, _: ([to_mention(raw, brand)], ()))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _walk(self, mark: Mark | None) -> tuple[list[Found], bool]:
        """Go from the newest down to the mark, each time from the oldest seen on."""
        if mark is None:
            return _located(self._ask(FIRST_LOOK, []), 0.0), True
        seen: list[Found] = []
        bounds = [f"created_at_i>={int(mark.start)}"]
        before = 0
        for _ in range(MOST_REQUESTS):
            since = [f"created_at_i<={before}"] if before else []
            hits = self._ask(PER_REQUEST, [*bounds, *since])
            found = _located(hits, mark.start)
            seen += found
            if len(hits) < PER_REQUEST:
                return seen, True
            oldest = int(min(one.at for one in found))
            if oldest == before:
                break
            before = oldest
        return seen, False

    def _ask(self, most: int, bounds: Sequence[str]) -> list[object]:
        asked = {
            "query": self._settings.query,
            "tags": "(story,comment)",
            "hitsPerPage": str(most),
        }
        if bounds:
            asked["numericFilters"] = ",".join(bounds)
        hits = self._http.read(ROUTE, params=asked).json().get("hits")
        if not isinstance(hits, list):
            raise BadPayload(NAME, "the search answers without a list of hits")
        return hits

    def _mark(self, cursor: Cursor | None) -> Mark | None:
        """Read where this very query stands; another one begins anew."""
        try:
            kept = json.loads(cursor) if cursor else {}
            if kept.get("query", self._key) != self._key or not kept:
                return None
            names = {str(name): float(at) for name, at in kept["names"].items()}
            return Mark(float(kept["start"]), names)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise BadPayload(NAME, "the stored cursor is not one of ours") from error

    def _cursor(self, mark: Mark) -> Cursor:
        kept = {"query": self._key, "start": mark.start, "names": dict(mark.names)}
        return Cursor(json.dumps(kept, separators=(",", ":")))


def to_mention(raw: object, brand: str) -> Mention:
    """Read one hit; raise ``BadPayload`` for what makes no sense."""
    if not isinstance(raw, dict):
        raise BadPayload(NAME, "the hit is no object")
    try:
        return _mention(raw, brand)
    except ValueError as error:
        raise BadPayload(NAME, str(error)) from error


def _mention(raw: Json, brand: str) -> Mention:
    external_id, parent = _id(raw, "objectID"), _id(raw, "parent_id")
    comment = _text(raw, "comment_text")
    text = text_of(comment) if comment else _story(raw)
    if not external_id or not text:
        message = "the hit has no id" if not external_id else "the hit has no words"
        raise ValueError(message)
    author = _text(raw, "author").strip()[:100]
    return Mention(
        channel=NAME,
        external_id=external_id,
        brand=brand,
        text=text,
        published_at=from_epoch(_at(raw)),
        conversation=(_id(raw, "story_id") or parent or external_id)
        if comment
        else external_id,
        kind=MentionKind.REPLY if comment else MentionKind.POST,
        in_reply_to=(parent or None) if comment else None,
        author=Author(external_id=author, handle=author) if author else None,
        url=ITEM + external_id,
        engagement=Engagement(
            likes=_count(raw, "points"), replies=_count(raw, "num_comments")
        ),
    )


def _story(raw: Json) -> str:
    parts = (_text(raw, "title").strip(), text_of(_text(raw, "story_text")))
    return "\n\n".join(part for part in parts if part)


def _id(raw: Json, name: str) -> str:
    value = raw.get(name)
    written = str(value) if isinstance(value, int | str) else ""
    return written if _DIGITS.fullmatch(written) else ""


def _at(raw: Json) -> float:
    at = raw.get("created_at_i")
    if isinstance(at, bool) or not isinstance(at, int) or not 0 < at < MOST:
        message = "created_at_i is no instant"
        raise ValueError(message)
    return float(at)


def _count(raw: Json, name: str) -> int:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 <= value < MOST else 0


def _text(raw: Json, name: str) -> str:
    value = raw.get(name)
    return storable(value) if isinstance(value, str) else ""


def _located(hits: Sequence[object], start: float) -> list[Found]:
    """Name and date each hit; one without is its neighbour's age."""
    found, last = [], start
    for raw in hits:
        known = raw if isinstance(raw, dict) else {}
        try:
            last = _at(known)
        except ValueError:
            last = last or start
        found.append(Found(_id(known, "objectID") or _digest(raw), last, raw))
    return found


def _digest(raw: object) -> str:
    return sha256(json.dumps(raw, default=str).encode()).hexdigest()[:16]


def _cut_off(start: float) -> str:
    since = f"{from_epoch(start):%Y-%m-%d %H:%M:%S} UTC"
    return f"more was found than can be read; nothing before {since} could be seen"


def _aside(found: Found, error: BadPayload) -> Quarantined:
    return Quarantined(
        where=found.name,
        reason=error.shown.removeprefix(f"{NAME}: "),
        payload=storable(json.dumps(found.raw, default=str)[:KEPT]),
    )
