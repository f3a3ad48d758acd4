"""What YouTube's comments say: one comment into a mention, without YouTube."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bot.connectors._edge import chain, control_of, parse_instant
from bot.connectors._http import NONSENSE
from bot.connectors._texts import storable, text_or_nothing
from bot.domain.channels import Quarantined
from bot.domain.mentions import Author, Engagement, Mention, MentionKind
from bot.errors import BadPayload

Json: TypeAlias = Mapping[str, Any]

NAME = "youtube"
ID = re.compile(r"[A-Za-z0-9_.=-]{1,120}")
MOST = 1 << 62  # beyond any count, within a database's integers
PUBLISHED = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom comments are read."""

    brand: str
    channel_id: str
    handle: str = ""

    def is_tagged_in(self, text: str) -> bool:
        """Whether a text names our handle."""
        if not self.handle:
            return False
        tag = rf"(?<![\w@])@{re.escape(self.handle)}(?![\w.-]*\w)"
        return re.search(tag, text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What a thread tells about the comments in it; ``channel`` is whose ground it is.

    ``is_begun_by_us``: its first comment is ours.
    """

    id: str
    channel: str = ""
    video: str = ""
    replies: int = 0
    is_public: bool = True
    is_begun_by_us: bool = False


def thread_of(raw: Any, reader: Reader) -> Thread:  # noqa: ANN401 - undecoded JSON
    """Read a thread without its comments; raise one of ``NONSENSE``."""
    snippet, top = raw["snippet"], raw["snippet"]["topLevelComment"]
    return Thread(
        id=an_id(raw["id"]),
        channel=_id_or_nothing(snippet.get("channelId")),
        video=_id_or_nothing(snippet.get("videoId")),
        replies=_count(snippet.get("totalReplyCount")),
        is_public=snippet.get("isPublic") is not False,
        is_begun_by_us=is_ours(top, reader),
    )


def comments_of(raw: Json) -> Iterator[Json]:
    """Give a thread's first comment, then the replies that came with it."""
    yield raw["snippet"]["topLevelComment"]
    beside = raw.get("replies")
    yield from (beside.get("comments") or ()) if isinstance(beside, dict) else ()


def mark_of(raw: Json) -> str:
    """Say in a few letters what a thread looks like: other ones, and it has changed.

    They begin with when it was published, in Unix seconds.
    """
    stamps = [str(one["snippet"].get("updatedAt")) for one in comments_of(raw)]
    seen = json.dumps([raw["snippet"].get("totalReplyCount"), *sorted(stamps)])
    at = published_at(raw["snippet"]["topLevelComment"])
    return f"{at.timestamp():.0f} {hashlib.sha256(seen.encode()).hexdigest()[:8]}"


def to_mention(raw: Any, thread: Thread, reader: Reader) -> Mention:  # noqa: ANN401
    """Make a mention of one comment; nonsense is ``BadPayload``."""
    try:
        return _mention(raw, thread, reader)
    except NONSENSE as error:
        raise BadPayload(
            NAME, "YouTube sent a comment that makes no sense", detail=chain(error)
        ) from error


def read_comments(
    raws: Sequence[Any], thread: Thread, reader: Reader
) -> tuple[list[Mention], list[Quarantined]]:
    """Translate what others wrote; keep aside what makes no sense."""
    mentions, bad = [], []
    for raw in raws:
        try:
            mention = to_mention(raw, thread, reader)
        except BadPayload as error:
            bad.append(set_aside(raw, error, thread))
        else:
            if not is_ours(raw, reader):
                mentions.append(mention)
    return mentions, bad


def set_aside(
    raw: object, error: Exception, thread: Thread | None = None
) -> Quarantined:
    """Keep a comment of a thread, or a thread whole, as it came."""
    said = raw.get("id") if isinstance(raw, dict) else None
    where = said if isinstance(said, str) and ID.fullmatch(said) else "comment"
    why = getattr(error, "detail", "") or type(error).__name__
    return Quarantined(
        where=f"{NAME}:{where}",
        reason=why,
        payload=json.dumps(raw),
        context=json.dumps({"thread": thread and asdict(thread)}),
    )


def is_ours(raw: Json, reader: Reader) -> bool:
    """Whether our own channel wrote it; raise one of ``NONSENSE``."""
    return _author_id(raw["snippet"]) == reader.channel_id


def is_visible(raw: Json) -> bool:
    """Whether it is neither held for review nor rejected."""
    return bool(raw["snippet"].get("moderationStatus", PUBLISHED) == PUBLISHED)


def said_in(raw: Json) -> str:
    """Return its text; the original one where we may see it."""
    snippet = raw["snippet"]
    text = snippet.get("textOriginal")
    return text_or_nothing(snippet["textDisplay"] if text is None else text)


def published_at(raw: Json) -> datetime:
    """Return when it was published first."""
    return parse_instant(raw["snippet"]["publishedAt"])


def url_of(video: str, comment: str) -> str:
    """Return where people read it; nothing where it stands under no video."""
    return f"https://www.youtube.com/watch?v={video}&lc={comment}" if video else ""


def an_id(value: object) -> str:
    """Return a comment's id; raise ``ValueError`` for anything else."""
    if not isinstance(value, str) or not ID.fullmatch(value):
        message = "not an id of YouTube's"
        raise ValueError(message)
    return value


def _mention(raw: Json, thread: Thread, reader: Reader) -> Mention:
    snippet = raw["snippet"]
    comment, text = an_id(raw["id"]), storable(said_in(raw))
    at, edited = published_at(raw), snippet.get("updatedAt")
    edited_at = parse_instant(edited) if edited is not None else at
    is_reply = snippet.get("parentId") is not None
    parent = an_id(snippet["parentId"]) if is_reply else None
    is_tagged = reader.is_tagged_in(text)
    is_owned = thread.channel == reader.channel_id
    answers_us = is_reply and thread.is_begun_by_us
    return Mention(
        channel=NAME,
        external_id=comment,
        brand=reader.brand,
        text=text,
        published_at=at,
        conversation=parent or comment,
        kind=MentionKind.REPLY if is_reply else MentionKind.POST,
        author=_author(snippet),
        in_reply_to=parent,
        url=url_of(thread.video, comment) or None,
        edited_at=edited_at if edited_at > at else None,
        control=control_of(is_ours=is_owned, is_tagged=is_tagged or answers_us),
        is_addressed=is_tagged
        or answers_us
        or (is_owned and not _speaks_to_another(text, is_reply=is_reply)),
        is_public=thread.is_public and is_visible(raw),
        engagement=Engagement(
            likes=_count(snippet.get("likeCount")),
            replies=0 if is_reply else thread.replies,
        ),
    )


def _speaks_to_another(text: str, *, is_reply: bool) -> bool:
    """Whether a reply begins with a handle, as one to another reply does."""
    return is_reply and text.lstrip().startswith("@")


def _author(snippet: Json) -> Author | None:
    external_id = _author_id(snippet)
    if not external_id:
        return None
    name = storable(text_or_nothing(snippet.get("authorDisplayName")))
    return Author(external_id=external_id, handle=name.removeprefix("@"), name=name)


def _author_id(snippet: Json) -> str:
    told = snippet.get("authorChannelId")
    return "" if told is None else an_id(told["value"])


def _id_or_nothing(value: object) -> str:
    return "" if value is None else an_id(value)


def _count(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST:
        message = "not a count"
        raise TypeError(message)
    return value
