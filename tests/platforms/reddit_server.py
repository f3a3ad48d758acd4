"""A small Reddit on loopback: state, listings, replies, and faults on demand.

Written from the paths of praw's endpoint table and the shapes of recorded answers; all
people and words in it are invented. ``python -m tests.platforms.reddit_server`` runs it
alone; ``POST /_test/<method>`` with a JSON object of arguments then calls the
state's method of that name, and ``GET /_test/accepted`` lists the replies it took.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

Json: TypeAlias = Any

CLIENT = ("client-id", "client-secret")
ACCOUNT, PASSWORD, REFRESH_TOKEN = "AcmeCares", "hunter-of-owls", "refresh-of-owls"
TOKEN_PATH = "/api/v1/access_token"
LISTING_CAP, SEARCH_CAP = 1000, 250
WAIT_SECONDS = 10.0


@dataclass(slots=True)
class Thing:
    """A submission (``t3_``) or a comment (``t1_``)."""

    name: str
    author: str
    subreddit: str
    created: float
    title: str = ""
    body: str = ""
    parent: str = ""
    link: str = ""
    crosspost_of: str = ""
    edited: float | bool = False
    gone: str = ""
    order: int = 0
    extra: dict[str, Json] = field(default_factory=dict)

    @property
    def is_comment(self) -> bool:
        return self.name.startswith("t1_")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A comment that the server published through its API."""

    name: str
    parent: str
    text: str
    author: str
    at: float


@dataclass(slots=True)
class Fault:
    """What goes wrong at the next ``times`` requests whose path holds ``path``."""

    kind: str
    path: str
    times: int
    seconds: float
    text: str


def real_time() -> datetime:
    return datetime.now(UTC)


class RedditState:
    """Everything the server knows; safe to use from the test's thread."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.things: dict[str, Thing] = {}
        self.closed_subreddits: dict[str, int] = {}
        self.subreddits: set[str] = set()
        self.refusals: dict[str, str] = {}
        self.accepted: list[Accepted] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.faults: list[Fault] = []
        self.tokens: set[str] = set()
        self.token_seconds = 3600
        self.quota = 996.0
        self.reset_seconds = 300.5
        self.has_date = True
        self.is_suspended = False
        self.me = ACCOUNT
        self.listing_cap, self.search_cap = LISTING_CAP, SEARCH_CAP
        self.before_request: Callable[[str, dict[str, str]], None] | None = None
        self._count = 0

    def add_submission(
        self,
        subreddit: str,
        author: str,
        title: str,
        body: str = "",
        at: float | None = None,
        *,
        crosspost_of: str = "",
        extra: dict[str, Json] | None = None,
    ) -> str:
        with self.lock:
            name = f"t3_{self._next()}"
            thing = Thing(name, author, subreddit, self._at(at), title, body)
            thing.link, thing.crosspost_of = name, crosspost_of
            self._keep(thing, extra)
            return name

    def add_comment(
        self,
        parent: str,
        author: str,
        body: str,
        at: float | None = None,
        extra: dict[str, Json] | None = None,
    ) -> str:
        with self.lock:
            above = self.things[parent]
            name = f"t1_{self._next()}"
            thing = Thing(name, author, above.subreddit, self._at(at), body=body)
            thing.parent, thing.link = parent, above.link
            self._keep(thing, extra)
            return name

    def remove(self, name: str) -> None:
        """A moderator takes it away: gone from listings, emptied elsewhere."""
        self._take_away(name, "[removed]")

    def delete(self, name: str) -> None:
        """Its author takes it away, name included."""
        self._take_away(name, "[deleted]")
        self.things[name].author = "[deleted]"

    def purge(self, name: str) -> None:
        """It was never there."""
        with self.lock:
            del self.things[name]

    def delete_account(self, author: str) -> None:
        with self.lock:
            for thing in self.things.values():
                if thing.author == author:
                    thing.author = "[deleted]"

    def edit(self, name: str, body: str, at: float | None = None) -> None:
        with self.lock:
            self.things[name].body, self.things[name].edited = body, self._at(at)

    def close_subreddit(self, subreddit: str, status: int) -> None:
        """302: no such subreddit; 403: private; 404: banned."""
        self.closed_subreddits[subreddit.lower()] = status

    def refuse(self, parent: str, error: str) -> None:
        """Answer replies below ``parent`` with this API error."""
        self.refusals[parent] = error

    def fail_next(
        self,
        kind: str,
        path: str = "",
        times: int = 1,
        seconds: float = 60,
        text: str = "",
    ) -> None:
        """Queue a fault; without a ``path`` it strikes anything but the sign-in.

        ``kind``: an HTTP status, ``malformed``, ``ratelimit`` (the API error),
        ``drop`` and ``stall`` (before anything happens), ``drop_after_accept``,
        ``timeout_after_accept``, ``malformed_after_accept``, or
        ``status_after_accept`` (the status in ``text``).
        """
        with self.lock:
            self.faults.append(Fault(kind, path, times, seconds, text))

    def expire_tokens(self) -> None:
        with self.lock:
            self.tokens.clear()

    def take_fault(self, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                is_meant = fault.path in path if fault.path else path != TOKEN_PATH
                if is_meant and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def _take_away(self, name: str, word: str) -> None:
        with self.lock:
            self.things[name].gone = word

    def _keep(self, thing: Thing, extra: dict[str, Json] | None) -> None:
        thing.extra = extra or {}
        thing.order = self._count
        self.things[thing.name] = thing
        self.subreddits.add(thing.subreddit.lower())

    def _next(self) -> str:
        self._count += 1
        return f"zz{self._count:05x}"

    def _at(self, at: float | None) -> float:
        return self.now().timestamp() if at is None else at


class RedditServer(ThreadingHTTPServer):
    """The listening socket; ``url`` serves both as site and as OAuth host."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, state: RedditState, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.state = state
        self.released, self.stalled = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Be silent about clients that hang up only: faults make them do so."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Dropped(Exception):
    """The connection is closed without an answer."""


