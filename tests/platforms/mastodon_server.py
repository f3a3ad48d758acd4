"""A small Mastodon on loopback: the API that the connector uses, with state and faults.

Written from Mastodon's public documentation. A path with a slash at its end is sent on
to itself without an end, as some servers do.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from bot.connectors._mastodon_client import length_of
from tests.platforms.mastodon_state import (
    HANDLE,
    TOKEN,
    Kind,
    MastodonState,
    Status,
    stamp,
)

__all__ = ["HANDLE", "TOKEN", "MastodonServer", "Status"]

STALL_SECONDS = 30.0
MOST_CHARACTERS = 500
LIMITS = {"/api/v1/notifications": 80}
SAYS_NO: Mapping[str, tuple[int, str]] = {
    "rate_limit": (429, "Too many requests"),
    "bare_rate_limit": (429, "Throttled"),
    "dateless_rate_limit": (429, "Throttled"),
    "unauthorized": (401, "The access token is invalid"),
    "hidden": (404, "Not found"),
    "gone": (410, "Gone"),
    "forbidden": (403, "This action is outside the authorized scopes"),
    "unprocessable": (422, "Validation failed: Text can't be blank"),
    "bad_request": (400, "Bad request"),
    "server_error": (500, "An unexpected error occurred"),
    "error": (503, "Remote data could not be fetched"),
}
RAW: Mapping[str, tuple[int, bytes]] = {
    "malformed": (200, b'[{"id": "1", '),
    "not_an_object": (200, b'"nonsense"'),
    "html": (200, b"<!DOCTYPE html><title>Welcome</title>"),
    "html_error": (502, b"<html><h1>502 Bad Gateway</h1></html>"),
    "html_denied": (403, b"<html><h1>Forbidden</h1></html>"),
    "deep": (200, b"[" * 200_000),
    "deep_error": (500, b"[" * 200_000),
    "empty": (200, b""),
}
MOVED = {"moved": 301, "see_other": 303, "redirect": 307, "moved_for_good": 308}


@dataclass(slots=True)
class Fault:
    kind: str
    times: int
    path: str
    method: str
    seconds: float
    headers: dict[str, str]


@dataclass(slots=True)
class Answer:
    """A status with a body; status 0 drops the connection instead."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    stall: float = 0.0


