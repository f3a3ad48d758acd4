from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.connectors.facebook import FacebookConnector, FacebookSettings
from bot.domain.channels import Cursor
from tests.connectors.passes import Clock, Reading
from tests.platforms.graph_server import (
    APP_ID,
    APP_SECRET,
    PAGE_ID,
    TOKEN,
    GraphServer,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[GraphServer]:
    with GraphServer(now=clock) as server:
        yield server
    assert server.crashes == []


@pytest.fixture
def connect(server: GraphServer) -> Iterator[Callable[..., FacebookConnector]]:
    made: list[FacebookConnector] = []

    def connect(**settings: Any) -> FacebookConnector:
        usual = {
            "brand": "acme",
            "page_id": PAGE_ID,
            "base_url": server.base_url,
            "access_token": TOKEN,
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
        }
        given = FacebookSettings.model_validate({**usual, **settings})
        made.append(FacebookConnector(given))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def page(connect: Callable[..., FacebookConnector]) -> FacebookConnector:
    return connect()


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(connector: Any, cursor: Cursor | None = None, limit: int = 100) -> Reading:
        return Reading(connector, cursor, limit)

    return read
