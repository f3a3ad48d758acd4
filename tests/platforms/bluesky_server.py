"""A small Bluesky on loopback: one server for account, network and messages.

``python -m tests.platforms.bluesky_server --port N`` runs it alone; then
``POST /_test/<method>`` with a JSON object of arguments calls the state's method of
that name (``add_post``, ``fail_next``, ...), and ``GET /_test/taken`` lists the replies
that it published.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import regex

from tests.platforms.bluesky_state import (
    PASSWORD,
    POST,
    BlueskyState,
    Fault,
    Json,
    Person,
    Post,
    did_of,
    stamp,
)

WAIT_SECONDS = 10.0
CHAT = "did:web:api.bsky.chat#bsky_chat"
LISTS = {"uris", "actors", "reasons", "members"}
NOBODY = {"com.atproto.server.createSession", "com.atproto.server.refreshSession"}


class BlueskyServer(ThreadingHTTPServer):
    """The listening socket; ``crashes`` are bugs of the stand-in itself."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, state: BlueskyState, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.state = state
        self.released, self.stalled = threading.Event(), threading.Event()
        self.crashes: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Be silent about clients that hang up only: faults make them do so."""
        if not isinstance(sys.exception(), ConnectionError):
            self.crashes.append(traceback.format_exc())


class Dropped(Exception):
    """The connection is closed without an answer."""


class Answer(Exception):
    """An answer other than 200, from anywhere below."""

    def __init__(
        self, status: int, error: str = "", words: str = "", **headers: str
    ) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers
        self.body: Json = {"error": error or "Error", "message": words or "no"}


class Handler(BaseHTTPRequestHandler):
    """One connection; every answer is JSON with a date and the rate-limit headers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: BlueskyServer

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Json) -> None:  # noqa: A002
        """Stay silent."""

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        try:
            if parts.path.startswith("/_test/"):
                self._send(200, self._control(parts.path, raw))
                return
            nsid = parts.path.removeprefix("/xrpc/")
            given = asked(parts.query) if method == "GET" else json.loads(raw or "{}")
            self._send(200, self._route(method, nsid, given), nsid)
        except Answer as answer:
            self._send(answer.status, answer.body, **answer.headers)
        except Dropped:
            self.close_connection = True

    def _control(self, path: str, raw: str) -> Json:
        state, verb = self.server.state, path.removeprefix("/_test/")
        if verb.startswith("_") or not callable(getattr(state, verb, None)):
            raise Answer(404)
        return getattr(state, verb)(**json.loads(raw or "{}"))

    def _route(self, method: str, nsid: str, given: Json) -> Json:
        state = self.server.state
        with state.lock:
            state.requests.append((method, nsid, given, dict(self.headers)))
        fault = state.take_fault(nsid)
        if fault:
            self._strike(fault)
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        if nsid in NOBODY:
            return self._session(nsid, given, bearer)
        if bearer not in state.access:
            if not bearer:
                raise Answer(401, "AuthMissing", "Authentication Required")
            raise Answer(400, "ExpiredToken", "Token has expired")
        if nsid.startswith("chat."):
            return self._chat(nsid, given)
        if nsid == "com.atproto.repo.putRecord":
            return self._put(given, fault)
        served = {
            "app.bsky.actor.getProfile": self._profile,
            "app.bsky.actor.getProfiles": self._profiles,
            "app.bsky.feed.getAuthorFeed": self._author_feed,
            "app.bsky.feed.getPosts": self._posts,
            "app.bsky.feed.getPostThread": self._thread,
            "app.bsky.feed.searchPosts": self._search,
            "app.bsky.notification.listNotifications": self._notifications,
            "com.atproto.repo.getRecord": self._record,
        }
        if nsid not in served:
            raise Answer(501, "MethodNotImplemented", "Method Not Implemented")
        with state.lock:
            return served[nsid](given)

    def _strike(self, fault: Fault) -> None:
        reset = self.server.state.now() + timedelta(seconds=fault.seconds)
        if fault.kind == "rate_limit":
            at = {"ratelimit-reset": str(int(reset.timestamp()))}
            raise Answer(429, "RateLimitExceeded", "Rate Limit Exceeded", **at)
        if fault.kind.isdigit():
            raise Answer(int(fault.kind), *fault.text.split(":"))
        if fault.kind in {"malformed", "not_an_object", "html"}:
            answer = Answer(502 if fault.kind == "html" else 200)
            bodies = {"malformed": '{"posts": [', "not_an_object": "[1, 2]"}
            answer.body = fault.text or bodies.get(fault.kind, "<h1>Just a moment</h1>")
            raise answer
        if fault.kind == "stall":
            self.server.released.wait(WAIT_SECONDS)
        if fault.kind in {"drop", "stall"}:
            raise Dropped

    def _strike_after(self, fault: Fault) -> None:
        if fault.kind == "timeout_after_accept":
            self.server.stalled.set()
            self.server.released.wait(WAIT_SECONDS)
        if fault.kind in {"drop_after_accept", "timeout_after_accept"}:
            raise Dropped
        if fault.kind == "error_after_accept":
            raise Answer(500, "InternalServerError", "Internal Server Error")
        if fault.kind == "malformed_after_accept":
            answer = Answer(200)
            answer.body = fault.text or '{"uri": '
            raise answer

    def _session(self, nsid: str, given: Json, bearer: str) -> Json:
        state = self.server.state
        us = state.people[state.us]
        if nsid.endswith("createSession"):
            state.sign_ins.append(state.now())
            who = {us.handle, us.did}
            if given.get("identifier") not in who or given.get("password") != PASSWORD:
                words = "Invalid identifier or password"
                raise Answer(401, "AuthenticationRequired", words)
            if us.status in {"takendown", "suspended"}:
                raise Answer(401, "AccountTakedown", "Account has been taken down")
        elif bearer in state.refresh:
            state.refresh.discard(bearer)
            state.renewals += 1
        else:
            raise Answer(400, "ExpiredToken", "Token has been revoked")
        access, refresh = state.new_tokens()
        return {
            "accessJwt": access,
            "refreshJwt": refresh,
            "handle": us.handle,
            "did": us.did,
            "active": not us.status,
        }

    def _put(self, given: Json, fault: Fault | None) -> Json:
        state, record = self.server.state, given["record"]
        uri = f"at://{given['repo']}/{given['collection']}/{given['rkey']}"
        if given["repo"] != state.us or given["collection"] != POST:
            raise Answer(400, "InvalidRequest", "Not our repository")
        if not re.fullmatch(r"[2-7a-j][2-7a-z]{12}", given["rkey"]):
            raise Answer(400, "InvalidRequest", "Invalid record key")
        text = record["text"]
        if len(text.encode()) > 3000 or len(regex.findall(r"\X", text)) > 300:
            raise Answer(400, "InvalidRequest", "Record/text must not be longer")
        with state.lock:
            kept = state.posts.get(uri)
            if kept and not kept.is_deleted and given.get("swapRecord", "") is None:
                raise Answer(400, "InvalidSwap", f"Record was at {kept.cid}")
            post = state.keep(state.us, given["rkey"], record)
            state.accepted.append(post)
        if fault:
            self._strike_after(fault)
        return {"uri": uri, "cid": post.cid, "validationStatus": "valid"}

    def _record(self, given: Json) -> Json:
        uri = f"at://{given['repo']}/{given['collection']}/{given['rkey']}"
        post = self.server.state.posts.get(uri)
        if post is None or post.is_deleted:
            raise Answer(400, "RecordNotFound", f"Could not locate record: {uri}")
        return {"uri": uri, "cid": post.cid, "value": post.record}

    def _profile(self, given: Json) -> Json:
        found = self._people([given["actor"]])
        if not found:
            raise Answer(400, "InvalidRequest", "Profile not found")
        return detailed(self.server.state, found[0])

    def _profiles(self, given: Json) -> Json:
        if len(given["actors"]) > 25:
            raise Answer(400, "InvalidRequest", "actors must not have more than 25")
        found = self._people(given["actors"])
        return {"profiles": [detailed(self.server.state, one) for one in found]}

    def _people(self, actors: list[str]) -> list[Person]:
        people = self.server.state.people
        dids = [one if one.startswith("did:") else did_of(one) for one in actors]
        return [people[did] for did in dids if did in people and not people[did].status]

    def _posts(self, given: Json) -> Json:
        state = self.server.state
        if len(given["uris"]) > 25:
            raise Answer(400, "InvalidRequest", "uris must not have more than 25")
        found = [state.posts.get(uri) for uri in given["uris"]]
        seen = [post for post in found if post and state.is_visible(post)]
        return {"posts": [view(state, post) for post in seen]}

    def _notifications(self, given: Json) -> Json:
        state = self.server.state
        wanted = given.get("reasons") or ["mention", "reply", "quote"]
        found = [(r, p) for r, p in state.notified() if r in wanted]
        found.sort(key=lambda one: (one[1].sort_at, one[1].cid), reverse=True)
        before = given.get("cursor")
        if before is not None:
            if not re.fullmatch(r"20\S+::\w+", before):
                raise Answer(state.bad_place, "InvalidRequest", "Malformed cursor")
            at = tuple(before.split("::"))
            found = [one for one in found if (one[1].sort_at, one[1].cid) < at]
        shown = found[: int(given.get("limit", 50))]
        answer: Json = {"notifications": [notice(state, *one) for one in shown]}
        if len(found) > len(shown):
            answer["cursor"] = f"{shown[-1][1].sort_at}::{shown[-1][1].cid}"
        return answer

    def _search(self, given: Json) -> Json:
        state, word = self.server.state, given["q"].strip('"').lower()
        found = [p for p in state.visible() if word in str(p.record["text"]).lower()]
        found.sort(key=lambda post: (post.sort_at, post.cid), reverse=True)
        if not re.fullmatch(r"\d{0,5}", given.get("cursor", "")):
            raise Answer(state.bad_place, "InvalidRequest", "Malformed cursor")
        start = int(given.get("cursor") or 0)
        end = start + int(given.get("limit", 25))
        answer: Json = {"posts": [view(state, post) for post in found[start:end]]}
        if end < len(found):
            answer["cursor"] = str(end)
        return answer

    def _author_feed(self, given: Json) -> Json:
        state = self.server.state
        found = [one for one in state.visible() if one.did == given["actor"]]
        found.sort(key=lambda post: post.sort_at, reverse=True)
        shown = found[: int(given.get("limit", 50))]
        return {"feed": [{"post": view(state, post)} for post in shown]}

    def _thread(self, given: Json) -> Json:
        state = self.server.state
        post = state.posts.get(given["uri"])
        if post is None or not state.is_there(post):
            raise Answer(400, "NotFound", f"Post not found: {given['uri']}")
        return {"thread": node(state, post, int(given.get("depth", 6)))}

    def _chat(self, nsid: str, given: Json) -> Json:
        state = self.server.state
        if self.headers.get("atproto-proxy") != CHAT:
            raise Answer(501, "MethodNotImplemented", "Method Not Implemented")
        if not state.may_message:
            raise Answer(400, "InvalidToken", "Bad token method")
        method = nsid.rpartition(".")[2]
        if method in {"getConvoForMembers", "getConvoAvailability"}:
            return self._convo(method, given["members"])
        if method == "getMessages":
            listed = state.messages[given["convoId"]][::-1]
            start = int(given.get("cursor") or 0)
            end = start + int(given.get("limit", 50))
            answer: Json = {"messages": listed[start:end]}
            return answer | ({"cursor": str(end)} if end < len(listed) else {})
        fault = state.take_fault(f"{nsid}!")
        message = {
            "$type": "chat.bsky.convo.defs#messageView",
            "id": state.new_key(),
            "rev": state.new_key(),
            "text": given["message"]["text"],
            "sender": {"did": state.us},
            "sentAt": stamp(state.now()),
        }
        state.messages[given["convoId"]].append(message)
        if fault:
            self._strike_after(fault)
        return message

    def _convo(self, method: str, members: list[str]) -> Json:
        state = self.server.state
        [did] = members
        other, convo = state.people.get(did), f"convo{did[-6:]}"
        if other is None:
            raise Answer(400, "RecipientNotFound", "recipient not found")
        is_open = other.chat == "all" and state.us not in other.blocked
        if method == "getConvoForMembers":
            if not is_open:
                words = "recipient has disabled incoming messages"
                raise Answer(400, "MessagesDisabled", words)
            state.messages.setdefault(convo, [])
        people = [basic(state, state.people[one]) for one in (state.us, did)]
        shown = {
            "id": convo,
            "rev": "2222222222222",
            "members": people,
            "muted": False,
            "unreadCount": 0,
        }
        if method == "getConvoForMembers":
            return {"convo": shown}
        known = {"convo": shown} if convo in state.messages else {}
        return {"canChat": is_open, **known}

    def _send(self, status: int, body: Json, nsid: str = "", **headers: str) -> None:
        state = self.server.state
        if nsid:
            state.answers.append((nsid, status, body))
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response_only(status)
        if state.has_date:
            self.send_header("Date", format_datetime(state.now(), usegmt=True))
        kind = "text/html" if text.startswith("<") else "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(text.encode())))
        reset = int((state.now() + timedelta(minutes=5)).timestamp())
        limits = {
            "ratelimit-limit": "3000",
            "ratelimit-remaining": str(3000 - len(state.requests)),
            "ratelimit-reset": str(reset),
            "ratelimit-policy": "3000;w=300",
        }
        for name, value in {**limits, **headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())


