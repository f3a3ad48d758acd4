from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.instagram import InstagramConnector, InstagramSettings
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import Mention
from tests.platforms.graph_server import ACCOUNT_ID, TOKEN, GraphServer
from tests.platforms.graph_state import HANDLE

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
def read() -> Callable[..., Round]:
    def read(connector: Any, cursor: Cursor | None = None, limit: int = 100) -> Round:
        return Round(connector, cursor, limit)

    return read
