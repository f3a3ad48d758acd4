"""A Mastodon on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors._mastodon_statuses import View, to_mention
from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.domain.mentions import Mention
from tests.platforms.mastodon_server import HANDLE, TOKEN, MastodonServer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the server needs for a request that has reached it."""


class Harness:
    """Who mentions @AcmeCares."""

    secrets: Sequence[str] = (TOKEN,)
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "mastodon" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.server = MastodonServer(now=self._now)
        self._connectors: list[MastodonConnector] = []

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "account": HANDLE,
            "base_url": self.server.base_url,
            "access_token": TOKEN,
        }

    def connector(self, **settings: Any) -> MastodonConnector:
        given = {**self.settings(), **settings}
        connector = MastodonConnector(MastodonSettings.model_validate(given))
        self._connectors.append(connector)
        return connector

    def say(self, text: str) -> str:
        self.said += 1
        author = f"author{self.said}@far.example"
        return self.server.add_status(f"@{HANDLE} {text}", author).id

    def say_nonsense(self) -> None:
        self.said += 1
        odd = {"created_at": "yesterday", "account": 7}
        self.server.add_status(f"@{HANDLE} when?", extra=odd)

    def fail_next(self, fault: str) -> bool:
        if fault == "budget":
            return False
        self.server.fail_next(fault, seconds=900)
        return True

    def changes(self) -> int:
        return sum(one.method != "GET" for one in self.server.requests)

    def translate(self, payload: Any) -> Iterator[Mention]:
        view = View(brand="acme", account_id="109000000000000001")
        for item in payload["answer"]["items"]:
            yield to_mention(item, view)

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.server.fail_next(f"{doubt}_after_accept", method="POST")
        return True

    def refuse_next(self) -> None:
        self.server.fail_next("unprocessable", method="POST")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        return [one.text for one in self.server.replies_to(external_id)]

    def remove(self, external_id: str) -> None:
        self.server.delete_status(external_id)

    def close(self) -> None:
        for connector in self._connectors:
            connector.close()
        self.server.stop()
        assert self.server.crashes == []
