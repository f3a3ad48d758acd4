"""Reddit through praw: its inbox, subreddits and searches, and replies.

Every call goes through ``praw.Reddit.request``, which gives plain JSON: praw's objects
fetch behind an attribute, and its ``post`` sleeps and sends again. Below that,
``_Wire`` takes from prawcore every reason to pause or to repeat a request.
"""

from __future__ import annotations

import configparser
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Self

import praw
import prawcore
import requests
from praw.config import Config
from praw.endpoints import API_PATH
from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from bot.connectors._again import read_again
from bot.connectors._edge import (
    ConnectorSettings,
    ErrorTable,
    chain,
    date_of,
    may_have_had_to_end,
    translated,
)
from bot.connectors._marks import Found, Mark
from bot.connectors._reddit_feeds import (
    Feed,
    children_of,
    located,
    overrun,
    read_cursor,
    set_aside,
    write_cursor,
)
from bot.connectors._reddit_things import (
    FULLNAME,
    NAME,
    Json,
    Reader,
    data_of,
    is_gone,
    to_mention,
    to_receipt,
)
from bot.connectors._requests import never_left
from bot.connectors._texts import comparable
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page, Quarantined
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

SITE, OAUTH = "https://www.reddit.com", "https://oauth.reddit.com"
TOKEN_PATH = "/api/v1/access_token"  # noqa: S105 - a path, no secret
PER_REQUEST, MOST_REQUESTS = 100, 10  # Reddit lists the newest 1,000 things, no more
FOUND_BY_SEARCH = 250  # and about so many of what a search finds
REPLY_LIMIT = 10_000
PAUSE = timedelta(minutes=1)  # where Reddit limits us and does not say for how long
SKEW = timedelta(minutes=10)  # between our clock and Reddit's, in find_reply
REFUSALS: Mapping[str, str] = {
    "COMMENT_UNREPLIABLE": "nobody can reply to this comment",
    "DELETED_COMMENT": "the comment has been deleted",
    "DELETED_LINK": "the post has been deleted",
    "SUBREDDIT_NOTALLOWED": "the subreddit does not let this account comment",
    "THREAD_LOCKED": "the thread is locked",
    "TOO_LONG": f"the reply is longer than {REPLY_LIMIT:,} characters",
    "TOO_OLD": "the thread is archived",
    "USER_BLOCKED": "the author has blocked this account",
}
OUR_ACCOUNT = {"USER_REQUIRED", "BAD_CAPTCHA", "ACCOUNT_SUSPENDED", "VERIFIED_USER"}

_BREAK = re.compile(r"(\d{1,6}) (millisecond|second|minute|hour)")
_NOT_THERE = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.NOT_FOUND}
_NOT_US = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.UNAUTHORIZED}
_TROUBLE = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT}


def _bare(value: object) -> object:
    """Take ``r/name``, ``u/name`` and ``@name`` for the name."""
    return re.sub(r"^/?[ru]/|^@", "", value) if isinstance(value, str) else value


Subreddit = Annotated[
    str, BeforeValidator(_bare), StringConstraints(pattern=r"^[A-Za-z0-9_]{2,50}$")
]


