"""Facebook pages: comments, visitors' posts, posts that tag us, and messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from bot.connectors._edge import parse_instant
from bot.connectors._graph import (
    INBOX,
    NODE,
    PER_PAGE,
    TAGGED,
    TAGS,
    GraphConnector,
    GraphSettings,
    a_node,
    an_id,
    count,
    is_message,
    items_of,
    member,
    reading,
    receipt_of,
    words,
)
from bot.connectors._graph_rounds import (
    Feed,
    Item,
    Json,
    Kind,
    Order,
    is_thread,
    listed,
    root_of,
    thread,
)
from bot.domain.channels import ConnectorInfo
from bot.domain.mentions import (
    Author,
    ChannelControl,
    Engagement,
    Mention,
    MentionKind,
)
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import Refused

NAME, POSTS = "facebook", "feed"
REPLY_LIMIT, MESSAGE_LIMIT = 8_000, 2_000

COMMENT_FIELDS = (
    "id,message,created_time,from,parent{id},permalink_url,like_count,comment_count,"
    "is_hidden,is_private"
)
POST_FIELDS = "id,message,story,created_time,from,permalink_url,is_hidden"
HOW_IT_LOOKS = "updated_time,comments.filter(stream).limit(0).summary(true)"

Source: TypeAlias = Literal["feed", "tagged", "messages"]


class FacebookSettings(GraphSettings):
    """What a Facebook page needs to be told.

    ``page_id`` is the page's number. ``reads`` says which lists are read; each wants a
    permission. Comments are looked for below the ``watch_posts`` newest posts.
    """

    page_id: str = Field(pattern=r"^[0-9]{1,40}$")
    reads: tuple[Source, ...] = Field(
        default=("feed", "tagged", "messages"), min_length=1
    )
    watch_posts: int = Field(default=50, ge=1, le=PER_PAGE)


class FacebookConnector(GraphConnector):
    """One page: what is said on it, to it and about it; answers in its name."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="Facebook",
        poll_every=timedelta(minutes=2),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/facebook.md",
    )
    settings_model: ClassVar[type[FacebookSettings]] = FacebookSettings
    posts: ClassVar = POSTS
    platform: ClassVar = "MESSENGER"

    def __init__(self, settings: FacebookSettings) -> None:
        """Open nothing yet."""
        super().__init__(settings, account=settings.page_id, mailbox=settings.page_id)
        self._settings = settings

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Comment below a post or comment; answer a message with a message."""
        if is_message(reply.in_reply_to):
            return self._message(reply)
        node = self._node(reply)
        if len(reply.text) > REPLY_LIMIT:
            why = f"it is longer than {REPLY_LIMIT:,} characters"
            raise Refused(NAME, f"{reply.key}: {why}")
        answer = self._graph.post(
            f"/{node}/comments",
            {"fields": "id,created_time,permalink_url"},
            data={"message": reply.text},
        )
        with answer.read():
            return receipt_of(answer.json())

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Ask for the comment that Facebook named, or look below what is answered.

        An answer to an answer may be put below the thread's first comment instead.
        """
        if is_message(reply.in_reply_to):
            return self._written(reply, reply.conversation)
        if NODE.fullmatch(reply.external_id):
            return self._shown(reply, COMMENT_FIELDS, "is_hidden")
        node = self._node(reply)
        found = self._below(node, reply)
        top = reply.conversation.removeprefix(TAGGED)
        if found is None and top != node and NODE.fullmatch(top):
            found = self._below(top, reply)
        return found

    def _node(self, reply: OutboundReply) -> str:
        node = reply.in_reply_to.removeprefix(TAGGED)
        if not NODE.fullmatch(node):
            raise Refused(NAME, f"{reply.key} answers nothing that Facebook knows")
        return node

    def _below(self, node: str, reply: OutboundReply) -> Receipt | None:
        """Look through what stands below a thing, newest first."""
        asked = {"fields": COMMENT_FIELDS, "filter": "stream"}
        asked |= {"order": "reverse_chronological", "limit": str(PER_PAGE)}
        path = f"/{node}/comments"
        return self._sought(path, asked, reply, is_newest_first=True)

    def _ours_in(self, raws: Sequence[object], reply: OutboundReply) -> Receipt | None:
        """Leave out the same words of ours to somebody else in the thread."""
        near = {_number(reply.in_reply_to), _number(reply.conversation), ""}
        mine = [one for one in raws if _number(_above(one)) in near]
        return super()._ours_in(mine, reply)

    def _conversation(self, reply: OutboundReply) -> str:
        """Ask the comment itself, which knows even where it hides its author."""
        node = reply.in_reply_to
        if is_message(node) or self._is_post(node):
            return super()._conversation(reply)
        asked = {"fields": "private_reply_conversation{id}"}
        answer = self._graph.get(f"/{node}", asked)
        with answer.read():
            found = answer.json().get("private_reply_conversation")
            return an_id(member(found, "id")) if found else ""

    def _recipient(self, reply: OutboundReply) -> Mapping[str, str]:
        what = "post_id" if self._is_post(reply.in_reply_to) else "comment_id"
        return {what: reply.in_reply_to}

    def _is_post(self, node: str) -> bool:
        return node.startswith(f"{self._settings.page_id}_")

    def _longest(self, text: str) -> str:
        is_long = len(text) > MESSAGE_LIMIT
        return f"it is longer than {MESSAGE_LIMIT:,} characters" if is_long else ""

    def _lists(self) -> tuple[str, ...]:
        return self._settings.reads

    def _rights(self) -> Iterator[Sequence[str]]:
        yield ("pages_read_engagement",)
        if {POSTS, TAGS} & set(self._settings.reads):
            yield ("pages_read_user_content",)
            yield ("pages_manage_engagement",)
        if INBOX in self._settings.reads:
            yield ("pages_messaging",)

    def _feed(self, key: str, limit: int) -> Feed:
        if is_thread(key):
            return Feed(
                path=f"/{root_of(key)}/comments",
                asked={
                    "fields": COMMENT_FIELDS,
                    "filter": "stream",
                    "order": "chronological",
                    "limit": str(limit),
                },
                order=Order.ANYWHERE,
                items=lambda body: items_of(Kind.COMMENT, body, root_of(key)),
                since=True,
            )
        if key == INBOX:
            return self._inbox()
        kind = Kind.TAGGED if key == TAGS else Kind.POST
        more = "" if key == TAGS else f",{HOW_IT_LOOKS}"
        most = PER_PAGE if key == TAGS else self._settings.watch_posts
        return Feed(
            path=f"/{self._account}/{key}",
            asked={"fields": POST_FIELDS + more, "limit": str(most)},
            order=Order.NEWS_FIRST,
            items=lambda body: items_of(kind, body),
        )

    def _watched(self, answer: Json) -> dict[str, str]:
        stamps = {}
        for raw in listed(answer):
            post = member(raw, "id")
            if isinstance(post, str) and NODE.fullmatch(post):
                total = member(
                    member(member(raw, "comments"), "summary"), "total_count"
                )
                stamps[thread(post)] = f"{time_of_change(raw)} {total}" if total else ""
        return stamps

    def _translated(self, item: Item, now: datetime | None) -> Mention | None:
        if self._is_ours(item.raw):
            return None
        return to_mention(item, brand=self._settings.brand, now=now)

    def _is_ours(self, raw: object) -> bool:
        return bool(member(member(raw, "from"), "id") == self._settings.page_id)


