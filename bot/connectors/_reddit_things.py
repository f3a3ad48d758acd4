"""What Reddit's things say: one comment or submission into a mention, without Reddit.

A *thing* is ``{"kind": "t1", "data": {...}}``; its *fullname* is ``t1_`` or ``t3_`` and
its id in base 36.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bot.connectors._edge import chain, control_of, from_epoch
from bot.connectors._texts import storable
from bot.domain.mentions import (
    Author,
    Engagement,
    Mention,
    MentionKind,
)
from bot.domain.replies import Receipt
from bot.errors import BadPayload

Json: TypeAlias = Mapping[str, Any]

NAME = "reddit"
COMMENT, SUBMISSION = "t1", "t3"
FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,13}")
REMOVED_UNSEEN = "removed before we saw it"

_INSIDE_PATH = re.compile(r"/comments/([0-9a-z]{1,13})/")
_DELETED, _REMOVED = "[deleted]", "[removed]"
_REMOVED_BY_REDDIT = "[ Removed by Reddit"
_INBOX_TYPES = {"username_mention", "comment_reply", "post_reply"}
_MOST_COUNTED = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom things are read. ``owned`` subreddits are in lower case."""

    brand: str
    account: str
    owned: frozenset[str]
    site: str


def to_mention(raw: object, reader: Reader) -> Mention | None:
    """Read a comment or a submission; ``None`` for anything else and for our own.

    Raises ``BadPayload`` for nonsense, and for what was emptied before we saw it.
    """
    kind, data = kind_of(raw), data_of(raw)
    if kind not in {COMMENT, SUBMISSION}:
        return None
    try:
        author = _author(data)
        if author and author.handle.lower() == reader.account.lower():
            return None
        if is_gone(data):
            raise BadPayload(NAME, REMOVED_UNSEEN)
        return _mention(kind, data, author, reader)
    except (KeyError, TypeError, ValueError) as error:
        message = f"a {kind} thing makes no sense ({type(error).__name__})"
        raise BadPayload(NAME, message, detail=chain(error)) from error


def to_receipt(data: Json, site: str) -> Receipt:
    """Read a comment of our own as the proof that it stands there."""
    try:
        published_at = instant(data.get("created_utc"))
    except (TypeError, ValueError):
        published_at = None
    return Receipt(
        external_id=str(data.get("name")),
        url=_url(data, site) or "",
        published_at=published_at,
    )


def kind_of(raw: object) -> str:
    """Name a thing's kind; raise ``BadPayload`` for what is no thing."""
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if not isinstance(kind, str):
        raise BadPayload(NAME, "a listing holds something that is no thing")
    return kind


def data_of(raw: object) -> Json:
    """Give a thing's fields, none where it has none."""
    data = raw.get("data") if isinstance(raw, dict) else None
    return data if isinstance(data, dict) else {}


def is_gone(data: Json) -> bool:
    """Whether its author, a moderator or Reddit emptied it."""
    texts = [data.get(key) for key in ("body", "selftext", "title")]
    return bool(data.get("removed_by_category")) or any(
        text in {_DELETED, _REMOVED} or text.startswith(_REMOVED_BY_REDDIT)
        for text in texts
        if isinstance(text, str)
    )


def instant(seconds: object) -> datetime:
    """Read ``created_utc``; raise ``TypeError`` or ``ValueError`` for anything else."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError("an instant was expected")
    return from_epoch(seconds)


def _mention(kind: str, data: Json, author: Author | None, reader: Reader) -> Mention:
    name = _clean(data["name"])
    if not FULLNAME.fullmatch(name):
        raise ValueError("this is no fullname")
    text = _text(kind, data)
    origin = data.get("crosspost_parent") if kind == SUBMISSION else None
    amplifies = _clean(origin) if origin else None
    is_ours = _is_owned(data, reader)
    is_summons = _is_summons(data, text, reader)
    return Mention(
        channel=NAME,
        external_id=name,
        brand=reader.brand,
        text=text,
        published_at=instant(data["created_utc"]),
        conversation=_conversation(kind, data),
        kind=_relation(kind, amplifies),
        author=author,
        in_reply_to=_parent(data) if kind == COMMENT else None,
        amplifies=amplifies,
        url=_url(data, reader.site),
        edited_at=_edited_at(data),
        control=control_of(is_ours=is_ours, is_tagged=is_summons),
        is_addressed=is_ours or is_summons,
        engagement=_engagement(kind, data),
    )


def _text(kind: str, data: Json) -> str:
    if kind == COMMENT:
        return _clean(data["body"])
    title, body = _clean(data["title"]), _clean(data.get("selftext") or "")
    return f"{title}\n\n{body}" if body.strip() else title


def _clean(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError("a text was expected")
    return storable(text)


def _author(data: Json) -> Author | None:
    handle = data.get("author")
    if handle is None or handle == _DELETED:
        return None
    handle, fullname = _clean(handle), data.get("author_fullname")
    return Author(
        external_id=_clean(fullname) if fullname else handle,
        handle=handle,
        is_declared_bot=handle == "AutoModerator",
    )


def _relation(kind: str, amplifies: str | None) -> MentionKind:
    if kind == COMMENT:
        return MentionKind.REPLY
    return MentionKind.REPOST if amplifies else MentionKind.POST


def _is_owned(data: Json, reader: Reader) -> bool:
    place = str(data.get("subreddit")).lower()
    return place in reader.owned or place == f"u_{reader.account.lower()}"


def _is_summons(data: Json, text: str, reader: Reader) -> bool:
    """Whether it tags the account or, being in its inbox, tags or answers it."""
    tag = rf"(?<![\w/])/?u/{re.escape(reader.account)}(?![\w-])"
    return (
        data.get("was_comment") is True
        or data.get("type") in _INBOX_TYPES
        or re.search(tag, text, re.IGNORECASE) is not None
    )


def _conversation(kind: str, data: Json) -> str:
    """Name the submission; an inbox item has it in the path to its context only."""
    if kind == SUBMISSION:
        return str(data["name"])
    link = data.get("link_id")
    if isinstance(link, str) and FULLNAME.fullmatch(link):
        return link
    for key in ("context", "permalink"):
        if inside := _INSIDE_PATH.search(str(data.get(key))):
            return f"{SUBMISSION}_{inside[1]}"
    return _parent(data) or str(data["name"])


def _parent(data: Json) -> str | None:
    parent = data.get("parent_id")
    is_name = isinstance(parent, str) and FULLNAME.fullmatch(parent)
    return str(parent) if is_name else None


def _url(data: Json, site: str) -> str | None:
    path = data.get("permalink") or data.get("context")
    if not isinstance(path, str) or not path.startswith("/"):
        return None
    return site + _clean(path).partition("?")[0]


def _edited_at(data: Json) -> datetime | None:
    edited = data.get("edited")
    # Until 2012 Reddit said that a text was edited (``true``), not when.
    return instant(edited) if edited and edited is not True else None


def _engagement(kind: str, data: Json) -> Engagement:
    # In the inbox ``num_comments`` counts the whole thread, not answers to the item.
    replies = _count(data, "num_comments") if kind == SUBMISSION else 0
    likes, reposts = _count(data, "score"), _count(data, "num_crossposts")
    return Engagement(likes=likes, reposts=reposts, replies=replies)


def _count(data: Json, key: str) -> int:
    given = data.get(key)
    if isinstance(given, bool) or not isinstance(given, int):
        return 0
    return min(max(given, 0), _MOST_COUNTED)
