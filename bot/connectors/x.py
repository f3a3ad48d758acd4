"""X (formerly Twitter), API v2: our mentions, a search, our conversations, replies.

One ``fetch`` is one request for one page of one feed, so that what was read is stored
before anything else can fail. X answers in two generations of names ("tweet" up to
about API 2.147, "post" since); both are read, ``field_names`` says which are asked for.
"""

from __future__ import annotations

import hashlib
import html
import json
import logging
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self, TypeAlias

import requests
import tweepy
from pydantic import (
    AwareDatetime,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from urllib3.exceptions import NewConnectionError

from bot.connectors._edge import (
    ConnectorSettings,
    ErrorTable,
    chain,
    from_epoch,
    parse_http_date,
    parse_instant,
    translated,
)
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page, Quarantined
from bot.domain.mentions import (
    Author,
    ChannelControl,
    Engagement,
    Mention,
    MentionKind,
)
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    BadPayload,
    BudgetSpent,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

Json: TypeAlias = Mapping[str, Any]

log = logging.getLogger(__name__)

NAME = "x"
HARD_CODED = "https://api.twitter.com"  # in tweepy; replaced by ``base_url``
EPOCH_MS = 1_288_834_974_657  # an id's bits above the 22nd count ms since then
FIRST_TIMED_ID = 29_700_859_247  # smaller ids (before November 2010) carry no time
OVERLAP = 30_000 << 22  # ids of 30 s: X may show a post after a newer one
MOST = 1 << 62  # beyond any count, within a database's integers
LONGEST_QUOTE = 200  # characters of X's own words shown to people
NOTHING: Mapping[str, str] = {}
GONE = (
    "resource-not-found",
    "not-authorized-for-resource",
    "resource-unavailable",
    "disallowed-resource",
)
NO_TIER = ("not-enrolled", "not enrolled", "access level", "attached to a project")
NO_RIGHT = ("client-forbidden", "oauth1", "unsupported-auth", "suspended", "locked")
TIER_CODE = 453
PAYMENT_REQUIRED = 402
ABOUT_US = {"id", "username"}
SEARCH = "/2/tweets/search/recent"
WINDOWS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
NO_LANGUAGE = {"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"}
OLD_LANGUAGES = {"in": "id", "iw": "he"}
USER_FIELDS = "created_at,description,protected,public_metrics,verified,verified_type"
ASKED: Mapping[str, Mapping[str, str]] = {
    "tweet": {
        "tweet.fields": "author_id,conversation_id,created_at,entities,"
        "in_reply_to_user_id,lang,note_tweet,public_metrics,referenced_tweets",
        "expansions": "author_id,referenced_tweets.id,referenced_tweets.id.author_id",
        "user.fields": USER_FIELDS,
    },
    "post": {
        "post.fields": "conversation_id,created_at,entities,lang,note_post,"
        "public_metrics",
        "expansions": "author_id,edit_history_post_ids,in_reply_to_user_id,"
        "referenced_posts",
        "user.fields": USER_FIELDS,
    },
}


class XSettings(ConnectorSettings):
    """What X needs to be told.

    Reading wants ``bearer_token`` or the four OAuth 1.0a values, replying the four.
    ``query`` is a recent search (seven days back, own access tier). In as many of our
    newest conversations as ``watch_conversations`` says, replies that do not tag us
    are read too. ``start_at`` leaves out what is older on the first reading.
    """

    base_url: str = Field(default="https://api.x.com", pattern=r"^https?://[^/]+")
    bearer_token: SecretStr | None = None
    consumer_key: SecretStr | None = None
    consumer_secret: SecretStr | None = None
    access_token: SecretStr | None = None
    access_token_secret: SecretStr | None = None
    account_id: str = Field(default="", pattern=r"^[0-9]{0,19}$")
    query: str = Field(default="", max_length=4096)
    watch_conversations: int = Field(default=10, ge=0, le=12)
    start_at: AwareDatetime | None = None
    field_names: Literal["tweet", "post"] = "tweet"

    @field_validator("account")
    @classmethod
    def _bare_handle(cls, account: str) -> str:
        return account.removeprefix("@")

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        if any(self.user_tokens) and not all(self.user_tokens):
            raise ValueError(
                "consumer_key, consumer_secret, access_token and access_token_secret "
                "belong together: give all four or none"
            )
        if not self.may_write and not self.bearer_token:
            raise ValueError("give bearer_token (reads) or the four OAuth 1.0a values")
        if not self.may_write and not (self.account or self.account_id):
            raise ValueError("with bearer_token alone, give account or account_id")
        return self

    @property
    def user_tokens(self) -> tuple[str, ...]:
        """The four OAuth 1.0a values in tweepy's order, empty where not given."""
        given = (
            self.consumer_key,
            self.consumer_secret,
            self.access_token,
            self.access_token_secret,
        )
        return tuple(one.get_secret_value() if one else "" for one in given)

    @property
    def may_write(self) -> bool:
        """Whether the values to sign as a user are there."""
        return all(self.user_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Whose eyes read an answer, and what X sent beside its posts.

    ``ours`` are the conversations that a post of ours began.
    """

    brand: str
    account_id: str
    handle: str = ""
    ours: frozenset[str] = frozenset()
    users: Mapping[str, Json] = field(default_factory=dict)
    posts: Mapping[str, Json] = field(default_factory=dict)

    def beside(self, answer: Json) -> View:
        """Take the people and posts that an answer includes."""
        beside = answer.get("includes")
        beside = beside if isinstance(beside, dict) else {}
        posts = _either(beside, "tweets", "posts")
        users = _by_id(beside.get("users"))
        return replace(self, users=users, posts=_by_id(posts))


class _Stand(BaseModel):
    """How far one feed is read.

    All up to ``since`` is read; ``token`` leads to the next older page of the pass
    under way, whose newest post is ``newest``; ``seen`` was the newest of the last one.
    """

    since: str = ""
    token: str = ""
    newest: str = ""
    seen: str = ""


class _Talk(BaseModel):
    """A conversation in which we spoke: our first and last post, whose it is."""

    first: str
    last: str
    ours: bool = False


class _Place(BaseModel):
    """What a cursor holds; ``turn`` is the feed to be read next (empty: the first)."""

    version: Literal[1] = 1
    turn: str = ""
    feeds: dict[str, _Stand] = Field(default_factory=dict)
    talks: dict[str, _Talk] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Feed:
    route: str
    asked: Mapping[str, str] = field(default_factory=dict)


class _Rejected(AccessDenied):
    """X called the request itself wrong (400); ``blamed`` are the parameters named."""

    blamed: frozenset[str] = frozenset()


class _Session(requests.Session):
    """What tweepy has no words for: another host, and a timeout."""

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Put our host in before OAuth 1.0a signs the address."""
        request.url = str(request.url).replace(HARD_CODED, self._base_url, 1)
        return super().prepare_request(request)

    def send(
        self,
        request: requests.PreparedRequest,
        **more: Any,  # noqa: ANN401 - requests' own keywords, passed through
    ) -> requests.Response:
        """Wait no longer than we were told; tweepy would wait for ever."""
        more["timeout"] = more.get("timeout") or self._timeout
        return super().send(request, **more)


class XConnector:
    """Reads and answers on X as one account; opens nothing before the first call."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="X",
        poll_every=timedelta(minutes=2),
        reply_limit=280,
        docs="docs/connectors/x.md",
    )
    settings_model: ClassVar[type[ConnectorSettings]] = XSettings

    def __init__(self, settings: XSettings) -> None:
        # At DEBUG these write the Authorization header and whole posts.
        for chatty in ("tweepy", "oauthlib", "requests_oauthlib", "urllib3"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        bearer = settings.bearer_token
        self._settings = settings
        self._account_id = settings.account_id
        self._client = tweepy.Client(
            bearer.get_secret_value() if bearer else None,
            *settings.user_tokens,
            wait_on_rate_limit=False,
        )
        self._client.session = _Session(settings.base_url, settings.timeout)

    def check(self) -> Health:
        """Say as whom we read and whether we may reply; no post is read for it."""
        try:
            user = self._whoami()
            if self._settings.bearer_token and self._settings.may_write:
                self._get(f"/2/users/{user['id']}")
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        handle = str(user.get("username", ""))
        does = "reads and may reply" if self._settings.may_write else "reads only"
        return Health(
            ok=True,
            detail=f"@{handle} {does}",
            account_id=str(user["id"]),
            account_handle=handle,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.session.close()

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give one page of one feed; ``more`` until every feed had its turn.

        X puts 10 to 100 posts on a page, whatever ``limit`` asks beyond that.
        """
        place = _read_cursor(cursor)
        account = self._account()
        feeds = self._feeds(place, account)
        turn = place.turn if place.turn in feeds else next(iter(feeds))
        stand = place.feeds.get(turn) or self._beginning()
        answer, stand = self._page(feeds[turn], stand, min(max(limit, 10), 100))
        posts = _items(answer)
        mentions: Sequence[Mention] = ()
        bad = _unexplained(answer)
        if turn == "own":
            stand = _moved(stand, posts, "")
            place = _remember(place, posts, self._settings.watch_conversations)
        else:
            stand = _moved(stand, posts, _next_token(answer))
            mentions, unread = _read(posts, self._view(place, account, answer))
            bad += unread
        place.feeds[turn] = stand
        place.turn = turn if stand.token else _after(turn, self._feeds(place, account))
        return Page(
            mentions=mentions,
            cursor=_write_cursor(place, feeds),
            more=bool(place.turn),
            bad=bad,
            reads=len(posts),
        )

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Publish under the mention, signed as our account."""
        if not self._settings.may_write:
            raise AccessDenied(NAME, "replying needs the four OAuth 1.0a values")
        under = {"in_reply_to_tweet_id": reply.in_reply_to}
        with translated(NAME, ON_SENDING):
            answer = self._client.request(
                "POST",
                "/2/tweets",
                json={"text": reply.text, "reply": under},
                user_auth=True,
            )
            return self._receipt(_number(answer.json()["data"]["id"]))

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Look for it among what our account wrote since the mention.

        Ids grow with time, so the mention's own id is the bound: unlike the instant of
        the first try it does not depend on our clock agreeing with X's.
        """
        feed = _Feed(f"/2/users/{self._account()}/tweets")
        with translated(NAME, NONSENSE):
            stand = _Stand(since=_number(reply.in_reply_to))
        while True:
            answer, stand = self._page(feed, stand, 100)
            with translated(NAME, NONSENSE):
                for post in _items(answer):
                    if _is_reply(post, reply):
                        return self._receipt(_first_id(post))
            stand = _Stand(since=stand.since, token=_next_token(answer))
            if not stand.token:
                return None

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return which X says are deleted, protected, withheld, or of a gone account.

        About an id that X neither shows nor explains, nothing is claimed.
        """
        asked = sorted(one for one in external_ids if _is_number(one))
        removed: set[str] = set()
        for start in range(0, len(asked), 100):
            ids = ",".join(asked[start : start + 100])
            answer = self._get("/2/tweets", {"ids": ids})
            shown = set(_by_id(_items(answer)))
            gone = {_about(one) for one in _problems(answer) if _is_gone(one)}
            removed |= gone.intersection(asked) - shown
        return removed

    def _account(self) -> str:
        return self._account_id or str(self._whoami()["id"])

    def _whoami(self) -> Json:
        given = self._settings.account_id
        if self._settings.may_write:
            answer = self._get("/2/users/me", as_user=True)
        elif given:
            answer = self._get(f"/2/users/{given}")
        else:
            answer = self._get(f"/2/users/by/username/{self._settings.account}")
        user = answer.get("data")
        if not isinstance(user, dict) or not _is_number(user.get("id")):
            raise BadPayload(NAME, "X says nothing about our own account")
        if given and user["id"] != given:
            raise AccessDenied(
                NAME, f"the tokens belong to the account {user['id']}, not to {given}"
            )
        self._account_id = str(user["id"])
        return user

    def _get(
        self, route: str, asked: Mapping[str, str] = NOTHING, *, as_user: bool = False
    ) -> Json:
        as_user = as_user or not self._settings.bearer_token
        with translated(NAME, ON_READING):
            answer = self._client.request("GET", route, params=asked, user_auth=as_user)
            body = answer.json()
        if not isinstance(body, dict):
            raise BadPayload(NAME, "X answered with something other than an object")
        about_us = [one for one in _problems(body) if _parameter(one) in ABOUT_US]
        if "data" not in body and about_us:
            raise AccessDenied(NAME, f"X does not show our account: {_quote(body)}")
        return body

    def _page(self, feed: _Feed, stand: _Stand, size: int) -> tuple[Json, _Stand]:
        """Ask for one page, without what X has stopped accepting.

        Page tokens expire, and recent search refuses a ``since_id`` that is more than
        seven days old: then all that it still has is read instead.
        """
        while True:
            window = {"max_results": str(size), "since_id": stand.since}
            window["pagination_token"] = stand.token
            asked = {**ASKED[self._settings.field_names], **feed.asked, **window}
            try:
                given = {name: value for name, value in asked.items() if value}
                return self._get(feed.route, given), stand
            except _Rejected as error:
                if stand.token and error.blamed & {"pagination_token", "next_token"}:
                    stand = stand.model_copy(update={"token": ""})
                elif stand.since and "since_id" in error.blamed:
                    log.warning("%s does not reach back to %s", feed.route, stand.since)
                    stand = stand.model_copy(update={"since": ""})
                else:
                    raise

    def _feeds(self, place: _Place, account: str) -> dict[str, _Feed]:
        query = self._settings.query
        feeds = {"mentions": _Feed(f"/2/users/{account}/mentions")}
        if query:
            # Another query is another feed: what the old one had read says nothing.
            key = "search:" + hashlib.sha256(query.encode()).hexdigest()[:8]
            feeds[key] = _Feed(SEARCH, {"query": query})
        if not self._settings.watch_conversations:
            return feeds
        own = _Feed(f"/2/users/{account}/tweets", {"exclude": "retweets"})
        feeds = {"own": own, **feeds}
        if place.talks:
            ids = " OR ".join(f"conversation_id:{talk}" for talk in sorted(place.talks))
            feeds["talks"] = _Feed(SEARCH, {"query": f"({ids}) -from:{account}"})
        return feeds

    def _beginning(self) -> _Stand:
        start = self._settings.start_at
        return _Stand(since=_id_at(start)) if start else _Stand()

    def _view(self, place: _Place, account: str, answer: Json) -> View:
        ours = frozenset(root for root, talk in place.talks.items() if talk.ours)
        view = View(
            brand=self._settings.brand,
            account_id=account,
            handle=self._settings.account,
            ours=ours,
        )
        return view.beside(answer)

    def _receipt(self, external_id: str) -> Receipt:
        return Receipt(
            external_id=external_id,
            url=_url(self._settings.account, external_id),
            published_at=_instant_of(external_id),
        )


def to_mention(post: Json, view: View) -> Mention:
    """Translate one post; raise ``BadPayload`` for whatever makes no sense.

    An edit is a new post to X. The first id of the edit history is the mention's, so
    that an edit is no second mention, and its instant is when the words came out.
    """
    with translated(NAME, NONSENSE):
        return _mention(post, view)


def _mention(post: Json, view: View) -> Mention:
    external_id, refers = _first_id(post), _refers(post)
    is_repost = "retweeted" in refers
    # A reply that quotes is somebody's own words to us, not an amplification.
    amplified = refers.get("retweeted")
    if "replied_to" not in refers:
        amplified = amplified or refers.get("quoted")
    account = view.users.get(post.get("author_id", ""), {})
    writer = _author(account) if account else None
    told = _told_instant(post)
    is_edited = external_id != post["id"]
    answers_us = not is_repost and _answers_us(post, refers, view)
    tags_us = not is_repost and _tags_us(post, view)
    conversation = _number(post.get("conversation_id") or external_id)
    return Mention(
        channel=NAME,
        external_id=external_id,
        brand=view.brand,
        text=_text(view.posts.get(amplified or "", post) if is_repost else post),
        published_at=(_instant_of(external_id) if is_edited else None) or told,
        conversation=conversation,
        kind=_kind(refers),
        author=writer,
        in_reply_to=refers.get("replied_to"),
        amplifies=amplified,
        language_hint=_language(post),
        url=_url(writer.handle if writer else "", external_id),
        edited_at=told if is_edited else None,
        control=_control(
            is_ours=answers_us or (not is_repost and conversation in view.ours),
            tags_us=tags_us,
        ),
        is_addressed=answers_us or tags_us or _quotes_us(refers, view),
        is_public=not account.get("protected", False),
        engagement=Engagement() if is_repost else _engagement(post),
    )


def _control(*, is_ours: bool, tags_us: bool) -> ChannelControl:
    if is_ours:
        return ChannelControl.OWNED
    return ChannelControl.MENTION if tags_us else ChannelControl.THIRD_PARTY


def _kind(refers: Mapping[str, str]) -> MentionKind:
    if "retweeted" in refers:
        return MentionKind.REPOST
    if "replied_to" in refers:
        return MentionKind.REPLY
    return MentionKind.QUOTE if "quoted" in refers else MentionKind.POST


def _refers(post: Json) -> dict[str, str]:
    referred = _either(post, "referenced_tweets", "referenced_posts") or ()
    return {str(one["type"]): _number(one["id"]) for one in referred}


def _answers_us(post: Json, refers: Mapping[str, str], view: View) -> bool:
    if post.get("in_reply_to_user_id") == view.account_id:
        return True
    answered = view.posts.get(refers.get("replied_to", ""), {})
    return bool(answered.get("author_id") == view.account_id)


def _quotes_us(refers: Mapping[str, str], view: View) -> bool:
    quoted = view.posts.get(refers.get("quoted", ""), {})
    return bool(quoted.get("author_id") == view.account_id)


def _tags_us(post: Json, view: View) -> bool:
    note = _either(post, "note_tweet", "note_post") or {}
    found = [note.get("entities"), post.get("entities")]
    tags = [tag for one in found if one for tag in one.get("mentions") or ()]
    handle = view.handle.casefold()
    if any(
        tag.get("id") == view.account_id
        or (handle and str(tag.get("username", "")).casefold() == handle)
        for tag in tags
    ):
        return True
    # X leaves entities out where its parser failed; the text still tags us.
    return bool(handle) and bool(
        re.search(rf"(?<!\w)@{re.escape(handle)}(?!\w)", _text(post).casefold())
    )


def _author(user: Json) -> Author:
    counts = user.get("public_metrics") or {}
    born = user.get("created_at")
    return Author(
        external_id=_number(user["id"]),
        handle=_clean(user.get("username") or ""),
        name=_clean(user.get("name") or ""),
        bio=_clean(user.get("description") or ""),
        followers=_count(counts.get("followers_count")),
        following=_count(counts.get("following_count")),
        posts=_count(_either(counts, "tweet_count", "post_count")),
        is_verified=bool(user.get("verified"))
        or user.get("verified_type") not in {None, "", "none"},
        created_at=parse_instant(born) if born else None,
    )


def _engagement(post: Json) -> Engagement:
    counts = post.get("public_metrics") or {}
    return Engagement(
        likes=_count(counts.get("like_count")) or 0,
        reposts=_count(_either(counts, "retweet_count", "repost_count")) or 0,
        replies=_count(counts.get("reply_count")) or 0,
        quotes=_count(counts.get("quote_count")) or 0,
        views=_count(counts.get("impression_count")),
    )


def _count(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a count is not a whole number")
    if not 0 <= value < MOST:
        raise ValueError("a count is out of all bounds")
    return value


def _language(post: Json) -> str | None:
    hint = post.get("lang")
    if not hint or hint in NO_LANGUAGE:
        return None
    return OLD_LANGUAGES.get(hint, _clean(hint))


def _text(post: Json) -> str:
    note = _either(post, "note_tweet", "note_post")
    return _clean(note["text"] if note and note.get("text") else post["text"])


def _clean(text: str) -> str:
    """Undo X's HTML entities; drop what no database takes (NUL, half characters)."""
    plain = html.unescape(text).replace("\x00", "")
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _told_instant(post: Json) -> datetime:
    told = post.get("created_at")
    instant = parse_instant(told) if told else _instant_of(_number(post["id"]))
    if instant is None:
        raise ValueError("neither created_at nor the id says when it was written")
    return instant


def _first_id(post: Json) -> str:
    history = _either(post, "edit_history_tweet_ids", "edit_history_post_ids")
    return min((_number(one) for one in history or [post["id"]]), key=int)


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _number(value: object) -> str:
    if not isinstance(value, str) or not _is_number(value):
        raise ValueError("an id of X is a string of digits")
    return value


def _instant_of(external_id: str) -> datetime | None:
    if int(external_id) < FIRST_TIMED_ID:
        return None
    return from_epoch(((int(external_id) >> 22) + EPOCH_MS) / 1000)


def _id_at(instant: datetime) -> str:
    return str(max(int(instant.timestamp() * 1000) - EPOCH_MS, 0) << 22)


def _url(handle: str, external_id: str) -> str:
    return f"https://x.com/{handle or 'i/web'}/status/{external_id}"


def _either(raw: Json, older: str, newer: str) -> Any:  # noqa: ANN401 - undecoded JSON
    value = raw.get(older)
    return raw.get(newer) if value is None else value


def _by_id(found: object) -> dict[str, Json]:
    listed = found if isinstance(found, list) else []
    known = [one for one in listed if isinstance(one, dict)]
    return {one["id"]: one for one in known if _is_number(one.get("id"))}


def _items(answer: Json) -> list[Any]:
    if not any(part in answer for part in ("data", "meta", "errors")):
        raise BadPayload(NAME, "X answered with something other than API v2 describes")
    data = answer.get("data") or []
    if not isinstance(data, list):
        raise BadPayload(NAME, "X answered with one thing where a list belongs")
    return data


def _next_token(answer: Json) -> str:
    meta = answer.get("meta")
    return str(meta.get("next_token") or "") if isinstance(meta, dict) else ""


def _read(posts: Iterable[Any], view: View) -> tuple[list[Mention], list[Quarantined]]:
    """Translate a page, oldest first; ours are left out, nonsense is put aside."""
    mentions: dict[str, Mention] = {}
    bad: list[Quarantined] = []
    for post in posts:
        if isinstance(post, dict) and post.get("author_id") == view.account_id:
            continue
        try:
            mention = to_mention(post, view)
        except BadPayload as error:
            bad.append(_aside(post, error.detail))
        else:
            mentions.setdefault(mention.external_id, mention)
    return sorted(
        mentions.values(), key=lambda one: (one.published_at, int(one.external_id))
    ), bad


def _aside(raw: object, reason: str) -> Quarantined:
    about = _about(raw) if isinstance(raw, dict) else ""
    return Quarantined(
        where=f"{NAME}:{about or 'without an id'}",
        reason=reason,
        payload=json.dumps(raw),
    )


def _problems(answer: Json) -> list[Json]:
    found = answer.get("errors")
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, dict)]


