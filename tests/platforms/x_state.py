"""What stands on the small X: people, posts, and the file that remembers them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

ACCOUNT_ID, HANDLE = "9000000001", "AcmeCares"
EPOCH_MS = 1_288_834_974_657
MENTIONS_LISTED, POSTS_LISTED = 800, 3_200  # how far back X's timelines go


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


class XState:
    """People and posts, and how this X behaves.

    ``names`` is the generation of names that it speaks, strictly. ``search_window``
    bounds recent search as X does (seven days); ``None`` finds everything.
    ``refuse_duplicates`` is off, so that a reply sent twice shows as two posts.
    ``mentions_listed`` and ``posts_listed`` say how many posts a timeline goes back.
    """

    def __init__(
        self,
        *,
        names: Literal["tweet", "post"],
        now: Callable[[], datetime],
        state_file: Path | None,
        search_window: timedelta | None,
        refuse_duplicates: bool,
    ) -> None:
        self.names = names
        self.now = now
        self.search_window = search_window
        self.refuse_duplicates = refuse_duplicates
        self.mentions_listed, self.posts_listed = MENTIONS_LISTED, POSTS_LISTED
        self.users: dict[str, Person] = {}
        self.accepted: list[Post] = []
        self.lock = threading.RLock()
        self._posts: dict[str, Post] = {}
        self._state_file: Path | None = None
        if state_file is not None and state_file.exists():
            self._recall(state_file)
        self._state_file = state_file
        if ACCOUNT_ID not in self.users:
            self.add_user(HANDLE, id=ACCOUNT_ID, name="Acme Cares")

    def add_user(self, username: str, **more: Any) -> Person:
        """Open an account; ``is_gone=True`` makes one that X no longer shows."""
        with self.lock:
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
        with self.lock:
            moment = datetime.fromisoformat(at) if isinstance(at, str) else at
            moment = moment or self.now()
            after = max((int(one) for one in (reply_to, edit_of) if one), default=0)
            new = self.new_id(moment, after)
            parent, former = self._posts.get(reply_to), self._posts.get(edit_of)
            thread = parent or former
            post = Post(
                id=new,
                author_id=(self.by_name(author) or self.add_user(author)).id,
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
        with self.lock:
            self._posts[post_id].is_deleted = True
            self._record("post", self._posts[post_id])

    @property
    def posts(self) -> list[Post]:
        """Every post that stands there, oldest first."""
        with self.lock:
            found = [post for post in self._posts.values() if not post.is_deleted]
        return sorted(found, key=lambda post: int(post.id))

    def replies_to(self, post_id: str) -> list[Post]:
        """What stands directly under a post, oldest first."""
        return [post for post in self.posts if post.reply_to == post_id]

    def accept(self, text: str, stored: str, reply_to: str) -> Post:
        """Publish what the API was told to, as ``stored``, and remember that it was."""
        post = self.add_post(stored, HANDLE, reply_to=reply_to)
        post.extra["sent"] = text
        self.accepted.append(post)
        self._record("post", post, accepted=True)
        return post

    def version(self, post_id: str) -> Post | None:
        """Any version of a post, deleted or not."""
        return self._posts.get(post_id)

    def new_id(self, moment: datetime, after: int) -> str:
        milliseconds = int(moment.timestamp() * 1000) - EPOCH_MS
        new = max(milliseconds << 22, after + 1)
        while str(new) in self._posts:
            new += 1
        return str(new)

    def by_name(self, username: str) -> Person | None:
        lower = username.casefold()
        found = (one for one in self.users.values() if one.username.casefold() == lower)
        return next(found, None)

    def person(self, user_id: str) -> Person | None:
        return self.users.get(user_id)

    def post(self, post_id: str) -> Post | None:
        found = self._posts.get(post_id)
        return None if found is None or found.is_deleted else found

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


def _stamp(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
