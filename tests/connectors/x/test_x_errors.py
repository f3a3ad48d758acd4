from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import tweepy

from bot.errors import (
    AccessDenied,
    BadPayload,
    BudgetSpent,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.connectors.x.test_x_replies import a_reply
from tests.platforms.x_server import HANDLE

HASTY = {"timeout": 0.3}
"""Only for where X will be silent: a pause of the machine looks the same."""

NEXT_MONTH = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("unauthorized", AccessDenied, "renew it"),
        ("forbidden", AccessDenied, "forbids"),
        ("not_enrolled", AccessDenied, "access tier"),
        ("unknown_account", AccessDenied, "our account"),
        ("server_error", Unavailable, "500"),
        ("html", Unavailable, "502"),
        ("timeout", Unavailable, "tried again later"),
        ("drop", Unavailable, "tried again later"),
        ("malformed", BadPayload, "no sense"),
        ("not_an_object", BadPayload, "object"),
        ("rate_limit", RateLimited, "pause"),
        ("usage_cap", BudgetSpent, "2026-04-01"),
        ("credits", BudgetSpent, "2026-04-01"),
    ],
)
def test_a_failed_reading_says_what_to_do(
    server: Any, connect: Any, fault: str, kind: type[ConnectorError], words: str
) -> None:
    x = connect(**(HASTY if fault == "timeout" else {}))
    server.fail_next(fault)

    with pytest.raises(ConnectorError) as caught:
        x.fetch(None, limit=100)

    assert type(caught.value).__mro__[:2].count(kind) == 1
    assert words in str(caught.value)
    assert str(caught.value).startswith("x: ")


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("unauthorized", AccessDenied, "renew it"),
        ("not_enrolled", AccessDenied, "access tier"),
        ("oauth1_permissions", AccessDenied, "oauth1"),
        ("duplicate", Refused, "duplicate content"),
        ("not_permitted", Refused, "not allowed"),
        ("forbidden", Refused, "refused"),
        ("rate_limit", RateLimited, "pause"),
        ("daily_limit", RateLimited, "pause"),
        ("usage_cap", BudgetSpent, "quota"),
        ("credits", BudgetSpent, "credits"),
        ("server_error", OutcomeUnknown, "did not say"),
        ("timeout", OutcomeUnknown, "did not say"),
        ("drop", OutcomeUnknown, "did not say"),
        ("timeout_after_accept", OutcomeUnknown, "did not say"),
        ("error_after_accept", OutcomeUnknown, "did not say"),
        ("drop_after_accept", OutcomeUnknown, "did not say"),
        ("malformed_after_accept", OutcomeUnknown, "did not say"),
        ("not_an_object", OutcomeUnknown, "did not say"),
    ],
)
def test_a_failed_reply_is_refused_or_in_doubt(
    server: Any, connect: Any, fault: str, kind: type[ConnectorError], words: str
) -> None:
    will_be_silent = fault.startswith("timeout")
    x = connect(**(HASTY if will_be_silent else {}))
    reply = a_reply(server)
    server.fail_next(fault, method="POST")

    with pytest.raises(ConnectorError) as caught:
        x.send_reply(reply)

    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert not will_be_silent or server.stalled.wait(60), "it never arrived"
    assert len(server.accepted) == int(fault.endswith("after_accept"))


def test_a_rate_limit_ends_when_x_says(server: Any, clock: Any, x: Any) -> None:
    server.fail_next("rate_limit", seconds=420)

    with pytest.raises(RateLimited) as caught:
        x.fetch(None, limit=100)

    assert caught.value.retry_at == clock() + timedelta(seconds=420)


