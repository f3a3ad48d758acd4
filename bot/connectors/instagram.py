"""Instagram professional accounts: comments, posts that tag us, and messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

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
    words,
)
from bot.connectors._graph_rounds import (
    Feed,
    Item,
    Json,
    Kind,
    Order,
    inner,
    is_thread,
    listed,
    root_of,
    thread,
    token_of,
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
from bot.errors import OutcomeUnknown, Refused

NAME, POSTS = "instagram", "media"
REPLY_LIMIT, MESSAGE_BYTES = 2_200, 1_000
COMMENTS_A_PAGE = 50

ONE_COMMENT = "id,text,timestamp,username,from,like_count,hidden,parent_id"
COMMENT_FIELDS = f"{ONE_COMMENT},media{{id,permalink}}"
REPLIES = f"replies.limit({COMMENTS_A_PAGE}){{{COMMENT_FIELDS}}}"
TAG_FIELDS = "id,caption,timestamp,username,permalink,like_count,comments_count"

Source: TypeAlias = Literal["media", "tagged", "messages"]


class InstagramSettings(GraphSettings):
    """What an Instagram professional account needs to be told.

    ``account_id`` is the account's number in the API, ``page_id`` that of the Facebook
    page it is linked to, through which its messages are reached (empty with tokens of
    Instagram's own login). ``reads`` says which lists are read, each of which wants a
    permission. Comments are looked for below the ``watch_posts`` newest posts.
    """

    account: str = Field(min_length=1)
    account_id: str = Field(pattern=r"^[0-9]{1,40}$")
    page_id: str = Field(default="", pattern=r"^[0-9]{0,40}$")
    reads: tuple[Source, ...] = Field(
        default=("media", "tagged", "messages"), min_length=1
    )
    watch_posts: int = Field(default=25, ge=1, le=PER_PAGE)

    @field_validator("account")
    @classmethod
    def _bare_handle(cls, account: str) -> str:
        return account.removeprefix("@")

    @model_validator(mode="after")
    def _has_a_mailbox(self) -> Self:
        is_facebooks = self.base_url == GraphSettings.model_fields["base_url"].default
        if is_facebooks and not self.page_id:
            raise ValueError(
                "give page_id, the Facebook page that the account is linked to: "
                "messages and private replies go through it"
            )
        return self


class InstagramConnector(GraphConnector):
    """One account: what is said below its posts, to it and about it."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="Instagram",
        poll_every=timedelta(minutes=5),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/instagram.md",
    )
    settings_model: ClassVar[type[InstagramSettings]] = InstagramSettings
    posts: ClassVar = POSTS
    platform: ClassVar = "INSTAGRAM"

    def __init__(self, settings: InstagramSettings) -> None:
        """Open nothing yet."""
        mailbox = settings.page_id or settings.account_id
        super().__init__(settings, account=settings.account_id, mailbox=mailbox)
        self._settings = settings

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Answer a comment, a post whose caption names us, or a message."""
        if is_message(reply.in_reply_to):
            return self._message(reply)
        if len(reply.text) > REPLY_LIMIT:
            why = f"it is longer than {REPLY_LIMIT:,} characters"
            raise Refused(NAME, f"{reply.key}: {why}")
        if reply.in_reply_to.startswith(TAGGED):
            path = f"/{self._account}/mentions"
            sent = {"media_id": reply.in_reply_to.removeprefix(TAGGED)}
        else:
            path, sent = f"/{reply.in_reply_to}/replies", {}
        answer = self._graph.post(path, data={**sent, "message": reply.text})
        with answer.read():
            return Receipt(
                external_id=an_id(answer.json()["id"]), published_at=answer.date
            )

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Ask for the comment that Instagram named, or look through its thread.

        An answer to an answer stands below the thread's first comment.
        """
        if is_message(reply.in_reply_to):
            return self._written(reply, reply.conversation)
        if NODE.fullmatch(reply.external_id):
            return self._shown(reply, ONE_COMMENT, "hidden")
        if not NODE.fullmatch(reply.conversation):
            why = "Instagram does not show the comments below somebody else's post"
            raise OutcomeUnknown(NAME, f"{why}: look there for {reply.key}")
        asked = {"fields": ONE_COMMENT, "limit": str(COMMENTS_A_PAGE)}
        return self._sought(f"/{reply.conversation}/replies", asked, reply)

    def _recipient(self, reply: OutboundReply) -> Mapping[str, str]:
        return {"comment_id": reply.in_reply_to}

    def _longest(self, text: str) -> str:
        is_long = len(text.encode()) > MESSAGE_BYTES
        return f"it is longer than {MESSAGE_BYTES:,} bytes" if is_long else ""

    def _lists(self) -> tuple[str, ...]:
        return self._settings.reads

    def _rights(self) -> Iterator[Sequence[str]]:
        yield ("instagram_basic", "instagram_business_basic")
        if {POSTS, TAGS} & set(self._settings.reads):
            yield ("instagram_manage_comments", "instagram_business_manage_comments")
        if INBOX in self._settings.reads:
            yield ("instagram_manage_messages", "instagram_business_manage_messages")

    def _feed(self, key: str, limit: int) -> Feed:
        if is_thread(key):
            return self._thread(key, min(limit, COMMENTS_A_PAGE))
        if key == INBOX:
            return self._inbox()
        is_tags = key == TAGS
        kind = Kind.TAGGED if is_tags else Kind.POST
        return Feed(
            path=f"/{self._account}/{'tags' if is_tags else 'media'}",
            asked={
                "fields": TAG_FIELDS if is_tags else "id,timestamp,comments_count",
                "limit": str(PER_PAGE if is_tags else self._settings.watch_posts),
            },
            order=Order.NEWS_FIRST,
            items=lambda body: items_of(kind, body),
        )

    def _thread(self, key: str, limit: int) -> Feed:
        root = root_of(key)
        comment = key.removeprefix(thread(root)).removeprefix("/")
        fields = COMMENT_FIELDS if comment else f"{COMMENT_FIELDS},{REPLIES}"
        return Feed(
            path=f"/{comment}/replies" if comment else f"/{root}/comments",
            asked={"fields": fields, "limit": str(limit)},
            order=Order.ANYWHERE,
            items=lambda body: _comments(body, root),
        )

    def _rest(self, key: str, body: Json) -> Iterator[str]:
        if is_thread(key):
            for raw in listed(body):
                comment = member(raw, "id")
                more = token_of(member(raw, "replies"))
                if more and isinstance(comment, str) and NODE.fullmatch(comment):
                    yield thread(root_of(key), comment)

    def _watched(self, answer: Json) -> dict[str, str]:
        stamps = {}
        for raw in listed(answer):
            post, total = member(raw, "id"), member(raw, "comments_count")
            if isinstance(post, str) and NODE.fullmatch(post):
                stamps[thread(post)] = str(total)[:40] if total else ""
        return stamps

    def _translated(self, item: Item, now: datetime | None) -> Mention | None:
        if item.kind is Kind.POST or self._is_ours(item.raw):
            return None
        return to_mention(item, brand=self._settings.brand, now=now)

    def _is_ours(self, raw: object) -> bool:
        sender = member(raw, "from")
        ids = {self._account, self._mailbox}
        names = (member(raw, "username"), member(sender, "username"))
        ours = self._settings.account.lower()
        is_our_name = ours in {str(name).lower() for name in names if name}
        return is_our_name or member(sender, "id") in ids


