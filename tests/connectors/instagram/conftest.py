from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.connectors.instagram import InstagramConnector, InstagramSettings
from bot.domain.channels import Cursor
from tests.connectors.passes import Clock, Reading
from tests.platforms.graph_server import ACCOUNT_ID, TOKEN, GraphServer
from tests.platforms.graph_state import HANDLE


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[GraphServer]:
    with GraphServer(now=clock) as server:
        yield server
    assert server.crashes == []


@pytest.fixture
def connect(server: GraphServer) -> Iterator[Callable[..., InstagramConnector]]:
    made: list[InstagramConnector] = []

    def connect(**settings: Any) -> InstagramConnector:
        usual = {
            "brand": "acme",
            "account": f"@{HANDLE}",
            "account_id": ACCOUNT_ID,
            "base_url": server.base_url,
            "access_token": TOKEN,
        }
        given = InstagramSettings.model_validate({**usual, **settings})
        made.append(InstagramConnector(given))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def account(connect: Callable[..., InstagramConnector]) -> InstagramConnector:
    return connect()


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(connector: Any, cursor: Cursor | None = None, limit: int = 100) -> Reading:
        return Reading(connector, cursor, limit)

    return read
