"""Signed webhooks, to a real HTTP server on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bot.domain.ports import Notice
from bot.notify.webhook import (
    Receiver,
    WebhookFailed,
    WebhookNotifier,
    key_of,
    signature,
)
from bot.testing import ManualClock

KEY = bytes(range(32))
NOTICE = Notice(
    key="ticket:12:called:red:3",
    to="escalation_team",
    subject="T-000012 Kestrel Air: code red, tier 3",
    body="Severity critical. ✈",
    is_important=True,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def webhook(url: str, clock: ManualClock, timeout: float = 20.0) -> WebhookNotifier:
    return WebhookNotifier("desk", Receiver(url=url, key=KEY, timeout=timeout), clock)


def received(server: HTTPServer) -> list[Request]:
    return [request for request, _ in server.log]


def verified(request: Request) -> bool:
    """Do as a receiver does: sign what came with the same key, and compare."""
    headers = request.headers
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}."
    mac = hmac.new(KEY, said.encode() + request.get_data(), hashlib.sha256).digest()
    return headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"


def test_a_signature_is_the_one_that_the_standard_publishes() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    signed = signature(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "hunter2", "whsec_c2hvcnQ=", f"whsec_{'A' * 88}", "whsec_!!!!"],
)
def test_a_secret_that_is_none_is_refused_unseen(secret: str) -> None:
    with pytest.raises(ValueError, match="24 to 64 random bytes") as refusal:
        key_of(secret)

    assert not secret or secret == "whsec_" or secret not in str(refusal.value)


def test_a_notice_arrives_whole_and_signed(
    httpserver: HTTPServer, clock: ManualClock
) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data(status=204)

    webhook(httpserver.url_for("/hook"), clock).send(NOTICE)

    [request] = received(httpserver)
    assert verified(request)
    assert request.headers["content-type"] == "application/json"
    at = int(request.headers["webhook-timestamp"])
    assert datetime.fromtimestamp(at, UTC) == clock.now()
    assert json.loads(request.get_data()) == {
        "type": "notice",
        "timestamp": clock.now().isoformat(),
        "data": {
            "key": "ticket:12:called:red:3",
            "to": "escalation_team",
            "subject": "T-000012 Kestrel Air: code red, tier 3",
            "body": "Severity critical. ✈",
            "ticket_id": None,
            "important": True,
        },
    }


def test_what_a_trigger_says_arrives_as_facts_too(
    httpserver: HTTPServer, clock: ManualClock
) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data(status=204)
    facts = {"trigger": "T1", "ticket": "T-000012", "code": "red"}

    webhook(httpserver.url_for("/hook"), clock).send(replace(NOTICE, facts=facts))

    [request] = received(httpserver)
    told = json.loads(request.get_data())
    assert verified(request)
    assert (told["type"], told["data"]["facts"]) == ("trigger", facts)


def test_a_second_try_has_the_same_id_and_a_time_of_its_own(
    httpserver: HTTPServer, clock: ManualClock
) -> None:
    httpserver.expect_request("/hook").respond_with_data()
    hook = webhook(httpserver.url_for("/hook"), clock)

    hook.send(NOTICE)
    clock.advance(minutes=15)
    hook.send(NOTICE)

    first, second = received(httpserver)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert verified(second)


def test_another_notice_has_another_id(
    httpserver: HTTPServer, clock: ManualClock
) -> None:
    httpserver.expect_request("/hook").respond_with_data()
    hook = webhook(httpserver.url_for("/hook"), clock)

    hook.send(NOTICE)
    hook.send(Notice(key="k.2", to="agents", subject="s", body="b"))

    first, second = (one.headers["webhook-id"] for one in received(httpserver))
    assert first != second
    assert "." not in first + second


@pytest.mark.parametrize("status", [302, 400, 401, 410, 429, 500])
def test_any_answer_but_a_good_one_is_a_failed_message(
    httpserver: HTTPServer, clock: ManualClock, status: int
) -> None:
    there = httpserver.url_for("/elsewhere")
    httpserver.expect_request("/hook").respond_with_data(
        status=status, headers={"location": there}
    )

    with pytest.raises(WebhookFailed, match=r"check notify\.ways\.desk") as failed:
        webhook(httpserver.url_for("/hook"), clock).send(NOTICE)

    assert failed.value.detail == f"HTTP {status}"
    assert len(received(httpserver)) == 1


def test_a_receiver_that_is_not_there_is_a_failed_message_without_its_address(
    clock: ManualClock,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(WebhookFailed) as failed:
            webhook(f"http://127.0.0.1:{port}/hook?key=hunter2", clock).send(NOTICE)

    assert failed.value.detail == "ConnectionError"
    assert failed.value.__cause__ is None
    assert "hunter2" not in failed.value.shown + failed.value.detail


def test_a_receiver_that_says_nothing_does_not_hold_us_for_long(
    clock: ManualClock,
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        with pytest.raises(WebhookFailed) as failed:
            webhook(url, clock, timeout=0.2).send(NOTICE)

    assert failed.value.detail == "ReadTimeout"


def test_an_answer_without_end_is_not_read(
    httpserver: HTTPServer, clock: ManualClock
) -> None:
    def endless(_request: Request) -> Response:
        return Response(iter(lambda: b"x" * 65_536, None), status=200)

    httpserver.expect_request("/hook").respond_with_handler(endless)

    webhook(httpserver.url_for("/hook"), clock).send(NOTICE)


def test_half_a_surrogate_pair_arrives_as_its_escape(
    httpserver: HTTPServer, clock: ManualClock
) -> None:
    httpserver.expect_request("/hook").respond_with_data()

    webhook(httpserver.url_for("/hook"), clock).send(
        Notice(key="k", to="agents", subject="s", body="\ud83d")
    )

    assert b"\\ud83d" in received(httpserver)[0].get_data()
