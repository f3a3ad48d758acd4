"""What a small Bluesky knows: people, posts, blocks, sessions, messages; no HTTP.

Written from the network's lexicons and the behaviour of its open servers; all people
and words in it are invented.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = Any

HANDLE, PASSWORD = "acme.test", "abcd-efgh-ijkl-mnop"
POST = "app.bsky.feed.post"
REPLY_DEPTH = 5  # whose answers below one's own posts bring a notification
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Person:
    """An account; ``status`` is why it cannot be seen any more."""

    did: str
    handle: str
    name: str = ""
    bio: str = ""
    followers: int = 7
    own_labels: list[str] = field(default_factory=list)
    status: str = ""
    chat: str = "all"
    blocked: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Post:
    """A record with what the network adds to it; ``extra`` lies over its view."""

    uri: str
    cid: str
    did: str
    record: dict[str, Json]
    indexed_at: datetime
    is_deleted: bool = False
    is_gated: bool = False
    extra: dict[str, Json] = field(default_factory=dict)

    @property
    def sort_at(self) -> str:
        """The earlier of when it says and when it was seen, as the network sorts."""
        said, seen = self.record.get("createdAt"), stamp(self.indexed_at)
        return min(said, seen) if isinstance(said, str) and said[:2] == "20" else seen

    @property
    def parent(self) -> str:
        return str((self.record.get("reply") or {}).get("parent", {}).get("uri", ""))

    @property
    def quotes(self) -> str:
        embed = self.record.get("embed") or {}
        return str(embed.get("record", {}).get("uri", ""))


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


class BlueskyState:
    """Everything the server knows; safe to use from the test's thread."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}
        self.posts: dict[str, Post] = {}
        self.accepted: list[Post] = []
        self.messages: dict[str, list[Json]] = {}
        self.requests: list[tuple[str, str, Json, dict[str, str]]] = []
        self.answers: list[tuple[str, int, Json]] = []
        self.faults: list[Fault] = []
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.sign_ins: list[datetime] = []
        self.renewals = 0
        self.has_date = True
        self.may_message = True
        self.bad_place = 502  # the answer to a malformed cursor, as servers give it
        self._count = 0
        self.us = self.add_person(HANDLE, name="Acme", bio="We help.")

    def add_person(
        self,
        handle: str,
        *,
        name: str = "",
        bio: str = "",
        followers: int = 7,
        own_labels: Sequence[str] = (),
        chat: str = "all",
    ) -> str:
        """Give the account's did; a known handle is changed."""
        did = did_of(handle)
        with self.lock:
            self.people[did] = Person(
                did=did,
                handle=handle,
                name=name,
                bio=bio,
                followers=followers,
                own_labels=list(own_labels),
                chat=chat,
            )
        return did

    def add_post(
        self,
        text: str,
        author: str,
        *,
        reply_to: str = "",
        quote: str = "",
        created_at: str = "",
        langs: Sequence[str] = ("en",),
        record: dict[str, Json] | None = None,
        extra: dict[str, Json] | None = None,
    ) -> str:
        """Publish; handles of known people become tags. Give the uri."""
        with self.lock:
            did = did_of(author)
            if did not in self.people:
                self.add_person(author)
            made: dict[str, Json] = {
                "$type": POST,
                "text": text,
                "createdAt": created_at or stamp(self.now()),
                "langs": list(langs),
            }
            if facets := list(self._tags(text)):
                made["facets"] = facets
            if reply_to:
                made["reply"] = self._reply(reply_to)
            if quote:
                ref = self._ref(quote)
                made["embed"] = {"$type": "app.bsky.embed.record", "record": ref}
            post = self.keep(did, self.new_key(), made | (record or {}))
            post.extra = extra or {}
            return post.uri

    def keep(self, did: str, key: str, record: dict[str, Json]) -> Post:
        """Put a record where it belongs, as it is."""
        uri = f"at://{did}/{POST}/{key}"
        post = Post(uri, cid_of(record), did, record, self.now())
        self.posts[uri] = post
        return post

    def delete_post(self, uri: str) -> None:
        self.posts[uri].is_deleted = True

    def gate(self, uri: str) -> None:
        """Let nobody but the author's friends answer, and we are none."""
        self.posts[uri].is_gated = True

    def block(self, handle: str) -> None:
        """Let an account block us."""
        self.people[did_of(handle)].blocked.add(self.us)

    def end(self, handle: str, status: str) -> None:
        """Let an account be deactivated, suspended or taken down."""
        self.people[did_of(handle)].status = status

    def expire_access(self) -> None:
        self.access.clear()

    def expire_session(self) -> None:
        self.access.clear()
        self.refresh.clear()

    def fail_next(
        self,
        kind: str,
        path: str = "",
        times: int = 1,
        seconds: float = 900,
        text: str = "",
    ) -> None:
        """Queue a fault.

        ``kind``: an HTTP status, ``rate_limit``, ``malformed``, ``not_an_object``,
        ``html`` (with status 502), ``drop`` and ``stall`` (before anything happens), or
        the same with ``_after_accept``.
        """
        with self.lock:
            self.faults.append(Fault(kind, path, times, seconds, text))

    def take_fault(self, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.path in path and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def visible(self) -> list[Post]:
        """Every post that we may see."""
        with self.lock:
            return [post for post in self.posts.values() if self.is_visible(post)]

    def is_there(self, post: Post | None) -> bool:
        return (
            post is not None
            and not post.is_deleted
            and not self.people[post.did].status
        )

    def is_visible(self, post: Post | None) -> bool:
        return (
            post is not None
            and self.is_there(post)
            and self.us not in self.people[post.did].blocked
        )

    def notified(self) -> list[tuple[str, Post]]:
        """What concerns us, with the reason."""
        found = ((self._reason(one), one) for one in self.visible())
        return [(reason, one) for reason, one in found if reason]

    def replies_to(self, uri: str) -> list[Post]:
        return [one for one in self.posts.values() if one.parent == uri]

    def new_key(self) -> str:
        with self.lock:
            self._count += 1
            micros = int(self.now().timestamp() * 1_000_000) + self._count
            value = micros << 10 | self._count & 1023
        return "".join(LETTERS[value >> 5 * place & 31] for place in range(12, -1, -1))

    def new_tokens(self) -> tuple[str, str]:
        with self.lock:
            self._count += 1
            access, refresh = (
                token(what, self._count) for what in ("access", "refresh")
            )
            self.access.add(access)
            self.refresh.add(refresh)
        return access, refresh

    def taken(self) -> list[Json]:
        """The replies that the server published."""
        return [
            asdict(one) | {"indexed_at": stamp(one.indexed_at)} for one in self.accepted
        ]

    def _reason(self, post: Post) -> str:
        if post.did == self.us:
            return ""
        above, height = self.posts.get(post.parent), 0
        while above is not None and height < REPLY_DEPTH:
            if above.did == self.us:
                return "reply"
            above, height = self.posts.get(above.parent), height + 1
        if self.us in json.dumps(post.record.get("facets") or []):
            return "mention"
        quoted = self.posts.get(post.quotes)
        return "quote" if quoted and quoted.did == self.us else ""

    def _tags(self, text: str) -> Iterator[Json]:
        for found in re.finditer(r"@([a-z0-9.-]+[a-z])", text):
            did = did_of(found[1])
            if did in self.people:
                start = len(text[: found.start()].encode())
                yield {
                    "$type": "app.bsky.richtext.facet",
                    "index": {"byteStart": start, "byteEnd": start + len(found[0])},
                    "features": [
                        {"$type": "app.bsky.richtext.facet#mention", "did": did}
                    ],
                }

    def _ref(self, uri: str) -> Json:
        return {"uri": uri, "cid": self.posts[uri].cid}

    def _reply(self, uri: str) -> Json:
        above = self.posts[uri].record.get("reply")
        root = above["root"] if above else self._ref(uri)
        return {"root": root, "parent": self._ref(uri)}


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def did_of(handle: str) -> str:
    digest = hashlib.sha256(handle.encode()).digest()
    return "did:plc:" + base64.b32encode(digest).decode().lower()[:24]


def cid_of(record: Json) -> str:
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()
    raw = b"\x01\x71\x12\x20" + digest
    return "b" + base64.b32encode(raw).decode().lower().rstrip("=")


def token(what: str, number: int) -> str:
    """Something in the shape of a JWT, secret enough to be looked for in logs."""
    parts = ("owl", what, f"{number:04d}")
    return ".".join(base64.urlsafe_b64encode(one.encode()).decode() for one in parts)