def to_mention(item: Item, *, brand: str, now: datetime | None = None) -> Mention:
    """Translate one thing; raise ``BadPayload`` for whatever makes no sense."""
    with reading(NAME):
        return _MAKERS[item.kind](item, brand, now)


def _comment(item: Item, brand: str, now: datetime | None) -> Mention:
    raw: Any = item.raw
    above = a_node(raw["parent_id"]) if raw.get("parent_id") else ""
    return Mention(
        channel=NAME,
        external_id=a_node(raw["id"]),
        brand=brand,
        text=words(raw.get("text")),
        published_at=parse_instant(raw["timestamp"]),
        conversation=above or a_node(raw["id"]),
        kind=MentionKind.REPLY,
        author=_author(raw),
        in_reply_to=above or item.root or None,
        url=words(member(raw.get("media"), "permalink")) or None,
        control=ChannelControl.OWNED,
        is_addressed=True,
        is_public=raw.get("hidden") is not True,
        engagement=Engagement(likes=count(raw.get("like_count")), counted_at=now),
    )


def _tag(item: Item, brand: str, now: datetime | None) -> Mention:
    raw: Any = item.raw
    external_id = TAGGED + a_node(raw["id"])
    return Mention(
        channel=NAME,
        external_id=external_id,
        brand=brand,
        text=words(raw.get("caption")),
        published_at=parse_instant(raw["timestamp"]),
        conversation=external_id,
        author=_author(raw),
        url=words(raw.get("permalink")) or None,
        control=ChannelControl.MENTION,
        is_addressed=True,
        engagement=Engagement(
            likes=count(raw.get("like_count")),
            replies=count(raw.get("comments_count")),
            counted_at=now,
        ),
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
        author=_author(raw),
        control=ChannelControl.OWNED,
        is_addressed=True,
        is_public=False,
    )


_MAKERS = {Kind.COMMENT: _comment, Kind.TAGGED: _tag, Kind.MESSAGE: _message}


def _author(raw: Mapping[str, object]) -> Author | None:
    """Take who wrote it; often Instagram tells the name and no number."""
    sender = raw.get("from")
    name = words(member(sender, "username") or member(raw, "username"))
    number = member(sender, "id")
    if number is None and not name:
        return None
    return Author(external_id=an_id(name if number is None else number), handle=name)


def _comments(body: Json, root: str) -> Iterator[Item]:
    """Give comments and, inside them, what answers them."""
    for raw in listed(body):
        yield Item(kind=Kind.COMMENT, raw=raw, root=root)
        for answer in inner(raw, "replies"):
            yield Item(kind=Kind.COMMENT, raw=answer, root=root)