def to_mention(item: Item, *, brand: str, now: datetime | None = None) -> Mention:
    """Translate one thing; raise ``BadPayload`` for whatever makes no sense."""
    with reading(NAME):
        return _MAKERS[item.kind](item, brand, now)


def time_of_change(raw: object) -> str:
    """Return when a post changed, or was commented on, last."""
    return str(member(raw, "updated_time", "created_time"))[:40]


def _above(raw: object) -> str:
    return str(member(member(raw, "parent"), "id") or "")


def _number(node: str) -> str:
    """Return a comment's own number; before it may stand those of post and page."""
    return node.rpartition("_")[2]


def _comment(item: Item, brand: str, now: datetime | None) -> Mention:
    raw: Any = item.raw
    parent = member(raw, "parent")
    above = an_id(member(parent, "id")) if parent else ""
    return Mention(
        channel=NAME,
        external_id=a_node(raw["id"]),
        brand=brand,
        text=words(raw.get("message")),
        published_at=parse_instant(raw["created_time"]),
        conversation=above or a_node(raw["id"]),
        kind=MentionKind.REPLY,
        author=_author(raw.get("from")),
        in_reply_to=above or item.root or None,
        url=words(raw.get("permalink_url")) or None,
        control=ChannelControl.OWNED,
        is_addressed=True,
        is_public=not (raw.get("is_hidden") is True or raw.get("is_private") is True),
        engagement=Engagement(
            likes=count(raw.get("like_count")),
            replies=count(raw.get("comment_count")),
            counted_at=now,
        ),
    )


def _post(item: Item, brand: str, now: datetime | None) -> Mention:
    raw: Any = item.raw
    is_tag = item.kind is Kind.TAGGED
    external_id = (TAGGED if is_tag else "") + a_node(raw["id"])
    total = member(member(raw.get("comments"), "summary"), "total_count")
    return Mention(
        channel=NAME,
        external_id=external_id,
        brand=brand,
        text=words(raw.get("message")) or words(raw.get("story")),
        published_at=parse_instant(raw["created_time"]),
        conversation=external_id,
        author=_author(raw.get("from")),
        url=words(raw.get("permalink_url")) or None,
        control=ChannelControl.MENTION if is_tag else ChannelControl.OWNED,
        is_addressed=True,
        is_public=raw.get("is_hidden") is not True,
        engagement=Engagement(replies=count(total), counted_at=now),
    )


def _message(item: Item, brand: str, now: datetime | None) -> Mention:  # noqa: ARG001 - one of three alike
    raw: Any = item.raw
    return Mention(
        channel=NAME,
        external_id=an_id(raw["id"]),
        brand=brand,
        text=words(raw.get("message")),
        published_at=parse_instant(raw["created_time"]),
        conversation=an_id(item.root),
        kind=MentionKind.MESSAGE,
        author=_author(raw.get("from")),
        control=ChannelControl.OWNED,
        is_addressed=True,
        is_public=False,
    )


_MAKERS = {
    Kind.COMMENT: _comment,
    Kind.POST: _post,
    Kind.TAGGED: _post,
    Kind.MESSAGE: _message,
}


def _author(raw: object) -> Author | None:
    """Take who wrote it; Facebook leaves out whom its privacy rules hide."""
    if raw is None:
        return None
    name = words(member(raw, "name"))
    return Author(external_id=an_id(member(raw, "id")), handle=name, name=name)
