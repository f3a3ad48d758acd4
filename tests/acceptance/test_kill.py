"""A process killed at any moment loses nothing and says nothing twice."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.audit.verify import verify
from bot.domain.replies import ReplyState
from bot.storage.store import SqlStore
from tests.platforms.x_server import CREDENTIALS, XServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

KILLS = 500
LONGEST_LIFE = 0.3
"""Seconds that a worker lives at most before it is killed."""

MOST_AFTERWARDS = 12
"""Whole lives at the end, until nothing is on its way any more."""

MOST_UNREAD = 6
"""Posts that the bot may be behind when customers write again."""

SOON, LONG_ENOUGH = 0.08, 0.6
"""Seconds: half of all deaths are to fall into the moments after the platform was told
to publish, and how long such a life may take until then."""

PATIENCE = 300
"""Seconds; far more than a process that does not hang needs on any machine."""

FIRST_POST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

OPENINGS = (
    "still no answer about my refund, this is not good enough",
    "your app charged me twice and nobody picks up the phone",
    "how do I change the address on my account?",
    "third time my order came broken, I want this fixed",
    "can somebody please tell me when the shop in Newtown opens?",
    "absolutely useless service, I have waited for two weeks",
    "the delivery never came and the driver marked it as done",
    "thank you, the new menu is lovely",
)

FAULTS = (
    "timeout_after_accept",
    "error_after_accept",
    "drop_after_accept",
    "malformed_after_accept",
    "rate_limit",
    "rate_limit",
    "server_error",
    "not_permitted",
)
"""A platform that publishes and does not say so, asks for a pause, breaks, refuses."""

TIMEOUT, STALL, PAUSE = 0.25, 0.35, 60.0
"""Seconds: how long we wait for an answer, how long the platform then takes, and for
how long (in the stream's time) it wants to hear nothing."""

UNSAID = {
    ReplyState.DRAFT,
    ReplyState.SUBMITTED,
    ReplyState.REJECTED,
    ReplyState.CANCELLED,
    ReplyState.REFUSED,
}
"""Where a reply may rest: with people, or surely not published."""

MOMENTS = {
    "draft": 5,
    "submitted": 5,
    "agreed": 3,
    "rejected": 3,
    "cancelled": 3,
    "queued": 10,
    "sending": 10,
    "sent": 5,
    "seen": 3,
    "unknown": 3,
    "postponed": 3,
}
"""What a process had last put down of a reply when it died, and in how many lives at
least: deaths that all fell into the start would prove nothing."""


class Time:
    """The stream's time, which is the platform's as well; each step is a new post."""

    steps = 0

    def __call__(self) -> datetime:
        return FIRST_POST + timedelta(minutes=20 * self.steps)


class Stage:
    """A platform, a file of posts that were made there, and the bot before them."""

    def __init__(self, folder: Path, platform: XServer, time: Time) -> None:
        self.platform = platform
        self.database_file = folder / "kill.db"
        self.database = f"sqlite:///{self.database_file}"
        self.posts = folder / "posts.jsonl"
        self.config = folder / "bot.yaml"
        self._time, self._told, self._posted = time, 0, 0
        self.config.write_text(
            json.dumps(
                {
                    "database": {"url": self.database},
                    "brands": {"Acme": {"accounts": {"x": ["AcmeCares"]}}},
                    "sources": {
                        "stream": {
                            "connector": "replay",
                            "brand": "Acme",
                            "path": str(self.posts),
                            "page": 7,
                        },
                        "acme-x": {
                            "connector": "x",
                            "poll": False,
                            "brand": "Acme",
                            "base_url": platform.base_url,
                            "timeout": TIMEOUT,
                            **CREDENTIALS,
                        },
                    },
                    "channels": {"x": {"mode": "live", "reply_via": "acme-x"}},
                    "outbox": {"settle_after": 30, "confirm_after": 1},
                    "logs": {"level": "error"},
                }
            ),
            encoding="utf-8",
        )

    def publish(self, count: int) -> None:
        """Let customers post on the platform; the stream's file has the same posts.

        Every second one writes twice, so that there is something to answer in free
        words; every third has so many followers that people must agree.
        """
        with self.posts.open("a", encoding="utf-8") as file:
            for _ in range(count):
                number, at = self._time.steps, self._time()
                self._time.steps += 1
                author = f"customer_{number}"
                said = f"@AcmeCares {OPENINGS[number % len(OPENINGS)]} (case {number})"
                post = self.platform.add_post(said, author=author, at=at)
                lines = [self._line(post.id, post.id, said, author, at)]
                if number % 2:
                    at += timedelta(minutes=5)
                    said = f"@AcmeCares {OPENINGS[0]} (again, case {number})"
                    more = self.platform.add_post(
                        said, author=author, at=at, reply_to=post.id
                    )
                    lines.append(self._line(more.id, post.id, said, author, at))
                file.writelines(json.dumps(one) + "\n" for one in lines)
                self._posted += len(lines)

    @staticmethod
    def _line(
        post: str, conversation: str, said: str, author: str, at: datetime
    ) -> dict[str, object]:
        is_known = int(author.removeprefix("customer_")) % 3 == 0
        return {
            "id": post,
            "channel": "x",
            "brand": "Acme",
            "kind": "post" if post == conversation else "reply",
            "conversation": conversation,
            "published_at": at.isoformat(),
            "text": said,
            "language": "en",
            "control": "mention",
            "addressed": True,
            "author": {
                "id": f"id_{author}",
                "handle": author,
                "followers": 4_000_000 if is_known else 40,
            },
        }

    def is_nearly_read(self) -> bool:
        """Whether the bot keeps up: one that lags would live in a time long gone."""
        [(known,)] = self._asked("SELECT count(*) FROM mentions") or [(0,)]
        return bool(self._posted - known <= MOST_UNREAD)

    def has_settled(self) -> bool:
        """Whether nothing is on its way any more."""
        kept = {state for (state,) in self._asked("SELECT DISTINCT state FROM replies")}
        return kept <= {ReplyState.SEEN, *UNSAID}

    def last_put_down(self) -> str:
        """What was last written of a reply since this was last asked; empty if none."""
        found = self._asked(
            "SELECT id, action FROM audit_entries WHERE subject LIKE 'reply:%' "
            "AND action <> 'reply.checked' ORDER BY id DESC LIMIT 1"
        )
        if not found or found[0][0] == self._told:
            return ""
        self._told = found[0][0]
        return str(found[0][1]).removeprefix("reply.")

    def _asked(self, query: str) -> list[Any]:
        """Ask the database; nothing where it died while it made the tables."""
        if not self.database_file.exists():
            return []
        with closing(sqlite3.connect(self.database_file, timeout=30)) as db:
            try:
                return db.execute(query).fetchall()
            except sqlite3.OperationalError:
                return []


class Target:
    """The process that forks workers, and the worker that is to be killed."""

    def __init__(self, config: Path) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.kill_target", str(config)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        self._said: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        """Pass on every line at once; an empty one when there will be no more."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line.strip())
        self._said.put("")

    def load(self) -> None:
        """Wait until it has read what all workers need."""
        assert self._hear() == "loaded"

    def start(self, people: int | None = None) -> int:
        """Start a worker and return its process id once it is about to work.

        With a number people are at the replies too, as chance with that seed has it.
        """
        self._tell("go" if people is None else f"go {people}")
        said, pid = self._hear().split()
        assert said == "ready", f"{said} {pid}"
        return int(pid)

    def lived(self, seconds: float) -> bool:
        """Whether the worker came to its end by itself within so many seconds."""
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            return False
        assert said == "over"
        assert self._end() == "ended 0"
        return True

    def kill(self, pid: int) -> bool:
        """Kill the worker at once; ``False`` if it had just ended by itself.

        One that had ended is still on the system's list, so the id is its own.
        """
        os.kill(pid, signal.SIGKILL)
        assert self._hear() == "over"
        ended = self._end()
        assert ended in {"ended 0", f"ended {-signal.SIGKILL}"}
        return ended != "ended 0"

    def close(self) -> None:
        """End the process, and a worker that a failed test left at work."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _end(self) -> str:
        """Let the worker's process id go; return how the worker ended."""
        self._tell("reap")
        return self._hear()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")

    def _hear(self) -> str:
        try:
            line = self._said.get(timeout=PATIENCE)
        except queue.Empty:
            pytest.fail("it hangs")
        assert line, "the process ended"
        return line


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    started = Time()
    with XServer(now=started) as platform:
        yield Stage(tmp_path, platform, started)


def test_five_hundred_kills_lose_nothing_and_say_nothing_twice(stage: Stage) -> None:
    chance = random.Random(20260302)
    target = Target(stage.config)
    died_at: Counter[str] = Counter()
    try:
        target.load()
        while died_at.total() < KILLS:
            if stage.is_nearly_read():
                stage.publish(2)
            go_wrong(stage.platform, chance)
            was_killed = live_and_die(stage.platform, target, chance)
            put_down = stage.last_put_down()
            died_at.update([put_down or "nothing"] if was_killed else [])
        stage.platform.heal()
        live_on(stage, target)
    finally:
        target.close()

    sys.stdout.write(f"put down last before {KILLS} deaths: {dict(died_at)}\n")
    assert {one: died_at[one] for one in MOMENTS if died_at[one] < MOMENTS[one]} == {}
    _everything_is_done_once(stage)
    _nothing_is_missing_or_said_twice(stage)
    _the_log_is_whole(stage)


def live_and_die(platform: XServer, target: Target, chance: random.Random) -> bool:
    """Let a worker begin and kill it; ``False`` if it came to its end before."""
    is_while_sending = chance.random() < 1 / 2
    platform.published.clear()
    pid = target.start(None if is_while_sending else chance.randrange(2**32))
    life = chance.uniform(0, LONGEST_LIFE)
    if is_while_sending and platform.published.wait(LONG_ENOUGH):
        life = chance.uniform(0, SOON)
    return not target.lived(life) and target.kill(pid)


def live_on(stage: Stage, target: Target) -> None:
    for _ in range(MOST_AFTERWARDS):
        target.start()
        assert target.lived(PATIENCE)
        if stage.has_settled():
            return
        # Time goes on with new posts alone, and what was put off waits for its time.
        stage.publish(1)


def go_wrong(platform: XServer, chance: random.Random) -> None:
    if chance.random() < 0.3:
        kind = chance.choice(FAULTS)
        seconds = PAUSE if kind == "rate_limit" else STALL
        platform.fail_next(kind, method="POST", seconds=seconds)


def _everything_is_done_once(stage: Stage) -> None:
    engine = create_engine(stage.database)
    with engine.connect() as db:

        def count(query: str) -> int:
            return int(db.execute(text(query)).scalar_one())

        mentions = count("SELECT count(*) FROM mentions")
        posted = len(stage.posts.read_text(encoding="utf-8").splitlines())
        assert mentions == posted
        assert count("SELECT count(*) FROM tags") == mentions
        assert count("SELECT count(DISTINCT mention_id) FROM tags") == mentions
        assert count("SELECT count(*) FROM decisions") == mentions
        for action in ("mention.stored", "mention.tagged", "mention.decided"):
            told = f"SELECT count(*) FROM audit_entries WHERE action = '{action}'"
            assert count(told) == mentions, action
    engine.dispose()


def _nothing_is_missing_or_said_twice(stage: Stage) -> None:
    store = SqlStore(stage.database)
    with store.reading() as work:
        replies = work.replies.listing(limit=100_000)
    store.close()
    said = [one for one in replies if one.state is ReplyState.SEEN]
    published = Counter(
        (post.reply_to, post.extra["sent"]) for post in stage.platform.accepted
    )

    assert len(said) > KILLS / 4, "too few replies to prove anything"
    assert {one.state for one in replies} <= {ReplyState.SEEN, *UNSAID}
    assert any(one.written_by for one in said), "people said nothing"
    assert published == Counter((one.in_reply_to, one.text) for one in said)
    assert set(published.values()) == {1}


def _the_log_is_whole(stage: Stage) -> None:
    store = SqlStore(stage.database)
    with store.audit_log() as records:
        report = verify(records)
    store.close()

    assert report.is_whole, report.first_broken
    assert report.unsealed == 0
