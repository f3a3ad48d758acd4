"""The heartbeat, to a real web server on this machine."""

from __future__ import annotations

import socket

import pytest
from pytest_httpserver import HTTPServer

from bot.notify.heartbeat import HeartbeatFailed, HttpHeartbeat

PATIENCE = 10.0
KEY = "5f3e-secret"


def test_it_asks_for_the_address_once(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request(f"/{KEY}", method="GET").respond_with_data("OK")

    HttpHeartbeat(httpserver.url_for(f"/{KEY}"), PATIENCE).beat()

    httpserver.check()
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_answer_that_is_no_success_was_heard_by_nobody(
    httpserver: HTTPServer, status: int
) -> None:
    httpserver.expect_request(f"/{KEY}").respond_with_data("no", status=status)

    with pytest.raises(HeartbeatFailed) as failed:
        HttpHeartbeat(httpserver.url_for(f"/{KEY}"), PATIENCE).beat()

    assert failed.value.detail == f"HTTPError {status}"
    assert KEY not in f"{failed.value} {failed.value.detail}"


def test_where_nobody_listens_the_address_stays_a_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(HeartbeatFailed) as failed:
        HttpHeartbeat(f"http://127.0.0.1:{port}/{KEY}", PATIENCE).beat()

    assert failed.value.detail == "ConnectionError"
    assert KEY not in str(failed.value)
    assert failed.value.__cause__ is None


def test_one_that_does_not_answer_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(HeartbeatFailed) as failed:
            HttpHeartbeat(f"http://127.0.0.1:{port}/{KEY}", 0.1).beat()

    assert failed.value.detail == "ReadTimeout"
