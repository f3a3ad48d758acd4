from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.connectors.google_play import GooglePlayConnector, GooglePlaySettings
from tests.connectors.passes import Clock
from tests.platforms.google_play_server import (
    PACKAGE,
    TOKEN_PATH,
    GooglePlayServer,
    service_account,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[GooglePlayServer]:
    with GooglePlayServer(clock) as running:
        yield running
    assert running.crashes == []


@pytest.fixture
def given(server: GooglePlayServer) -> dict[str, Any]:
    return {
        "brand": "acme",
        "package_name": PACKAGE,
        "base_url": server.base_url,
        "token_url": server.base_url + TOKEN_PATH,
        "service_account": service_account(),
    }


@pytest.fixture
def connect(given: dict[str, Any]) -> Iterator[Callable[..., GooglePlayConnector]]:
    made: list[GooglePlayConnector] = []

    def connect(**settings: Any) -> GooglePlayConnector:
        whole = {**given, **settings}
        made.append(GooglePlayConnector(GooglePlaySettings.model_validate(whole)))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def play(connect: Callable[..., GooglePlayConnector]) -> GooglePlayConnector:
    return connect()