def _about(raw: Json) -> str:
    return str(raw.get("id") or raw.get("resource_id") or raw.get("value") or "")


def _parameter(problem: Json) -> str:
    return str(problem.get("parameter", ""))


def _is_gone(problem: Json) -> bool:
    return str(problem.get("type", "")).endswith(GONE)


def _unexplained(answer: Json) -> list[Quarantined]:
    """Put aside the partial errors that are not just somebody's deleted post."""
    puzzling = [one for one in _problems(answer) if not _is_gone(one)]
    return [_aside(one, f"X could not give all: {_quote(one)}") for one in puzzling]


def _is_reply(post: Json, reply: OutboundReply) -> bool:
    answered = _refers(post).get("replied_to")
    return answered == reply.in_reply_to and _bare(_text(post)) == _bare(reply.text)


def _bare(text: str) -> str:
    """What X leaves of a text: it adds leading handles and shortens every link."""
    text = unicodedata.normalize("NFC", html.unescape(text))
    text = re.sub(r"https?://\S+", " ", text)
    text = re.sub(r"^(\s*@\w+)+", " ", text)
    return " ".join(text.split())


def _read_cursor(cursor: Cursor | None) -> _Place:
    if cursor is None:
        return _Place()
    try:
        return _Place.model_validate_json(cursor)
    except ValidationError as error:
        raise BadPayload(NAME, "the cursor is not one of ours", detail=NAME) from error


