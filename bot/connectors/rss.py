"""Feeds and news: RSS, Atom and JSON Feed, asked only for what changed.

One ``fetch`` reads one feed, so that what was read is stored before anything else can
fail. A feed that fails is passed over, told once by a line in quarantine, and asked
again in the next pass; only where none can be read is the source blind.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Annotated, ClassVar
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.connectors._again import KEPT, Context, Told, read_again
from bot.connectors._edge import ConnectorSettings, parse_instant
from bot.connectors._feed_items import (
    MOST_ITEMS,
    NAME,
    Feed,
    Item,
    View,
    digest_of,
    host_of,
    read_feed,
    to_mention,
)
from bot.connectors._http import Answer, Http
from bot.domain.channels import (
    Aside,
    ConnectorInfo,
    Cursor,
    Health,
    Page,
    Quarantined,
)
from bot.domain.mentions import Mention
from bot.errors import AccessDenied, BadPayload, ConnectorError

MOST_FEEDS = 50
MOST_BYTES = 2_000_000
MOST_HOPS = 5
LONGEST_TAG = 500
FOR_GOOD = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}
FOR_NOW = {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}

ASKING = {
    "Accept": "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/xml;q=0.9, */*;q=0.5",
    "User-Agent": "Answerable (feed reader)",
}

Address = Annotated[
    str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$", max_length=2_000)
]
Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]


class RssSettings(ConnectorSettings):
    """Which feeds are read, and which of their items concern the brand.

    ``keywords`` are whole words or phrases, of which one must stand in title or text;
    without any, every item is taken.
    """

    feeds: tuple[Address, ...] = Field(min_length=1, max_length=MOST_FEEDS)
    keywords: tuple[Keyword, ...] = ()


class Stand(BaseModel):
    """How far one feed was read: what it holds that was taken, and its versions."""

    model_config = ConfigDict(frozen=True)

    etag: str = ""
    modified: str = ""
    taken: tuple[str, ...] = ()
    read_at: str = ""


class Place(BaseModel):
    """Where each feed stands, and whose turn is next; empty after the last."""

    turn: str = ""
    feeds: dict[str, Stand] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One feed's answer, and to where it moved for good, if it did."""

    answer: Answer
    moved: str = ""


class _Moved(AccessDenied):
    """The feed is asked for elsewhere."""

    to = ""
    for_good = False


