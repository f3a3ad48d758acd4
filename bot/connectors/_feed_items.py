"""Feeds as they are published (RSS, Atom, JSON Feed), and what one item of them says.

feedparser is given bytes and asks nobody. ``to_mention`` reads an item that was laid
out here, whatever the feed's kind: plain text and numbers, so that it is pure.
"""

from __future__ import annotations

import calendar
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import feedparser

from bot.connectors._edge import from_epoch
from bot.connectors._html import text_of
from bot.connectors._replay_rows import LONGEST_ID, instant
from bot.connectors._texts import storable
from bot.domain.mentions import Author, Mention
from bot.errors import BadPayload

NAME = "rss"
MOST_ITEMS = 200
MOST_HTML = 100_000
"""Characters of one item that are read; the rest of a longer one is left."""

MOST_AUTHOR = 1_000
"""Characters in which the writer's name is looked for."""

Item = Mapping[str, Any]

_CRASHES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a library that mends everything raises where it could not."""

_WEB = re.compile(r"https?://[^\s/]\S{0,1990}")
_NAMED = re.compile(r"(https?://|tag:|urn:)\S+")
_ADDRESS = re.compile(r"\S+@\S+")
_HARMLESS = (
    feedparser.CharacterEncodingOverride,
    feedparser.NonXMLContentType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One document: its items as they stand, newest first as a rule.

    ``trouble`` says what is wrong with it where some of it could be read all the same.
    """

    items: Sequence[Item]
    language: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """For whom, from where and when a feed is read; ``at`` dates what bears no date."""

    brand: str
    host: str
    at: datetime | None = None
    language: str = ""


def read_feed(content: bytes) -> Feed:
    """Lay out a document's items; raise ``BadPayload`` for what is no feed."""
    if b"<!ENTITY" in content.replace(b"\x00", b""):
        # A few of them, one inside the other, are as long as a library.
        raise BadPayload(NAME, "the document declares entities, which no feed needs")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json_feed(content)
    try:
        read = feedparser.parse(
            BytesIO(content), sanitize_html=False, resolve_relative_uris=False
        )
    except _CRASHES as error:
        raise BadPayload(NAME, "the document cannot be read", detail=repr(error)) from (
            error
        )
    why = read.get("bozo_exception")
    is_broken = bool(read.get("bozo")) and not isinstance(why, _HARMLESS)
    entries = read.get("entries") or []
    if not read.get("version") and not entries:
        raise BadPayload(NAME, "the document is no feed") from why
    return Feed(
        items=[_laid_out(one) for one in entries],
        language=_text(read.get("feed", {}).get("language")),
        trouble=f"the XML is broken ({type(why).__name__})" if is_broken else "",
    )


def _laid_out(entry: dict[str, Any]) -> Item:
    bodies = [one.get("value") for one in entry.get("content") or []]
    return {
        "id": entry.get("id"),
        "link": entry.get("link"),
        "title": entry.get("title"),
        "body": max([*map(_text, bodies), _text(entry.get("summary"))], key=len),
        "author": entry.get("author"),
        "published": _date(entry, "published"),
        "updated": _date(entry, "updated"),
    }


def _date(entry: dict[str, Any], name: str) -> object:
    """Give Unix seconds where the library can read a date, else what stands there.

    ``dict.get`` because feedparser takes the one for the other where it is missing.
    """
    parsed = dict.get(entry, f"{name}_parsed")
    if parsed is not None:
        return calendar.timegm(parsed)
    written: object = dict.get(entry, name)
    return written