class Problem(Exception):
    """An answer that says no."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(status)
        self.answer = Answer(status, {"error": error})


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    sent: dict[str, list[str]]
    headers: dict[str, str]


def real_time() -> datetime:
    return datetime.now(UTC)


class MastodonServer(MastodonState):
    """The state, its HTTP face, and what a test lets go wrong."""

    def __init__(
        self, *, kind: Kind = "mastodon", now: Callable[[], datetime] = real_time
    ) -> None:
        super().__init__(kind=kind, now=now)
        self.requests: list[Seen] = []
        self.crashes: list[str] = []
        self.tells_limits = True
        self.stalled, self._released = threading.Event(), threading.Event()
        self._faults: list[Fault] = []
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.mastodon = self
        threading.Thread(target=self._http.serve_forever, args=(0.02,)).start()

    def stop(self) -> None:
        """Let stalled answers go and close the door."""
        self._released.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
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

        With ``_after_accept`` a status is taken first. ``seconds`` is how long a limit
        or a stall lasts.
        """
        plain = kind.removesuffix("_after_accept")
        known = {*SAYS_NO, *RAW, *MOVED, "timeout", "drop"}
        assert plain in known, f"unknown fault {kind!r}"
        fault = Fault(kind, times, path, method, seconds, dict(headers or {}))
        self._faults.append(fault)

    def wait(self, seconds: float) -> None:
        """Keep somebody waiting who asked, until then or until the end."""
        self.stalled.set()
        self._released.wait(seconds)

    def answer(
        self, method: str, url: str, headers: Mapping[str, str], sent: bytes
    ) -> Answer:
        """Answer one request as the server would, or as the fault for it says."""
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True)
        form = parse_qs(sent.decode(), keep_blank_values=True)
        with self.lock:
            told = {name.lower(): value for name, value in headers.items()}
            self.requests.append(Seen(method, parts.path, query, form, told))
            fault = self._fault(method, parts.path)
            if fault and not fault.kind.endswith("_after_accept"):
                return self._broken(fault)
            try:
                answer = self._served(method, parts.path, query, form, told)
            except Problem as problem:
                answer = problem.answer
            if self.tells_limits:
                answer.headers |= self._limits(299, 300)
            return self._broken(fault) if fault else answer

    # --- what goes wrong

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.path in path and fault.method in {"", method}:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def _broken(self, fault: Fault) -> Answer:
        kind = fault.kind.removesuffix("_after_accept")
        if kind in RAW:
            status, raw = RAW[kind]
            return Answer(status, raw=raw, headers=fault.headers)
        if kind in {"drop", "timeout"}:
            return Answer(0, stall=fault.seconds if kind == "timeout" else 0)
        if kind in MOVED:
            there = {"Location": "https://new.example/api/v1/x", **fault.headers}
            return Answer(MOVED[kind], {}, there)
        status, error = SAYS_NO[kind]
        answer = Answer(status, {"error": error}, dict(fault.headers))
        if kind == "rate_limit":
            answer.headers |= self._limits(0, fault.seconds)
        if kind == "dateless_rate_limit":
            answer.headers["Date"] = ""
        return answer

    def _limits(self, left: int, seconds: float) -> dict[str, str]:
        end = self.now() + timedelta(seconds=seconds)
        reset = stamp(end)
        if self.kind == "gotosocial":
            reset = str(int(end.timestamp()))
        return {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": reset,
        }

    # --- what is served

    def _served(
        self,
        method: str,
        path: str,
        query: dict[str, list[str]],
        form: dict[str, list[str]],
        headers: Mapping[str, str],
    ) -> Answer:
        if path.endswith("/"):
            return Answer(307, {}, {"Location": path})
        if re.fullmatch(r"/api/v[12]/instance", path):
            return self._instance(path)
        if headers.get("authorization") != f"Bearer {TOKEN}":
            # Some hide what a stranger may not see.
            status = 401 if self.kind == "mastodon" else 404
            raise Problem(status, "The access token is invalid")
        if (method, path) == ("POST", "/api/v1/statuses"):
            return self._create(form, headers.get("idempotency-key", ""))
        if found := re.fullmatch(r"/api/v1/statuses/(\w+)", path):
            asked = self._status(found[1])
            if method == "DELETE":
                self.delete_status(asked.id)
            return Answer(200, self.status_json(asked))
        if method != "GET":
            raise Problem(404, "Not Found")
        return self._read(path, query)

    def _read(self, path: str, query: dict[str, list[str]]) -> Answer:
        plain = {
            "/api/v1/accounts/verify_credentials": self._whoami,
            "/api/v1/notifications": self._notifications,
            "/api/v1/statuses": self._many,
            "/api/v2/search": self._search,
        }
        if path in plain:
            return plain[path](query)
        if found := re.fullmatch(r"/api/v1/statuses/(\w+)/context", path):
            return Answer(200, self._context(self._status(found[1])))
        found = re.fullmatch(r"/api/v1/accounts/(\w+)", path)
        if found and found[1] in self.people:
            return Answer(200, self.account_json(self.people[found[1]]))
        if found := re.fullmatch(r"/api/v1/accounts/(\w+)/statuses", path):
            theirs = [one for one in self._listed() if one.author == found[1]]
            if query.get("exclude_reblogs"):
                theirs = [one for one in theirs if not one.boost_of]
            return self._paged(theirs, path, query)
        if found := re.fullmatch(r"/api/v1/timelines/tag/([^/]+)", path):
            tag = f"#{unquote(found[1])}".casefold()
            about = [one for one in self._open() if tag in one.text.casefold().split()]
            return self._paged(about, path, query)
        raise Problem(404, "Not Found")

    def _instance(self, path: str) -> Answer:
        if self.kind == "pleroma":
            if "v2" in path:
                raise Problem(404, "Not Found")
            return Answer(200, {"version": "2.7.2", "max_toot_chars": 5_000})
        statuses = {"max_characters": MOST_CHARACTERS}
        if self.kind == "gotosocial":
            statuses = {"max_characters": 5_000}
        return Answer(200, {"configuration": {"statuses": statuses}})

    def _listed(self) -> list[Status]:
        """Everything, newest first."""
        return sorted(self.statuses.values(), key=lambda one: _key(one.id))[::-1]

    def _open(self) -> list[Status]:
        return [one for one in self._listed() if one.visibility == "public"]

    def _status(self, status_id: str) -> Status:
        if status_id in self.gone and self.kind == "pleroma":
            raise Problem(410, "Gone")
        if status_id not in self.statuses:
            raise Problem(404, "Record not found")
        return self.statuses[status_id]

    def _context(self, status: Status) -> dict[str, Any]:
        above: list[Status] = []
        parent = self.statuses.get(status.reply_to)
        while parent:
            above = [parent, *above]
            parent = self.statuses.get(parent.reply_to)
        below = list(self.replies_to(status.id))
        for one in below:  # it grows while it is read
            below += self.replies_to(one.id)
        return {
            "ancestors": [self.status_json(one) for one in above],
            "descendants": [self.status_json(one) for one in below],
        }

    def _whoami(self, query: dict[str, list[str]]) -> Answer:
        own = {
            "source": {
                "note": "Nobody & everybody",
                "fields": [],
                "privacy": "public",
                "sensitive": False,
                "language": "en",
                "quote_policy": "public",
                "follow_requests_count": 0,
                "attribution_domains": [],
                "hide_collections": None,
                "discoverable": True,
                "indexable": True,
            },
            "role": {
                "id": "-99",
                "name": "",
                "color": "",
                "permissions": "65536",
                "highlighted": False,
                "collection_limit": 10,
            },
        }
        return Answer(200, {**self.account_json(self.us), **own})

    def _many(self, query: dict[str, list[str]]) -> Answer:
        if not self.looks_up_many:
            raise Problem(404, "Not Found")
        known = [self.statuses.get(one) for one in query.get("id[]", [])[:20]]
        return Answer(200, [self.status_json(one) for one in known if one])

    def _notifications(self, query: dict[str, list[str]]) -> Answer:
        wanted = query.get("types[]", []) if "types[]" in self.heeds else []
        found = [
            {
                "id": number,
                "type": kind,
                "created_at": stamp(at),
                "group_key": f"ungrouped-{number}",
                "account": self.account_json(
                    self.people[self.statuses[status_id].author]
                ),
                "status": self.status_json(self.statuses[status_id]),
            }
            for number, kind, status_id, at in reversed(self.notifications)
            if not wanted or kind in wanted
        ]
        return self._page(found, "/api/v1/notifications", query)

    def _search(self, query: dict[str, list[str]]) -> Answer:
        if not self.searches:
            raise Problem(404, "Not Found")
        words = query.get("q", [""])[0].casefold()
        found = [one for one in self._open() if words in one.text.casefold()]
        size = min(int(query.get("limit", ["20"])[0]), 40)
        start = int(query.get("offset", ["0"])[0]) if "offset" in self.heeds else 0
        shown = [self.status_json(one) for one in found[start : start + size]]
        return Answer(200, {"accounts": [], "statuses": shown, "hashtags": []})

    def _paged(
        self, found: Sequence[Status], path: str, query: dict[str, list[str]]
    ) -> Answer:
        return self._page([self.status_json(one) for one in found], path, query)

    def _page(
        self, found: list[dict[str, Any]], path: str, query: dict[str, list[str]]
    ) -> Answer:
        """Cut a page out of a list that is newest first, and name the next one."""
        size = int(query.get("limit", ["20"])[0])
        if not 1 <= size <= LIMITS.get(path, 40):
            raise Problem(422, f"limit={size} is out of bounds")
        told = {name: one[0] for name, one in query.items() if name in self.heeds}
        if "max_id" in told:
            found = [one for one in found if _key(one["id"]) < _key(told["max_id"])]
        for name in ("since_id", "min_id"):
            if name in told:
                found = [one for one in found if _key(one["id"]) > _key(told[name])]
        page = found[-size:] if "min_id" in told else found[:size]
        if not page or not self.names_next:
            return Answer(200, page)
        links = []
        if len(page) == size or self.kind == "gotosocial":
            older = urlencode({"limit": size, "max_id": page[-1]["id"]})
            links.append(f'<https://odd.example{path}?{older}>; rel="next"')
        newer = urlencode({"limit": size, "min_id": page[0]["id"]})
        links.append(f'<https://odd.example{path}?{newer}>; rel="prev"')
        return Answer(200, page, {"Link": ", ".join(links)})

    def _create(self, form: dict[str, list[str]], key: str) -> Answer:
        text = form.get("status", [""])[0]
        under = form.get("in_reply_to_id", [""])[0]
        for known in self.accepted:
            if key and known.key == key and known.id in self.statuses:
                return Answer(200, self.status_json(known))
        most = MOST_CHARACTERS if self.kind == "mastodon" else 5_000
        if not text.strip() or length_of(text) > most:
            raise Problem(422, f"Validation failed: Text character limit of {most}")
        if under and under not in self.statuses:
            raise Problem(404, "The post you are trying to reply to does not exist")
        status = self.add_status(
            text,
            HANDLE,
            reply_to=under,
            visibility=form.get("visibility", ["public"])[0],
            language=form.get("language", [None])[0],
            key=key,
        )
        self.accepted.append(status)
        return Answer(200, self.status_json(status))


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    mastodon: MastodonServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about; the rest is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            self.mastodon.crashes.append(traceback.format_exc())


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
        mastodon = self.server.mastodon
        answer = mastodon.answer(self.command, self.path, dict(self.headers), sent)
        if answer.stall:
            mastodon.wait(answer.stall)
        if not answer.status:
            self.close_connection = True
            return
        raw = answer.raw
        if raw is None:
            raw = json.dumps(answer.body).encode()
        date = format_datetime(mastodon.now().astimezone(UTC), usegmt=True)
        headers = {"Date": date, "Content-Type": "application/json", **answer.headers}
        self.send_response_only(answer.status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def _key(status_id: str) -> tuple[int, str]:
    return len(status_id), status_id
