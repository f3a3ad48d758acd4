"""Chat, pagers and SMS gateways: apprise's own requests, to a real server here."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
import structlog
from pytest_httpserver import HTTPServer
from werkzeug import Request

from bot import logs
from bot.clock import stopwatch
from bot.domain.ports import Notice
from bot.notify.apprise import AppriseNotifier, GatewayFailed

SLACK = "slack://T0INVENTED/A0INVENTED/inventedInvented12345678/"
TEAMS = "workflows://prod-1.example.org:443/643e69f83c8944/KXuebbbb/"
PAGERDUTY = "pagerduty://invented-integration-key@invented-api-key/answerable/desk"
OPSGENIE = "opsgenie://8b799edf-6f98-4d3a-9be7-2862fb4e5752/#duty"
TWILIO = f"twilio://AC{'0123456789abcdef' * 2}:{'fedcba98' * 4}@15551234567/15557654321"

CALM = Notice(
    key="clock:7:warned", to="agents", subject="T-000012 Acme: late", body="Look."
)
URGENT = Notice(
    key="ticket:12:called:red:3",
    to="escalation_team",
    subject="T-000012 Kestrel Air: code red, tier 3",
    body="Severity critical. Why, in order:\n- a threat of law (house.severity.V2)",
    is_important=True,
)


@pytest.fixture
def redirected(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """Lead what is meant for the world to this machine; gives whom it was meant for."""
    meant: list[str] = []
    send = requests.adapters.HTTPAdapter.send
    here = urlsplit(httpserver.url_for("/")).netloc

    def lead(self: Any, request: requests.PreparedRequest, **how: Any) -> Any:
        parts = urlsplit(str(request.url))
        meant.append(f"{parts.scheme}://{parts.netloc}{parts.path}")
        request.url = urlunsplit(("http", here, parts.path, parts.query, ""))
        return send(self, request, **how)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lead)
    yield meant
    httpserver.check()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The bot's log at its most talkative, without the test server's own lines."""
    root, saved = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    monkeypatch.setattr(logging.getLogger("werkzeug"), "disabled", True)
    logs.configure("debug", "json", tmp_path / "bot.log")
    logging.getLogger("tests").debug("logging works")
    yield tmp_path / "bot.log"
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**saved)


def written(log: Path) -> str:
    text = log.read_text(encoding="utf-8")
    assert "logging works" in text
    return text


def only(server: HTTPServer) -> Request:
    [(request, _)] = server.log
    return request


def posted(server: HTTPServer) -> Any:
    return json.loads(only(server).get_data())


