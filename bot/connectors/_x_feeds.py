"""X's feeds: which are read, how far each was taken, and in which talks we take part.

A feed is read pass by pass, each from the newest page down to where the last one began.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field

from bot.connectors._edge import may_have_had_to_end, read_place
from bot.connectors._x_answers import NAME, NONSENSE, is_id
from bot.connectors._x_posts import conversation_of, first_id
from bot.domain.channels import Aside, Cursor, Quarantined

OWN, MENTIONS, TALKS = "own", "mentions", "talks"
SEARCH = "/2/tweets/search/recent"
OVERLAP = 30_000 << 22  # ids of 30 s: X may show a post after a newer one
MENTIONS_LISTED, POSTS_LISTED = 800, 3_200  # posts that X's timelines go back


@dataclass(frozen=True, slots=True)
class Feed:
    """One request that is made again and again, page by page.

    ``listed`` is how many posts X goes back in it, 0 where no count ends it.
    """

    route: str
    asked: Mapping[str, str] = field(default_factory=dict)
    listed: int = 0


class Stand(BaseModel):
    """How far one feed is read.

    All up to ``since`` is read; ``token`` leads to the next older page of the pass
    under way, whose newest post is ``newest`` and of which ``read`` posts came so far;
    ``seen`` was the newest of the last one.
    """

    since: str = ""
    token: str = ""
    newest: str = ""
    seen: str = ""
    read: int = 0

    def moved(self, posts: Sequence[Any], token: str) -> Stand:
        """Say where a feed stands after a page: in the middle of a pass, or after it.

        X may index a post after a newer one. So a pass that found something new goes
        back a little the next time; one that found nothing new does not, or a quiet
        night would be paid for a post a minute.
        """
        newest = _newest([self.newest, *_ids(posts)])
        if token:
            read = self.read + len(posts)
            kept = {"token": token, "newest": newest, "read": read}
            return self.model_copy(update=kept)
        if not newest or newest == self.seen:
            return Stand(since=newest or self.since, seen=newest or self.seen)
        before = str(max(int(newest) - OVERLAP, 1))
        return Stand(since=_newest([before, self.since]), seen=newest)


class Talk(BaseModel):
    """A conversation in which we spoke: our first and last post, whose it is."""

    first: str
    last: str
    ours: bool = False


class Place(BaseModel):
    """What a cursor holds; ``turn`` is the feed to be read next (empty: the first)."""

    version: Literal[1] = 1
    turn: str = ""
    feeds: dict[str, Stand] = Field(default_factory=dict)
    talks: dict[str, Talk] = Field(default_factory=dict)

    @property
    def ours(self) -> frozenset[str]:
        """The conversations that a post of ours began."""
        return frozenset(root for root, talk in self.talks.items() if talk.ours)

    def remember(self, posts: Iterable[Any], most: int) -> None:
        """Note where we spoke; keep the ``most`` talks in which we did so last.

        A talk that is new here is read from our first word in it.
        """
        talks = dict(self.talks)
        for root, own in sorted(_spoken(posts), key=lambda one: int(one[1])):
            talk = talks.get(root) or Talk(first=own, last=own)
            talks[root] = Talk(
                first=talk.first, last=own, ours=talk.ours or own == root
            )
        kept = sorted(talks, key=lambda root: int(talks[root].last))[-most:]
        if added := [talks[root].first for root in kept if root not in self.talks]:
            stand = self.feeds.get(TALKS, Stand())
            since = min([*filter(None, [stand.since]), *added], key=int)
            self.feeds[TALKS] = stand.model_copy(update={"since": since})
        self.talks = {root: talks[root] for root in kept}


def feeds_of(
    account: str, query: str, talks: Iterable[str], *, watches: bool
) -> dict[str, Feed]:
    """Name what is read, in that order; our own posts first, as they name talks."""
    feeds = {}
    if watches:
        feeds[OWN] = Feed(f"/2/users/{account}/tweets", {"exclude": "retweets"})
    feeds[MENTIONS] = Feed(f"/2/users/{account}/mentions", listed=MENTIONS_LISTED)
    if query:
        # Another query is another feed: what the old one had read says nothing.
        key = "search:" + hashlib.sha256(query.encode()).hexdigest()[:8]
        feeds[key] = Feed(SEARCH, {"query": query})
    ids = " OR ".join(f"conversation_id:{talk}" for talk in sorted(talks))
    if watches and ids:
        feeds[TALKS] = Feed(SEARCH, {"query": f"({ids}) -from:{account}"})
    return feeds


def own_posts(account: str) -> Feed:
    """Name all that our account wrote."""
    return Feed(f"/2/users/{account}/tweets", listed=POSTS_LISTED)


def cut_off(
    key: str, feed: Feed, stand: Stand, posts: Sequence[Any]
) -> list[Quarantined]:
    """Say of a pass whose last page this is that it may not have reached its mark.

    X ends a timeline after so many posts as it does where there is nothing older.
    """
    read = stand.read + len(posts)
    if not stand.since or not may_have_had_to_end(read, feed.listed):
        return []
    oldest = min(_ids(posts), key=int, default="")
    gap = f"posts after {stand.since} and before {oldest or 'these'} may be missing"
    return [
        Quarantined(
            where=f"{NAME}:{key}",
            reason=f"X goes back {feed.listed} posts in its {key} and gave {read}; "
            f"{gap}. Look for them on X, and read this source more often",
            payload=json.dumps({"since": stand.since, "oldest": oldest, "read": read}),
            kind=Aside.NOTE,
        )
    ]


def out_of_reach(key: str, since: str) -> str:
    """Say of a feed that X refuses to begin where it was left."""
    return f"X does not reach back to the post {since} in its {key}, where it was left"


def following(turn: str, feeds: Iterable[str]) -> str:
    """Name the feed after that one, nothing after the last."""
    order = [*feeds, ""]
    return order[order.index(turn) + 1]


def read_cursor(cursor: Cursor | None) -> Place:
    """Give the place; raise ``BadPayload`` for a cursor that is not ours."""
    return read_place(Place, cursor, NAME)


def write_cursor(place: Place, feeds: Collection[str]) -> Cursor:
    """Give the place as one text, without feeds that are not read any more."""
    kept = {key: one for key, one in place.feeds.items() if key in {*feeds, TALKS}}
    return Cursor(place.model_copy(update={"feeds": kept}).model_dump_json())


def _ids(posts: Iterable[Any]) -> list[str]:
    ids = [post.get("id") for post in posts if isinstance(post, dict)]
    return [str(one) for one in ids if is_id(one)]


def _newest(ids: Iterable[Any]) -> str:
    return max((one for one in ids if one), key=int, default="")


def _spoken(posts: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Give conversation and id of our own posts; what makes no sense is no loss."""
    for post in posts:
        with suppress(*NONSENSE):
            yield conversation_of(post), first_id(post)
