"""``bot serve`` as a process of its own: it starts, is killed, and loses nothing."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bot.bootstrap import App
from bot.services.ingest import ingest
from bot.settings import load_settings
from tests.platforms.webhook_sender import SECRET, headers, item

PROGRAM = "from bot.cli.main import main; main()"
CONFIG = f"""
sources:
  forum: {{connector: webhook, brand: Acme, channel: forum, secret: {SECRET}}}
"""
WITHIN = 60.0
SENDERS, EACH = 8, 12


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "bot.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


class Served:
    """A process, what it said, and where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.said = [self.lines.get(timeout=WITHIN)]
        while "Listening on" not in self.said[-1]:
            self.said.append(self.lines.get(timeout=WITHIN))
        self.url = self.said[-1].split("Listening on ")[1].split(";")[0]

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.put(line.rstrip())
        self.lines.put("ended before: Listening on nothing;")


@pytest.fixture
def start(config: Path) -> Iterator[Callable[..., Served]]:
    """Start one on a database; what is left at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def one(url: str, *more: str) -> Served:
        options = ["serve", "--config", str(config), "--db", url, "--port", "0", *more]
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *options],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        started.append(process)
        return Served(process)

    yield one
    for process in started:
        process.kill()
        process.wait(WITHIN)
        assert process.stderr is not None
        process.stderr.close()


def sender(url: str, number: int, most: int, enough: threading.Event) -> list[str]:
    """Deliver item by item until nobody answers; give the ids of what was taken."""
    taken: list[str] = []
    with httpx2.Client(base_url=url, timeout=WITHIN) as client:
        for n in range(most):
            body = json.dumps(item(n, id=f"{number}/{n}")).encode()
            signed = headers(SECRET, body, time.time())
            try:
                answer = client.post("/hooks/forum", content=body, headers=signed)
            except httpx2.TransportError:
                return taken
            assert answer.status_code == 202
            taken.append(f"{number}/{n}")
            if len(taken) == EACH:
                enough.set()
    return taken


def read(config: Path, url: str) -> list[str]:
    """Ingest all there is, as a worker elsewhere would; give the stored ids."""
    app = App(load_settings(config, {"BOT_DATABASE__URL": url}))
    try:
        source, more = app.sources["forum"], True
        while more:
            more = ingest(app.store, source, app.clock, app.own_accounts).more
        with app.store.reading() as work:
            waiting = work.mentions.untagged(10_000)
        return [one.mention.external_id for one in waiting]
    finally:
        app.close()


def test_many_senders_at_once_are_all_kept(
    start: Any, config: Path, database_url: str
) -> None:
    served, enough = start(database_url), threading.Event()

    with ThreadPoolExecutor(SENDERS) as pool:
        futures = [
            pool.submit(sender, served.url, n, EACH, enough) for n in range(SENDERS)
        ]
        sent = [one.result(WITHIN) for one in futures]

    stored = read(config, database_url)
    assert sorted(stored) == sorted(one for each in sent for one in each)
    assert len(stored) == SENDERS * EACH


def test_a_server_killed_among_deliveries_loses_none_that_it_took(
    start: Any, config: Path, database_url: str
) -> None:
    served, enough = start(database_url), threading.Event()

    with ThreadPoolExecutor(SENDERS) as pool:
        sent = [
            pool.submit(sender, served.url, n, 10**6, enough) for n in range(SENDERS)
        ]
        assert enough.wait(WITHIN)
        served.process.send_signal(signal.SIGKILL)
        taken = {one for each in sent for one in each.result(WITHIN)}

    stored = read(config, database_url)
    assert len(taken) >= EACH
    assert taken <= set(stored)
    assert len(stored) == len(set(stored))


def test_it_says_where_it_listens_and_ends_when_it_is_asked_to(
    start: Any, own_file: Path
) -> None:
    served = start(f"sqlite:///{own_file}")
    assert httpx2.post(f"{served.url}/hooks/forum").status_code == 401

    served.process.send_signal(signal.SIGTERM)

    assert served.process.wait(WITHIN) == 0
    assert "/hooks/forum" in served.said[0]


def test_the_log_says_from_when_to_when_it_could_be_delivered_to(
    start: Any, config: Path, own_file: Path
) -> None:
    url = f"sqlite:///{own_file}"
    served = start(url)
    httpx2.post(f"{served.url}/hooks/forum")
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(WITHIN)

    app = App(load_settings(config, {"BOT_DATABASE__URL": url}))
    with closing(app), app.store.reading() as work:
        logged = [(one.action, one.subject) for one in work.audit.unsealed(100)]

    assert logged == [("bot.started", "bot:serve"), ("bot.stopped", "bot:serve")]


def test_a_place_that_is_taken_is_named_and_ends_with_two(
    start: Any, config: Path, own_file: Path
) -> None:
    url = f"sqlite:///{own_file}"
    port = start(url).url.rpartition(":")[2]
    options = ["serve", "--config", str(config), "--db", url, "--port", port]

    second = subprocess.run(
        [sys.executable, "-c", PROGRAM, *options],
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 2
    assert f"127.0.0.1:{port}" in second.stderr
    assert "--port" in second.stderr


def test_a_run_serves_the_console_beside_its_work(config: Path, tmp_path: Path) -> None:
    options = ["run", "--config", str(config), "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *options, "--db", f"sqlite:///{tmp_path}/a.db"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    with process, ended(process):
        assert process.stderr is not None
        line = next(line for line in process.stderr if "The console is at" in line)
        url = line.split("The console is at ")[1].strip().rstrip(".")
        answer = httpx2.get(f"{url}/", follow_redirects=False, timeout=WITHIN)
        process.terminate()
        process.stderr.read()

    assert answer.status_code == 303
    assert process.returncode == 0


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Leave nothing behind, whatever failed."""
    try:
        yield
        process.wait(WITHIN)
    finally:
        process.kill()


def test_a_run_says_what_to_do_where_its_console_finds_the_port_taken(
    config: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ["run", "--config", str(config), "--port", port]
        ended_run = subprocess.run(
            [
                sys.executable,
                "-c",
                PROGRAM,
                *options,
                "--db",
                f"sqlite:///{tmp_path}/a",
            ],
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    assert ended_run.returncode == 2
    assert "--no-console" in ended_run.stderr
