from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.connectors.youtube import YouTubeConnector, YouTubeSettings
from bot.domain.channels import Cursor
from tests.connectors.passes import Clock, Reading
from tests.platforms.youtube_server import (
    CHANNEL,
    CLIENT_ID,
    CLIENT_SECRET,
    HANDLE,
    REFRESH_TOKEN,
    TOKEN_PATH,
    YouTubeServer,
)


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


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(
        connector: YouTubeConnector, cursor: Cursor | None = None, limit: int = 100
    ) -> Reading:
        return Reading(connector, cursor, limit)

    return read
