"""Where YouTube's threads have been read to: marks, turns, and threads to go through.

A feed is read pass by pass, each from the newest thread down to where the last began.
YouTube does not move a thread up when somebody answers in it, so each keeps a mark of
what it looked like; those in which we spoke are asked for by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from bot.connectors._edge import read_place
from bot.connectors._youtube_comments import NAME, Thread
from bot.domain.channels import Cursor

MARKED, TALKS_KEPT = 100, 50
OWN, SEARCH, TALKS = "own", "search", "talks"


class Stand(BaseModel):
    """How far one feed is read; times are Unix seconds.

    All up to ``since`` is read; ``token`` leads to the next older page of the pass
    under way, which began at ``newest``. ``marks`` are of its newest threads.
    ``closed``: why it could not be read the last time.
    """

    since: int = 0
    token: str = ""
    newest: int = 0
    closed: str = ""
    marks: dict[str, str] = Field(default_factory=dict)

    def moved(self, marks: dict[str, str], token: str) -> Stand:
        """Say where it stands after a page: in the middle of a pass, or after it."""
        times = [at(mark) for mark in marks.values()]
        known = {**self.marks, **marks}
        newest_first = sorted(known, key=lambda one: at(known[one]), reverse=True)
        kept = {one: known[one] for one in newest_first[:MARKED]}
        newest = max([self.newest, *times])
        reached = bool(times) and min(times) < self.since
        if token and not reached:
            return Stand(since=self.since, token=token, newest=newest, marks=kept)
        return Stand(since=max(self.since, newest), marks=kept)


class Waiting(BaseModel):
    """A thread with more replies than came with it; ``token`` is its next page."""

    id: str
    channel: str
    video: str
    mark: str
    is_public: bool
    is_begun_by_us: bool
    token: str = ""

    @property
    def thread(self) -> Thread:
        """The thread as its replies need it."""
        return Thread(
            id=self.id,
            channel=self.channel,
            video=self.video,
            is_public=self.is_public,
            is_begun_by_us=self.is_begun_by_us,
        )


class Place(BaseModel):
    """What a cursor holds; ``turn`` is the feed to be read next (empty: the first).

    ``found`` are the videos of the last search, ``asked_at`` when YouTube gave the
    last answer, by its clock.
    """

    version: Literal[1] = 1
    turn: str = ""
    feeds: dict[str, Stand] = Field(default_factory=dict)
    waiting: list[Waiting] = Field(default_factory=list)
    talks: dict[str, str] = Field(default_factory=dict)
    found: list[str] = Field(default_factory=list)
    searched_at: AwareDatetime | None = None
    asked_at: AwareDatetime | None = None

    def remember(self, thread: str, mark: str) -> None:
        """Note a thread in which we spoke; the longest quiet one is forgotten."""
        self.talks.pop(thread, None)
        self.talks[thread] = mark
        self.talks = dict(list(self.talks.items())[-TALKS_KEPT:])

    def knows(self, feed: str, thread: str, mark: str) -> bool:
        """Whether a thread looks as it did when it was read."""
        stand = self.feeds.get(feed, Stand())
        return mark in {self.talks.get(thread), stand.marks.get(thread)}

    def is_search_due(self, every: timedelta) -> bool:
        """Whether the last search is that long ago, by YouTube's clock."""
        if self.searched_at is None or self.asked_at is None:
            return self.searched_at is None
        return self.asked_at - self.searched_at >= every


def at(mark: str) -> int:
    """Return when a mark's thread was published, in Unix seconds."""
    return int(mark.partition(" ")[0])


def beginning(start_at: datetime | None) -> Stand:
    """Stand before the first pass."""
    return Stand(since=int(start_at.timestamp()) if start_at else 0)


def video_feed(video: str) -> str:
    """Name the feed of one video's threads."""
    return f"video:{video}"


def following(turn: str, feeds: Iterable[str]) -> str:
    """Name the feed after that one, nothing after the last."""
    order = [*feeds, ""]
    return order[order.index(turn) + 1] if turn in order[:-1] else ""


def read_cursor(cursor: Cursor | None) -> Place:
    """Give the place; raise ``BadPayload`` for a cursor that is not ours."""
    return read_place(Place, cursor, NAME)


def write_cursor(place: Place, feeds: Iterable[str]) -> Cursor:
    """Give the place as one text, without feeds that are not read any more."""
    kept = {key: place.feeds[key] for key in feeds if key in place.feeds}
    left = place.model_copy(update={"feeds": kept})
    return Cursor(left.model_dump_json(exclude_defaults=True))
