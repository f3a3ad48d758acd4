from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.youtube import YouTubeConnector, YouTubeSettings
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import Mention
from tests.platforms.youtube_server import (
    CHANNEL,
    CLIENT_ID,
    CLIENT_SECRET,
    HANDLE,
    REFRESH_TOKEN,
    TOKEN_PATH,
    YouTubeServer,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """The server's time; every comment that a test adds should be a minute later."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[YouTubeServer]:
    with YouTubeServer(clock) as running:
        yield running
    assert running.crashes == []


@pytest.fixture
def given(server: YouTubeServer) -> dict[str, Any]:
    return {
        "brand": "acme",
        "account": f"@{HANDLE}",
        "channel_id": CHANNEL,
        "base_url": server.base_url,
        "token_url": server.base_url + TOKEN_PATH,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
    }


@pytest.fixture
def connect(given: dict[str, Any]) -> Iterator[Callable[..., YouTubeConnector]]:
    made: list[YouTubeConnector] = []

    def connect(**settings: Any) -> YouTubeConnector:
        whole = {**given, **settings}
        made.append(YouTubeConnector(YouTubeSettings.model_validate(whole)))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def youtube(connect: Callable[..., YouTubeConnector]) -> YouTubeConnector:
    return connect()


class Reading:
    """A pass over every feed: its pages, and where it ended."""

    def __init__(
        self, connector: YouTubeConnector, cursor: Cursor | None, limit: int
    ) -> None:
        self.pages: list[Page] = []
        more = True
        while more:
            page = connector.fetch(cursor, limit=limit)
            self.pages.append(page)
            cursor, more = page.cursor, page.more
        self.cursor = cursor

    @property
    def mentions(self) -> dict[str, Mention]:
        return {one.external_id: one for page in self.pages for one in page.mentions}

    @property
    def bad(self) -> list[Any]:
        return [one for page in self.pages for one in page.bad]

    @property
    def units(self) -> int:
        return sum(page.reads for page in self.pages)


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(
        connector: YouTubeConnector, cursor: Cursor | None = None, limit: int = 100
    ) -> Reading:
        return Reading(connector, cursor, limit)

    return read
