from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.connectors.reddit import RedditConnector, RedditSettings
from tests.platforms.reddit_server import (
    ACCOUNT,
    CLIENT,
    PASSWORD,
    RedditServer,
    RedditState,
    serving,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 4: a limit is an error with an instant, never a pause."""

    def refuse(seconds: float) -> None:
        raise AssertionError(f"something slept for {seconds} s")

    monkeypatch.setattr(time, "sleep", refuse)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def state() -> RedditState:
    return RedditState(lambda: NOW)


@pytest.fixture
def server(state: RedditState) -> Iterator[RedditServer]:
    with serving(state) as running:
        yield running


@pytest.fixture
def given(server: RedditServer) -> dict[str, object]:
    """The settings of an account whose Reddit is the loopback server."""
    return {
        "brand": "acme",
        "account": ACCOUNT,
        "base_url": server.url,
        "client_id": CLIENT[0],
        "client_secret": CLIENT[1],
        "password": PASSWORD,
        "user_agent": "linux:answerable-test:1 (by /u/AcmeCares)",
        "subreddits": ["savings"],
        "owned_subreddits": ["acmebank"],
    }


@pytest.fixture
def connector(
    state: RedditState, given: dict[str, object]
) -> Iterator[RedditConnector]:
    state.subreddits |= {"savings", "acmebank"}
    made = RedditConnector(RedditSettings.model_validate(given))
    yield made
    made.close()