def asked(query: str) -> dict[str, Json]:
    """Read a query; what may be given more than once is a list."""
    values = parse_qs(query, keep_blank_values=True)
    return {key: v if key in LISTS else v[-1] for key, v in values.items()}


def basic(state: BlueskyState, person: Person) -> Json:
    """Give an account as it stands beside a post."""
    profile = f"at://{person.did}/app.bsky.actor.profile/self"
    us = state.people[state.us]
    return {
        "did": person.did,
        "handle": person.handle,
        "displayName": person.name,
        "createdAt": "2024-05-01T10:00:00.000Z",
        "viewer": {"muted": False, "blockedBy": us.did in person.blocked},
        "labels": [
            {
                "src": person.did,
                "uri": profile,
                "val": value,
                "cts": "2024-05-01T10:00:00.000Z",
            }
            for value in person.own_labels
        ],
    }


def detailed(state: BlueskyState, person: Person) -> Json:
    """Give an account's whole profile."""
    posts = [one for one in state.posts.values() if one.did == person.did]
    return basic(state, person) | {
        "$type": "app.bsky.actor.defs#profileViewDetailed",
        "description": person.bio,
        "followersCount": person.followers,
        "followsCount": 3,
        "postsCount": len(posts),
    }


def view(state: BlueskyState, post: Post) -> Json:
    """Give a post as the network shows it to us."""
    below = state.replies_to(post.uri)
    shown = {
        "uri": post.uri,
        "cid": post.cid,
        "author": basic(state, state.people[post.did]),
        "record": post.record,
        "replyCount": sum(state.is_there(one) for one in below),
        "repostCount": 0,
        "likeCount": 2,
        "quoteCount": sum(one.quotes == post.uri for one in state.posts.values()),
        "indexedAt": stamp(post.indexed_at),
        "viewer": {"threadMuted": False, "replyDisabled": post.is_gated},
        "labels": [],
    }
    if post.quotes:
        embed = {"$type": "app.bsky.embed.record#view", "record": quoted(state, post)}
        shown["embed"] = embed
    return shown | post.extra