class RssConnector:
    """Reads feeds in turn; opens nothing before the first call."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="RSS feeds",
        poll_every=timedelta(minutes=10),
        reply_limit=0,
        docs="docs/connectors/rss.md",
        reply_requests=0,
    )
    settings_model: ClassVar[type[ConnectorSettings]] = RssSettings

    def __init__(self, settings: RssSettings) -> None:
        self._settings = settings
        self._feeds = {_key(url): url for url in settings.feeds}
        self._wanted = _pattern(settings.keywords)
        self._http = Http(
            NAME,
            timeout=settings.timeout,
            headers=ASKING,
            judge=_judge,
            most_bytes=MOST_BYTES,
        )

    def check(self) -> Health:
        """Ask every feed once, and name those that cannot be read."""
        failed = []
        for url in self._feeds.values():
            try:
                read_feed(self._get(url, Stand()).answer.content)
            except ConnectorError as error:
                failed.append(f"{_shown(url)}: {_reason(error)}")
        good = len(self._feeds) - len(failed)
        told = "; ".join([f"{good} of {len(self._feeds)} feeds can be read", *failed])
        return Health(ok=good > 0, detail=told)

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Read the next feed that can be read; ``more`` until each had its turn.

        Raises the last feed's error where none can.
        """
        place, bad = self._read_cursor(cursor), list[Quarantined]()
        order = list(self._feeds)
        start = order.index(place.turn) if place.turn in order else 0
        trouble: ConnectorError | None = None
        for key in [*order[start:], *order[:start]]:
            stand = place.feeds.get(key, Stand())
            try:
                page = self._page(key, stand, max(limit, 1))
            except ConnectorError as error:
                trouble = error
                bad.append(_told(self._feeds[key], _reason(error), stand.read_at))
                continue
            return self._closed(place, key, page, bad)
        raise trouble or AccessDenied(NAME, "there is no feed to read")

    def again(self, item: Quarantined) -> Page:
        """Read an item that was kept aside, as part of its feed."""

        def read(raw: Item, beside: Context) -> Told:
            at = parse_instant(beside["at"]) if beside["at"] else None
            view = View(
                brand=self._settings.brand,
                host=beside["host"],
                at=at,
                language=beside["language"],
            )
            mention = _edited(to_mention(raw, view), at, was_here=beside["was_here"])
            return [mention] if self._wants(mention) else [], ()

        return read_again(item, read, needs=("host", "at", "language", "was_here"))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _closed(
        self, place: Place, key: str, page: tuple[Page, Stand], bad: list[Quarantined]
    ) -> Page:
        read, stand = page
        order = list(self._feeds)
        rest = order[order.index(key) + 1 :]
        # One that came before those that failed had its turn: the pass ends with it.
        is_before = place.turn in rest
        ends = is_before or not rest
        turn = key if read.more else ("" if ends else rest[0])
        kept = {one: at for one, at in place.feeds.items() if one in self._feeds}
        after = Place(turn=turn, feeds={**kept, key: stand})
        return Page(
            mentions=read.mentions,
            cursor=Cursor(after.model_dump_json(exclude_defaults=True)),
            more=bool(turn),
            bad=[*bad, *read.bad],
        )

    def _page(self, key: str, stand: Stand, limit: int) -> tuple[Page, Stand]:
        """Take the oldest items that are new; the versions are kept with the last."""
        url = self._feeds[key]
        got = self._get(url, stand)
        bad = _tell_moved(url, got)
        date = got.answer.date
        at = date.isoformat() if date else stand.read_at
        if got.answer.status == HTTPStatus.NOT_MODIFIED:
            still = stand.model_copy(update={"read_at": at})
            return Page(mentions=(), cursor=None, bad=bad), still
        feed = read_feed(got.answer.content)
        bad += _tell_feed(url, feed)
        items = {digest_of(one): one for one in feed.items[:MOST_ITEMS]}
        known = frozenset(stand.taken)
        view = View(
            brand=self._settings.brand,
            host=host_of(url),
            at=date,
            language=feed.language,
        )
        fresh = [one for one in reversed(items) if one not in known]
        found = list(self._read(fresh, items, known, view, bad))
        found.sort(key=lambda one: one[1].published_at)
        now, later = found[:limit], found[limit:]
        waits = {digest for digest, _ in later}
        headers = {} if later else got.answer.headers
        after = Stand(
            etag=_version(headers.get("etag")),
            modified=_version(headers.get("last-modified")),
            taken=tuple(one for one in items if one not in waits),
            read_at=at,
        )
        mentions = [mention for _, mention in now]
        return Page(mentions=mentions, cursor=None, more=bool(later), bad=bad), after

    def _read(
        self,
        fresh: Sequence[str],
        items: Mapping[str, Item],
        known: frozenset[str],
        view: View,
        bad: list[Quarantined],
    ) -> Iterator[tuple[str, Mention]]:
        ids = {one[:8] for one in known}
        for digest in fresh:
            was_here = digest[:8] in ids
            try:
                mention = to_mention(items[digest], view)
            except BadPayload as error:
                bad.append(_aside(view, items[digest], error, was_here=was_here))
                continue
            if self._wants(mention):
                yield digest, _edited(mention, view.at, was_here=was_here)

    def _wants(self, mention: Mention) -> bool:
        return self._wanted is None or bool(self._wanted.search(mention.text))

    def _get(self, url: str, stand: Stand) -> Got:
        """Ask for what changed, and follow where the feed went."""
        versions = {"If-None-Match": stand.etag, "If-Modified-Since": stand.modified}
        asked = {name: value for name, value in versions.items() if value}
        at, moved = url, ""
        for _ in range(MOST_HOPS):
            try:
                return Got(answer=self._http.read(at, headers=asked), moved=moved)
            except _Moved as error:
                moved = error.to if error.for_good and at in {url, moved} else moved
                if is_inside(error.to) and not is_inside(url):
                    why = "the feed sends us on into our own network"
                    raise AccessDenied(NAME, why) from error
                at = error.to
        raise AccessDenied(NAME, f"the feed sends us on more than {MOST_HOPS} times")

    def _read_cursor(self, cursor: Cursor | None) -> Place:
        try:
            return Place.model_validate_json(cursor) if cursor else Place()
        except ValidationError as error:
            raise BadPayload(NAME, "the stored cursor is not one of ours") from error