def _write_cursor(place: _Place, feeds: Collection[str]) -> Cursor:
    kept = {key: one for key, one in place.feeds.items() if key in {*feeds, "talks"}}
    return Cursor(place.model_copy(update={"feeds": kept}).model_dump_json())


def _after(turn: str, feeds: Iterable[str]) -> str:
    order = list(feeds)
    following = order[order.index(turn) + 1 :] if turn in order else []
    return following[0] if following else ""


def _moved(stand: _Stand, posts: Iterable[Any], token: str) -> _Stand:
    """Say where a feed stands after a page: in the middle of a pass, or after it.

    X may index a post after a newer one. So a pass that found something new goes back
    a little the next time; one that found nothing new does not, or a quiet night
    would be paid for a post a minute.
    """
    ids = [post.get("id") for post in posts if isinstance(post, dict)]
    newest = _newest([stand.newest, *filter(_is_number, ids)])
    if token:
        return stand.model_copy(update={"token": token, "newest": newest})
    if not newest or newest == stand.seen:
        return _Stand(since=newest or stand.since, seen=newest or stand.seen)
    before = str(max(int(newest) - OVERLAP, 1))
    return _Stand(since=_newest([before, stand.since]), seen=newest)


def _newest(ids: Iterable[Any]) -> str:
    return max((one for one in ids if one), key=int, default="")


