"""X (formerly Twitter), API v2: our mentions, a search, our conversations, replies.

One ``fetch`` is one request for one page of one feed, so that what was read is stored
before anything else can fail. What an answer holds is read in ``_x_posts``, what a
refusal means in ``_x_errors``, and the cursor is made in ``_x_feeds``.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal, Self

import requests
import tweepy
from pydantic import (
    AwareDatetime,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from bot.connectors._again import Context, Told, read_again
from bot.connectors._edge import (
    ConnectorSettings,
    ErrorTable,
    may_have_had_to_end,
    translated,
)
from bot.connectors._x_answers import (
    NAME,
    NONSENSE,
    Json,
    about,
    an_id,
    by_id,
    id_at,
    instant_of,
    is_gone,
    is_id,
    items,
    next_token,
    problems,
    quote,
)
from bot.connectors._x_errors import blamed, in_doubt, unread, unsent, untaken
from bot.connectors._x_feeds import (
    OWN,
    Feed,
    Place,
    Stand,
    cut_off,
    feeds_of,
    following,
    out_of_reach,
    own_posts,
    read_cursor,
    write_cursor,
)
from bot.connectors._x_length import weighted_length
from bot.connectors._x_posts import (
    ASKED,
    ASKED_OF_OURS,
    View,
    first_id,
    is_reply,
    read_posts,
    unexplained,
    url_of,
)
from bot.connectors._x_session import Session
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page, Quarantined
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Unavailable,
)

log = logging.getLogger(__name__)

LEAST, MOST = 10, 100  # posts on a page of every feed
NOTHING: Mapping[str, str] = {}
ABOUT_US = {"id", "username"}

ON_READING: ErrorTable = {
    **NONSENSE,
    tweepy.HTTPException: unread,
    requests.RequestException: Unavailable,
    requests.JSONDecodeError: NONSENSE[ValueError],
}
ON_SENDING: ErrorTable = {
    **dict.fromkeys(NONSENSE, in_doubt),
    tweepy.HTTPException: untaken,
    requests.RequestException: unsent,
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
        self.may_reply = settings.may_write
        self._account_id = settings.account_id
        self._spent = 0
        self._client = tweepy.Client(
            bearer.get_secret_value() if bearer else None,
            *settings.user_tokens,
            wait_on_rate_limit=False,
        )
        self._client.session = Session(settings.base_url, settings.timeout)

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
        place, account = read_cursor(cursor), self._account()
        feeds = self._feeds(place, account)
        turn = place.turn if place.turn in feeds else next(iter(feeds))
        stand = place.feeds.get(turn) or self._beginning()
        size = min(max(limit, LEAST), MOST)
        before = stand.since
        answer, stand = self._page(feeds[turn], stand, size)
        posts, bad = items(answer), unexplained(answer)
        mentions: Sequence[Mention] = ()
        missed = out_of_reach(turn, before) if before and not stand.since else ""
        if turn == OWN:
            # Its newest page says enough: in which conversations we spoke last.
            stand = stand.moved(posts, "")
            place.remember(posts, self._settings.watch_conversations)
        else:
            token = next_token(answer)
            cut = [] if token else cut_off(turn, feeds[turn], stand, posts)
            missed, bad = missed or "".join(one.reason for one in cut), [*bad, *cut]
            stand = stand.moved(posts, token)
            mentions, nonsense = read_posts(posts, self._view(place, account, answer))
            bad += nonsense
        place.feeds[turn] = stand
        # What was remembered may have added a feed.
        then = following(turn, self._feeds(place, account))
        place.turn = turn if stand.token else then
        return Page(
            mentions=mentions,
            cursor=write_cursor(place, feeds),
            more=bool(place.turn),
            bad=bad,
            reads=len(posts),
            missed=missed,
        )

    def again(self, item: Quarantined) -> Page:
        """Read a post that was kept aside, with what X sent beside it then."""

        def read(raw: object, beside: Context) -> Told:
            view = View(
                brand=self._settings.brand,
                handle=self._settings.account,
                account_id=beside["account_id"],
                ours=frozenset(beside["ours"]),
                users=beside["users"],
                posts=beside["posts"],
            )
            return read_posts([raw], view)

        return read_again(item, read, needs=("account_id", "ours", "users", "posts"))

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
            return self._receipt(an_id(answer.json()["data"]["id"]))

    def reply_length(self, text: str) -> int:
        """Count as X does: wide scripts twice, links as 23, an emoji as two."""
        return weighted_length(text)

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Ask for the post that X named, or look among ours since the mention.

        Ids grow with time, so the mention's own id is the bound: unlike the instant of
        the first try it does not depend on our clock agreeing with X's.
        """
        if reply.external_id:
            return self._shown(reply)
        feed = own_posts(self._account())
        with translated(NAME, NONSENSE):
            stand = Stand(since=an_id(reply.in_reply_to))
        is_end = False
        while not is_end:
            answer, stand = self._page(feed, stand, MOST)
            posts = self._looked_at(answer)
            with translated(NAME, NONSENSE):
                for post in posts:
                    if is_reply(post, reply):
                        return self._receipt(first_id(post))
            token, read = next_token(answer), stand.read + len(posts)
            stand = Stand(since=stand.since, token=token, read=read)
            is_end = not token
        if may_have_had_to_end(stand.read, feed.listed):
            why = f"{reply.key} may be older than the {stand.read} posts that X lists"
            raise OutcomeUnknown(NAME, why)
        return None

    def reads_spent(self) -> int:
        """Return how many posts looks for replies were handed since the last time."""
        spent, self._spent = self._spent, 0
        return spent

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return which X says are deleted, protected, withheld, or of a gone account.

        About an id that X neither shows nor explains, nothing is claimed.
        """
        asked = sorted(one for one in external_ids if is_id(one))
        removed: set[str] = set()
        for start in range(0, len(asked), MOST):
            ids = ",".join(asked[start : start + MOST])
            answer = self._get("/2/tweets", {"ids": ids})
            gone = {about(one) for one in problems(answer) if is_gone(one)}
            removed |= gone.intersection(asked) - by_id(self._looked_at(answer)).keys()
        return removed

    def _shown(self, reply: OutboundReply) -> Receipt | None:
        with translated(NAME, NONSENSE):
            asked = {"ids": an_id(reply.external_id)}
        names = self._settings.field_names
        answer = self._get("/2/tweets", {**asked, **ASKED_OF_OURS[names]})
        posts = self._looked_at(answer)
        with translated(NAME, NONSENSE):
            for post in posts:
                # Where X does not name the author, its id is all that can be checked.
                author = post.get("author_id")
                is_ours = author is None or author == self._account()
                if is_ours and first_id(post) == reply.external_id:
                    return self._receipt(reply.external_id)
        if unexplained(answer):
            why = f"X does not say whether {reply.key} stands there ({quote(answer)})"
            raise OutcomeUnknown(NAME, why)
        return None

    def _looked_at(self, answer: Json) -> list[Json]:
        posts = items(answer)
        self._spent += len(posts)
        return posts

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
        if not isinstance(user, dict) or not is_id(user.get("id")):
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
        wrong = {str(one.get("parameter")) for one in problems(body)}
        if "data" not in body and wrong & ABOUT_US:
            raise AccessDenied(NAME, f"X does not show our account: {quote(body)}")
        return body

    def _page(self, feed: Feed, stand: Stand, size: int) -> tuple[Json, Stand]:
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
            except AccessDenied as error:
                wrong = blamed(error)
                if stand.token and wrong & {"pagination_token", "next_token"}:
                    stand = stand.model_copy(update={"token": "", "read": 0})
                elif stand.since and "since_id" in wrong:
                    log.warning("%s does not reach back to %s", feed.route, stand.since)
                    stand = stand.model_copy(update={"since": ""})
                else:
                    raise

    def _feeds(self, place: Place, account: str) -> dict[str, Feed]:
        given = self._settings
        watches = given.watch_conversations > 0
        return feeds_of(account, given.query, place.talks, watches=watches)

    def _beginning(self) -> Stand:
        start = self._settings.start_at
        return Stand(since=id_at(start)) if start else Stand()

    def _view(self, place: Place, account: str, answer: Json) -> View:
        view = View(
            brand=self._settings.brand,
            account_id=account,
            handle=self._settings.account,
            ours=place.ours,
        )
        return view.beside(answer)

    def _receipt(self, external_id: str) -> Receipt:
        return Receipt(
            external_id=external_id,
            url=url_of(self._settings.account, external_id),
            published_at=instant_of(external_id),
        )
