"""A process killed at any moment loses nothing and says nothing twice."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.audit.verify import verify
from bot.domain.replies import ReplyState
from bot.storage.store import SqlStore
from tests.platforms.x_server import CREDENTIALS, XServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

KILLS = 200
LONGEST_LIFE = 0.25
"""Seconds that a worker lives at most before it is killed."""

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

LOST_ANSWERS = ("error_after_accept", "drop_after_accept", "malformed_after_accept")
"""What a platform does that publishes a reply and then does not say so."""


class Stage:
    """A platform, a file of posts that were made there, and the bot before them."""

    def __init__(self, folder: Path, platform: XServer) -> None:
        self.platform = platform
        self.database = f"sqlite:///{folder / 'kill.db'}"
        self.posts = folder / "posts.jsonl"
        self.config = folder / "bot.yaml"
        self._made = 0
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
        """Let customers post on the platform; the stream's file has the same posts."""
        with self.posts.open("a", encoding="utf-8") as file:
            for _ in range(count):
                number = self._made
                self._made += 1
                at = FIRST_POST + timedelta(minutes=20 * number)
                said = f"@AcmeCares {OPENINGS[number % len(OPENINGS)]} (case {number})"
                author = f"customer_{number}"
                post = self.platform.add_post(said, author=author, at=at)
                file.write(json.dumps(self._line(post.id, said, author, at)) + "\n")

    @staticmethod
    def _line(post: str, said: str, author: str, at: datetime) -> dict[str, object]:
        return {
            "id": post,
            "channel": "x",
            "brand": "Acme",
            "kind": "post",
            "conversation": post,
            "published_at": at.isoformat(),
            "text": said,
            "language": "en",
            "control": "mention",
            "addressed": True,
            "author": {"id": f"id_{author}", "handle": author, "followers": 40},
        }


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

    def start(self) -> int:
        """Start a worker and return its process id once it is about to work."""
        self._tell("go")
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
    with XServer() as platform:
        yield Stage(tmp_path, platform)


def test_two_hundred_kills_lose_nothing_and_say_nothing_twice(stage: Stage) -> None:
    chance = random.Random(20260302)
    target = Target(stage.config)
    killed = 0
    try:
        target.load()
        while killed < KILLS:
            stage.publish(3)
            if chance.random() < 0.1:
                stage.platform.fail_next(chance.choice(LOST_ANSWERS), method="POST")
            pid = target.start()
            if not target.lived(chance.uniform(0, LONGEST_LIFE)):
                killed += target.kill(pid)
        target.start()
        assert target.lived(PATIENCE)
    finally:
        target.close()

    assert killed == KILLS
    _everything_is_done_once(stage)
    _nothing_is_missing_or_said_twice(stage)
    _the_log_is_whole(stage)


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
    wanted = [one for one in replies if one.state is not ReplyState.SUBMITTED]
    published = Counter(post.reply_to for post in stage.platform.accepted)

    assert len(wanted) > KILLS / 2, "too few replies to prove anything"
    assert {one.state for one in wanted} == {ReplyState.SEEN}
    assert published == Counter(one.in_reply_to for one in wanted)
    assert set(published.values()) == {1}


def _the_log_is_whole(stage: Stage) -> None:
    store = SqlStore(stage.database)
    with store.audit_log() as records:
        report = verify(records)
    store.close()

    assert report.is_whole, report.first_broken
    assert report.unsealed == 0
