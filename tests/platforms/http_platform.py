"""What stand-ins of platforms share: HTTP on loopback, and faults on demand."""

from __future__ import annotations

import json
import sys
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

STALL_SECONDS = 20.0
AFTER = "_after_accept"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in; ``body`` is undecoded JSON, or the fields of a form."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    raw: bytes = b""


@dataclass(slots=True)
class Answer:
    """An answer; ``stall`` keeps it back for seconds, without ``status`` none comes."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    stall: float = 0.0


@dataclass(slots=True)
class Fault:
    kind: str
    path: str
    method: str
    times: int


RAW: Mapping[str, Answer] = {
    "drop": Answer(0),
    "timeout": Answer(0, stall=STALL_SECONDS),
    "malformed": Answer(200, raw=b'{"items": [{"id": "1", '),
    "not_an_object": Answer(200, raw=b'["nonsense"]'),
    "html": Answer(502, raw=b"<html>Bad gateway</html>"),
}


def real_time() -> datetime:
    return datetime.now(UTC)


class Loopback(ABC):
    """A platform that runs in this process; use its state from the test's thread.

    ``fail_next`` strikes requests whose path contains ``path``; a kind that ends in
    ``_after_accept`` does what was asked and then fails to say so.
    """

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.requests: list[Asked] = []
        self.answers: list[Answer] = []
        self.crashes: list[str] = []
        self.stalled, self.released = threading.Event(), threading.Event()
        self.has_date = True
        self._faults: list[Fault] = []
        self._http: _Http | None = None

    @abstractmethod
    def route(self, asked: Asked) -> Answer:
        """Answer one request as the platform would."""

    @abstractmethod
    def problem(self, kind: str) -> Answer:
        """Give the platform's own answer for what goes wrong."""

    @abstractmethod
    def is_sign_in(self, path: str) -> bool:
        """Whether a path is that of the token endpoint, which faults leave alone."""

    def fail_next(
        self, kind: str, *, path: str = "", method: str = "", times: int = 1
    ) -> None:
        with self.lock:
            self._faults.append(Fault(kind, path, method, times))

    def start(self) -> Self:
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.platform = self
        threading.Thread(target=self._http.serve_forever, args=(0.02,)).start()
        return self

    def stop(self) -> None:
        self.released.set()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        assert self._http is not None, "start() it first"
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.requests.append(asked)
            fault = self._fault(asked)
            if fault and not fault.kind.endswith(AFTER):
                return self._broken(fault.kind)
            given = self.route(asked)
            self.answers.append(given)
            return self._broken(fault.kind.removesuffix(AFTER)) if fault else given

    def _broken(self, kind: str) -> Answer:
        return RAW[kind] if kind in RAW else self.problem(kind)

    def _fault(self, asked: Asked) -> Fault | None:
        for fault in self._faults:
            is_there = (
                fault.path in asked.path if fault.path else not self._signs_in(asked)
            )
            if is_there and fault.method in {"", asked.method}:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def _signs_in(self, asked: Asked) -> bool:
        return self.is_sign_in(asked.path)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    platform: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about; the rest is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            self.platform.crashes.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *said: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(sent),
            raw=sent,
        )
        platform = self.server.platform
        answer = platform.answer(asked)
        if answer.stall:
            platform.stalled.set()
            platform.released.wait(answer.stall)
        if not answer.status:
            self.close_connection = True
            return
        self._write(answer)

    def _body(self, sent: bytes) -> Any:
        if self.headers.get("Content-Type", "").startswith("application/x-www-form"):
            return {k: v[0] for k, v in parse_qs(sent.decode(), True).items()}
        return json.loads(sent) if sent else None

    def _write(self, answer: Answer) -> None:
        raw = json.dumps(answer.body).encode() if answer.raw is None else answer.raw
        self.send_response_only(answer.status)
        platform = self.server.platform
        if platform.has_date:
            self.send_header("Date", format_datetime(platform.now(), usegmt=True))
        usual = {"Content-Type": "application/json; charset=utf-8"}
        self.send_header("Content-Length", str(len(raw)))
        for name, value in {**usual, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)
