from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.domain.channels import Cursor
from tests.connectors.passes import Clock, Reading
from tests.platforms.mastodon_server import HANDLE, TOKEN, MastodonServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["mastodon", "gotosocial", "pleroma"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def server(clock: Clock, kind: Any) -> Iterator[MastodonServer]:
    with MastodonServer(kind=kind, now=clock) as server:
        yield server
    assert server.crashes == []


@pytest.fixture
def connect(server: MastodonServer) -> Iterator[Callable[..., MastodonConnector]]:
    made: list[MastodonConnector] = []

    def connect(**settings: Any) -> MastodonConnector:
        usual = {
            "brand": "acme",
            "account": HANDLE,
            "base_url": server.base_url,
            "access_token": TOKEN,
        }
        told = MastodonSettings.model_validate({**usual, **settings})
        made.append(MastodonConnector(told))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def mastodon(connect: Callable[..., MastodonConnector]) -> MastodonConnector:
    return connect()


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(
        connector: MastodonConnector, cursor: Cursor | None = None, limit: int = 40
    ) -> Reading:
        return Reading(connector, cursor, limit)

    return read
