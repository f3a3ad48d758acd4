from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import Mention
from tests.platforms.mastodon_server import HANDLE, TOKEN, MastodonServer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """The server's time; every status that a test adds should be a minute later."""

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


class Reading:
    """A pass over every feed: its pages, and where it ended."""

    def __init__(
        self, connector: MastodonConnector, cursor: Cursor | None, limit: int
    ) -> None:
        self.pages: list[Page] = []
        more = True
        while more:
            page = connector.fetch(cursor, limit=limit)
            self.pages.append(page)
            assert len(self.pages) < 100, "it never comes to an end"
            cursor, more = page.cursor, page.more
        self.cursor = cursor

    @property
    def mentions(self) -> dict[str, Mention]:
        return {one.external_id: one for page in self.pages for one in page.mentions}


@pytest.fixture
def read() -> Callable[..., Reading]:
    def read(
        connector: MastodonConnector, cursor: Cursor | None = None, limit: int = 40
    ) -> Reading:
        return Reading(connector, cursor, limit)

    return read
