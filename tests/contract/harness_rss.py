"""A news site on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bot.connectors._feed_items import View, to_mention
from bot.connectors.rss import RssConnector, RssSettings
from bot.domain.mentions import Mention
from tests.platforms.feed_site import PATH, FeedSite

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SYDNEY = timezone(timedelta(hours=11))
FAULTS: Mapping[str, str] = {
    "rate_limit": "429",
    "unauthorized": "401",
    "forbidden": "403",
    "server_error": "500",
}
SAME = ("timeout", "drop", "malformed", "not_an_object")


class Harness:
    """One feed, without anybody to ask for leave."""

    secrets: Sequence[str] = ()
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "rss" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self._open = ExitStack()
        self.site = self._open.enter_context(FeedSite(self._now))

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {"brand": "acme", "feeds": [self.site.base_url + PATH]}

    def connector(self, **settings: Any) -> RssConnector:
        given = {**self.settings(), **settings}
        connector = RssConnector(RssSettings.model_validate(given))
        self._open.callback(connector.close)
        return connector

    def say(self, text: str) -> str:
        """Publish an item; every other one is dated in another zone."""
        self.said += 1
        at = self._now().astimezone(SYDNEY if self.said % 2 else UTC)
        self.site.write(f"n{self.said}", text, at)
        return f"127.0.0.1:n{self.said}"

    def say_nonsense(self) -> None:
        self.said += 1
        self.site.write(f"n{self.said}", "", self._now())

    def fail_next(self, fault: str) -> bool:
        kind = FAULTS.get(fault, fault if fault in SAME else "")
        if kind:
            self.site.fail_next(kind)
        return bool(kind)

    def changes(self) -> int:
        return sum(one.method != "GET" for one in self.site.requests)

    def translate(self, payload: Any) -> Iterator[Mention]:
        view = View(brand="acme", host="news.example", at=START, language="en")
        for feed in payload["feeds"]:
            for raw in feed["items"]:
                yield to_mention(raw, view)

    def close(self) -> None:
        self._open.close()
