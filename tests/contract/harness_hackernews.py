"""Hacker News on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors.hackernews import (
    HackerNewsConnector,
    HackerNewsSettings,
    to_mention,
)
from bot.domain.mentions import Mention
from tests.platforms.hackernews_search import HackerNewsSearch

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FAULTS: Mapping[str, str] = {
    "rate_limit": "429",
    "unauthorized": "401",
    "forbidden": "403",
    "server_error": "500",
}
SAME = ("timeout", "drop", "malformed", "not_an_object")


class Harness:
    """One search, without anybody to ask for leave."""

    secrets: Sequence[str] = ()
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "hackernews" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self._open = ExitStack()
        self.site = self._open.enter_context(HackerNewsSearch(self._now))

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {"brand": "acme", "query": "acme", "base_url": self.site.base_url}

    def connector(self, **settings: Any) -> HackerNewsConnector:
        given = {**self.settings(), **settings}
        connector = HackerNewsConnector(HackerNewsSettings.model_validate(given))
        self._open.callback(connector.close)
        return connector

    def say(self, text: str) -> str:
        """Submit a story, or comment below the first one."""
        self.said += 1
        if self.said % 2:
            self.site.story(self.said, text)
        else:
            self.site.comment(self.said, f"<p>{text}</p>", 1)
        return str(self.said)

    def say_nonsense(self) -> None:
        self.said += 1
        self.site.story(self.said, "")

    def fail_next(self, fault: str) -> bool:
        kind = FAULTS.get(fault, fault if fault in SAME else "")
        if kind:
            self.site.fail_next(kind)
        return bool(kind)

    def changes(self) -> int:
        return sum(one.method != "GET" for one in self.site.requests)

    def translate(self, payload: Any) -> Iterator[Mention]:
        for raw in payload["answer"]["hits"]:
            yield to_mention(raw, "acme")

    def close(self) -> None:
        self._open.close()
