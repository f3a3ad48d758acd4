from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.facebook import FacebookConnector, FacebookSettings
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import Mention
from tests.platforms.graph_server import (
    APP_ID,
    APP_SECRET,
    PAGE_ID,
    TOKEN,
    GraphServer,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """The server's time."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


class Round:
    """One round of readings: its pages, and where it ended."""

    def __init__(self, connector: Any, cursor: Cursor | None, limit: int) -> None:
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
    def reads(self) -> int:
        return sum(page.reads for page in self.pages)


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
def read() -> Callable[..., Round]:
    def read(connector: Any, cursor: Cursor | None = None, limit: int = 100) -> Round:
        return Round(connector, cursor, limit)

    return read