def quoted(state: BlueskyState, post: Post) -> Json:
    other = state.posts.get(post.quotes)
    if other is None or not state.is_visible(other):
        kind = "app.bsky.embed.record#viewNotFound"
        return {"$type": kind, "uri": post.quotes, "notFound": True}
    return {
        "$type": "app.bsky.embed.record#viewRecord",
        "uri": other.uri,
        "cid": other.cid,
        "author": basic(state, state.people[other.did]),
        "value": other.record,
        "indexedAt": stamp(other.indexed_at),
    }


def notice(state: BlueskyState, reason: str, post: Post) -> Json:
    """Give a notification; its ``indexedAt`` is what the list is sorted by."""
    person = state.people[post.did]
    return {
        "uri": post.uri,
        "cid": post.cid,
        "author": basic(state, person) | {"description": person.bio},
        "reason": reason,
        "record": post.record,
        "isRead": False,
        "indexedAt": post.sort_at,
        "labels": [],
    } | post.extra


def node(state: BlueskyState, post: Post, depth: int) -> Json:
    """Give a post with what is below it, in the tree that the network shows."""
    if not state.is_there(post):
        kind = "app.bsky.feed.defs#notFoundPost"
        return {"$type": kind, "uri": post.uri, "notFound": True}
    if not state.is_visible(post):
        return {
            "$type": "app.bsky.feed.defs#blockedPost",
            "uri": post.uri,
            "blocked": True,
            "author": {"did": post.did, "viewer": {"blockedBy": True}},
        }
    shown: Json = {
        "$type": "app.bsky.feed.defs#threadViewPost",
        "post": view(state, post),
    }
    if depth:
        below = state.replies_to(post.uri)
        shown["replies"] = [node(state, one, depth - 1) for one in below]
    return shown


@contextmanager
def serving(state: BlueskyState, port: int = 0) -> Iterator[BlueskyServer]:
    """Run the server in a thread for as long as the block lasts."""
    server = BlueskyServer(state, port)
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
    server = BlueskyServer(BlueskyState(), parser.parse_args().port)
    print(server.url, flush=True)  # noqa: T201
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
