"""What was said about us, by whom, and where."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

from bot.errors import Missing

MentionId = NewType("MentionId", int)

MAX_TEXT = 100_000
"""Characters; no platform that we read publishes longer posts."""

MAX_ID = 500
"""Characters of a platform's id; an index takes no longer ones, and none has them."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A post dated earlier than any platform is nonsense, not history."""


MOST_DIGITS = 18
"""Of a number that a database can hold."""


def mention_key(mention_id: int) -> str:
    """Return how people name a mention."""
    return f"M-{mention_id:06d}"


def id_of(key: str) -> MentionId:
    """Read ``M-000012`` or ``12``; raises ``Missing`` for what names no mention."""
    digits = key.strip().upper().removeprefix("M-")
    if not digits.isdecimal() or len(digits) > MOST_DIGITS:
        raise Missing(f"{key!r} is no mention; one looks like M-000012")
    return MentionId(int(digits))


class MentionKind(StrEnum):
    """How a text relates to what was there before it."""

    POST = "post"
    REPLY = "reply"
    REPOST = "repost"
    QUOTE = "quote"
    MESSAGE = "message"
    REVIEW = "review"


class ChannelControl(StrEnum):
    """Who controls the place where the text stands (RG 271.32(a))."""

    OWNED = "owned"
    MENTION = "mention"
    THIRD_PARTY = "third_party"


class Restored(StrEnum):
    """What a person says of a mention that they bring back."""

    RELEVANT = "relevant"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """An account as it was when we saw it; ``None`` means the platform did not say."""

    external_id: str
    handle: str
    name: str = ""
    bio: str = ""
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    is_verified: bool = False
    is_declared_bot: bool = False
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """How far a text had travelled when we saw it, in counts.

    ``counted_at``: when we asked the platform for them; ``None`` where nobody knows, as
    of counts that stand in a file.
    """

    likes: int = 0
    reposts: int = 0
    replies: int = 0
    quotes: int = 0
    views: int | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One text that concerns a brand.

    ``conversation`` is the id of the thread's first text, ``amplifies`` the id of the
    text that a repost or quote repeats; ``author`` is ``None`` where the account is
    deleted, suspended or withheld. ``is_addressed``: the author tagged, answered or
    quoted the brand, which several platforms require before a bot may reply.
    Raises ``ValueError`` for what no platform can mean.
    """

    channel: str
    external_id: str
    brand: str
    text: str
    published_at: datetime
    conversation: str
    kind: MentionKind = MentionKind.POST
    author: Author | None = None
    in_reply_to: str | None = None
    amplifies: str | None = None
    language_hint: str | None = None
    url: str | None = None
    edited_at: datetime | None = None
    control: ChannelControl = ChannelControl.THIRD_PARTY
    is_addressed: bool = False
    is_public: bool = True
    engagement: Engagement = field(default_factory=Engagement)

    def __post_init__(self) -> None:
        """Refuse what no platform can mean."""
        if not self.external_id or not self.channel:
            message = "a mention needs a channel and an id"
            raise ValueError(message)
        if max(len(self.external_id), len(self.conversation)) > MAX_ID:
            message = f"an id has more than {MAX_ID} characters"
            raise ValueError(message)
        if self.published_at.tzinfo is None:
            message = "published_at has no time zone"
            raise ValueError(message)
        if self.published_at < EARLIEST:
            message = f"published_at is {self.published_at.date()}, before any platform"
            raise ValueError(message)
        if len(self.text) > MAX_TEXT:
            message = f"the text has {len(self.text)} characters, {MAX_TEXT} at most"
            raise ValueError(message)

    @property
    def is_amplification(self) -> bool:
        """Whether it only carries another text further."""
        return self.amplifies is not None

    @property
    def audience(self) -> int:
        """How many people it reached at once: its author's followers, or one."""
        followers = self.author.followers if self.author else None
        return max(followers or 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMention:
    """A mention with our own id and the instant at which we first saw it.

    ``carried_at``: when the reposts and quotes of it were published that we had by
    then. Only who tags needs them, so only ``untagged`` and ``past`` tell them.
    ``restored_as``: a person brought it back after it had been set aside, as this.
    ``edits``: how often its author changed it since we read it. ``removed_at``: when we
    learnt that it can no longer be read there; ``text_sha256`` is the hash of the words
    that were withdrawn for that, empty as long as they are here.
    """

    id: MentionId
    mention: Mention
    source: str
    ingested_at: datetime
    carried_at: tuple[datetime, ...] = ()
    restored_as: Restored | None = None
    edits: int = 0
    removed_at: datetime | None = None
    text_sha256: str = ""

    @property
    def shown(self) -> str:
        """Its text for people, or what became of it."""
        if not self.text_sha256 or self.removed_at is None:
            return self.mention.text
        return (
            f"removed by its author or by {self.mention.channel}, seen on "
            f"{self.removed_at:%Y-%m-%d %H:%M} UTC; text withdrawn, "
            f"SHA-256 {self.text_sha256}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionVersion:
    """A mention's text before an edit, and when that text had been edited itself."""

    number: int
    text: str
    text_sha256: str
    edited_at: datetime | None
    replaced_at: datetime


def text_hash(text: str) -> str:
    """SHA-256 (hex) of a text's UTF-8 bytes: what the log keeps instead of words."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