def _json_feed(content: bytes) -> Feed:
    try:
        read = json.loads(content)
        items, version = read["items"], str(read["version"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadPayload(NAME, "the document is no feed") from error
    if "jsonfeed.org" not in version or not isinstance(items, list):
        raise BadPayload(NAME, "the document is no JSON Feed")
    return Feed(
        items=[_of_json(one) for one in items], language=_text(read.get("language"))
    )


def _of_json(one: object) -> Item:
    if not isinstance(one, dict):
        return {}
    writers = one.get("authors") or [one.get("author")]
    first = writers[0] if isinstance(writers, list) and writers else None
    body = one.get("content_html") or one.get("summary")
    return {
        "id": one.get("id"),
        "link": one.get("url"),
        "title": one.get("title"),
        "body": body or None,
        "text": one.get("content_text"),
        "author": first.get("name") if isinstance(first, dict) else None,
        "published": one.get("date_published"),
        "updated": one.get("date_modified"),
    }


def digest_of(item: Item) -> str:
    """Name an item by where it is known from and by what it says, 8 digits each."""
    named = f"{item.get('id') or ''}\n{item.get('link') or ''}"
    said = [item.get(key) for key in ("title", "body", "text", "updated")]
    return _short(named) + _short(json.dumps(said, default=str))


def to_mention(raw: Item, view: View) -> Mention:
    """Read one laid out item; raise ``BadPayload`` for what makes no sense."""
    try:
        if not isinstance(raw, Mapping):
            message = "the item is no object"
            raise ValueError(message)  # noqa: TRY004, TRY301 - wrong data, not a wrong call
        return _mention(raw, view)
    except ValueError as error:
        raise BadPayload(NAME, str(error)) from error


def _mention(raw: Item, view: View) -> Mention:
    external_id = _id(raw, view.host)
    text = "\n\n".join(_words(raw))
    if not text:
        message = "the item has no words"
        raise ValueError(message)
    published, updated = _instant(raw, "published"), _instant(raw, "updated")
    at = published or updated or view.at
    if at is None:
        message = "neither the item nor the server says when it was published"
        raise ValueError(message)
    link = _text(raw.get("link")).strip()
    return Mention(
        channel=NAME,
        external_id=external_id,
        brand=view.brand,
        text=text,
        published_at=at,
        edited_at=updated if updated is not None and updated > at else None,
        conversation=external_id,
        author=_author(raw.get("author"), view.host),
        language_hint=view.language[:35].lower() or None,
        url=link if _WEB.fullmatch(link) else None,
    )


def _id(raw: Item, host: str) -> str:
    """Name an item as its feed does; a bare number is one of its host's own."""
    guid, link = raw.get("id"), _text(raw.get("link")).strip()
    known = str(guid) if isinstance(guid, int) else _text(guid)
    known = known.strip()
    if not known and not link:
        message = "the item has neither an id nor a link"
        raise ValueError(message)
    if not known:
        return f"{host}:{hashlib.sha256(link.encode()).hexdigest()[:32]}"
    named = known if _NAMED.fullmatch(known) else f"{host}:{known}"
    if len(named) > LONGEST_ID or not named.isprintable() or " " in named:
        return f"{host}:{hashlib.sha256(known.encode()).hexdigest()[:32]}"
    return named


def _words(raw: Item) -> Iterator[str]:
    """Give the title, and the body unless it says no more."""
    title = text_of(_text(raw.get("title"))[:MOST_HTML])
    plain = _text(raw.get("text"))[:MOST_HTML].strip()
    body = text_of(_text(raw.get("body"))[:MOST_HTML]) or plain
    room = MOST_HTML - len(body) - 2
    if title and not body.startswith(title) and room > 0:
        yield title[:room]
    if body:
        yield body[:MOST_HTML]


def _author(value: object, host: str) -> Author | None:
    """Name the writer without an address; one name at two hosts is two people."""
    bare = _ADDRESS.sub(" ", _text(value)[:MOST_AUTHOR])
    name = " ".join(bare.strip(" ()<>,").split())[:200]
    if not name:
        return None
    return Author(external_id=f"{host}/{name.casefold()}", handle=name, name=name)


def _instant(raw: Item, name: str) -> datetime | None:
    value = raw.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return from_epoch(value).astimezone(UTC)
    return instant(value, name)


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def host_of(url: str) -> str:
    """Return a feed's host, without name, password and port."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
