"""A small X on loopback: API v2 with state, both generations of names, and faults.

Written from X's public OpenAPI documents; all people and words in it are invented.
``python -m tests.platforms.x_server --port N --state FILE`` runs it alone: what it
accepted is in the file before it is answered, and is read again at the next start.
There ``POST /_test/<method>`` with a JSON object of arguments calls the method of that
name (``add_post``, ``add_user``, ``fail_next``, ...) and ``GET /_test/accepted`` lists
the posts that the API published.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from oauthlib.common import Request  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849 import signature  # type: ignore[import-untyped]

ACCOUNT_ID, HANDLE = "9000000001", "AcmeCares"
BEARER = "invented-bearer"
CONSUMER = ("invented-consumer", "invented-consumer-secret")
TOKEN = ("invented-token", "invented-token-secret")
CREDENTIALS = {
    "bearer_token": BEARER,
    "consumer_key": CONSUMER[0],
    "consumer_secret": CONSUMER[1],
    "access_token": TOKEN[0],
    "access_token_secret": TOKEN[1],
}
"""What a connector must be told to read and to write here."""


def _set(words: str) -> set[str]:
    return set(words.split())


EPOCH_MS = 1_288_834_974_657
SHORT = 280
WEEK = timedelta(days=7)
STALL_SECONDS = 30.0
PAGED = {"since_id", "until_id", "max_results", "pagination_token"}
TIMED = PAGED | {"start_time", "end_time"}
SHOWN = {"expansions", "user.fields", "media.fields", "poll.fields", "place.fields"}
FIELDS = {
    "tweet": _set(
        "author_id conversation_id created_at edit_history_tweet_ids entities id "
        "in_reply_to_user_id lang note_tweet public_metrics referenced_tweets text "
        "withheld"
    ),
    "post": _set(
        "conversation_id created_at entities id lang note_post public_metrics text "
        "withheld"
    ),
}
EXPANSIONS = {
    "tweet": _set(
        "author_id edit_history_tweet_ids in_reply_to_user_id "
        "entities.mentions.username referenced_tweets.id "
        "referenced_tweets.id.author_id"
    ),
    "post": _set(
        "author_id edit_history_post_ids in_reply_to_user_id "
        "entities.mentions.username referenced_posts"
    ),
}
USER_FIELDS = _set(
    "created_at description id location name protected public_metrics url username "
    "verified verified_type"
)


@dataclass(slots=True)
class Person:
    """An account. ``is_gone``: X no longer shows it, though its posts may linger."""

    id: str
    username: str
    name: str = ""
    bio: str = ""
    followers: int = 0
    following: int = 0
    posts: int = 0
    verified: bool = False
    protected: bool = False
    is_gone: bool = False
    created_at: str = "2015-05-05T05:05:05.000Z"


@dataclass(slots=True)
class Post:
    """What somebody wrote; ``history`` holds the ids of its versions, oldest first."""

    id: str
    author_id: str
    text: str
    created_at: str
    conversation_id: str
    reply_to: str = ""
    quote_of: str = ""
    repost_of: str = ""
    history: list[str] = field(default_factory=list)
    lang: str = "en"
    counts: dict[str, int] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in; ``auth`` is ``bearer``, ``oauth1`` or nothing."""

    method: str
    path: str
    query: dict[str, str]
    auth: str


@dataclass(slots=True)
class Fault:
    """What goes wrong at the next ``times`` requests of that method and path."""

    kind: str
    times: int
    path: str
    method: str
    seconds: float
    headers: dict[str, str]


@dataclass(slots=True)
class Answer:
    """A status with a body; a body of ``None`` drops the connection instead."""

    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    stall: float = 0.0