class RedditSettings(ConnectorSettings):
    """What Reddit needs to be told: an approved app, its account, and what to read.

    ``account`` is the account's name; give its ``password`` or a ``refresh_token``.
    ``owned_subreddits`` are run by us: they are read like ``subreddits``, and whoever
    writes there addresses us. ``searches`` go over all of Reddit. ``overlap`` is how
    far back late arrivals are looked for. ``base_url`` alone stands in for both hosts.
    """

    account: Annotated[
        str, BeforeValidator(_bare), StringConstraints(pattern=r"^[A-Za-z0-9_-]{3,20}$")
    ]
    base_url: str = Field(default=SITE, pattern=r"^https?://[^/]+")
    oauth_url: str = Field(default="", pattern=r"^(https?://[^/]+.*)?$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    password: SecretStr | None = None
    refresh_token: SecretStr | None = None
    user_agent: str = Field(min_length=7, pattern=r"^[ -~]+$")
    subreddits: tuple[Subreddit, ...] = ()
    owned_subreddits: tuple[Subreddit, ...] = ()
    searches: tuple[Annotated[str, Field(min_length=2, max_length=512)], ...] = ()
    overlap: timedelta = Field(
        default=timedelta(minutes=15), gt=timedelta(0), le=timedelta(days=1)
    )

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        if not (self.password or self.refresh_token):
            raise ValueError("give the account's password or a refresh_token")
        return self

    @property
    def site(self) -> str:
        """Where people read, and where tokens come from."""
        return self.base_url.rstrip("/")

    @property
    def api(self) -> str:
        """Where everything else is asked."""
        own = OAUTH if self.site == SITE else self.site
        return (self.oauth_url or own).rstrip("/")

    @property
    def reader(self) -> Reader:
        """For whom things are read."""
        owned = frozenset(name.lower() for name in self.owned_subreddits)
        return Reader(
            brand=self.brand, account=self.account, owned=owned, site=self.site
        )


class RedditConnector:
    """Inbox, subreddits and searches of one account; replies as that account."""

    settings_model: ClassVar = RedditSettings
    info: ClassVar = ConnectorInfo(
        name=NAME,
        label="Reddit",
        poll_every=timedelta(minutes=1),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/reddit.md",
        # A sign-in and the comment, and both again where the token had ended.
        reply_requests=4,
    )

    def __init__(self, settings: RedditSettings) -> None:
        """Connect to nothing yet."""
        for library in ("praw", "prawcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self._settings, self._reader = settings, settings.reader
        self._feeds = _feeds(settings)
        self._reads = 0
        self._connect()

    def check(self) -> Health:
        """Ask Reddit who we are."""
        try:
            me = self._get("the account", API_PATH["me"])
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        match me:
            case {"name": str(name), "id": str(id_), **rest}:
                trouble = self._trouble(
                    name, is_suspended=bool(rest.get("is_suspended"))
                )
                return Health(
                    ok=not trouble,
                    detail=trouble or f"signed in as u/{name}",
                    account_id=f"t2_{id_}",
                    account_handle=name,
                )
        raise BadPayload(NAME, "Reddit does not say who we are")

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Read every feed down to where it was left; give the oldest ``limit``."""
        marks, before = read_cursor(cursor), self._reads
        found: dict[str, Found] = {}
        bad: list[Quarantined] = []
        missed = ""
        for feed in self._feeds:
            seen, is_whole = self._walk(feed, marks.get(feed.key))
            if not is_whole:
                bad.append(overrun(feed, seen[-1]))
                missed = missed or bad[-1].reason
            mark = marks.setdefault(feed.key, Mark(seen[-1].at if seen else 0.0))
            for one in (one for one in seen if not mark.covers(one)):
                known = found.setdefault(one.name, one)
                known.raw = one.raw  # the inbox comes last and knows more
                known.feeds.add(feed.key)
        waiting = sorted(found.values(), key=lambda one: (one.at, one.name))
        taken = waiting[: max(limit, 1)]
        return Page(
            mentions=self._translate(taken, bad),
            cursor=self._moved(marks, taken),
            more=len(waiting) > len(taken),
            bad=bad,
            missed=missed,
            reads=self._reads - before,
        )

    def again(self, item: Quarantined) -> Page:
        """Read a thing that was kept aside; of one taken back there is no text."""
        return read_again(item, lambda raw, _: ([to_mention(raw, self._reader)], ()))

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Comment once below the post or comment that is answered."""
        if not FULLNAME.fullmatch(reply.in_reply_to):
            raise Refused(NAME, f"{reply.key} answers nothing that Reddit knows")
        if len(reply.text) > REPLY_LIMIT:
            raise Refused(NAME, f"{reply.key}: {REFUSALS['TOO_LONG']}")
        data = {"thing_id": reply.in_reply_to, "text": reply.text}
        with translated(NAME, SENDING):
            answer = self._request("POST", API_PATH["comment"], data=data)
        match answer:
            case {"json": {"errors": [first, *_]}}:
                raise self._refusal(reply, first)
            case {"json": {"data": {"things": [{"data": dict(made)}, *_]}}}:
                if FULLNAME.fullmatch(str(made.get("name"))):
                    return to_receipt(made, self._settings.site)
        # A quarantined subreddit takes the comment and shows nothing.
        raise OutcomeUnknown(NAME, f"Reddit took {reply.key} and does not show it")

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Ask for the comment that Reddit named, or look through ours.

        That goes from the newest back to the first try.
        """
        if FULLNAME.fullmatch(reply.external_id):
            return self._ours(reply, self._info("a reply of ours", [reply.external_id]))
        tried = reply.first_tried_at
        oldest = (tried - SKEW).timestamp() if tried else 0.0
        own = _own_comments(self._settings.account)
        seen, is_whole = self._walk(own, Mark(oldest))
        found = self._ours(reply, [data_of(one.raw) for one in seen])
        if found is None and tried and not is_whole:
            why = f"{reply.key} may be older than the comments that Reddit lists"
            raise OutcomeUnknown(NAME, why)
        return found

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return those that are gone or emptied, by author, moderator or Reddit."""
        known = [name for name in external_ids if FULLNAME.fullmatch(name)]
        removed: set[str] = set()
        for at in range(0, len(known), PER_REQUEST):
            asked = known[at : at + PER_REQUEST]
            shown = self._info("posts that we know", asked)
            removed |= set(asked) - {d.get("name") for d in shown if not is_gone(d)}
        return removed

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _connect(self) -> None:
        made: list[_Wire] = []
        self._reddit = _reddit(self._settings, made)
        self._wire = made[0]

    def _request(self, method: str, path: str, **rest: dict[str, Any]) -> object:
        try:
            return self._reddit.request(method=method, path=path, **rest)
        except prawcore.ResponseException as error:
            if not _has_expired(error.response):
                raise
        # A token ended early. Nothing was done with this request: ask for a new one.
        self.close()
        self._connect()
        return self._reddit.request(method=method, path=path, **rest)

    def _get(
        self, place: str, path: str, params: Mapping[str, str] | None = None
    ) -> object:
        self._reads += 1
        with translated(NAME, _reading(place)):
            return self._request("GET", path, params=dict(params or {}))

    def _info(self, place: str, names: Sequence[str]) -> list[Json]:
        answer = self._get(place, API_PATH["info"], {"id": ",".join(names)})
        return [data_of(raw) for raw in children_of(answer, place)[0]]

    def _ours(self, reply: OutboundReply, shown: Sequence[Json]) -> Receipt | None:
        """Give the one that is that reply: our words, below the same thing."""
        us, wanted = self._settings.account.lower(), comparable(reply.text)
        for data in shown:
            is_there = data.get("parent_id") == reply.in_reply_to
            is_by_us = str(data.get("author")).lower() == us
            if is_there and is_by_us and comparable(str(data.get("body"))) == wanted:
                return to_receipt(data, self._settings.site)
        return None

    def _walk(self, feed: Feed, mark: Mark | None) -> tuple[list[Found], bool]:
        """Read down to the mark; say whether Reddit's list reached that far.

        Never up from a thing by ``before``: once that is deleted, nothing is listed.
        Without a mark it is the newest page. That the list ends proves nothing: Reddit
        ends it after so many things, in the same way as where there is no more.
        """
        seen: list[Found] = []
        anchors: Sequence[str] = ("",)
        for _ in range(MOST_REQUESTS):
            raws, after = self._list(feed, anchors)
            seen += located(raws, mark.start if mark else 0.0)
            if mark is None or (seen and seen[-1].at < mark.start):
                return seen, True
            if not after:
                return seen, not may_have_had_to_end(len(seen), feed.listed)
            anchors = (after, *(one.name for one in reversed(seen[-4:-1])))
        return seen, not seen

    def _list(self, feed: Feed, anchors: Sequence[str]) -> tuple[Sequence[object], str]:
        """Ask for what follows the first anchor that has not been deleted."""
        raws: Sequence[object] = ()
        after = ""
        for anchor in anchors:
            below = {"after": anchor} if anchor else {}
            params = {**feed.params, "limit": str(PER_REQUEST), **below}
            answer = self._get(feed.place, feed.path, params)
            raws, after = children_of(answer, feed.place)
            if raws or after:
                break
        return raws, after

    def _translate(
        self, taken: Sequence[Found], bad: list[Quarantined]
    ) -> list[Mention]:
        mentions = []
        for one in taken:
            try:
                mention = to_mention(one.raw, self._reader)
            except BadPayload as error:
                bad.append(set_aside(one, error))
            else:
                mentions += [mention] if mention else []
        return mentions

    def _moved(self, marks: Mapping[str, Mark], taken: Sequence[Found]) -> Cursor:
        overlap, moved = self._settings.overlap.total_seconds(), {}
        for feed in self._feeds:
            names = {one.name: one.at for one in taken if feed.key in one.feeds}
            moved[feed.key] = marks[feed.key].advanced(names, overlap)
        return write_cursor(moved)

    def _trouble(self, name: str, *, is_suspended: bool) -> str:
        account = self._settings.account
        if name.lower() != account.lower():
            return f"signed in as u/{name}, but the settings say u/{account}"
        return f"u/{name} is suspended" if is_suspended else ""

    def _refusal(self, reply: OutboundReply, first: object) -> ConnectorError:
        given = [str(part) for part in first] if isinstance(first, list) else []
        code, words = (*given, "", "")[:2]
        if code == "RATELIMIT":
            return _take_a_break(words, self._wire.answered_at)
        if code in OUR_ACCOUNT:
            return AccessDenied(NAME, f"this account may not reply now ({code})")
        why = REFUSALS.get(code, "Reddit refuses it")
        return Refused(NAME, f"{reply.key}: {why} ({code[:60]})")


class _Wire(prawcore.Requestor):  # codespell:ignore requestor
    """prawcore's HTTP, each request once and none of them waited for.

    prawcore repeats after broken connections, 401 and 5xx, and sleeps before a request
    as the rate-limit headers of the last answer say (it also fails on floats there). So
    trouble leaves here as what it does not repeat, and the headers go no further.
    """

    def __init__(self, *, wait: float, made: list[_Wire], **hosts: Any) -> None:  # noqa: ANN401 - prawcore's own
        super().__init__(**hosts)
        self._wait = wait
        self.answered_at: datetime | None = None
        made.append(self)

    def request(self, *args: Any, **rest: Any) -> requests.Response:  # noqa: ANN401 - prawcore's own
        """Ask once; raise for every answer but a good one."""
        try:
            answer = super().request(*args, **{**rest, "timeout": self._wait})
        except prawcore.RequestException as error:
            raise prawcore.RequestException(error, args[:2], {}) from error
        self.answered_at = date_of(answer.headers)
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise prawcore.ResponseException(answer)
        if _is_token(answer.url) and not _is_grant(answer):
            raise prawcore.BadJSON(answer)
        for name in [name for name in answer.headers if "ratelimit" in name.lower()]:
            del answer.headers[name]
        return answer


def _feeds(settings: RedditSettings) -> tuple[Feed, ...]:
    """List what is read; the inbox last, so that it holds what the others showed."""
    named = (*settings.subreddits, *settings.owned_subreddits)
    places = tuple({name.lower(): name for name in named}.values())
    everywhere = API_PATH["search"].format(subreddit="all").rstrip("/")
    return (
        *(Feed(place=f"r/{name}", path=f"r/{name}/new") for name in places),
        *(Feed(place=f"r/{name}", path=f"r/{name}/comments") for name in places),
        *(
            Feed(
                place=f"the search for {query!r}",
                path=everywhere,
                params={"q": query, "sort": "new", "t": "all"},
                listed=FOUND_BY_SEARCH,
            )
            for query in dict.fromkeys(settings.searches)
        ),
        *(
            Feed(place=f"the inbox ({box.replace('_', ' ')})", path=API_PATH[box])
            for box in ("mentions", "comment_replies", "submission_replies")
        ),
    )


def _own_comments(account: str) -> Feed:
    path = f"user/{account}/comments"
    return Feed(place="our own comments", path=path, params={"sort": "new"})


def _reddit(settings: RedditSettings, made: list[_Wire]) -> praw.Reddit:
    with Config.LOCK:
        if Config.CONFIG is None:
            # praw would read praw.ini from the working directory and send the
            # credential wherever that says: everything is given here instead.
            Config.CONFIG = configparser.ConfigParser()
    nouns = {"comment": 1, "redditor": 2, "submission": 3, "message": 4}
    nouns |= {"subreddit": 5, "trophy": 6}
    return praw.Reddit(
        "DEFAULT",
        requestor_class=_Wire,
        requestor_kwargs={"wait": settings.timeout, "made": made},
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        username=settings.account,
        # praw prefers the password where it has both.
        password=None if settings.refresh_token else _plain(settings.password),
        refresh_token=_plain(settings.refresh_token),
        user_agent=settings.user_agent,
        redirect_uri=None,
        reddit_url=settings.site,
        oauth_url=settings.api,
        short_url=settings.site,
        check_for_updates=False,
        check_for_async=False,
        ratelimit_seconds=0,
        timeout=16,
        **{f"{noun}_kind": f"t{number}" for noun, number in nouns.items()},
    )


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _is_token(url: object) -> bool:
    return TOKEN_PATH in str(url)


def _has_expired(answer: requests.Response) -> bool:
    is_refused = answer.status_code == HTTPStatus.UNAUTHORIZED
    return is_refused and not _is_token(answer.url)


def _is_grant(answer: requests.Response) -> bool:
    """Whether a token's answer has what prawcore takes from it without asking."""
    try:
        given = answer.json()
    except ValueError:
        return False
    match given:
        case {"error": str()}:
            return True
        case {"access_token": str(), "expires_in": int(), "scope": str()}:
            return True
    return False


def _reading(place: str) -> ErrorTable:
    """Say what goes wrong when something is read."""
    return {
        prawcore.PrawcoreException: Unavailable,
        prawcore.OAuthException: AccessDenied,
        prawcore.BadJSON: BadPayload,
        prawcore.ResponseException: partial(_unread, place),
    }


def _unread(place: str, error: Exception) -> ConnectorError:
    answer = _answer_of(error)
    status = answer.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _limited(answer)
    where = "the sign-in" if _is_token(answer.url) else place
    detail = f"HTTP {status} for {where}"
    if status in _TROUBLE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(NAME, f"Reddit is in trouble (HTTP {status})", detail=detail)
    if status == HTTPStatus.UNAUTHORIZED:
        why = "Reddit does not accept the credential; renew or correct it"
    elif status in _NOT_THERE:
        why = f"{where} is not there (HTTP {status}); correct its name or leave it out"
    else:
        why = f"this account may not read {where} (HTTP {status})"
    return AccessDenied(NAME, why, detail=detail)


def _answer_of(error: Exception) -> requests.Response:
    if not isinstance(error, prawcore.ResponseException):
        raise TypeError("only answers have a status") from error
    return error.response


def _limited(answer: requests.Response) -> ConnectorError:
    """Count from the answer's own date: nothing here knows the time."""
    for name in ("retry-after", "x-ratelimit-reset"):
        try:
            pause = timedelta(seconds=float(answer.headers[name]))
        except (KeyError, ValueError, OverflowError):
            continue
        return _paused(date_of(answer.headers), pause)
    return _paused(date_of(answer.headers), PAUSE)


def _take_a_break(words: str, date: datetime | None) -> ConnectorError:
    """Read "Take a break for 9 minutes", which counts for the account's comments."""
    said = _BREAK.search(words)
    pause = timedelta(**{f"{said[2]}s": int(said[1])}) if said else PAUSE
    return _paused(date, pause)


def _paused(date: datetime | None, pause: timedelta) -> ConnectorError:
    if date is None:
        return Unavailable(NAME, "Reddit asks for a pause and does not say until when")
    retry_at = date + min(max(pause, timedelta(seconds=1)), timedelta(days=1))
    return RateLimited(NAME, "Reddit asks for a pause", retry_at=retry_at)


def _unsent(error: Exception) -> ConnectorError:
    """Sort out a reply that got no answer: left it at all."""
    asked = getattr(error, "request_args", ("",))
    if _is_token(asked[-1]) or never_left(error):
        return Unavailable(NAME, "Reddit is out of reach", detail=chain(error))
    why = "the connection broke while a reply was sent"
    return OutcomeUnknown(NAME, why, detail=chain(error))


def _untaken(error: Exception) -> ConnectorError:
    """Sort out a reply whose answer was no success: taken it may be all the same."""
    answer = _answer_of(error)
    status, challenge = answer.status_code, answer.headers.get("www-authenticate", "")
    if _is_token(answer.url):
        is_bad = status < HTTPStatus.MULTIPLE_CHOICES
        return Unavailable(NAME, "no token came") if is_bad else _unread("", error)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _limited(answer)
    if status in _NOT_US or "insufficient_scope" in challenge:
        why = f"this account may not reply (HTTP {status}); renew the credential"
        return AccessDenied(NAME, why)
    is_broken = status < HTTPStatus.MULTIPLE_CHOICES or status in _TROUBLE
    if is_broken or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        why = f"Reddit answered HTTP {status} while a reply was sent"
        return OutcomeUnknown(NAME, why)
    return Refused(NAME, f"Reddit does not take this reply (HTTP {status})")


SENDING: ErrorTable = {
    prawcore.PrawcoreException: OutcomeUnknown,
    prawcore.RequestException: _unsent,
    prawcore.OAuthException: AccessDenied,
    prawcore.ResponseException: _untaken,
}
