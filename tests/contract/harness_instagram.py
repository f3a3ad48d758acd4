"""An Instagram account on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors._graph_rounds import Item, Kind, listed
from bot.connectors.instagram import (
    InstagramConnector,
    InstagramSettings,
    to_mention,
)
from bot.domain.mentions import Mention
from tests.platforms.graph_server import (
    ACCOUNT_ID,
    APP_ID,
    APP_SECRET,
    TOKEN,
    GraphServer,
)
from tests.platforms.graph_state import HANDLE

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""


class Harness:
    """What people say below @acmebank's posts, to it and about it."""

    secrets: Sequence[str] = (TOKEN, APP_SECRET)
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "instagram" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.server = GraphServer(now=self._now).start()
        self.ours = self.server.add_media("Our branches open at nine.")
        self.first = ""
        self._connectors: list[InstagramConnector] = []

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "account": HANDLE,
            "account_id": ACCOUNT_ID,
            "base_url": self.server.base_url,
            "access_token": TOKEN,
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
        }

    def connector(self, **settings: Any) -> InstagramConnector:
        given = {**self.settings(), **settings}
        connector = InstagramConnector(InstagramSettings.model_validate(given))
        self._connectors.append(connector)
        return connector

    def say(self, text: str) -> str:
        """Comment (twice), write to us, tag us, or answer a comment, in turn."""
        self.said += 1
        author = f"author{self.said}"
        match self.said % 5:
            case 3:
                return self.server.add_message(author, text, "INSTAGRAM")
            case 4:
                return "tagged:" + self.server.add_tag(text, author)
            case 0:
                return self.server.add_ig_comment(self.first, text, author)
        self.first = self.server.add_ig_comment(self.ours, text, author)
        return self.first

    def say_nonsense(self) -> None:
        self.said += 1
        odd = self.server.add_ig_comment(self.ours, "when?", "odd")
        self.server.spoil(odd, timestamp="yesterday", text=7)

    def fail_next(self, fault: str) -> bool:
        if fault == "budget":
            return False
        self.server.fail_next(fault)
        return True

    def changes(self) -> int:
        return sum(one.method != "GET" for one in self.server.requests)

    def translate(self, payload: Any) -> Iterator[Mention]:
        kind, root = Kind(payload["kind"]), payload["root"]
        for raw in listed(payload["answer"]):
            yield to_mention(Item(kind=kind, raw=raw, root=root), brand="acme")

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.server.fail_next(f"{doubt}_after_accept", method="POST")
        return True

    def refuse_next(self) -> None:
        self.server.fail_next("not_taken", method="POST")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        return self.server.answers_to(external_id)

    def remove(self, external_id: str) -> None:
        self.server.delete(external_id)

    def close(self) -> None:
        for connector in self._connectors:
            connector.close()
        self.server.stop()
        assert self.server.crashes == []
