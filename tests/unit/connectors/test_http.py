from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bot.connectors._http import Answer, Http, status_of
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def connect(httpserver: HTTPServer) -> Iterator[Callable[..., Http]]:
    made: list[Http] = []

    def connect(base_url: str = "", **given: Any) -> Http:
        where = base_url or httpserver.url_for("/")
        made.append(Http("agora", where, **{"timeout": 5.0, **given}))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def http(connect: Callable[..., Http]) -> Http:
    return connect()


def answers(
    server: HTTPServer, status: int, body: bytes = b"{}", **headers: str
) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    server.expect_request("/it").respond_with_data(body, status, named)


def failing(call: Callable[..., Answer]) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call("/it")
    assert caught.value.channel == "agora"
    return caught.value


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_what_was_asked_comes_back_with_its_headers(
    httpserver: HTTPServer, http: Http
) -> None:
    answers(httpserver, 200, b'{"a": "\xc3\xa4"}', etag='"v1"')

    answer = http.read("/it", params={"q": "a&b"}, headers={"X-Key": "k"})

    request, _ = httpserver.log[0]
    assert answer.json() == {"a": "ä"}
    assert answer.headers["ETag"] == '"v1"'
    assert answer.date is not None
    assert request.args["q"] == "a&b"
    assert request.headers["X-Key"] == "k"


def test_a_whole_address_is_taken_as_it_stands(httpserver: HTTPServer) -> None:
    answers(httpserver, 200)
    http = Http("agora", timeout=5)

    assert http.read(httpserver.url_for("/it")).status == 200
    http.close()


def test_what_is_sent_is_sent_once_as_json_or_as_a_form(
    httpserver: HTTPServer, http: Http
) -> None:
    answers(httpserver, 201)

    http.send("/it", json={"text": "hello"})
    http.send("/it", data={"text": "hello"}, method="PUT")

    (first, _), (second, _) = httpserver.log
    assert (first.method, first.json) == ("POST", {"text": "hello"})
    assert (second.method, second.form["text"]) == ("PUT", "hello")


def test_nothing_new_is_an_answer(httpserver: HTTPServer, http: Http) -> None:
    answers(httpserver, 304, b"")

    assert http.read("/it").status == 304


@pytest.mark.parametrize(
    ("status", "reading", "sending"),
    [
        (302, AccessDenied, Refused),
        (400, AccessDenied, Refused),
        (401, AccessDenied, AccessDenied),
        (403, AccessDenied, AccessDenied),
        (404, AccessDenied, Refused),
        (408, Unavailable, OutcomeUnknown),
        (422, AccessDenied, Refused),
        (429, RateLimited, RateLimited),
        (500, Unavailable, OutcomeUnknown),
        (503, Unavailable, OutcomeUnknown),
    ],
)
def test_a_status_becomes_an_error_of_ours_with_its_cause(
    httpserver: HTTPServer, http: Http, status: int, reading: type, sending: type
) -> None:
    answers(httpserver, status, b"secret words")

    for call, ours in ((http.read, reading), (http.send, sending)):
        error = failing(call)

        assert type(error) is ours
        assert error.__cause__ is not None
        assert status_of(error) == status
        assert "secret" not in f"{error} {error.detail} {error.__cause__}"
        assert "127.0.0.1" not in f"{error} {error.detail} {error.__cause__}"


def test_the_platforms_own_words_come_before_its_status(
    httpserver: HTTPServer, connect: Callable[..., Http]
) -> None:
    def judge(answer: Answer) -> ConnectorError | None:
        said = answer.peek().get("error")
        return Refused("agora", "too rude") if said == "rude" else None

    answers(httpserver, 403, b'{"error": "rude"}')

    assert type(failing(connect(judge=judge).send)) is Refused


def test_words_that_cannot_be_read_leave_it_to_the_status(
    httpserver: HTTPServer, connect: Callable[..., Http]
) -> None:
    def judge(answer: Answer) -> ConnectorError | None:
        return Refused("agora", "too rude") if answer.peek() else None

    for body in (b"<html>", b"[" * 100_000, b"[1]", b"\xff"):
        httpserver.clear()
        answers(httpserver, 403, body)

        assert type(failing(connect(judge=judge).send)) is AccessDenied


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ([], timedelta(minutes=1)),
        (["Retry-After: 120"], timedelta(minutes=2)),
        (["Retry-After: Mon, 02 Mar 2026 09:03:00 GMT"], timedelta(minutes=3)),
        (["X-RateLimit-Reset: 2026-03-02T09:05:00.000Z"], timedelta(minutes=5)),
        ([f"RateLimit-Reset: {NOW.timestamp() + 60:.0f}"], timedelta(minutes=1)),
        (["RateLimit-Reset: 30"], timedelta(seconds=30)),
        (["Retry-After: -5"], timedelta(0)),
        (["Retry-After: 999999999999999"], timedelta(minutes=1)),
        (["Retry-After: 99999999999"], timedelta(days=1)),
        (["Retry-After: nan"], timedelta(minutes=1)),
        (["Retry-After: soon", "RateLimit-Reset: 9"], timedelta(seconds=9)),
    ],
)
def test_a_pause_ends_when_the_platform_says_by_its_own_clock(
    headers: list[str], pause: timedelta
) -> None:
    error = refused_with(["Date: Mon, 02 Mar 2026 09:00:00 GMT", *headers])

    assert isinstance(error, RateLimited)
    assert error.retry_at == NOW + pause
    assert error.retry_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ([], Unavailable),
        (["Retry-After: 60"], Unavailable),
        (["RateLimit-Reset: 2026-03-02T09:05:00Z"], RateLimited),
    ],
)
def test_a_length_of_time_means_nothing_without_the_platforms_time(
    headers: list[str], ours: type
) -> None:
    assert type(refused_with(headers)) is ours


