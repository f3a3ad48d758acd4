from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.x import XConnector, XSettings
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import Mention
from tests.platforms.x_server import CREDENTIALS, HANDLE, XServer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """The server's time; every post that a test adds should be a minute later."""

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


class Reading:
    """A pass over every feed: its pages, and where it ended."""

    def __init__(
        self, connector: XConnector, cursor: Cursor | None, limit: int
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
    def reads(self) -> int:
        return sum(page.reads for page in self.pages)


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(
        connector: XConnector, cursor: Cursor | None = None, limit: int = 100
    ) -> Reading:
        return Reading(connector, cursor, limit)

    return read
