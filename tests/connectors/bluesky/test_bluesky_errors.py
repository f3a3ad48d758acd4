from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from atproto_client.exceptions import InvokeTimeoutError, ModelError, NetworkError

from bot.connectors._bluesky_errors import unread, unsent
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.connectors.bluesky.conftest import reply_under
from tests.platforms.bluesky_state import HANDLE

LIST = "listNotifications"


def raised(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("kind", "text", "ours"),
    [
        ("400", "InvalidRequest:no", AccessDenied),
        ("401", "AuthMissing:no", AccessDenied),
        ("403", "Forbidden:no", AccessDenied),
        ("404", "NotFound:no", AccessDenied),
        ("501", "MethodNotImplemented:no", AccessDenied),
        ("500", "InternalServerError:no", Unavailable),
        ("502", "UpstreamFailure:no", Unavailable),
        ("html", "", Unavailable),
        ("malformed", "", BadPayload),
        ("malformed", '{"notifications": 7}', BadPayload),
        ("not_an_object", "", BadPayload),
        ("malformed", "[" * 200_000, BadPayload),
        ("drop", "", Unavailable),
        ("rate_limit", "", RateLimited),
    ],
)
def test_what_goes_wrong_while_reading(
    state: Any, connect: Any, kind: str, text: str, ours: type[ConnectorError]
) -> None:
    bluesky = connect(watch_conversations=0)
    state.fail_next(kind, LIST, times=3, text=text)

    with pytest.raises(ConnectorError) as caught:
        bluesky.fetch(None, limit=10)

    assert type(caught.value) is ours
    assert "Traceback" not in caught.value.shown


@pytest.mark.parametrize(
    ("kind", "text", "ours"),
    [
        ("400", "InvalidRequest:Record/text must not be longer", Refused),
        ("400", "AccountTakedown:Account has been taken down", AccessDenied),
        ("401", "AuthMissing:no", AccessDenied),
        ("403", "Forbidden:no", AccessDenied),
        ("404", "NotFound:no", AccessDenied),
        ("501", "MethodNotImplemented:no", AccessDenied),
        ("413", "PayloadTooLarge:no", Refused),
        ("409", "Conflict:no", OutcomeUnknown),
        ("500", "InternalServerError:no", OutcomeUnknown),
        ("502", "UpstreamFailure:no", OutcomeUnknown),
        ("html", "", OutcomeUnknown),
        ("drop", "", OutcomeUnknown),
        ("rate_limit", "", RateLimited),
        ("malformed", '{"uri": "at://elsewhere"}', OutcomeUnknown),
        ("not_an_object", "", OutcomeUnknown),
    ],
)
def test_what_goes_wrong_while_sending(
    state: Any, bluesky: Any, kind: str, text: str, ours: type[ConnectorError]
) -> None:
    uri = state.add_post(f"@{HANDLE} help", "jane.test")
    state.fail_next(kind, "putRecord", times=3, text=text)

    with pytest.raises(ConnectorError) as caught:
        bluesky.send_reply(reply_under(uri))

    assert type(caught.value) is ours


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (raised(NetworkError(), httpx.ConnectError("no")), Unavailable),
        (raised(InvokeTimeoutError(), httpx.ConnectTimeout("no")), Unavailable),
        (raised(InvokeTimeoutError(), httpx.PoolTimeout("no")), Unavailable),
        (raised(InvokeTimeoutError(), httpx.ReadTimeout("no")), OutcomeUnknown),
        (raised(InvokeTimeoutError(), httpx.WriteTimeout("no")), OutcomeUnknown),
        (raised(NetworkError(), httpx.ReadError("no")), OutcomeUnknown),
        (httpx.RemoteProtocolError("no"), OutcomeUnknown),
        (ModelError("no"), OutcomeUnknown),
    ],
)
def test_what_was_not_sent_is_told_from_what_may_have_been(
    error: Exception, ours: type[ConnectorError]
) -> None:
    assert type(unsent(error)) is ours
    assert type(unread(error)) is Unavailable


def test_a_pause_ends_when_the_header_says(
    state: Any, clock: Any, connect: Any
) -> None:
    state.fail_next("rate_limit", LIST, seconds=123)

    with pytest.raises(RateLimited) as caught:
        connect(watch_conversations=0).fetch(None, limit=10)

    assert caught.value.retry_at == clock() + timedelta(seconds=123)


def test_what_bluesky_still_allows_is_told(state: Any, bluesky: Any) -> None:
    uri = state.add_post(f"@{HANDLE} help", "jane.test")
    bluesky.send_reply(reply_under(uri))

    quotas = {one.unit: one for one in bluesky.check().quotas}

    assert set(quotas) == {"sign-ins", "requests", "points"}
    assert quotas["requests"].limit == 3000
    assert 0 < quotas["requests"].left < 3000
    assert quotas["requests"].resets_at is not None


def test_check_says_whether_the_profile_names_a_machine(
    state: Any, connect: Any
) -> None:
    assert "does not bear the self-label bot" in connect().check().detail

    state.add_person(HANDLE, own_labels=["bot"])

    assert "profile bears the self-label bot" in connect().check().detail


@pytest.mark.parametrize("status", ["takendown", "suspended"])
def test_an_account_of_ours_that_was_taken_down_is_told_so(
    state: Any, bluesky: Any, status: str
) -> None:
    state.end(HANDLE, status)

    health = bluesky.check()

    assert not health.ok
    assert "taken our account down" in health.detail
