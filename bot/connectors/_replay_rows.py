"""The layouts of stored streams that are understood: one record in, one mention out.

Every function is pure and raises ``ValueError``, in words for people, for a record
that no platform can have published.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.connectors._edge import from_epoch, parse_instant
from bot.connectors._texts import storable
from bot.domain.mentions import (
    Author,
    ChannelControl,
    Engagement,
    Mention,
    MentionKind,
)

Fields = Mapping[str, object]

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""A post dated later than this is nonsense, not foresight."""

LONGEST_ID = 200
_FLOAT_ID = re.compile(r"([0-9]+)\.0+")
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_UNSEEN = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")
_EPOCH = re.compile(r"-?[0-9]{9,13}(?:\.[0-9]{1,9})?")
_DIGITS = re.compile(r"[0-9]{1,16}")
_MILLISECONDS = 100_000_000_000
_HANDLE = re.compile(r"(?<!\w)@(\w{1,100})")
_WEB = re.compile(r"https?://\S{1,2000}")
_MOST = 2**53


def from_bot(raw: Fields, *, channel: str, brand: str) -> Mention:
    """Read our own layout, one JSON object per line (docs/connectors/replay.md)."""
    external_id = identifier(raw.get("id"), "id")
    in_reply_to = optional_id(raw.get("in_reply_to"), "in_reply_to")
    amplifies = optional_id(raw.get("amplifies"), "amplifies")
    conversation = optional_id(raw.get("conversation"), "conversation")
    edited = raw.get("edited_at")
    language = _short(raw.get("language"), 35)
    return Mention(
        channel=_short(raw.get("channel"), 50) or channel,
        external_id=external_id,
        brand=_short(raw.get("brand"), 200) or brand,
        text=text_of(raw, may_be_empty=amplifies is not None),
        published_at=instant(raw.get("published_at"), "published_at"),
        conversation=conversation or in_reply_to or external_id,
        kind=_kind(raw.get("kind"), in_reply_to),
        author=_author(raw.get("author")),
        in_reply_to=in_reply_to,
        amplifies=amplifies,
        language_hint=language or None,
        url=_url(raw.get("url")),
        edited_at=None if edited is None else instant(edited, "edited_at"),
        control=_control(raw.get("control")),
        is_addressed=raw.get("addressed") is True,
        is_public=raw.get("public") is not False,
        engagement=_engagement(raw.get("engagement")),
    )


def from_airlines(raw: Fields, *, channel: str, brand: str) -> Mention:
    """Read a flat line: id, created_at, brand, author (a handle), text, retweets.

    Human labels in the same line are left unread: tags come from our own models. A
    text that begins with ``RT @`` stays a post, for it does not say which text it
    repeats, so that there is nothing whose reach could grow.
    """
    external_id = identifier(raw.get("id"), "id")
    text = text_of(raw)
    handle = _short(raw.get("author"), 200).removeprefix("@")
    named = _short(raw.get("brand"), 200) or brand
    return Mention(
        channel=channel,
        external_id=external_id,
        brand=named,
        text=text,
        published_at=instant(raw.get("created_at"), "created_at"),
        conversation=external_id,
        author=_named(handle),
        control=ChannelControl.MENTION,
        is_addressed=tags_brand(text, named),
        engagement=Engagement(reposts=_count(raw.get("retweets")) or 0),
    )


def from_csv(raw: Fields, *, channel: str, brand: str) -> Mention:
    """Read a table with the columns id, text, created_at or published_at, author."""
    external_id = identifier(raw.get("id"), "id")
    in_reply_to = optional_id(raw.get("in_reply_to"), "in_reply_to")
    conversation = optional_id(raw.get("conversation"), "conversation")
    text = text_of(raw)
    named = _short(raw.get("brand"), 200) or brand
    handle = _short(raw.get("author"), 200).removeprefix("@")
    language = _short(raw.get("language"), 35)
    date = raw.get("published_at") or raw.get("created_at")
    return Mention(
        channel=_short(raw.get("channel"), 50) or channel,
        external_id=external_id,
        brand=named,
        text=text,
        published_at=instant(date, "published_at"),
        conversation=conversation or in_reply_to or external_id,
        kind=MentionKind.REPLY if in_reply_to else MentionKind.POST,
        author=_named(handle, followers=_count(raw.get("followers"))),
        in_reply_to=in_reply_to,
        language_hint=language or None,
        url=_url(raw.get("url")),
        control=ChannelControl.MENTION,
        is_addressed=tags_brand(text, named),
    )


