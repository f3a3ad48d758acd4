"""What the Graph API's errors mean, and what it tells of tokens and limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.facebook import FacebookConnector, FacebookSettings
from bot.domain.replies import OutboundReply
from bot.errors import (
    AccessDenied,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.platforms.graph_server import TOKEN, GraphServer


@pytest.fixture
def reply(server: GraphServer) -> OutboundReply:
    said = server.add_comment(server.add_post("Hello"), "Call me back", "990001")
    return OutboundReply(
        key="R-000001",
        brand="acme",
        conversation=said,
        in_reply_to=said,
        text="Please write to us.",
    )


@pytest.mark.parametrize(
    ("kind", "expected", "words"),
    [
        ("rate_limit", RateLimited, "pause"),
        ("page_limit", RateLimited, "pause"),
        ("unauthorized", AccessDenied, "expired"),
        ("revoked", AccessDenied, "revoked"),
        ("forbidden", AccessDenied, "permission"),
        ("no_permission", AccessDenied, "permission"),
        ("gone", AccessDenied, "api_version"),
        ("blocked", AccessDenied, "blocked"),
        ("server_error", Unavailable, "trouble"),
        ("unknown_error", Unavailable, "trouble"),
        ("html", Unavailable, "trouble"),
    ],
)
def test_an_error_while_reading(
    server: GraphServer,
    page: FacebookConnector,
    kind: str,
    expected: type[Exception],
    words: str,
) -> None:
    server.fail_next(kind)

    with pytest.raises(expected, match=words) as caught:
        page.fetch(None, limit=10)

    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "expected", "words"),
    [
        ("rate_limit", RateLimited, "pause"),
        ("unauthorized", AccessDenied, "expired"),
        ("forbidden", AccessDenied, "permission"),
        ("gone", Refused, "gone"),
        ("too_long", Refused, "fit"),
        ("blocked", Refused, "abuse"),
        ("duplicate", Refused, "already"),
        ("not_taken", Refused, "does not take"),
        ("shut", Refused, "over"),
        ("unreachable", Refused, "cannot be written to"),
        ("server_error", OutcomeUnknown, "all the same"),
        ("unknown_error", OutcomeUnknown, "all the same"),
        ("html", OutcomeUnknown, "all the same"),
        ("not_a_list", OutcomeUnknown, "not known"),
    ],
)
def test_an_error_while_sending(
    server: GraphServer,
    page: FacebookConnector,
    reply: OutboundReply,
    kind: str,
    expected: type[Exception],
    words: str,
) -> None:
    server.fail_next(kind, method="POST")

    with pytest.raises(expected, match=words):
        page.send_reply(reply)


def test_an_error_that_passes_is_a_doubt_whatever_its_number(
    server: GraphServer, page: FacebookConnector, reply: OutboundReply
) -> None:
    server.is_transient = True
    server.fail_next("too_long", method="POST")

    with pytest.raises(OutcomeUnknown):
        page.send_reply(reply)


def test_a_pause_is_as_long_as_the_platform_says(
    server: GraphServer, page: FacebookConnector, clock: Any
) -> None:
    server.pause = 37
    server.fail_next("page_limit")

    with pytest.raises(RateLimited) as caught:
        page.fetch(None, limit=10)

    assert caught.value.retry_at == clock() + timedelta(minutes=37)


def test_a_pause_of_which_nothing_is_said_is_a_quarter_of_an_hour(
    server: GraphServer, page: FacebookConnector, clock: Any
) -> None:
    server.fail_next("rate_limit")

    with pytest.raises(RateLimited) as caught:
        page.fetch(None, limit=10)

    assert caught.value.retry_at == clock() + timedelta(minutes=15)


def test_without_the_platforms_time_a_pause_is_trouble_for_now(
    server: GraphServer, page: FacebookConnector
) -> None:
    server.has_date = False
    server.fail_next("rate_limit")

    with pytest.raises(Unavailable):
        page.fetch(None, limit=10)


def test_requests_are_signed_with_the_apps_secret(
    server: GraphServer, connect: Callable[..., FacebookConnector]
) -> None:
    server.wants_proof = True

    assert connect().check().ok
    assert not connect(app_id="", app_secret=None).check().ok


def test_check_tells_when_the_token_ends(
    server: GraphServer, page: FacebookConnector
) -> None:
    assert page.check().token_expires_at is None

    server.expires_at, server.data_access_expires_at = 1_800_000_000, 1_790_000_000
    health = page.check()

    assert health.token_expires_at == datetime.fromtimestamp(1_790_000_000, UTC)
    assert health.account_handle == "Acme Bank"


def test_check_names_the_permissions_that_the_token_lacks(
    server: GraphServer, connect: Callable[..., FacebookConnector]
) -> None:
    server.scopes.remove("pages_messaging")

    health = connect().check()

    assert not health.ok
    assert "pages_messaging" in health.detail
    assert connect(reads=["feed"]).check().ok


def test_check_says_that_a_token_is_not_valid_any_more(
    server: GraphServer, page: FacebookConnector
) -> None:
    server.is_valid = False

    health = page.check()

    assert not health.ok
    assert "not valid" in health.detail


def test_without_the_apps_secret_nobody_asks_about_the_token(
    server: GraphServer, connect: Callable[..., FacebookConnector]
) -> None:
    assert connect(app_id="", app_secret=None).check().ok
    assert not [one for one in server.requests if "debug_token" in one.path]


def test_check_tells_how_much_of_each_allowance_is_left(
    server: GraphServer, page: FacebookConnector, clock: Any
) -> None:
    app = {"call_count": 28, "total_time": 25, "total_cputime": 31}
    pages = {"type": "pages", "call_count": 100, "total_time": 9, "total_cputime": 2}
    pages["estimated_time_to_regain_access"] = 19
    server.headers = {
        "X-App-Usage": json.dumps(app),
        "X-Business-Use-Case-Usage": json.dumps({"1020304050": [pages]}),
    }

    quotas = {one.unit: one for one in page.check().quotas}

    assert quotas["app, percent"].left == 69
    assert quotas["app, percent"].resets_at is None
    assert quotas["pages, percent"].left == 0
    assert quotas["pages, percent"].resets_at == clock() + timedelta(minutes=19)


@pytest.mark.parametrize("odd", ["", "{", "[]", '{"call_count": "x"}', '{"1": [7]}'])
def test_a_header_that_makes_no_sense_tells_nothing(
    server: GraphServer, page: FacebookConnector, odd: str
) -> None:
    server.headers = {"X-App-Usage": odd, "X-Business-Use-Case-Usage": odd}

    health = page.check()

    assert health.ok
    assert [one for one in health.quotas if one.left < 100] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"page_id": "acmebank"},
        {"access_token": ""},
        {"app_id": "1"},
        {"app_secret": "x"},
        {"api_version": "25"},
        {"reads": []},
        {"reads": ["stories"]},
        {"base_url": "graph.facebook.com"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    usual = {"brand": "acme", "page_id": "1", "access_token": "x"}

    with pytest.raises(ValidationError):
        FacebookSettings.model_validate({**usual, **wrong})
