from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.connectors.bluesky import BlueskyConnector, BlueskySettings
from bot.domain.channels import Cursor
from bot.domain.replies import OutboundReply
from tests.connectors.passes import Clock, Reading
from tests.platforms.bluesky_server import BlueskyServer, serving
from tests.platforms.bluesky_state import HANDLE, PASSWORD, BlueskyState


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> BlueskyState:
    return BlueskyState(clock)


@pytest.fixture
def server(state: BlueskyState) -> Iterator[BlueskyServer]:
    with serving(state) as server:
        yield server
    assert server.crashes == []


@pytest.fixture
def connect(server: BlueskyServer) -> Iterator[Callable[..., BlueskyConnector]]:
    made: list[BlueskyConnector] = []

    def connect(**settings: Any) -> BlueskyConnector:
        usual = {
            "brand": "acme",
            "account": HANDLE,
            "app_password": PASSWORD,
            "base_url": server.url,
        }
        made.append(BlueskyConnector(BlueskySettings(**{**usual, **settings})))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def bluesky(connect: Callable[..., BlueskyConnector]) -> BlueskyConnector:
    return connect()


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(
        connector: BlueskyConnector, cursor: Cursor | None = None, limit: int = 100
    ) -> Reading:
        return Reading(connector, cursor, limit)

    return read


def reply_under(uri: str, text: str = "We are sorry.", **more: Any) -> OutboundReply:
    usual = {
        "key": "R-000001",
        "brand": "acme",
        "conversation": uri,
        "in_reply_to": uri,
        "text": text,
        "author": uri.split("/")[2],
        "language": "en",
    }
    return OutboundReply(**{**usual, **more})
