"""One scheduler and two workers, real processes on real servers, badly treated."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nats
import psycopg
import pytest

from bot.audit.verify import verify
from bot.clock import SystemClock
from bot.services.seal import seal_pending
from bot.storage.store import SqlStore
from tests.brokers import NatsServer

ROOT = Path(__file__).resolve().parents[2]
BATCH = 20
WITHIN = 120.0
"""Seconds; far more than a process needs for its next line."""

SAID = (
    "I want to make a formal complaint: the refund never arrived, please fix it",
    "awful, the app is broken again and nobody answers",
    "love the new kettle, great work",
    "is the shop at the tram stop open today?",
    "this is a complaint about the fee on my account",
)

pytestmark = [
    pytest.mark.nats,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


class Stage:
    """A file of invented posts, the settings around it, and the two servers."""

    def __init__(self, folder: Path, database: str, server: NatsServer) -> None:
        self.database, self.server = database, server
        self.posts = folder / "posts.jsonl"
        self.platform = folder / "platform.jsonl"
        self.config = folder / "bot.yaml"
        self.posts.touch()
        self._made = 0
        source = {
            "connector": "replay",
            "brand": "Acme",
            "path": str(self.posts),
            "replies_to": str(self.platform),
            "format": "bot",
            "every": 1,
            "page": 7,
        }
        settings = {
            "database": {"url": database},
            "model": {"path": str(ROOT / "models" / "default")},
            "brands": {"Acme": {"accounts": {"x": ["AcmeCares"]}}},
            "sources": {"posts": source},
            "channels": {"x": {"mode": "live", "reply_via": "posts"}},
            "outbox": {"settle_after": 1, "confirm_after": 0.001},
            "engine": {"url": server.url, "ack_wait": 2},
            "logs": {"level": "debug", "format": "json"},
        }
        self.config.write_text(json.dumps(settings), encoding="utf-8")

    def publish(self, count: int) -> None:
        now = datetime.now(UTC)
        with self.posts.open("a", encoding="utf-8") as file:
            for number in range(self._made, self._made + count):
                author = f"customer_{number // 2}"
                post = {
                    "id": f"p{number}",
                    "channel": "x",
                    "brand": "Acme",
                    "kind": "post",
                    "conversation": f"c{number // 2}",
                    "published_at": (now + timedelta(milliseconds=number)).isoformat(),
                    "text": f"@AcmeCares {SAID[number % len(SAID)]} ({number})",
                    "language": "en",
                    "control": "mention",
                    "addressed": True,
                    "author": {"id": f"id_{author}", "handle": author, "followers": 40},
                }
                file.write(json.dumps(post) + "\n")
        self._made += count

    @contextmanager
    def nobody_may_tag(self) -> Iterator[None]:
        """Hold every worker that classifies before its commit, until the end."""
        with psycopg.connect(self.database) as holder:
            holder.execute("LOCK TABLE tags IN EXCLUSIVE MODE")
            yield
            holder.rollback()

    def count(self, query: str) -> int:
        with psycopg.connect(self.database) as reader:
            row = reader.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def purge(self) -> None:
        asyncio.run(self._to_stream("purge_stream"))

    def delete(self) -> None:
        asyncio.run(self._to_stream("delete_stream"))

    async def _to_stream(self, what: str) -> None:
        client = await nats.connect(self.server.url)
        await getattr(client.jetstream(), what)("answerable")
        await client.close()


class Process:
    """A real ``bot`` process, whose log all processes of a test share."""

    def __init__(
        self, name: str, stage: Stage, log: queue.Queue[tuple[str, str]], *command: str
    ) -> None:
        self.name, self._log = name, log
        program = "from bot.cli.main import main; main()"
        self.popen = subprocess.Popen(
            [sys.executable, "-c", program, *command, "--config", str(stage.config)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stderr is not None
        with self.popen.stderr as lines:
            for line in lines:
                self._log.put((self.name, line))

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()
        self._reader.join()

    def end(self) -> int:
        """Ask politely; return the exit code."""
        self.popen.send_signal(signal.SIGTERM)
        code = self.popen.wait(WITHIN)
        self._reader.join()
        return code


class Crew:
    """All processes of a test, killed at its end whatever happens."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._log: queue.Queue[tuple[str, str]] = queue.Queue()
        self.heard: list[str] = []
        self.all: dict[str, Process] = {}

    def start(self, name: str, *command: str) -> None:
        self.all[name] = Process(name, self._stage, self._log, *command)

    def hear(self, *words: str) -> str:
        """Wait until a process says a line with these words; return its name."""
        while True:
            try:
                name, line = self._log.get(timeout=WITHIN)
            except queue.Empty:
                pytest.fail("".join([f"nobody said {words}:\n", *self.heard[-40:]]))
            self.heard.append(f"{name}: {line}")
            if all(word in line for word in words):
                return name

    def kill(self, name: str) -> None:
        self.all.pop(name).kill()

    def work_until(self, query: str, wanted: int) -> None:
        """Wait until the database has so many; looks whenever an errand is done."""
        while self._stage.count(query) < wanted:
            self.hear("errand done")


