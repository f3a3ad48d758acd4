from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.bluesky import BlueskyConnector, BlueskySettings
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply
from tests.platforms.bluesky_server import BlueskyServer, serving
from tests.platforms.bluesky_state import HANDLE, PASSWORD, BlueskyState

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


class Reading:
    """A pass over every feed: its pages, and where it ended."""

    def __init__(
        self, connector: BlueskyConnector, cursor: Cursor | None, limit: int
    ) -> None:
        self.pages: list[Page] = []
        more = True
        while more:
            page = connector.fetch(cursor, limit=limit)
            self.pages.append(page)
            cursor, more = page.cursor, page.more
            assert len(self.pages) < 200, "the connector never comes to an end"
        self.cursor = cursor

    @property
    def mentions(self) -> dict[str, Mention]:
        return {one.external_id: one for page in self.pages for one in page.mentions}

    @property
    def given(self) -> list[str]:
        return [one.external_id for page in self.pages for one in page.mentions]

    @property
    def bad(self) -> list[Any]:
        return [one for page in self.pages for one in page.bad]


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
