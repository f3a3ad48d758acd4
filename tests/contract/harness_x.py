"""X on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors._x_posts import View, to_mention
from bot.connectors.x import XConnector, XSettings
from bot.domain.mentions import Mention
from tests.platforms.x_server import ACCOUNT_ID, CREDENTIALS, HANDLE, XServer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""

FAULTS = {"budget": "usage_cap"}


class Harness:
    """The mentions of @AcmeCares."""

    secrets: Sequence[str] = tuple(CREDENTIALS.values())
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "x" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.server = XServer(now=self._now).start()
        self._connectors: list[XConnector] = []

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "account": HANDLE,
            "base_url": self.server.base_url,
            **CREDENTIALS,
        }

    def connector(self, **settings: Any) -> XConnector:
        connector = XConnector(XSettings(**{**self.settings(), **settings}))
        self._connectors.append(connector)
        return connector

    def say(self, text: str) -> str:
        self.said += 1
        return self.server.add_post(f"@{HANDLE} {text}", f"author{self.said}").id

    def say_nonsense(self) -> None:
        self.said += 1
        odd = {"created_at": "yesterday", "author_id": 7}
        self.server.add_post(f"@{HANDLE} when?", extra=odd)

    def fail_next(self, fault: str) -> bool:
        self.server.fail_next(FAULTS.get(fault, fault), seconds=900)
        return True

    def changes(self) -> int:
        return sum(one.method != "GET" for one in self.server.requests)

    def translate(self, payload: Any) -> Iterator[Mention]:
        view = View(brand="acme", account_id=ACCOUNT_ID, handle=HANDLE).beside(payload)
        for post in payload["data"]:
            yield to_mention(post, view)

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.server.fail_next(f"{doubt}_after_accept", method="POST")
        return True

    def refuse_next(self) -> None:
        self.server.fail_next("not_permitted", method="POST")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        return [post.text for post in self.server.replies_to(external_id)]

    def remove(self, external_id: str) -> None:
        self.server.delete_post(external_id)

    def close(self) -> None:
        for connector in self._connectors:
            connector.close()
        self.server.stop()
        assert self.server.crashes == []
