"""A small X on loopback: API v2 with state, both generations of names, and faults.

Written from X's public OpenAPI documents; all people and words in it are invented.
``python -m tests.platforms.x_server --port N --state FILE`` runs it alone: what it
accepted is in the file before it is answered, and is read again at the next start.
There ``POST /_test/<method>`` with a JSON object of arguments calls the method of that
name (``add_post``, ``add_user``, ``fail_next``, ...) and ``GET /_test/accepted`` lists
the posts that the API published.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from tests.platforms.x_api import CREDENTIALS, Api, signed_by
from tests.platforms.x_problems import (
    AFTER_ACCEPT,
    KINDS,
    STALL_SECONDS,
    Answer,
    Fault,
    Problem,
    Problems,
    fault_of,
)
from tests.platforms.x_state import ACCOUNT_ID, HANDLE, Post, XState

__all__ = ["ACCOUNT_ID", "CREDENTIALS", "HANDLE", "WEEK", "Post", "XServer"]

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in; ``auth`` is ``bearer``, ``oauth1`` or nothing."""

    method: str
    path: str
    query: dict[str, str]
    auth: str


def real_time() -> datetime:
    return datetime.now(UTC)


class XServer(XState):
    """The state, its HTTP face, and what a test lets go wrong."""

    def __init__(
        self,
        *,
        names: Literal["tweet", "post"] = "tweet",
        now: Callable[[], datetime] = real_time,
        state_file: Path | None = None,
        search_window: timedelta | None = None,
        refuse_duplicates: bool = False,
    ) -> None:
        super().__init__(
            names=names,
            now=now,
            state_file=state_file,
            search_window=search_window,
            refuse_duplicates=refuse_duplicates,
        )
        self.requests: list[Seen] = []
        self.crashes: list[str] = []
        self.released, self.stalled = threading.Event(), threading.Event()
        self.published = threading.Event()
        self._faults: list[Fault] = []
        self._problems = Problems(names, now)
        self._api = Api(self, self._problems)
        self._http: _Http | None = None

    def start(self, port: int = 0) -> Self:
        """Listen on loopback; port 0 takes any that is free."""
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.x = self
        threading.Thread(target=self._http.serve_forever, args=(0.02,)).start()
        return self

    def stop(self) -> None:
        """Let stalled answers go and close the door."""
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

    def fail_next(
        self,
        kind: str,
        *,
        times: int = 1,
        path: str = "",
        method: str = "",
        seconds: float = STALL_SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let the next requests whose path contains ``path`` go wrong.

        Kinds: ``rate_limit, daily_limit, usage_cap, credits, unauthorized, forbidden,
        not_enrolled, oauth1_permissions, duplicate, not_permitted, server_error,
        old_since_id, bad_token, bad_query, unknown_account, timeout, drop, malformed,
        not_an_object, html, partial_error`` and, for a post that is accepted all the
        same, ``timeout_after_accept, error_after_accept, drop_after_accept,
        malformed_after_accept``. ``seconds`` is how long a limit or a stall lasts.
        """
        assert kind in KINDS, f"unknown fault {kind!r}"
        with self.lock:
            fault = Fault(kind, times, path, method, seconds, dict(headers or {}))
            self._faults.append(fault)

    def heal(self) -> None:
        """Let nothing more go wrong."""
        with self.lock:
            self._faults.clear()

    def answer(self, method: str, url: str, headers: Any, sent: bytes) -> Answer:
        """Answer one request as X would, or as the fault that waits for it says."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self.lock:
            auth = signed_by(method, self.base_url + url, headers)
            self.requests.append(Seen(method, parts.path, query, auth))
            fault = self._fault(method, parts.path)
            if not auth:
                return self._problems.broken(fault_of("unauthorized"))
            if fault is not None and fault.kind not in {*AFTER_ACCEPT, "partial_error"}:
                return self._problems.broken(fault)
            try:
                answer = self._api.answer(method, parts.path, query, auth, sent)
            except Problem as problem:
                return problem.answer
            if method == "POST":
                self.published.set()
            if fault is None:
                return answer
            if fault.kind == "partial_error":
                assert isinstance(answer.body, dict)
                answer.body.setdefault("errors", []).append(self._problems.half())
                return answer
            return self._problems.broken(fault)

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.path in path and fault.method in {"", method}:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    x: XServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about; the rest is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            self.x.crashes.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *said: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        x = self.server.x
        if self.path.startswith("/_test/"):
            return self._write(_control(x, self.path.removeprefix("/_test/"), sent))
        answer = x.answer(self.command, self.path, self.headers, sent)
        if answer.stall:
            x.stalled.set()
            x.released.wait(answer.stall)
        if answer.stall or (answer.body is None and answer.raw is None):
            self.close_connection = True
            return None
        return self._write(answer)

    def _write(self, answer: Answer) -> None:
        raw = answer.raw
        if raw is None:
            raw = json.dumps(answer.body).encode()
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.server.x.now(), usegmt=True))
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


def _control(x: XServer, called: str, sent: bytes) -> Answer:
    if called in {"accepted", "posts"}:
        return Answer(200, [asdict(post) for post in getattr(x, called)])
    if called not in {"add_post", "add_user", "delete_post", "fail_next", "replies_to"}:
        return Answer(404, {"detail": f"no {called}"})
    made = getattr(x, called)(**json.loads(sent or b"{}"))
    if isinstance(made, list):
        return Answer(200, [asdict(one) for one in made])
    return Answer(200, asdict(made) if made is not None else {})


def main() -> None:
    """Run alone until the process is ended."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--state", type=Path)
    asked.add_argument("--names", choices=["tweet", "post"], default="tweet")
    given = asked.parse_args()
    server = XServer(names=given.names, state_file=given.state).start(given.port)
    print(server.base_url, flush=True)  # noqa: T201 - whoever started it reads this
    threading.Event().wait()


if __name__ == "__main__":
    main()