class Problem(Exception):
    """An answer that says no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


AFTER_ACCEPT = {
    "timeout_after_accept",
    "error_after_accept",
    "drop_after_accept",
    "malformed_after_accept",
}


def real_time() -> datetime:
    return datetime.now(UTC)


class XServer:
    """The state, its HTTP face, and the knobs of a test.

    ``names`` is the generation of names that it speaks, strictly. ``search_window``
    bounds recent search as X does (seven days); ``None`` finds everything.
    ``refuse_duplicates`` is off, so that a reply sent twice shows as two posts.
    """

    def __init__(
        self,
        *,
        names: Literal["tweet", "post"] = "tweet",
        now: Callable[[], datetime] = real_time,
        state_file: Path | None = None,
        search_window: timedelta | None = None,
        refuse_duplicates: bool = False,
    ) -> None:
        self.names = names
        self.now = now
        self.search_window = search_window
        self.refuse_duplicates = refuse_duplicates
        self.users: dict[str, Person] = {}
        self.accepted: list[Post] = []
        self.requests: list[Seen] = []
        self.crashes: list[str] = []
        self._posts: dict[str, Post] = {}
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._released = threading.Event()
        self._state_file: Path | None = None
        if state_file is not None and state_file.exists():
            self._recall(state_file)
        self._state_file = state_file
        if ACCOUNT_ID not in self.users:
            self.add_user(HANDLE, id=ACCOUNT_ID, name="Acme Cares")
        self._http: _Http | None = None

    # -- what tests do ------------------------------------------------------------

    def start(self, port: int = 0) -> Self:
        """Listen on loopback; port 0 takes any that is free."""
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.x = self
        threading.Thread(target=self._http.serve_forever, args=(0.02,)).start()
        return self

    def stop(self) -> None:
        """Let stalled answers go and close the door."""
        self._released.set()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        assert self._http is not None, "start() it first"
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def add_user(self, username: str, **more: Any) -> Person:
        """Open an account; ``is_gone=True`` makes one that X no longer shows."""
        with self._lock:
            more.setdefault("id", str(5_000_000 + len(self.users)))
            person = Person(username=username, **more)
            self.users[person.id] = person
            self._record("user", person)
            return person

    def add_post(
        self,
        text: str,
        author: str = "someone",
        *,
        at: datetime | str | None = None,
        reply_to: str = "",
        quote_of: str = "",
        repost_of: str = "",
        edit_of: str = "",
        lang: str = "en",
        counts: Mapping[str, int] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Post:
        """Publish as somebody (made if unknown). ``extra`` goes into the answer as is.

        An edit replaces the version that it names and keeps its history.
        """
        with self._lock:
            moment = datetime.fromisoformat(at) if isinstance(at, str) else at
            moment = moment or self.now()
            after = max((int(one) for one in (reply_to, edit_of) if one), default=0)
            new = self._new_id(moment, after)
            parent, former = self._posts.get(reply_to), self._posts.get(edit_of)
            thread = parent or former
            post = Post(
                id=new,
                author_id=(self._by_name(author) or self.add_user(author)).id,
                text=text,
                created_at=_stamp(moment),
                conversation_id=thread.conversation_id if thread else reply_to or new,
                reply_to=reply_to or (former.reply_to if former else ""),
                quote_of=quote_of,
                repost_of=repost_of,
                history=[*(former.history if former else ()), new],
                lang=lang,
                counts=dict(counts or {}),
                extra=dict(extra or {}),
            )
            if former:
                former.is_deleted = True
                self._record("post", former)
            self._posts[new] = post
            self._record("post", post)
            return post

    def delete_post(self, post_id: str) -> None:
        """Take a post back, as its author would."""
        with self._lock:
            self._posts[post_id].is_deleted = True
            self._record("post", self._posts[post_id])

    def fail_next(
        self,
        kind: str,
        *,
        times: int = 1,
        path: str = "",
        method: str = "",
        seconds: float = STALL_SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let the next requests whose path contains ``path`` go wrong.

        Kinds: ``rate_limit, daily_limit, usage_cap, credits, unauthorized, forbidden,
        not_enrolled, oauth1_permissions, duplicate, not_permitted, server_error,
        old_since_id, bad_token, bad_query, unknown_account, timeout, drop, malformed,
        not_an_object, html, partial_error`` and, for a post that is accepted all the
        same, ``timeout_after_accept, error_after_accept, drop_after_accept,
        malformed_after_accept``. ``seconds`` is how long a limit or a stall lasts.
        """
        assert kind in KINDS, f"unknown fault {kind!r}"
        with self._lock:
            fault = Fault(kind, times, path, method, seconds, dict(headers or {}))
            self._faults.append(fault)

    @property
    def posts(self) -> list[Post]:
        """Every post that stands there, oldest first."""
        with self._lock:
            found = [post for post in self._posts.values() if not post.is_deleted]
        return sorted(found, key=lambda post: int(post.id))

    def replies_to(self, post_id: str) -> list[Post]:
        """What stands directly under a post, oldest first."""
        return [post for post in self.posts if post.reply_to == post_id]

    # -- state --------------------------------------------------------------------

    def _record(
        self, what: str, thing: Person | Post, *, accepted: bool = False
    ) -> None:
        if self._state_file is None:
            return
        line = json.dumps({"what": what, "accepted": accepted, **asdict(thing)})
        with self._state_file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _recall(self, file: Path) -> None:
        for line in file.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            what, accepted = told.pop("what"), told.pop("accepted")
            if what == "user":
                self.users[told["id"]] = Person(**told)
                continue
            post = Post(**told)
            self._posts[post.id] = post
            if accepted:
                self.accepted.append(post)

    def _new_id(self, moment: datetime, after: int) -> str:
        milliseconds = int(moment.timestamp() * 1000) - EPOCH_MS
        new = max(milliseconds << 22, after + 1)
        while str(new) in self._posts:
            new += 1
        return str(new)

    def _by_name(self, username: str) -> Person | None:
        lower = username.casefold()
        found = (one for one in self.users.values() if one.username.casefold() == lower)
        return next(found, None)

    def person(self, user_id: str) -> Person | None:
        return self.users.get(user_id)

    def post(self, post_id: str) -> Post | None:
        found = self._posts.get(post_id)
        return None if found is None or found.is_deleted else found

    # -- requests -----------------------------------------------------------------

    def answer(self, method: str, url: str, headers: Any, sent: bytes) -> Answer:
        """Answer one request as X would, or as the fault that waits for it says."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self._lock:
            auth = self._auth(method, self.base_url + url, headers)
            self.requests.append(Seen(method, parts.path, query, auth))
            fault = self._fault(method, parts.path)
            if not auth:
                return self._broken(_fault("unauthorized"))
            if fault is not None and fault.kind not in {*AFTER_ACCEPT, "partial_error"}:
                return self._broken(fault)
            try:
                answer = self._dispatch(method, parts.path, query, auth, sent)
            except Problem as problem:
                return problem.answer
            if fault is None:
                return answer
            if fault.kind == "partial_error":
                assert isinstance(answer.body, dict)
                answer.body.setdefault("errors", []).append(self._half())
                return answer
            return self._broken(fault)

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.path in path and fault.method in {"", method}:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def _dispatch(
        self, method: str, path: str, query: dict[str, str], auth: str, sent: bytes
    ) -> Answer:
        plain = {
            ("POST", "/2/tweets"): lambda: self._create(auth, sent),
            ("GET", "/2/tweets"): lambda: self._lookup(query),
            ("GET", "/2/tweets/search/recent"): lambda: self._search(query),
            ("GET", "/2/users/me"): lambda: self._me(query, auth),
        }
        if (method, path) in plain:
            return plain[method, path]()
        if method == "GET":
            if found := re.fullmatch(r"/2/users/(\d+)/(mentions|tweets)", path):
                return self._timeline(found[1], found[2], query, path)
            if found := re.fullmatch(r"/2/users/by/username/(\w+)", path):
                return self._user(self._by_name(found[1]), "username", found[1], query)
            if found := re.fullmatch(r"/2/users/(\d+)", path):
                return self._user(self.person(found[1]), "id", found[1], query)
        body = {"title": "Not Found", "detail": "Not Found", "type": "about:blank"}
        return Answer(404, {**body, "status": 404})

    def _auth(self, method: str, url: str, headers: Any) -> str:
        given = headers.get("Authorization") or ""
        if given == f"Bearer {BEARER}":
            return "bearer"
        if not given.startswith("OAuth "):
            return ""
        params = signature.collect_parameters(
            uri_query=urlsplit(url).query,
            headers={"Authorization": given},
            exclude_oauth_signature=False,
        )
        told = dict(params)
        request = Request(url, method)
        request.params = [one for one in params if one[0] != "oauth_signature"]
        request.signature = told.get("oauth_signature", "")
        known = told.get("oauth_consumer_key") == CONSUMER[0]
        known = known and told.get("oauth_token") == TOKEN[0]
        is_true = signature.verify_hmac_sha1(request, CONSUMER[1], TOKEN[1])
        return "oauth1" if known and is_true else ""

    def _me(self, query: dict[str, str], auth: str) -> Answer:
        if auth != "oauth1":
            raise Problem(
                Answer(
                    403,
                    {
                        "title": "Unsupported Authentication",
                        "detail": "This endpoint wants a user's own token.",
                        "type": self._kind("unsupported-authentication"),
                        "status": 403,
                    },
                )
            )
        return self._user(self.person(ACCOUNT_ID), "id", ACCOUNT_ID, query)

    def _user(
        self, person: Person | None, parameter: str, value: str, query: dict[str, str]
    ) -> Answer:
        self._allow(query, {"expansions", "user.fields", f"{self.names}.fields"})
        if person is None or person.is_gone:
            return Answer(200, {"errors": [self._missing("user", parameter, value)]})
        return Answer(
            200, {"data": self._person_json(person, _list(query, "user.fields"))}
        )

    def _timeline(
        self, user_id: str, which: str, query: dict[str, str], path: str
    ) -> Answer:
        extra = {"exclude"} if which == "tweets" else set()
        self._allow(query, TIMED | SHOWN | {f"{self.names}.fields"} | extra)
        person = self.person(user_id)
        if person is None:
            return Answer(200, {"errors": [self._missing("user", "id", user_id)]})
        if which == "mentions":
            found = [post for post in self.posts if self._concerns(post, person)]
        else:
            left_out = _list(query, "exclude")
            found = [
                post
                for post in self.posts
                if post.author_id == user_id
                and not ("retweets" in left_out and post.repost_of)
                and not ("replies" in left_out and post.reply_to)
            ]
        return self._paged(found, query, path, least=5)

    def _search(self, query: dict[str, str]) -> Answer:
        allowed = TIMED | SHOWN | {f"{self.names}.fields", "query", "next_token"}
        self._allow(query, allowed | {"sort_order"})
        wanted = query.get("query", "")
        if not wanted:
            raise Problem(self._invalid("query", wanted, "query can not be empty"))
        try:
            matches = Query(wanted, self).matches
        except (IndexError, ValueError):
            why = f"There were errors processing your request: {wanted}"
            raise Problem(self._invalid("query", wanted, why)) from None
        found = self.posts
        if self.search_window is not None:
            oldest = self._new_id(self.now() - self.search_window, 0)
            found = [post for post in found if int(post.id) >= int(oldest)]
            since = query.get("since_id", oldest)
            if int(since) < int(oldest):
                why = f"'since_id' must be a tweet id created after {oldest}"
                raise Problem(self._invalid("since_id", since, why))
        return self._paged(
            [post for post in found if matches(post)],
            query,
            f"search:{wanted}",
            least=10,
        )

    def _paged(
        self, found: list[Post], query: dict[str, str], feed: str, *, least: int
    ) -> Answer:
        size = query.get("max_results", "10")
        if not size.isdigit() or not least <= int(size) <= 100:
            why = f"The `max_results` query parameter value [{size}] is not between"
            why += f" {least} and 100"
            raise Problem(self._invalid("max_results", size, why))
        since, token = query.get("since_id", "0"), query.get("pagination_token", "")
        if not re.fullmatch(r"[0-9]{1,19}", since):
            raise Problem(self._invalid("since_id", since, "since_id is no id"))
        before = self._untoken(token or query.get("next_token", ""), feed)
        newest_first = [
            post
            for post in reversed(found)
            if int(post.id) > int(since) and (not before or int(post.id) < before)
        ]
        page, rest = newest_first[: int(size)], newest_first[int(size) :]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if rest:
            meta["next_token"] = self._token(page[-1].id, feed)
        return Answer(200, {**self._shown(page, query), "meta": meta})

    def _token(self, post_id: str, feed: str) -> str:
        return base64.urlsafe_b64encode(f"{post_id} {feed}".encode()).decode()

    def _untoken(self, token: str, feed: str) -> int:
        if not token:
            return 0
        try:
            post_id, of = base64.urlsafe_b64decode(token).decode().split(" ", 1)
        except ValueError:
            post_id, of = "0", ""
        if of != feed:
            why = "The pagination_token is not of this request"
            raise Problem(self._invalid("pagination_token", token, why))
        return int(post_id)

    def _lookup(self, query: dict[str, str]) -> Answer:
        self._allow(query, {"ids", f"{self.names}.fields", *SHOWN})
        asked = query.get("ids", "").split(",")
        if not 1 <= len(asked) <= 100 or not all(one.isdigit() for one in asked):
            raise Problem(self._invalid("ids", query.get("ids", ""), "ids are wrong"))
        found = [post for one in asked if (post := self.post(one))]
        body = self._shown(found, query)
        missing = [one for one in asked if self.post(one) is None]
        errors = [self._missing(self._noun, "ids", one) for one in missing]
        if errors:
            body["errors"] = [*body.get("errors", []), *errors]
        return Answer(200, body)

    def _create(self, auth: str, sent: bytes) -> Answer:
        if auth != "oauth1":
            raise Problem(self._broken(_fault("oauth1_permissions")))
        asked = json.loads(sent)
        text = str(asked.get("text") or "")
        under = str((asked.get("reply") or {}).get("in_reply_to_tweet_id") or "")
        if not text or len(text) > SHORT:
            raise Problem(self._invalid("text", text[:20], "text has a wrong length"))
        parent = self.post(under)
        if under and parent is None:
            why = "You attempted to reply to a Tweet that is deleted or not visible"
            raise Problem(self._forbidden(why))
        same = [post for post in self.accepted if post.extra.get("sent") == text]
        if self.refuse_duplicates and same:
            raise Problem(self._broken(_fault("duplicate")))
        # X shortens links and puts the handle that is answered in front.
        stored = re.sub(r"https?://\S+", "https://t.co/abc123DEFg", text)
        if parent is not None and (person := self.person(parent.author_id)):
            stored = f"@{person.username} {stored}"
        post = self.add_post(stored, HANDLE, reply_to=under)
        post.extra["sent"] = text
        self.accepted.append(post)
        self._record("post", post, accepted=True)
        data = {"id": post.id, "text": html.escape(stored, quote=False)}
        return Answer(201, {"data": {**data, self._word("history"): post.history}})

    # -- shapes -------------------------------------------------------------------

    @property
    def _noun(self) -> str:
        return self.names

    def _word(self, for_what: str) -> str:
        return {
            "history": f"edit_history_{self.names}_ids",
            "refers": f"referenced_{self.names}s",
            "note": f"note_{self.names}",
            "beside": f"{self.names}s",
            "reposts": "retweet_count" if self.names == "tweet" else "repost_count",
        }[for_what]

    def _kind(self, which: str) -> str:
        host = "api.twitter.com" if self.names == "tweet" else "api.x.com"
        return f"https://{host}/2/problems/{which}"

    def _shown(self, posts: list[Post], query: dict[str, str]) -> dict[str, Any]:
        fields = _list(query, f"{self.names}.fields")
        expansions = _list(query, "expansions")
        body: dict[str, Any] = {}
        if posts:
            body["data"] = [self._post_json(one, fields | expansions) for one in posts]
        beside, errors = self._beside(posts, fields | expansions, query)
        if beside:
            body["includes"] = beside
        if errors:
            body["errors"] = errors
        return body

    def _beside(
        self, posts: list[Post], wanted: set[str], query: dict[str, str]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        refers = "referenced_tweets.id" if self.names == "tweet" else "referenced_posts"
        linked: list[Post] = []
        errors: list[dict[str, Any]] = []
        if refers in wanted:
            asked = [ref["id"] for one in posts for ref in _refers(one)]
            for post_id in dict.fromkeys(asked):
                if found := self.post(post_id):
                    linked.append(found)
                else:
                    errors.append(self._missing(self._noun, refers, post_id))
        writers = [one.author_id for one in posts] if "author_id" in wanted else []
        if "referenced_tweets.id.author_id" in wanted:
            writers += [one.author_id for one in linked]
        people: list[dict[str, Any]] = []
        for user_id in dict.fromkeys(writers):
            person = self.person(user_id)
            if person is None or person.is_gone:
                errors.append(self._missing("user", "author_id", user_id))
            else:
                people.append(self._person_json(person, _list(query, "user.fields")))
        beside: dict[str, Any] = {}
        if people:
            beside["users"] = people
        if linked:
            beside[self._word("beside")] = [
                self._post_json(one, wanted) for one in linked
            ]
        return beside, errors

    def _post_json(self, post: Post, wanted: set[str]) -> dict[str, Any]:
        is_long = len(post.text) > SHORT
        short = post.text[: SHORT - 1] + "…" if is_long else post.text
        parent = self._posts.get(post.reply_to)
        counts = {"like_count": 0, "reply_count": 0, "quote_count": 0}
        counts |= {self._word("reposts"): 0, "bookmark_count": 0, "impression_count": 0}
        shape: dict[str, Any] = {
            "author_id": post.author_id,
            "conversation_id": post.conversation_id,
            "created_at": post.created_at,
            "lang": post.lang,
            "public_metrics": counts | post.counts,
        }
        if parent is not None:
            shape["in_reply_to_user_id"] = parent.author_id
        if refers := _refers(post):
            shape[self._word("refers")] = refers
        if mentions := self._tags(short):
            shape["entities"] = {"mentions": mentions}
        if is_long:
            shape[self._word("note")] = {"text": html.escape(post.text, quote=False)}
            if mentions := self._tags(post.text):
                shape[self._word("note")]["entities"] = {"mentions": mentions}
        asked = {one.split(".")[0] for one in wanted}
        return {
            "id": post.id,
            "text": html.escape(short, quote=False),
            self._word("history"): post.history,
            **{key: value for key, value in shape.items() if key in asked},
            **{key: one for key, one in post.extra.items() if key != "sent"},
        }

    def _tags(self, text: str) -> list[dict[str, Any]]:
        tags = []
        for found in re.finditer(r"@(\w{1,15})", text):
            person = self._by_name(found[1])
            known = {"id": person.id} if person else {}
            place = {"start": found.start(), "end": found.end()}
            tags.append({**place, "username": found[1], **known})
        return tags

    def _person_json(self, person: Person, wanted: set[str]) -> dict[str, Any]:
        posts = "tweet_count" if self.names == "tweet" else "post_count"
        shape: dict[str, Any] = {
            "created_at": person.created_at,
            "description": html.escape(person.bio, quote=False),
            "protected": person.protected,
            "verified": person.verified,
            "verified_type": "blue" if person.verified else "none",
            "public_metrics": {
                "followers_count": person.followers,
                "following_count": person.following,
                posts: person.posts,
                "listed_count": 0,
            },
        }
        return {
            "id": person.id,
            "name": person.name or person.username,
            "username": person.username,
            **{key: value for key, value in shape.items() if key in wanted},
        }

    def _concerns(self, post: Post, person: Person) -> bool:
        if post.repost_of or post.author_id == person.id:
            return False
        parent = self._posts.get(post.reply_to)
        answers = parent is not None and parent.author_id == person.id
        return answers or any(
            tag.get("id") == person.id for tag in self._tags(post.text)
        )

    # -- saying no ----------------------------------------------------------------

    def _allow(self, query: dict[str, str], allowed: set[str]) -> None:
        for name, value in query.items():
            if name not in allowed:
                why = f"The query parameter [{name}] is not one of {sorted(allowed)}"
                raise Problem(self._invalid(name, value, why))
        limits = {
            f"{self.names}.fields": FIELDS[self.names],
            "expansions": EXPANSIONS[self.names],
            "user.fields": USER_FIELDS,
        }
        for name, known in limits.items():
            if unknown := _list(query, name) - known:
                why = f"The `{name}` query parameter value {unknown} is not one of"
                raise Problem(
                    self._invalid(name, query[name], f"{why} {sorted(known)}")
                )

    def _invalid(self, name: str, value: str, why: str) -> Answer:
        error: dict[str, Any] = {"message": why, "parameters": {name: [value]}}
        body: dict[str, Any] = {
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": self._kind("invalid-request"),
        }
        if self.names == "post":
            return Answer(
                400, {**body, "detail": why, "parameter": name, "value": value}
            )
        return Answer(400, {**body, "errors": [error]})

    def _forbidden(self, why: str, **more: Any) -> Answer:
        body = {"title": "Forbidden", "detail": why, "type": "about:blank"}
        return Answer(403, {**body, "status": 403, **more})

    def _missing(self, noun: str, parameter: str, value: str) -> dict[str, Any]:
        return {
            "title": "Not Found Error",
            "detail": f"Could not find {noun} with {parameter}: [{value}].",
            "type": self._kind("resource-not-found"),
            "resource_type": noun,
            "resource_id": value,
            "parameter": parameter,
            "value": value,
        }

    def _half(self) -> dict[str, Any]:
        return {
            "title": "Field Hydration Failure",
            "detail": "A field could not be filled in.",
            "type": self._kind("field-hydration-failure"),
            "resource_type": self._noun,
        }

    def _broken(self, fault: Fault) -> Answer:
        answer = self._fault_answer(fault)
        answer.headers |= fault.headers
        return answer

    def _fault_answer(self, fault: Fault) -> Answer:
        kind = fault.kind.removesuffix("_after_accept")
        if kind in RAW:
            status, raw = RAW[kind]
            return Answer(status, None, raw=raw)
        if kind in BLAMED:
            name, why = BLAMED[kind]
            return self._invalid(name, "1", why)
        if kind in FORBIDDEN:
            return self._forbidden(FORBIDDEN[kind])
        if kind in {"drop", "timeout"}:
            return Answer(0, None, stall=fault.seconds if kind == "timeout" else 0)
        if kind == "unknown_account":
            return Answer(200, {"errors": [self._missing("user", "id", "1")]})
        status, title, problem, more = PROBLEMS[kind]
        body = {"title": title, "detail": more.get("detail", title), "status": status}
        body |= {"type": self._kind(problem) if problem else "about:blank", **more}
        return Answer(status, body, self._limits(kind, fault.seconds))

    def _limits(self, kind: str, seconds: float) -> dict[str, str]:
        now = int(self.now().timestamp())
        reset = str(int(now + seconds))
        if kind == "rate_limit":
            return _window("x-rate-limit", "0", reset)
        if kind == "usage_cap":
            return _window("x-rate-limit", "39999", reset)
        if kind == "daily_limit":
            day = _window("x-user-limit-24hour", "0", reset)
            return _window("x-rate-limit", "39998", str(now)) | day
        return {}


PROBLEMS: Mapping[str, tuple[int, str, str, dict[str, str]]] = {
    "rate_limit": (429, "Too Many Requests", "", {}),
    "daily_limit": (429, "Too Many Requests", "", {}),
    "usage_cap": (
        429,
        "UsageCapExceeded",
        "usage-capped",
        {
            "detail": "Usage cap exceeded: Monthly product cap",
            "period": "Monthly",
            "scope": "Product",
        },
    ),
    "credits": (
        402,
        "CreditsDepleted",
        "credits",
        {"detail": "Your enrolled account does not have any credits."},
    ),
    "unauthorized": (401, "Unauthorized", "", {}),
    "not_enrolled": (
        403,
        "Client Forbidden",
        "client-forbidden",
        {
            "detail": "You currently have access to a subset of X API V2 endpoints. "
            "You may need a different access level.",
            "reason": "client-not-enrolled",
        },
    ),
    "server_error": (500, "Internal Server Error", "", {}),
    "error": (503, "Service Unavailable", "", {}),
}
FORBIDDEN = {
    "forbidden": "Forbidden",
    "oauth1_permissions": "Your client app is not configured with the appropriate "
    "oauth1 app permissions for this endpoint.",
    "duplicate": "You are not allowed to create a Tweet with duplicate content.",
    "not_permitted": "Reply to this conversation is not allowed because you have not "
    "been mentioned or otherwise engaged by the author of the post.",
}
BLAMED = {
    "old_since_id": ("since_id", "'since_id' must be a tweet id created after 2"),
    "bad_token": ("pagination_token", "The pagination_token is stale"),
    "bad_query": ("query", "There were errors processing your request"),
}
RAW = {
    "malformed": (200, b'{"data": [{"id": "1", '),
    "not_an_object": (200, b'["nonsense"]'),
    "html": (502, b"<html>Bad gateway</html>"),
}
KINDS = (
    AFTER_ACCEPT
    | {"drop", "timeout", "unknown_account", "partial_error"}
    | (PROBLEMS.keys() | FORBIDDEN.keys() | BLAMED.keys() | RAW.keys())
)


class Query:
    """The part of X's search language that a listening bot uses."""

    def __init__(self, text: str, server: XServer) -> None:
        self._words = re.findall(r'-?"[^"]*"|\(|\)|-(?=\()|[^\s()]+', text)
        self._server = server
        self._at = 0
        self._test = self._any_of()
        if self._at != len(self._words):
            raise ValueError(text)

    def matches(self, post: Post) -> bool:
        return self._test(post)

    def _any_of(self) -> Callable[[Post], bool]:
        tests = [self._all_of()]
        while self._peek() == "OR":
            self._at += 1
            tests.append(self._all_of())
        return lambda post: any(test(post) for test in tests)

    def _all_of(self) -> Callable[[Post], bool]:
        tests = [self._one()]
        while self._peek() not in {"", "OR", ")"}:
            tests.append(self._one())
        return lambda post: all(test(post) for test in tests)

    def _one(self) -> Callable[[Post], bool]:
        word = self._words[self._at]
        self._at += 1
        if word == "-":
            inner = self._one()
            return lambda post: not inner(post)
        if word == "(":
            test = self._any_of()
            if self._peek() != ")":
                raise ValueError(word)
            self._at += 1
            return test
        if word in {")", "OR"}:
            raise ValueError(word)
        if word.startswith("-"):
            return lambda post: not self._term(word[1:], post)
        return lambda post: self._term(word, post)

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _term(self, word: str, post: Post) -> bool:
        key, _, value = word.partition(":")
        writer = self._server.person(post.author_id)
        if key == "conversation_id":
            return post.conversation_id == value
        if key == "from":
            name = writer.username.casefold() if writer else ""
            return value.casefold().lstrip("@") in {name, post.author_id}
        if key == "lang":
            return post.lang == value
        if key == "is":
            kinds = {"retweet": post.repost_of, "reply": post.reply_to}
            kinds["quote"] = post.quote_of
            return bool(kinds[value])
        text = post.text.casefold()
        if word.startswith('"'):
            return word.strip('"').casefold() in text
        return bool(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text))


