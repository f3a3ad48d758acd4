from __future__ import annotations

from datetime import timedelta

import prawcore
import pytest

from bot.connectors.reddit import RedditConnector, RedditSettings
from bot.domain.channels import Cursor
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    RateLimited,
    Retry,
    Unavailable,
)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("500", Unavailable),
        ("502", Unavailable),
        ("503", Unavailable),
        ("520", Unavailable),
        ("408", Unavailable),
        ("drop", Unavailable),
        ("401", AccessDenied),
        ("403", AccessDenied),
        ("400", AccessDenied),
        ("451", AccessDenied),
        ("malformed", BadPayload),
    ],
)
def test_trouble_with_a_listing_is_one_of_our_errors(connector, state, kind, error):
    # A 401 is met once with a new token; twice it is the credential.
    state.fail_next(kind, path="/r/savings/new", times=2 if kind == "401" else 1)

    with pytest.raises(error) as caught:
        connector.fetch(None, limit=10)

    assert isinstance(caught.value.__cause__, prawcore.PrawcoreException)


@pytest.mark.parametrize("kind", ["500", "drop", "401", "malformed", "403"])
def test_trouble_with_the_token_is_one_of_our_errors(connector, state, kind):
    state.fail_next(kind, path="access_token")

    with pytest.raises(ConnectorError) as caught:
        connector.fetch(None, limit=10)

    assert caught.value.channel == "reddit"
    assert "savings" not in caught.value.shown


def test_nothing_is_asked_twice_but_after_401(connector, state):
    state.fail_next("500", path="/r/savings/new")

    with pytest.raises(Unavailable):
        connector.fetch(None, limit=10)

    assert [path for _, path, _ in state.requests].count("/r/savings/new") == 1


def test_a_token_that_ended_early_is_renewed_unseen(connector, state):
    connector.fetch(None, limit=10)
    state.expire_tokens()

    page = connector.fetch(None, limit=10)

    assert page.cursor
    asked = [path for _, path, _ in state.requests]
    assert asked.count("/api/v1/access_token") == 2


@pytest.mark.parametrize("status", [302, 403, 404])
def test_a_closed_subreddit_is_named(connector, state, status):
    state.close_subreddit("savings", status)

    with pytest.raises(AccessDenied, match="r/savings") as caught:
        connector.fetch(None, limit=10)

    assert caught.value.retry is Retry.AFTER_OPERATOR


def test_too_many_requests_become_a_limit_with_an_instant(connector, state, now):
    state.fail_next("429", path="/r/savings/new", seconds=12.5)

    with pytest.raises(RateLimited) as caught:
        connector.fetch(None, limit=10)

    assert caught.value.retry_at == now + timedelta(seconds=12.5)


def test_a_spent_quota_becomes_a_limit_at_the_windows_end(connector, state, now):
    state.quota = 3.0
    state.reset_seconds = 211.75

    with pytest.raises(RateLimited) as caught:
        connector.fetch(None, limit=10)

    assert caught.value.retry_at == now + timedelta(seconds=211.75)


@pytest.mark.parametrize("after", ["soon", "", "-5", "1e400", "nan"])
def test_an_odd_pause_is_a_limit_all_the_same(connector, state, now, after):
    state.reset_seconds = after
    state.quota = 0.0

    with pytest.raises(RateLimited) as caught:
        connector.fetch(None, limit=10)

    assert now < caught.value.retry_at <= now + timedelta(days=1)


def test_a_limit_without_a_date_is_trouble_for_a_while(connector, state):
    state.has_date = False
    state.fail_next("429", path="/r/savings/new")

    with pytest.raises(Unavailable, match="does not say until when"):
        connector.fetch(None, limit=10)


def test_an_almost_spent_quota_makes_nobody_wait(connector, state):
    """prawcore would sleep here; the fixture refuses every sleep."""
    state.quota = 8.0
    state.reset_seconds = 600.0

    page = connector.fetch(None, limit=10)

    assert page.reads == 7


def test_a_slow_reddit_is_out_of_reach(given, state):
    state.fail_next("stall", path="/r/savings/new")
    connector = RedditConnector(RedditSettings.model_validate(given | {"timeout": 0.2}))

    with pytest.raises(Unavailable):
        connector.fetch(None, limit=10)
    connector.close()


def test_a_reddit_that_is_not_there_is_out_of_reach(given, server):
    server.shutdown()
    server.server_close()
    connector = RedditConnector(RedditSettings.model_validate(given))

    with pytest.raises(Unavailable):
        connector.fetch(None, limit=10)
    connector.close()


def test_check_tells_of_a_wrong_credential(given):
    settings = RedditSettings.model_validate(given | {"client_secret": "other"})
    connector = RedditConnector(settings)

    health = connector.check()

    connector.close()
    assert not health.ok
    assert "credential" in health.detail


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '{"kind": "Listing"}',
        '{"kind": "Listing", "data": {"children": {}}}',
        '{"kind": "t2", "data": {}}',
        "null",
        "7",
        "{" * 50,
    ],
)
def test_an_answer_that_is_no_listing_is_a_bad_payload(connector, state, body):
    state.fail_next("malformed", path="/message/mentions", text=body)

    with pytest.raises(BadPayload):
        connector.fetch(None, limit=10)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        '{"access_token": 1}',
        '{"access_token": "a", "expires_in": "soon", "scope": "*"}',
        '{"error": 7}',
    ],
)
def test_a_token_that_makes_no_sense_is_a_bad_payload(connector, state, body):
    state.fail_next("malformed", path="access_token", text=body)

    with pytest.raises(BadPayload):
        connector.fetch(None, limit=10)


@pytest.mark.parametrize(
    "cursor", ["x", "[]", "7", '{"a": 1}', '{"a": {"start": "b", "names": {}}}']
)
def test_a_cursor_of_somebody_else_is_a_bad_payload(connector, state, cursor):
    with pytest.raises(BadPayload, match="cursor"):
        connector.fetch(Cursor(cursor), limit=10)

    assert not state.requests


def test_errors_name_neither_words_nor_secrets(connector, state, given):
    state.fail_next("403", path="/r/savings/new", text="the author's words")

    with pytest.raises(AccessDenied) as caught:
        connector.fetch(None, limit=10)

    told = f"{caught.value.shown} {caught.value.detail}"
    assert "words" not in told
    assert not [token for token in state.tokens if token in told]
    assert str(given["password"]) not in told
