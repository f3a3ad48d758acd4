"""Google Play on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors.google_play import (
    GooglePlayConnector,
    GooglePlaySettings,
    to_mention,
)
from bot.domain.mentions import Mention
from tests.platforms.google_play_server import (
    PACKAGE,
    TOKEN_PATH,
    GooglePlayServer,
    service_account,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""


class Harness:
    """What people write about com.acme.cares."""

    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "google_play" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.secrets: Sequence[str] = (service_account(),)
        self.server = GooglePlayServer(self._now).start()
        self._connectors: list[GooglePlayConnector] = []
        self._reader = GooglePlaySettings.model_validate(dict(self.settings()))

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "package_name": PACKAGE,
            "base_url": self.server.base_url,
            "token_url": self.server.base_url + TOKEN_PATH,
            "service_account": service_account(),
        }

    def connector(self, **settings: Any) -> GooglePlayConnector:
        given = {**self.settings(), **settings}
        connector = GooglePlayConnector(GooglePlaySettings.model_validate(given))
        self._connectors.append(connector)
        return connector

    def say(self, text: str) -> str:
        self.said += 1
        return self.server.say(text)

    def say_nonsense(self) -> None:
        self.said += 1
        self.server.say("when?", extra={"lastModified": {"seconds": "yesterday"}})

    def fail_next(self, fault: str) -> bool:
        # A first 401 only ends a token; the second one is about the credential.
        self.server.fail_next(fault, times=2 if fault == "unauthorized" else 1)
        return True

    def changes(self) -> int:
        return len(self.server.accepted)

    def translate(self, payload: Any) -> Iterator[Mention]:
        for raw in payload["reviews"]:
            yield to_mention(raw, self._reader)

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.server.fail_next(f"{doubt}_after_accept", method="POST", path=":reply")
        return True

    def refuse_next(self) -> None:
        self.server.fail_next("not_permitted", method="POST", path=":reply")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        return [text for review, text in self.server.accepted if review == external_id]

    def close(self) -> None:
        for connector in self._connectors:
            connector.close()
        self.server.stop()
        assert self.server.crashes == []
