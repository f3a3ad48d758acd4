from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.replies import OutboundReply
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.platforms.mastodon_server import HANDLE, TOKEN

HASTY = {"timeout": 0.3}
"""Only for where the server will be silent: a pause of the machine looks the same."""

FIVE = timedelta(minutes=5)


def a_reply(server: Any, text: str = "We are sorry.", **more: Any) -> OutboundReply:
    status = server.add_status(f"@{HANDLE} nobody answers", **more)
    return OutboundReply(
        key="R-000001",
        brand="acme",
        conversation=status.id,
        in_reply_to=status.id,
        text=text,
        author=status.author,
        language="en",
    )


@pytest.mark.parametrize("kind", ["mastodon"])
@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("unauthorized", AccessDenied, "renew it"),
        ("hidden", AccessDenied, "hides it"),
        ("gone", AccessDenied, "Gone"),
        ("forbidden", AccessDenied, "scopes"),
        ("html_denied", AccessDenied, "HTTP 403"),
        ("bad_request", AccessDenied, "Bad request"),
        ("unprocessable", AccessDenied, "Validation"),
        ("moved", AccessDenied, "https://new.example"),
        ("redirect", AccessDenied, "https://new.example"),
        ("see_other", AccessDenied, "correct base_url"),
        ("server_error", Unavailable, "500"),
        ("html_error", Unavailable, "502"),
        ("deep_error", Unavailable, "500"),
        ("timeout", Unavailable, "tried again later"),
        ("drop", Unavailable, "tried again later"),
        ("malformed", BadPayload, "no sense"),
        ("html", BadPayload, "is base_url"),
        ("deep", BadPayload, "no sense"),
        ("empty", BadPayload, "no sense"),
        ("not_an_object", BadPayload, "list"),
        ("rate_limit", RateLimited, "pause"),
        ("bare_rate_limit", RateLimited, "pause"),
        ("dateless_rate_limit", Unavailable, "pause"),
    ],
)
def test_a_failed_reading_says_what_to_do(
    server: Any,
    connect: Any,
    fault: str,
    error: type[ConnectorError],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    mastodon = connect(**(HASTY if fault == "timeout" else {}))
    server.fail_next(fault, path="/statuses")

    with pytest.raises(ConnectorError) as caught:
        mastodon.fetch(None, limit=40)

    assert type(caught.value) is error
    assert words in str(caught.value)
    assert TOKEN not in f"{caught.value} {caught.value.detail}"
    assert naps == []


@pytest.mark.parametrize("kind", ["mastodon"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("unauthorized", AccessDenied),
        ("forbidden", AccessDenied),
        ("moved_for_good", AccessDenied),
        ("redirect", AccessDenied),
        ("hidden", Refused),
        ("gone", Refused),
        ("bad_request", Refused),
        ("unprocessable", Refused),
        ("rate_limit", RateLimited),
        ("bare_rate_limit", RateLimited),
        ("dateless_rate_limit", Unavailable),
        ("see_other", OutcomeUnknown),
        ("server_error", OutcomeUnknown),
        ("html_error", OutcomeUnknown),
        ("html", OutcomeUnknown),
        ("deep", OutcomeUnknown),
        ("empty", OutcomeUnknown),
        ("timeout", OutcomeUnknown),
        ("drop", OutcomeUnknown),
        ("timeout_after_accept", OutcomeUnknown),
        ("error_after_accept", OutcomeUnknown),
        ("drop_after_accept", OutcomeUnknown),
        ("not_an_object_after_accept", OutcomeUnknown),
    ],
)
def test_a_failed_reply_is_refused_or_in_doubt_and_never_doubled(
    server: Any, connect: Any, fault: str, error: type[ConnectorError]
) -> None:
    will_be_silent = fault.startswith("timeout")
    mastodon = connect(**(HASTY if will_be_silent else {}))
    reply = a_reply(server)
    server.fail_next(fault, method="POST")

    with pytest.raises(ConnectorError) as caught:
        mastodon.send_reply(reply)

    assert type(caught.value) is error
    assert not will_be_silent or server.stalled.wait(60), "it never arrived"
    was_taken = fault.endswith("after_accept")
    assert len(server.accepted) == int(was_taken)
    patient = connect()
    assert (patient.find_reply(reply) is not None) == was_taken
    patient.send_reply(reply)
    assert len(server.replies_to(reply.in_reply_to)) == 1


def test_a_pause_ends_when_the_server_says(
    server: Any, clock: Any, mastodon: Any
) -> None:
    server.fail_next("rate_limit", seconds=420)

    with pytest.raises(RateLimited) as caught:
        mastodon.fetch(None, limit=40)

    assert caught.value.retry_at == clock() + timedelta(seconds=420)


def test_a_pause_of_unknown_length_is_one_of_mastodons_windows(
    server: Any, clock: Any, mastodon: Any
) -> None:
    server.fail_next("bare_rate_limit", headers={"X-RateLimit-Reset": "soon"})

    with pytest.raises(RateLimited) as caught:
        mastodon.fetch(None, limit=40)

    assert caught.value.retry_at == clock() + FIVE


def test_a_wrong_token_is_said_whether_it_is_refused_or_ignored(
    connect: Any, kind: str
) -> None:
    mastodon = connect(access_token="another")

    health = mastodon.check()
    with pytest.raises(AccessDenied):
        mastodon.fetch(None, limit=40)

    assert not health.ok
    assert ("access_token" in health.detail) == (kind != "mastodon")


def test_a_token_that_ended_makes_nothing_a_removal(
    server: Any, clock: Any, connect: Any
) -> None:
    said = server.add_status(f"@{HANDLE} hello").id

    with pytest.raises(AccessDenied):
        connect(access_token="another").find_removed([said])
    with pytest.raises(AccessDenied):
        connect(access_token="another").find_reply(a_reply(server))


@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_redirect_takes_the_token_nowhere(server: Any, connect: Any) -> None:
    there = f"{server.base_url}/api/v1/elsewhere"
    server.fail_next("redirect", headers={"Location": there})

    health = connect().check()

    assert not health.ok
    assert [one.path for one in server.requests] == [
        "/api/v1/accounts/verify_credentials"
    ]


@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_server_that_is_not_there_has_taken_nothing(
    server: Any, connect: Any
) -> None:
    reply = a_reply(server)
    mastodon = connect(base_url="http://127.0.0.1:9")

    with pytest.raises(Unavailable):
        mastodon.send_reply(reply)


@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_notice_that_an_address_is_old_warns_nobody(
    server: Any, mastodon: Any
) -> None:
    # Warnings are errors here.
    server.add_status(f"@{HANDLE} hello")
    answer = server.answer

    def dated(*asked: Any) -> Any:
        given = answer(*asked)
        given.headers["Deprecation"] = "@1700000000"
        return given

    server.answer = dated

    assert mastodon.check().ok