@pytest.fixture
def stage(tmp_path: Path, database_url: str, nats_server: NatsServer) -> Stage:
    return Stage(tmp_path, database_url, nats_server)


@pytest.fixture
def crew(stage: Stage) -> Iterator[Crew]:
    made = Crew(stage)
    yield made
    for name in list(made.all):
        made.kill(name)


DECIDED = "SELECT count(*) FROM decisions"
SAID_ALL = """
SELECT CASE WHEN count(*) = 0 THEN 1 ELSE 0 END FROM replies
WHERE state IN ('sending', 'unknown', 'sent')
OR state = 'queued' AND (next_at IS NULL OR next_at <= now())
"""
"""Nothing is left to say now; what the flood guard holds back may wait."""


@pytest.mark.timeout(900)
def test_a_killed_worker_and_an_emptied_stream_lose_and_double_nothing(stage, crew):
    stage.publish(BATCH)

    # A worker dies with a page in hand, and the stream forgets what there was to do.
    with stage.nobody_may_tag():
        crew.start("scheduler", "schedule")
        crew.start("worker 1", "work")
        crew.start("worker 2", "work", "--queues", "listen,classify,triage,send")
        dead = crew.hear("errand begun", "classify")
        stage.publish(BATCH)
        stage.purge()
        crew.kill(dead)
    crew.work_until(DECIDED, 2 * BATCH)

    # The server forgets even that there was a stream.
    stage.delete()
    stage.publish(BATCH)
    crew.work_until(DECIDED, 3 * BATCH)
    crew.work_until(SAID_ALL, 1)

    assert {name: one.end() for name, one in crew.all.items()} == dict.fromkeys(
        crew.all, 0
    )
    assert len(crew.all) == 2
    _everything_was_done_once(stage)
    _replies_stand_there_once(stage)
    _the_log_is_whole(stage)


def _everything_was_done_once(stage: Stage) -> None:
    posted = 3 * BATCH
    assert stage.count("SELECT count(*) FROM mentions") == posted
    assert stage.count("SELECT count(*) FROM tags") == posted
    assert stage.count("SELECT count(DISTINCT mention_id) FROM tags") == posted
    assert stage.count(DECIDED) == posted
    for action in ("mention.stored", "mention.tagged", "mention.decided"):
        told = f"SELECT count(*) FROM audit_entries WHERE action = '{action}'"
        assert stage.count(told) == posted, action
    assert stage.count("SELECT count(DISTINCT conversation) FROM tickets") == (
        stage.count("SELECT count(*) FROM tickets")
    )


def _replies_stand_there_once(stage: Stage) -> None:
    lines = stage.platform.read_text(encoding="utf-8").splitlines()
    keys = [json.loads(line)["key"] for line in lines]

    assert len(keys) > BATCH / 4, "too few replies to prove anything"
    assert len(keys) == len(set(keys))
    assert len(keys) == stage.count("SELECT count(*) FROM replies WHERE state = 'seen'")


def _the_log_is_whole(stage: Stage) -> None:
    store = SqlStore(stage.database)
    seal_pending(store, SystemClock(), limit=100_000)
    with store.audit_log() as records:
        report = verify(records)
    sealed_while_working = stage.count("SELECT count(*) FROM audit_seals")
    store.close()

    assert report.is_whole, report.first_broken
    assert report.unsealed == 0
    assert sealed_while_working > 1