def identifier(value: object, name: str) -> str:
    """Return a platform's id as text; ``3.0`` and ``3`` are the same one."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST:
        value = int(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        message = f"{name} is missing"
        raise ValueError(message)
    if isinstance(value, bool) or not isinstance(value, str | int):
        message = f"{name} is no id"
        raise ValueError(message)  # noqa: TRY004 - wrong data, not a wrong call
    read = str(value).strip()
    if whole := _FLOAT_ID.fullmatch(read):
        read = whole[1]
    if _ROUNDED.fullmatch(read):
        message = f"{name} is {read}: a spreadsheet rounded it, so it names many posts"
        raise ValueError(message)
    if len(read) > LONGEST_ID or _UNSEEN.search(read):
        message = f"{name} is no id: it is too long or holds unseen characters"
        raise ValueError(message)
    return read


def optional_id(value: object, name: str) -> str | None:
    """Return an id, or ``None`` where there is none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return identifier(value, name)


def text_of(raw: Fields, *, may_be_empty: bool = False) -> str:
    """Return the text as it can be stored; a bare repost may have none."""
    value = raw.get("text")
    if value is not None and not isinstance(value, str):
        message = "text is no text"
        raise ValueError(message)
    if not may_be_empty and (value is None or not value.strip()):
        message = "text is missing"
        raise ValueError(message)
    return storable(value or "")


def instant(value: object, name: str) -> datetime:
    """Read a date as aware UTC; one without a zone is taken as UTC.

    ISO 8601, Unix seconds or milliseconds, RFC 5322, and the older form
    ``Tue Oct 31 22:10:47 +0000 2017`` are understood.
    """
    if value is None or value == "":
        message = f"{name} is missing"
        raise ValueError(message)
    try:
        read = _instant(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        message = f"{name} is no date: {storable(str(value))[:60]!r}"
        raise ValueError(message) from None
    if read >= LATEST:
        message = f"{name} is {read.date()}, beyond any platform"
        raise ValueError(message)
    return read


def _instant(value: object) -> datetime:
    if isinstance(value, str) and _EPOCH.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError
        return from_epoch(value / 1000 if abs(value) >= _MILLISECONDS else value)
    if not isinstance(value, str):
        raise TypeError
    text = value.strip()[:80]
    try:
        return parse_instant(text)
    except ValueError:
        pass
    try:
        return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    except ValueError:
        read = parsedate_to_datetime(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def handles(text: str) -> list[str]:
    """Return the accounts that a text tags, without ``@``, in order."""
    return _HANDLE.findall(text)


def tags_brand(text: str, brand: str) -> bool:
    """Whether a text begins with a tag or tags an account that bears the name."""
    name = re.sub(r"\W", "", brand).casefold()
    return text.startswith(("@", ".@")) or any(
        name in handle.casefold() for handle in handles(text)
    )


def _named(handle: str, followers: int | None = None) -> Author | None:
    if not handle:
        return None
    return Author(external_id=handle.casefold(), handle=handle, followers=followers)


def _author(value: object) -> Author | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        message = "author is neither an object nor null"
        raise ValueError(message)  # noqa: TRY004 - wrong data, not a wrong call
    handle = _short(value.get("handle"), 200).removeprefix("@")
    external_id = optional_id(value.get("id"), "author.id") or handle.casefold()
    if not external_id:
        return None
    return Author(
        external_id=external_id,
        handle=handle or external_id,
        name=_short(value.get("name"), 500),
        bio=_short(value.get("bio"), 5_000),
        followers=_count(value.get("followers")),
        following=_count(value.get("following")),
        posts=_count(value.get("posts")),
        is_verified=value.get("verified") is True,
        is_declared_bot=value.get("bot") is True,
        created_at=_past(value.get("created_at")),
    )


def _engagement(value: object) -> Engagement:
    if not isinstance(value, Mapping):
        return Engagement()
    return Engagement(
        likes=_count(value.get("likes")) or 0,
        reposts=_count(value.get("reposts")) or 0,
        replies=_count(value.get("replies")) or 0,
        quotes=_count(value.get("quotes")) or 0,
        views=_count(value.get("views")),
        counted_at=_past(value.get("counted_at")),
    )


def _kind(value: object, in_reply_to: str | None) -> MentionKind:
    if value is None:
        return MentionKind.REPLY if in_reply_to else MentionKind.POST
    try:
        return MentionKind(str(value))
    except ValueError:
        message = f"kind is none of {', '.join(MentionKind)}"
        raise ValueError(message) from None


def _control(value: object) -> ChannelControl:
    try:
        return ChannelControl(str(value or "third_party"))
    except ValueError:
        message = f"control is none of {', '.join(ChannelControl)}"
        raise ValueError(message) from None


def _past(value: object) -> datetime | None:
    try:
        return None if value is None else instant(value, "author.created_at")
    except ValueError:
        return None


def _count(value: object) -> int | None:
    """A count that makes no sense is unknown: it is no reason to lose a complaint."""
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < _MOST else None


def _short(value: object, limit: int) -> str:
    return storable(value).strip()[:limit] if isinstance(value, str) else ""


def _url(value: object) -> str | None:
    text = _short(value, 2_010)
    return text if _WEB.fullmatch(text) else None
