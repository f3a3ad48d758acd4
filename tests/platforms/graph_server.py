"""A small Graph API on loopback: a page, an Instagram account, and faults on demand.

Written from Meta's public descriptions of nodes, edges and errors; all people and words
in it are invented. ``python -m tests.platforms.graph_server`` runs it alone; ``POST
/_test/<method>`` with a JSON object of arguments then calls the state's method of that
name, and ``GET /_test/accepted`` lists what it published for us.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.platforms.graph_state import (
    ACCOUNT_ID,
    APP_ID,
    APP_SECRET,
    PAGE_ID,
    TOKEN,
    GraphState,
    Trouble,
)

__all__ = ["ACCOUNT_ID", "APP_ID", "APP_SECRET", "PAGE_ID", "TOKEN", "GraphServer"]

STALL_SECONDS = 30.0
VERSION = "v25.0"

ERRORS: Mapping[str, tuple[int, int, int]] = {
    "rate_limit": (403, 4, 0),
    "page_limit": (400, 80001, 2446079),
    "unauthorized": (400, 190, 463),
    "revoked": (400, 190, 467),
    "forbidden": (403, 10, 0),
    "no_permission": (403, 200, 0),
    "server_error": (500, 2, 0),
    "unknown_error": (400, 1, 0),
    "error": (500, 1, 0),
    "bad_token": (400, 100, 0),
    "gone": (400, 100, 33),
    "too_long": (400, 100, 0),
    "blocked": (400, 368, 1390008),
    "duplicate": (400, 506, 0),
    "not_taken": (400, 1705, 0),
    "shut": (400, 10, 2018278),
    "unreachable": (400, 551, 0),
}
RAW: Mapping[str, tuple[int, bytes]] = {
    "malformed": (200, b'{"data": [{"id": "1", '),
    "not_an_object": (200, b'["nonsense"]'),
    "not_a_list": (200, b'{"data": {"id": "1"}, "id": 7, "message_id": 7}'),
    "html": (502, b"<html>Bad gateway</html>"),
}
KINDS = {*ERRORS, *RAW, "timeout", "drop"}
AFTER_ACCEPT = "_after_accept"


@dataclass(slots=True)
class Fault:
    """What goes wrong at the next ``times`` requests of that method and path."""

    kind: str
    times: int
    path: str
    method: str
    seconds: float
    is_transient: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    sent: dict[str, Any]


@dataclass(slots=True)
class Answer:
    """A status with a body; a body of ``None`` drops the connection instead."""

    status: int
    body: bytes | None
    stall: float = 0.0
    headers: Mapping[str, str] | None = None


def real_time() -> datetime:
    return datetime.now(UTC)


class GraphServer(GraphState):
    """The state, its HTTP face, and what a test lets go wrong."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        super().__init__(now)
        self.requests: list[Seen] = []
        self.crashes: list[str] = []
        self.headers: dict[str, str] = {}
        self.has_date = True
        self.wants_proof = False
        self.released, self.stalled = threading.Event(), threading.Event()
        self._faults: list[Fault] = []
        self._http: _Http | None = None

    def start(self, port: int = 0) -> Self:
        """Listen on loopback; port 0 takes any that is free."""
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.graph = self
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
        is_transient: bool = False,
    ) -> None:
        """Let the next requests whose path contains ``path`` go wrong.

        ``kind`` is one of ``KINDS``; with ``_after_accept`` the request is done all the
        same. ``seconds`` is how long a limit or a stall lasts.
        """
        assert kind.removesuffix(AFTER_ACCEPT) in KINDS, f"unknown fault {kind!r}"
        with self.lock:
            self._faults.append(Fault(kind, times, path, method, seconds, is_transient))

    def answer(self, method: str, url: str, headers: Any, sent: bytes) -> Answer:
        """Answer one request as the API would, or as the fault that waits says."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = _body(headers, sent)
        with self.lock:
            self.requests.append(Seen(method, parts.path, query, body))
            fault = self._fault(method, parts.path)
            is_after = fault is not None and fault.kind.endswith(AFTER_ACCEPT)
            if fault is not None and not is_after:
                return self._broken(fault)
            try:
                bearer = str(headers.get("Authorization", ""))
                made = self._made(method, parts.path, {**query, **body}, bearer)
            except Trouble as trouble:
                return self._error(trouble.status, trouble.code, trouble.subcode)
            if fault is not None:
                return self._broken(fault)
            return Answer(200, json.dumps(made).encode(), headers=self.headers)

    def _made(
        self, method: str, path: str, asked: dict[str, Any], bearer: str
    ) -> object:
        version, _, rest = path.removeprefix("/").partition("/")
        assert version == VERSION, path
        if rest == "debug_token":
            if bearer != f"Bearer {APP_ID}|{APP_SECRET}":
                raise Trouble(400, 190)
            return {"data": self.about_token(asked["input_token"])}
        proof = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256)
        is_signed = asked.pop("appsecret_proof", None) == proof.hexdigest()
        if bearer != f"Bearer {TOKEN}" or (self.wants_proof and not is_signed):
            raise Trouble(400, 190)
        if method == "POST":
            return self.posted(rest, asked)
        return self.shown(rest, asked)

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.path in path and fault.method in {"", method}:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def _broken(self, fault: Fault) -> Answer:
        kind = fault.kind.removesuffix(AFTER_ACCEPT)
        if kind == "timeout":
            return Answer(0, None, stall=fault.seconds)
        if kind == "drop":
            return Answer(0, None)
        if kind in RAW:
            status, raw = RAW[kind]
            return Answer(status, raw)
        answer = self._error(*ERRORS[kind], is_transient=fault.is_transient)
        if kind == "page_limit":
            use = {"type": "pages", "call_count": 100, "total_time": 40}
            use |= {"total_cputime": 35}
            use |= {"estimated_time_to_regain_access": int(fault.seconds // 60)}
            uses = json.dumps({PAGE_ID: [use]})
            answer.headers = {"X-Business-Use-Case-Usage": uses}
        return answer

    def _error(
        self, status: int, code: int, subcode: int = 0, *, is_transient: bool = False
    ) -> Answer:
        error: dict[str, Any] = {
            "message": f"(#{code}) Malformed access token {TOKEN}",
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "AbCdEfGh",
        }
        if subcode:
            error["error_subcode"] = subcode
        if is_transient:
            error["is_transient"] = True
        raw = json.dumps({"error": error}).encode()
        return Answer(status, raw, headers=self.headers)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    graph: GraphServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about; the rest is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            self.graph.crashes.append(traceback.format_exc())


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
        graph = self.server.graph
        if self.path.startswith("/_test/"):
            return self._write(_control(graph, self.path.removeprefix("/_test/"), sent))
        answer = graph.answer(self.command, self.path, self.headers, sent)
        if answer.stall:
            graph.stalled.set()
            graph.released.wait(answer.stall)
        if answer.body is None:
            self.close_connection = True
            return None
        return self._write(answer)

    def _write(self, answer: Answer) -> None:
        raw, graph = answer.body or b"", self.server.graph
        self.send_response_only(answer.status)
        if graph.has_date:
            self.send_header("Date", format_datetime(graph.now(), usegmt=True))
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in (answer.headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


def _body(headers: Any, sent: bytes) -> dict[str, Any]:
    if not sent:
        return {}
    if "json" in str(headers.get("Content-Type")):
        return dict(json.loads(sent))
    return dict(parse_qsl(sent.decode(), keep_blank_values=True))


def _control(graph: GraphServer, called: str, sent: bytes) -> Answer:
    if called == "accepted":
        found: object = [asdict(one) for one in graph.accepted]
    else:
        found = getattr(graph, called)(**json.loads(sent or b"{}"))
    return Answer(200, json.dumps(found).encode())


def main() -> None:
    """Run alone until the process is ended."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    server = GraphServer().start(asked.parse_args().port)
    print(server.base_url, flush=True)  # noqa: T201 - whoever started it reads this
    threading.Event().wait()


if __name__ == "__main__":
    main()
