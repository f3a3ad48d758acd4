from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.connectors.rss import RssConnector, RssSettings
from tests.platforms.feed_site import PATH, FeedSite

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[FeedSite]:
    with FeedSite(lambda: NOON) as started:
        yield started


@pytest.fixture
def reader(site: FeedSite) -> Iterator[Callable[..., RssConnector]]:
    """Make a connector for paths of the site."""
    made: list[RssConnector] = []

    def make(*paths: str, **more: Any) -> RssConnector:
        feeds = [site.base_url + one for one in paths or (PATH,)]
        given = {"brand": "Acme", "feeds": feeds, **more}
        made.append(RssConnector(RssSettings.model_validate(given)))
        return made[-1]

    yield make
    for one in made:
        one.close()
