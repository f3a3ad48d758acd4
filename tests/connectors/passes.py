"""What the tests of every connector share: a platform's time, and one whole pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.channels import Connector, Cursor, Page, Quarantined, ReadsAgain
from bot.domain.mentions import Mention

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


class Reading:
    """A pass over every feed: its pages, and where it ended."""

    def __init__(self, connector: Connector, cursor: Cursor | None, limit: int) -> None:
        self.pages: list[Page] = []
        more = True
        while more:
            page = connector.fetch(cursor, limit=limit)
            self.pages.append(page)
            assert len(self.pages) < 100, "the connector never comes to an end"
            cursor, more = page.cursor, page.more
        self.cursor = cursor

    @property
    def mentions(self) -> dict[str, Mention]:
        return {one.external_id: one for page in self.pages for one in page.mentions}

    @property
    def given(self) -> list[str]:
        return [one.external_id for page in self.pages for one in page.mentions]

    @property
    def bad(self) -> list[Quarantined]:
        return [one for page in self.pages for one in page.bad]

    @property
    def reads(self) -> int:
        return sum(page.reads for page in self.pages)


def kept_aside(connector: Connector, monkeypatch: pytest.MonkeyPatch) -> Reading:
    """Read as a program of before would, which takes no text of such a length."""
    with monkeypatch.context() as earlier:
        earlier.setattr("bot.domain.mentions.MAX_TEXT", 1)
        return Reading(connector, None, 100)


def read_again(connector: Connector, items: list[Quarantined]) -> dict[str, Mention]:
    """Give what the connector makes of kept items today, which must be all of them."""
    assert isinstance(connector, ReadsAgain)
    pages = [connector.again(one) for one in items]
    assert [one for page in pages for one in page.bad] == []
    return {one.external_id: one for page in pages for one in page.mentions}