def _remember(place: _Place, posts: Iterable[Any], most: int) -> _Place:
    """Note where we spoke; keep the ``most`` conversations where we did so last."""
    talks = dict(place.talks)
    for root, own in sorted(_spoken(posts), key=lambda one: int(one[1])):
        talk = talks.get(root) or _Talk(first=own, last=own)
        talks[root] = _Talk(first=talk.first, last=own, ours=talk.ours or own == root)
    kept = sorted(talks, key=lambda root: int(talks[root].last))[-most:]
    added = [talks[root].first for root in kept if root not in place.talks]
    feeds, stand = dict(place.feeds), place.feeds.get("talks", _Stand())
    if added:
        known = [stand.since] if stand.since else []
        since = min([*known, *added], key=int)
        feeds["talks"] = stand.model_copy(update={"since": since})
    return place.model_copy(
        update={"feeds": feeds, "talks": {root: talks[root] for root in kept}}
    )


def _spoken(posts: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Give conversation and id of our own posts; what makes no sense is no loss."""
    for post in posts:
        with suppress(*NONSENSE):
            own = _first_id(post)
            yield _number(post.get("conversation_id") or own), own


def _body(error: Exception) -> Json:
    try:
        body = error.response.json()  # type: ignore[attr-defined]
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _quote(body: Json) -> str:
    """X's own words, shortened."""
    told = [one.get("message") or one.get("detail") for one in _problems(body)]
    words = [str(one) for one in (*told, body.get("detail"), body.get("title")) if one]
    return " ".join((words or ["no reason given"])[0].split())[:LONGEST_QUOTE]


def _says(body: Json, signs: Iterable[str]) -> bool:
    told = [body.get(key) for key in ("type", "title", "detail", "reason")]
    told += [one.get("message") for one in _problems(body)]
    words = " ".join(str(one) for one in told if one).casefold()
    return any(sign in words for sign in signs)


def _wants_tier(body: Json) -> bool:
    codes = [one.get("code") for one in _problems(body)]
    return TIER_CODE in codes or _says(body, NO_TIER)


def _denied(error: Exception) -> ConnectorError:
    body, status = _body(error), error.response.status_code  # type: ignore[attr-defined]
    said = _quote(body)
    if _wants_tier(body):
        return AccessDenied(
            NAME,
            "the app's access tier does not include this call; mentions, search and "
            f"replies need a paid tier and an app inside a project ({said})",
        )
    if status == requests.codes.bad_request:
        rejected = _Rejected(
            NAME,
            "X does not accept the request; check query, account_id and field_names "
            f"({said})",
        )
        rejected.blamed = _blamed(body)
        return rejected
    words = {
        requests.codes.unauthorized: "X does not accept the credential; renew it",
        requests.codes.not_found: "X knows no such place; check base_url and account",
    }
    return AccessDenied(NAME, f"{words.get(status, 'X forbids it')} ({said})")


def _blamed(body: Json) -> frozenset[str]:
    named = [one.get("parameter") for one in (*_problems(body), body)]
    for one in _problems(body):
        with suppress(TypeError):
            named += one.get("parameters") or ()
    return frozenset(str(one) for one in named if one)


def _limited(error: Exception) -> ConnectorError:
    body = _body(error)
    if _says(body, ("usage-capped", "usagecapexceeded", "usage cap")):
        return _spent(error, "the plan's quota is used up")
    retry_at = _reset(error.response.headers)  # type: ignore[attr-defined]
    if retry_at is None:
        return Unavailable(NAME, "X asks for a pause without saying how long")
    return RateLimited(NAME, "X asks for a pause", retry_at=retry_at)


def _reset(headers: Mapping[str, str]) -> datetime | None:
    """When the windows that are used up begin anew; by default a quarter of an hour."""
    ends: list[datetime] = []
    for window in WINDOWS:
        left, end = headers.get(f"{window}-remaining"), headers.get(f"{window}-reset")
        if end and _is_number(end[:11]) and (left == "0" or window == WINDOWS[0]):
            ends.append(from_epoch(int(end[:11])))
    now = _server_time(headers)
    return max(ends) if ends else now and now + timedelta(minutes=15)


def _spent(error: Exception, why: str) -> ConnectorError:
    """The first instant of the next period, by X's own clock: we may not read ours."""
    now = _server_time(error.response.headers)  # type: ignore[attr-defined]
    said = _quote(_body(error))
    if now is None:
        return Unavailable(NAME, f"{why}; X does not say until when ({said})")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    period = str(_body(error).get("period", "Monthly"))
    ahead = timedelta(days=1 if period == "Daily" else 32 - now.day)
    retry_at = midnight + ahead
    if period != "Daily":
        retry_at = retry_at.replace(day=1)
    return BudgetSpent(
        NAME, f"{why} until {retry_at:%Y-%m-%d} ({said})", retry_at=retry_at
    )


def _server_time(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parse_http_date(headers.get("date", ""))
    except ValueError:
        return None


def _other(error: Exception) -> ConnectorError:
    status = error.response.status_code  # type: ignore[attr-defined]
    if status == PAYMENT_REQUIRED:
        return _spent(error, "the credits are used up; buy more or wait")
    return Unavailable(NAME, f"X answered {status}; it is tried again later")


def _nonsense(error: Exception) -> ConnectorError:
    what = f"{type(error).__name__}: {error}"[:LONGEST_QUOTE]
    return BadPayload(NAME, "X sent something that makes no sense", detail=what)


def _forbidden_reply(error: Exception) -> ConnectorError:
    body = _body(error)
    if _wants_tier(body) or _says(body, NO_RIGHT):
        return _denied(error)
    return Refused(NAME, f"X refused the reply ({_quote(body)})")


def _refused(error: Exception) -> ConnectorError:
    return Refused(NAME, f"X refused the reply ({_quote(_body(error))})")


def _in_doubt(error: Exception) -> ConnectorError:
    return OutcomeUnknown(
        NAME, "X did not say whether the reply stands there", detail=chain(error)
    )


def _cut_off(error: Exception) -> ConnectorError:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError):
        return Unavailable(NAME, "X cannot be reached; nothing was sent")
    return _in_doubt(error)


def _other_on_sending(error: Exception) -> ConnectorError:
    if error.response.status_code == PAYMENT_REQUIRED:  # type: ignore[attr-defined]
        return _other(error)
    return _in_doubt(error)


NONSENSE: ErrorTable = dict.fromkeys(
    (AttributeError, LookupError, TypeError, ValueError, OverflowError), _nonsense
)

ON_READING: ErrorTable = {
    **NONSENSE,
    tweepy.HTTPException: _other,
    tweepy.TooManyRequests: _limited,
    tweepy.BadRequest: _denied,
    tweepy.Unauthorized: _denied,
    tweepy.Forbidden: _denied,
    tweepy.NotFound: _denied,
    requests.RequestException: Unavailable,
    requests.JSONDecodeError: _nonsense,
}

ON_SENDING: ErrorTable = {
    **dict.fromkeys(NONSENSE, _in_doubt),
    tweepy.HTTPException: _other_on_sending,
    tweepy.TooManyRequests: _limited,
    tweepy.BadRequest: _refused,
    tweepy.Unauthorized: _denied,
    tweepy.Forbidden: _forbidden_reply,
    tweepy.NotFound: _refused,
    tweepy.TwitterServerError: _in_doubt,
    requests.RequestException: _in_doubt,
    requests.ConnectionError: _cut_off,
    requests.ConnectTimeout: Unavailable,
}