def _judge(answer: Answer) -> ConnectorError | None:
    status = HTTPStatus(answer.status) if answer.status in set(HTTPStatus) else None
    if status == HTTPStatus.GONE:
        return AccessDenied(NAME, "the feed is gone for good; take it out of feeds")
    if status not in FOR_GOOD | FOR_NOW:
        return None
    try:
        to = urljoin(answer.url, answer.headers.get("location", ""))
        is_web = urlsplit(to).scheme in {"http", "https"} and to != answer.url
    except ValueError:
        is_web = False
    if not is_web:
        return AccessDenied(NAME, "the feed sends us on to nowhere")
    moved = _Moved(NAME, f"the feed is at {_shown(to)} now")
    moved.to, moved.for_good = to, status in FOR_GOOD
    return moved


def is_inside(url: str) -> bool:
    """Whether an address leads where strangers cannot go: this machine, its network.

    A publisher could else make us ask there, where services trust whoever reaches them.
    """
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None)
    except (OSError, ValueError):
        return False
    return any(not _is_global(str(one[4][0])) for one in found)


def _is_global(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_global


def _edited(mention: Mention, at: datetime | None, *, was_here: bool) -> Mention:
    """Date an edit by the server's clock where the item does not say when it was."""
    if not was_here or mention.edited_at or at is None or at < mention.published_at:
        return mention
    return replace(mention, edited_at=at)


def _pattern(keywords: Sequence[str]) -> re.Pattern[str] | None:
    if not keywords:
        return None
    words = "|".join(r"\s+".join(map(re.escape, one.split())) for one in keywords)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def _key(url: str) -> str:
    """Name a feed in the cursor: its address may hold what is nobody's business."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path}"[:200]


def _version(value: str | None) -> str:
    return value if value and len(value) <= LONGEST_TAG else ""


def _reason(error: ConnectorError) -> str:
    return error.shown.removeprefix(f"{NAME}: ")


def _told(url: str, reason: str, since: str = "") -> Quarantined:
    """Say it once for each time that it happens: the same again is not kept again."""
    payload = {"feed": _shown(url), "last_read": since or None}
    return Quarantined(
        where=_shown(url), reason=reason, payload=json.dumps(payload), kind=Aside.NOTE
    )


def _tell_moved(url: str, got: Got) -> list[Quarantined]:
    if not got.moved:
        return []
    why = f"the feed moved for good to {_shown(got.moved)}; correct it in feeds"
    return [_told(url, why, got.moved)]


def _tell_feed(url: str, feed: Feed) -> list[Quarantined]:
    told = []
    if feed.trouble:
        why = f"{feed.trouble}; what could be read was read"
        told.append(_told(url, why, feed.trouble))
    if len(feed.items) > MOST_ITEMS:
        why = f"the feed has more than {MOST_ITEMS} items; those after are not read"
        told.append(_told(url, why, "long"))
    return told


def _aside(view: View, item: Item, error: BadPayload, *, was_here: bool) -> Quarantined:
    named = str(item.get("id") or item.get("link") or "an item")[:200]
    beside = {
        "host": view.host,
        "at": view.at and view.at.isoformat(),
        "language": view.language,
        "was_here": was_here,
    }
    return Quarantined(
        where=f"{view.host}: {named}",
        reason=_reason(error),
        payload=json.dumps(item, default=str)[:KEPT],
        context=json.dumps(beside),
    )