class Answer(Exception):
    """An answer other than 200, from anywhere below."""

    def __init__(self, status: int, body: Json = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers
        self.body = {"message": "error", "error": status} if body is None else body


class Handler(BaseHTTPRequestHandler):
    """One connection; every answer is JSON with a date and the rate-limit headers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: RedditServer

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Json) -> None:  # noqa: A002
        """Stay silent."""

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        path = "/" + parts.path.strip("/")
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length).decode()
        try:
            if path.startswith("/_test/"):
                self._send(200, self._control(path, raw))
                return
            form = parts.query if method == "GET" else raw
            values = {k: v[0] for k, v in parse_qs(form, True).items()}
            with self.server.state.lock:
                self.server.state.requests.append((method, path, values))
            self._send(200, self._route(method, path, values))
        except Answer as answer:
            self._send(answer.status, answer.body, **answer.headers)
        except Dropped:
            self.close_connection = True

    def _control(self, path: str, raw: str) -> Json:
        state, verb = self.server.state, path.removeprefix("/_test/")
        if verb == "accepted":
            return [asdict(one) for one in state.accepted]
        if verb.startswith("_") or not callable(getattr(state, verb, None)):
            raise Answer(404)
        return getattr(state, verb)(**json.loads(raw or "{}"))

    def _route(self, method: str, path: str, values: dict[str, str]) -> Json:
        state = self.server.state
        if state.before_request:
            state.before_request(path, values)
        fault = state.take_fault(path)
        if fault:
            self._strike(fault)
        if path == TOKEN_PATH and method == "POST":
            return self._token(values)
        self._require_token()
        if state.quota < 1:
            raise Answer(429)
        state.quota -= 1.0
        if path == "/api/v1/me":
            return {"name": state.me, "id": "acme1", "is_suspended": state.is_suspended}
        if path == "/api/comment" and method == "POST":
            return self._comment(values, fault)
        if path == "/api/info":
            names = values.get("id", "").split(",")
            found = [state.things[name] for name in names if name in state.things]
            return envelope([child(state, thing) for thing in found])
        return self._listing(path, values)

    def _strike(self, fault: Fault) -> None:
        state = self.server.state
        if fault.kind.isdigit():
            status = int(fault.kind)
            headers = {"retry-after": str(fault.seconds)} if status == 429 else {}
            raise Answer(status, fault.text or None, **headers)
        if fault.kind == "malformed":
            raise Answer(200, fault.text or "<html>Just a moment...</html>")
        if fault.kind == "stall":
            self.server.released.wait(WAIT_SECONDS)
        if fault.kind in {"drop", "stall"}:
            raise Dropped
        if fault.kind == "ratelimit":
            state.quota -= 1.0
            words = f"Take a break for {fault.text or '9 minutes'} before trying again."
            raise Answer(200, {"json": {"errors": [["RATELIMIT", words, "ratelimit"]]}})

    def _token(self, values: dict[str, str]) -> Json:
        state = self.server.state
        given = self.headers.get("authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() != ":".join(CLIENT):
            raise Answer(401, {"message": "Unauthorized", "error": 401})
        grant = values.get("grant_type")
        is_known = (
            grant == "password"
            and (values.get("username"), values.get("password")) == (ACCOUNT, PASSWORD)
        ) or (grant == "refresh_token" and values.get("refresh_token") == REFRESH_TOKEN)
        if not is_known:
            return {"error": "invalid_grant"}
        with state.lock:
            token = f"token-{len(state.requests)}"
            state.tokens.add(token)
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": state.token_seconds,
            "scope": "*",
        }

    def _require_token(self) -> None:
        given = self.headers.get("authorization", "").removeprefix("bearer ")
        if given not in self.server.state.tokens:
            challenge = 'Bearer realm="reddit", error="invalid_token"'
            raise Answer(
                401,
                {"message": "Unauthorized", "error": 401},
                **{"www-authenticate": challenge},
            )

    def _comment(self, values: dict[str, str], fault: Fault | None) -> Json:
        state, parent = self.server.state, values["thing_id"]
        error = state.refusals.get(parent)
        if error is None and parent not in state.things:
            error = "DELETED_COMMENT"
        if error is None and len(values["text"]) > 10_000:
            error = "TOO_LONG"
        if error:
            return {"json": {"errors": [[error, "invented words", "parent"]]}}
        with state.lock:
            name = state.add_comment(parent, ACCOUNT, values["text"].strip())
            at = state.things[name].created
            state.accepted.append(Accepted(name, parent, values["text"], ACCOUNT, at))
        if fault:
            self._strike_after(fault)
        things = [child(state, state.things[name])]
        return {"json": {"errors": [], "data": {"things": things}}}

    def _strike_after(self, fault: Fault) -> None:
        if fault.kind == "drop_after_accept":
            raise Dropped
        if fault.kind == "timeout_after_accept":
            self.server.stalled.set()
            self.server.released.wait(WAIT_SECONDS)
            raise Dropped
        if fault.kind == "malformed_after_accept":
            raise Answer(200, fault.text or '{"json": {"errors": [')
        if fault.kind == "status_after_accept":
            raise Answer(int(fault.text))

    def _listing(self, path: str, values: dict[str, str]) -> Json:
        state = self.server.state
        with state.lock:
            seen = [thing for thing in state.things.values() if not thing.gone]
            found = select(state, path, values, seen)
            found.sort(key=lambda thing: (-thing.created, -thing.order))
            is_inbox, is_search = path.startswith("/message/"), path.endswith("/search")
            most = state.search_cap if is_search else state.listing_cap
            return page(state, found[:most], values, is_inbox=is_inbox)

    def _send(self, status: int, body: Json, **headers: str) -> None:
        state = self.server.state
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response_only(status)
        if state.has_date:
            self.send_header("Date", format_datetime(state.now(), usegmt=True))
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-ratelimit-remaining", str(state.quota))
        self.send_header("x-ratelimit-used", str(996.0 - state.quota + 0.5))
        self.send_header("x-ratelimit-reset", str(state.reset_seconds))
        if self.close_connection:
            # The client asked for it; without the word it might use this one again.
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def select(
    state: RedditState, path: str, values: dict[str, str], seen: list[Thing]
) -> list[Thing]:
    """Choose what a listing's path shows, in any order."""
    match path.strip("/").split("/"):
        case ["message", box]:
            return [thing for thing in seen if box_of(state, thing) == box]
        case ["user", name, "comments"]:
            return [t for t in seen if t.is_comment and t.author == name]
        case ["r", subreddit, what]:
            return select_in(state, subreddit.lower(), what, values, seen)
        case _:
            raise Answer(404)


def select_in(
    state: RedditState,
    subreddit: str,
    what: str,
    values: dict[str, str],
    seen: list[Thing],
) -> list[Thing]:
    """Choose from one subreddit, or from all."""
    status = state.closed_subreddits.get(subreddit)
    if status == 302 or (
        status is None and subreddit not in state.subreddits | {"all"}
    ):
        raise Answer(302, "", location=f"/subreddits/search?q={subreddit}")
    if status:
        raise Answer(status, {"message": "error", "error": status, "reason": "closed"})
    inside = [t for t in seen if subreddit in {"all", t.subreddit.lower()}]
    if what == "comments":
        return [thing for thing in inside if thing.is_comment]
    posts = [thing for thing in inside if not thing.is_comment]
    if what == "search":
        word = values.get("q", "").strip('"').lower()
        return [t for t in posts if word in f"{t.title} {t.body}".lower()]
    return posts


def box_of(state: RedditState, thing: Thing) -> str:
    """Which of the account's boxes a comment falls into, if any."""
    if not thing.is_comment or thing.author == ACCOUNT:
        return ""
    above = state.things.get(thing.parent)
    if above and above.author == ACCOUNT:
        return "comments" if above.is_comment else "selfreply"
    return "mentions" if f"u/{ACCOUNT}".lower() in thing.body.lower() else ""


def page(
    state: RedditState, found: list[Thing], values: dict[str, str], *, is_inbox: bool
) -> Json:
    """Cut one page out; an anchor that is gone gives an empty page, as there."""
    limit = min(int(values.get("limit", "25")), 100)
    names = [thing.name for thing in found]
    start, end = 0, limit
    for anchor in (values.get("after"), values.get("before")):
        if anchor and anchor not in names:
            return envelope([])
    if values.get("after"):
        start = names.index(values["after"]) + 1
        end = start + limit
    elif values.get("before"):
        end = names.index(values["before"])
        start = max(0, end - limit)
    shown = found[start:end]
    children = [child(state, thing, is_inbox=is_inbox) for thing in shown]
    after = shown[-1].name if shown and end < len(found) else None
    before = shown[0].name if shown and start > 0 else None
    return envelope(children, after=after, before=before)


def envelope(
    children: list[Json], after: str | None = None, before: str | None = None
) -> Json:
    """Wrap things as a listing."""
    data = {"after": after, "before": before, "children": children}
    return {"kind": "Listing", "data": {**data, "modhash": None}}


def child(state: RedditState, thing: Thing, *, is_inbox: bool = False) -> Json:
    """Give a thing as the API shows it."""
    data = {
        "id": thing.name[3:],
        "name": thing.name,
        "author": thing.author,
        "author_fullname": f"t2_{thing.author.lower()}",
        "subreddit": thing.subreddit,
        "created": thing.created,
        "created_utc": thing.created,
        "score": 1,
        "edited": thing.edited,
        "distinguished": None,
    }
    if thing.author == "[deleted]":
        del data["author_fullname"]
    if is_inbox:
        data |= inbox_fields(state, thing)
    elif thing.is_comment:
        data |= comment_fields(thing)
    else:
        data |= submission_fields(thing)
    return {"kind": thing.name[:2], "data": data | thing.extra}


def comment_fields(thing: Thing) -> dict[str, Json]:
    return {
        "body": thing.gone or thing.body,
        "parent_id": thing.parent,
        "link_id": thing.link,
        "permalink": permalink(thing),
        "replies": "",
    }


def submission_fields(thing: Thing) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "title": thing.title,
        "selftext": thing.gone or thing.body,
        "is_self": True,
        "num_comments": 0,
        "num_crossposts": 0,
        "permalink": permalink(thing),
        "removed_by_category": "moderator" if thing.gone else None,
    }
    if thing.crosspost_of:
        fields["crosspost_parent"] = thing.crosspost_of
    return fields


def inbox_fields(state: RedditState, thing: Thing) -> dict[str, Json]:
    """Inbox items carry no link id, but a path to their context."""
    kinds = {"comments": "comment_reply", "selfreply": "post_reply"}
    return {
        "body": thing.gone or thing.body,
        "parent_id": thing.parent,
        "type": kinds.get(box_of(state, thing), "username_mention"),
        "was_comment": True,
        "context": permalink(thing) + "?context=3",
        "dest": ACCOUNT,
        "new": True,
        "replies": "",
        "num_comments": 7,
    }


def permalink(thing: Thing) -> str:
    root = f"/r/{thing.subreddit}/comments/{thing.link[3:]}/invented_title/"
    return root + (f"{thing.name[3:]}/" if thing.is_comment else "")


@contextmanager
def serving(state: RedditState, port: int = 0) -> Iterator[RedditServer]:
    """Run the server in a thread for as long as the block lasts."""
    server = RedditServer(state, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Serve until interrupted, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    server = RedditServer(RedditState(), parser.parse_args().port)
    print(server.url, flush=True)  # noqa: T201
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