def _fault(kind: str) -> Fault:
    return Fault(kind, 1, "", "", STALL_SECONDS, {})


def _window(name: str, left: str, reset: str) -> dict[str, str]:
    return {f"{name}-limit": "40000", f"{name}-remaining": left, f"{name}-reset": reset}


def _refers(post: Post) -> list[dict[str, str]]:
    pairs: Iterable[tuple[str, str]] = (
        ("replied_to", post.reply_to),
        ("quoted", post.quote_of),
        ("retweeted", post.repost_of),
    )
    return [{"type": kind, "id": to} for kind, to in pairs if to]


def _list(query: Mapping[str, str], name: str) -> set[str]:
    return {one for one in query.get(name, "").split(",") if one}


def _stamp(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    x: XServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about; the rest is a bug."""
        import sys
        import traceback

        if not isinstance(sys.exception(), ConnectionError):
            self.x.crashes.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *said: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        x = self.server.x
        if self.path.startswith("/_test/"):
            return self._write(_control(x, self.path.removeprefix("/_test/"), sent))
        answer = x.answer(self.command, self.path, self.headers, sent)
        if answer.stall:
            x._released.wait(answer.stall)
        if answer.stall or (answer.body is None and answer.raw is None):
            self.close_connection = True
            return None
        return self._write(answer)

    def _write(self, answer: Answer) -> None:
        raw = answer.raw
        if raw is None:
            raw = json.dumps(answer.body).encode()
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.server.x.now(), usegmt=True))
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


def _control(x: XServer, called: str, sent: bytes) -> Answer:
    if called in {"accepted", "posts"}:
        return Answer(200, [asdict(post) for post in getattr(x, called)])
    if called not in {"add_post", "add_user", "delete_post", "fail_next", "replies_to"}:
        return Answer(404, {"detail": f"no {called}"})
    made = getattr(x, called)(**json.loads(sent or b"{}"))
    if isinstance(made, list):
        return Answer(200, [asdict(one) for one in made])
    return Answer(200, asdict(made) if made is not None else {})


def main() -> None:
    """Run alone until the process is ended."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--state", type=Path)
    asked.add_argument("--names", choices=["tweet", "post"], default="tweet")
    given = asked.parse_args()
    server = XServer(names=given.names, state_file=given.state).start(given.port)
    print(server.base_url, flush=True)  # noqa: T201 - whoever started it reads this
    threading.Event().wait()


if __name__ == "__main__":
    main()
