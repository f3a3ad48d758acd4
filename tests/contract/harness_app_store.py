"""App Store Connect on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors.app_store import AppStoreConnector, AppStoreSettings, to_mention
from bot.domain.mentions import Mention
from tests.platforms.app_store_server import (
    APP,
    ISSUER,
    KEY_ID,
    PROBLEMS,
    AppStoreServer,
    p8,
)
from tests.platforms.http_platform import RAW

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""


class Harness:
    """What people write about our app."""

    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "app_store" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.secrets: Sequence[str] = (p8(),)
        self.server = AppStoreServer(self._now).start()
        self._connectors: list[AppStoreConnector] = []
        self._reader = AppStoreSettings.model_validate(dict(self.settings()))

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "app_id": APP,
            "base_url": self.server.base_url,
            "connect_url": self.server.base_url,
            "issuer_id": ISSUER,
            "key_id": KEY_ID,
            "private_key": p8(),
        }

    def connector(self, **settings: Any) -> AppStoreConnector:
        given = {**self.settings(), **settings}
        connector = AppStoreConnector(AppStoreSettings.model_validate(given))
        self._connectors.append(connector)
        return connector

    def say(self, text: str) -> str:
        self.said += 1
        return self.server.say(text)

    def say_nonsense(self) -> None:
        self.said += 1
        self.server.say("when?", extra={"createdDate": "yesterday"})

    def fail_next(self, fault: str) -> bool:
        if fault not in PROBLEMS and fault not in RAW:
            return False
        self.server.fail_next(fault)
        return True

    def changes(self) -> int:
        return len(self.server.accepted)

    def translate(self, payload: Any) -> Iterator[Mention]:
        feed = payload.get("feed", {}).get("entry", [])
        for raw in [*payload.get("data", []), *feed]:
            yield to_mention(raw, self._reader, "us", START)

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.server.fail_next(f"{doubt}_after_accept", method="POST")
        return True

    def refuse_next(self) -> None:
        self.server.fail_next("not_permitted", method="POST")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        return [text for review, text in self.server.accepted if review == external_id]

    def close(self) -> None:
        for connector in self._connectors:
            connector.close()
        self.server.stop()
        assert self.server.crashes == []