def test_a_notice_arrives_whole(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/desk").respond_with_data()
    desk = AppriseNotifier("desk", f"json://127.0.0.1:{httpserver.port}/desk")

    desk.send(URGENT)

    told = posted(httpserver)
    assert told["title"] == URGENT.subject
    assert told["message"] == f"For: escalation_team\n\n{URGENT.body}"
    assert told["type"] == "failure"
    assert desk.kind == "JSON"


def test_slack_gets_the_message_and_no_picture_of_a_third_party(
    httpserver: HTTPServer, redirected: list[str]
) -> None:
    httpserver.expect_request(
        "/services/T0INVENTED/A0INVENTED/inventedInvented12345678"
    ).respond_with_data("ok")

    AppriseNotifier("chat", SLACK).send(CALM)

    assert redirected == [
        "https://hooks.slack.com/services/T0INVENTED/A0INVENTED/inventedInvented12345678"
    ]
    told = posted(httpserver)
    [attachment] = told["attachments"]
    assert attachment["title"] == CALM.subject
    assert "Look." in attachment["text"]
    assert b"github" not in only(httpserver).get_data().lower()


def test_the_address_that_slack_itself_shows_works_too() -> None:
    path = "T0INVENTED/A0INVENTED/inventedInvented12345678"

    chat = AppriseNotifier("chat", f"https://hooks.slack.com/services/{path}")

    assert chat.kind == "Slack"


def test_teams_gets_a_card(httpserver: HTTPServer, redirected: list[str]) -> None:
    httpserver.expect_request(
        "/workflows/643e69f83c8944/triggers/manual/paths/invoke"
    ).respond_with_data(status=202)

    AppriseNotifier("teams", TEAMS).send(CALM)

    assert redirected[0].startswith("https://prod-1.example.org")
    assert only(httpserver).args["sig"] == "KXuebbbb"
    card = json.dumps(posted(httpserver))
    assert "AdaptiveCard" in card
    assert CALM.subject in card
    # With its full stop escaped, as Markdown has it.
    assert "Look\\\\." in card


@pytest.mark.parametrize(
    ("notice", "severity"), [(CALM, "warning"), (URGENT, "critical")]
)
def test_pagerduty_opens_an_incident(
    httpserver: HTTPServer, redirected: list[str], notice: Notice, severity: str
) -> None:
    httpserver.expect_request("/v2/enqueue").respond_with_json({}, status=202)

    AppriseNotifier("pager", PAGERDUTY).send(notice)

    assert redirected == ["https://events.pagerduty.com/v2/enqueue"]
    event = posted(httpserver)
    assert event["event_action"] == "trigger"
    assert event["payload"]["severity"] == severity
    assert event["payload"]["summary"].startswith(notice.subject)
    assert event["routing_key"] == "invented-integration-key"


@pytest.mark.parametrize("notice", [CALM, URGENT])
def test_opsgenie_opens_an_alert_whatever_the_notice(
    httpserver: HTTPServer, redirected: list[str], notice: Notice
) -> None:
    httpserver.expect_request("/v2/alerts").respond_with_json(
        {"requestId": "r"}, status=202
    )

    AppriseNotifier("duty", OPSGENIE).send(notice)

    assert redirected == ["https://api.opsgenie.com/v2/alerts"]
    alert = posted(httpserver)
    assert alert["message"] == notice.subject
    assert alert["responders"] == [{"type": "team", "name": "duty"}]


def test_an_sms_is_one_message_that_begins_with_the_subject(
    httpserver: HTTPServer, redirected: list[str]
) -> None:
    sms = AppriseNotifier("sms", TWILIO)
    httpserver.expect_request(
        f"/2010-04-01/Accounts/AC{'0123456789abcdef' * 2}/Messages.json"
    ).respond_with_json({}, status=201)

    sms.send(Notice(key="k", to="agents", subject=URGENT.subject, body="word " * 200))

    assert redirected[0].startswith("https://api.twilio.com/")
    form = only(httpserver).form
    assert form["To"] == "+15557654321"
    assert form["Body"].startswith(URGENT.subject)
    assert len(form["Body"]) <= 160


def test_messages_follow_each_other_without_a_pause(
    httpserver: HTTPServer, redirected: list[str]
) -> None:
    httpserver.expect_request("/v2/enqueue").respond_with_json({}, status=202)
    pager = AppriseNotifier("pager", PAGERDUTY)

    started = stopwatch()
    for number in range(3):
        pager.send(Notice(key=f"k{number}", to="agents", subject="s", body="b"))

    # Of its own accord apprise would let 5.5 seconds pass between two.
    assert len(httpserver.log) == 3
    assert stopwatch() - started < 5.5


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_a_service_that_refuses_is_a_failed_message_with_its_answer(
    httpserver: HTTPServer, redirected: list[str], status: int
) -> None:
    httpserver.expect_request("/v2/enqueue").respond_with_data(
        "invented-api-key", status=status
    )

    with pytest.raises(GatewayFailed, match=r"check notify\.ways\.pager") as failed:
        AppriseNotifier("pager", PAGERDUTY).send(URGENT)

    assert failed.value.detail == f"HTTP {status}"
    assert "Pager Duty did not take the message" in failed.value.shown


def test_an_address_that_calls_failures_good_is_not_believed(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_request("/desk").respond_with_data(status=500)
    url = f"json://127.0.0.1:{httpserver.port}/desk?optional=yes"

    with pytest.raises(GatewayFailed):
        AppriseNotifier("desk", url).send(CALM)


def test_a_service_that_is_not_there_is_a_failed_message() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(GatewayFailed) as failed:
            AppriseNotifier("desk", f"json://127.0.0.1:{port}/hunter2").send(CALM)

    assert failed.value.detail == "no answer"


def test_a_service_that_says_nothing_does_not_hold_us_for_long() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"json://127.0.0.1:{silent.getsockname()[1]}/?rto=0.2"

        with pytest.raises(GatewayFailed) as failed:
            AppriseNotifier("desk", url).send(CALM)

    assert failed.value.detail == "no answer"


@pytest.mark.parametrize(
    "url", ["", "hunter2", "foo://hunter2", "slack://hunter2", "pagerduty://hunter2"]
)
def test_an_address_that_is_none_is_refused_unseen(
    log: Path, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="apprise knows no such address") as refusal:
        AppriseNotifier("chat", url)

    out, err = capfd.readouterr()
    assert "hunter2" not in str(refusal.value) + written(log) + out + err


def test_no_secret_reaches_the_log_at_its_most_talkative(
    httpserver: HTTPServer,
    redirected: list[str],
    log: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    secret = "inventedInvented12345678"
    httpserver.expect_request(
        f"/services/T0INVENTED/A0INVENTED/{secret}"
    ).respond_with_data(secret, status=500)

    with pytest.raises(GatewayFailed) as failed:
        AppriseNotifier("chat", SLACK).send(CALM)

    out, err = capfd.readouterr()
    assert failed.value.detail == "HTTP 500"
    assert secret not in written(log) + out + err + failed.value.shown


def test_an_answer_with_broken_headers_shows_no_address_either(log: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65_536)
                client.sendall(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
                # What is left unread at the end resets the connection: take all of it.
                while client.recv(65_536):
                    pass

        one = threading.Thread(target=answer)
        one.start()
        port = server.getsockname()[1]
        AppriseNotifier("desk", f"json://127.0.0.1:{port}/hunter2").send(CALM)
        one.join()

    assert "hunter2" not in written(log)