def test_a_daily_limit_counts_although_the_window_has_room(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    server.fail_next("daily_limit", method="POST", seconds=7200)

    with pytest.raises(RateLimited) as caught:
        x.send_reply(reply)

    assert caught.value.retry_at == clock() + timedelta(hours=2)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_used_up_plan_waits_for_the_month_of_xs_own_clock(
    server: Any, clock: Any, x: Any, now: datetime, until: datetime
) -> None:
    clock.at = now
    server.fail_next("usage_cap")

    with pytest.raises(BudgetSpent) as caught:
        x.fetch(None, limit=100)

    assert caught.value.retry_at == until


class Answer(requests.Response):
    def __init__(self, status: int, body: bytes, **headers: str) -> None:
        super().__init__()
        self.status_code, self.reason, self._content = status, "", body
        self.headers.update({k.replace("_", "-"): v for k, v in headers.items()})


class Client:
    """In tweepy's place: raises what tweepy would make of an answer."""

    def __init__(self, error: Exception) -> None:
        self._error = error

        self.session = requests.Session()

    def request(self, *asked: object, **more: object) -> None:
        raise self._error


def raised(x: Any, error: Exception) -> ConnectorError:
    x.close()
    x._client = Client(error)
    with pytest.raises(ConnectorError) as caught:
        x.fetch(None, limit=100)
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize("names", ["tweet"])
def test_a_daily_cap_ends_with_the_day(x: Any) -> None:
    body = b'{"title": "UsageCapExceeded", "period": "Daily"}'
    date = "Tue, 31 Mar 2026 20:00:00 GMT"

    error = raised(x, tweepy.TooManyRequests(Answer(429, body, date=date)))

    assert isinstance(error, BudgetSpent)
    assert error.retry_at == NEXT_MONTH


@pytest.mark.parametrize("names", ["tweet"])
@pytest.mark.parametrize("body", [b"", b'{"title": "UsageCapExceeded"}'])
def test_a_limit_without_any_time_is_only_unavailable(x: Any, body: bytes) -> None:
    error = raised(x, tweepy.TooManyRequests(Answer(429, body)))

    assert type(error) is Unavailable


@pytest.mark.parametrize("names", ["tweet"])
@pytest.mark.parametrize("kind", [AttributeError, TypeError, ValueError, KeyError])
def test_what_tweepy_itself_chokes_on_is_a_bad_payload(
    x: Any, kind: type[Exception]
) -> None:
    assert type(raised(x, kind("an error body that is a list"))) is BadPayload


@pytest.mark.parametrize("names", ["tweet"])
def test_a_limit_with_a_date_only_ends_after_a_window(x: Any) -> None:
    date = "Tue, 31 Mar 2026 20:00:00 GMT"

    error = raised(x, tweepy.TooManyRequests(Answer(429, b"{}", date=date)))

    assert isinstance(error, RateLimited)
    assert error.retry_at == datetime(2026, 3, 31, 20, 15, tzinfo=UTC)


def test_a_host_that_nobody_listens_on_has_published_nothing(
    server: Any, connect: Any
) -> None:
    reply = a_reply(server)
    x = connect(base_url="http://127.0.0.1:9")

    with pytest.raises(Unavailable, match="nothing was sent"):
        x.send_reply(reply)


def test_a_failure_before_it_does_not_settle_a_doubt(
    server: Any, connect: Any, x: Any
) -> None:
    reply = a_reply(server)
    server.fail_next("drop_after_accept", method="POST")
    try:
        connect(base_url="http://127.0.0.1:9").send_reply(reply)
    except Unavailable:
        with pytest.raises(OutcomeUnknown):
            x.send_reply(reply)

    assert len(server.accepted) == 1


def test_code_453_names_the_access_tier(x: Any) -> None:
    body = b'{"errors": [{"code": 453, "message": "You have a subset."}]}'

    error = raised(x, tweepy.Forbidden(Answer(403, body)))

    assert isinstance(error, AccessDenied)
    assert "access tier" in str(error)


def test_a_wrong_address_is_told_to_the_operator(server: Any, connect: Any) -> None:
    x = connect(base_url=server.base_url + "/elsewhere")

    health = x.check()

    assert not health.ok
    assert "base_url" in health.detail


def test_the_check_says_why_reading_is_denied(server: Any, connect: Any) -> None:
    health = connect(bearer_token="wrong").check()

    assert not health.ok
    assert "renew" in health.detail


def test_a_signature_that_x_does_not_accept_is_denied(
    server: Any, connect: Any
) -> None:
    reply = a_reply(server)
    x = connect(access_token_secret="wrong")

    with pytest.raises(AccessDenied):
        x.send_reply(reply)
    assert HANDLE not in [post.text for post in server.accepted]
