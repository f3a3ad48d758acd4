from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.connectors.x import XConnector, XSettings
from bot.domain.channels import Cursor
from tests.connectors.passes import Clock, Reading
from tests.platforms.x_server import CREDENTIALS, HANDLE, XServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["tweet", "post"])
def names(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def server(clock: Clock, names: Any) -> Iterator[XServer]:
    with XServer(now=clock, names=names) as server:
        yield server
    assert server.crashes == []


@pytest.fixture
def connect(server: XServer) -> Iterator[Callable[..., XConnector]]:
    made: list[XConnector] = []

    def connect(**settings: Any) -> XConnector:
        usual = {
            "brand": "acme",
            "account": HANDLE,
            "base_url": server.base_url,
            "field_names": server.names,
            **CREDENTIALS,
        }
        made.append(XConnector(XSettings(**{**usual, **settings})))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def x(connect: Callable[..., XConnector]) -> XConnector:
    return connect()


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(
        connector: XConnector, cursor: Cursor | None = None, limit: int = 100
    ) -> Reading:
        return Reading(connector, cursor, limit)

    return read