def refused_with(headers: list[str]) -> ConnectorError:
    lines = ["HTTP/1.1 429 Too Many Requests", *headers, "Content-Length: 0", "", ""]
    with speaking(["\r\n".join(lines).encode()]) as base_url:
        http = Http("agora", base_url, timeout=5)
        error = failing(http.read)
        http.close()
    return error


def test_where_nobody_listens_nothing_was_sent(
    connect: Callable[..., Http], closed_port: int
) -> None:
    http = connect(f"http://127.0.0.1:{closed_port}")

    for call in (http.read, http.send):
        error = failing(call)

        assert type(error) is Unavailable
        assert status_of(error) == 0
        assert error.__cause__ is not None


@pytest.mark.parametrize("address", ["ftp://agora.example", "http://[", "nowhere"])
def test_what_is_no_address_is_never_in_doubt(
    connect: Callable[..., Http], address: str
) -> None:
    assert type(failing(connect(address).send)) in {Unavailable, AccessDenied}


@pytest.mark.parametrize(
    "raw", [[], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]]
)
def test_a_connection_that_breaks_leaves_what_was_sent_in_doubt(
    raw: list[bytes],
) -> None:
    for verb, ours in (("read", Unavailable), ("send", OutcomeUnknown)):
        with speaking(raw) as base_url:
            http = Http("agora", base_url, timeout=5)

            assert type(failing(getattr(http, verb))) is ours
            http.close()


def test_silence_ends_with_the_time_out(
    httpserver: HTTPServer, connect: Callable[..., Http]
) -> None:
    released = threading.Event()

    def stall(request: Request) -> Response:
        released.wait(30)
        return Response("{}")

    httpserver.expect_request("/it").respond_with_handler(stall)
    http = connect(timeout=0.2)

    assert type(failing(http.read)) is Unavailable
    assert type(failing(http.send)) is OutcomeUnknown
    released.set()


def test_an_answer_that_comes_drop_by_drop_ends_too() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    with speaking([head, *[b"."] * 9999], pause=0.02) as base_url:
        http = Http("agora", base_url, timeout=0.2)
        started = time.perf_counter()

        assert type(failing(http.read)) is Unavailable
        assert time.perf_counter() - started < 30
        http.close()


def test_an_answer_without_end_is_not_read_to_its_end(
    httpserver: HTTPServer, connect: Callable[..., Http]
) -> None:
    answers(httpserver, 200, b"x" * 2000)
    http = connect(most_bytes=1000)

    assert type(failing(http.read)) is BadPayload
    assert type(failing(http.send)) is OutcomeUnknown


def test_what_is_packed_small_counts_by_what_comes_out(
    httpserver: HTTPServer, connect: Callable[..., Http]
) -> None:
    answers(httpserver, 200, gzip.compress(b"x" * 2000), Content_Encoding="gzip")

    assert type(failing(connect(most_bytes=1000).read)) is BadPayload


def test_what_is_packed_wrongly_is_no_answer(
    httpserver: HTTPServer, http: Http
) -> None:
    answers(httpserver, 200, b"no gzip at all", Content_Encoding="gzip")

    assert type(failing(http.read)) is Unavailable
    assert type(failing(http.send)) is OutcomeUnknown


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"7", b"\xff", b"[" * 99_999])
def test_nonsense_is_called_so_or_leaves_us_in_doubt(
    httpserver: HTTPServer, http: Http, body: bytes
) -> None:
    answers(httpserver, 200, body)

    for call, ours in ((http.read, BadPayload), (http.send, OutcomeUnknown)):
        answer = call("/it")
        with pytest.raises(ours) as caught:
            answer.json()
        assert caught.value.__cause__ is not None


def test_looking_into_an_answer_names_nonsense_too(
    httpserver: HTTPServer, http: Http
) -> None:
    answers(httpserver, 200, b'{"a": []}')
    answer = http.send("/it")

    with pytest.raises(OutcomeUnknown), answer.read():
        _ = answer.json()["a"][0]["id"]


def test_nobody_leads_us_elsewhere(
    httpserver: HTTPServer, connect: Callable[..., Http]
) -> None:
    answers(httpserver, 301, Location="/there")
    httpserver.expect_request("/there").respond_with_data("moved")

    assert type(failing(connect().read)) is AccessDenied
    assert type(failing(connect().send)) is Refused
    assert [one.path for one, _ in httpserver.log] == ["/it", "/it"]


def test_no_log_holds_addresses_or_credentials(
    httpserver: HTTPServer,
    connect: Callable[..., Http],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers(httpserver, 200)
    http = connect(headers={"Authorization": "Bearer s3cret"})

    with caplog.at_level(logging.DEBUG):
        http.read("/it", params={"q": "wanted"})

    ours = [one for one in caplog.records if one.name != "werkzeug"]
    assert ours == []


class speaking:  # noqa: N801 - used as a verb
    """A server that says these bytes to whoever asks, and hangs up."""

    def __init__(self, raw: list[bytes], pause: float = 0.0) -> None:
        self._raw, self._pause = raw, pause
        self._door = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._door.close()

    def _serve(self) -> None:
        asked, _ = self._door.accept()
        waiting = threading.Event()
        with asked:
            asked.recv(65536)
            for part in self._raw:
                try:
                    asked.sendall(part)
                except OSError:
                    return
                waiting.wait(self._pause)
