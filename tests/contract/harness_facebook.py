"""A Facebook page on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors._graph_rounds import Item, Kind, listed
from bot.connectors.facebook import FacebookConnector, FacebookSettings, to_mention
from bot.domain.mentions import Mention
from tests.platforms.graph_server import (
    APP_ID,
    APP_SECRET,
    PAGE_ID,
    TOKEN,
    GraphServer,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""


class Harness:
    """What people say on Acme Bank's page, to it and about it."""

    secrets: Sequence[str] = (TOKEN, APP_SECRET)
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "facebook" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.server = GraphServer(now=self._now).start()
        self.ours = self.server.add_post("Our branches open at nine.")
        self._connectors: list[FacebookConnector] = []

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "page_id": PAGE_ID,
            "base_url": self.server.base_url,
            "access_token": TOKEN,
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
        }

    def connector(self, **settings: Any) -> FacebookConnector:
        given = {**self.settings(), **settings}
        connector = FacebookConnector(FacebookSettings.model_validate(given))
        self._connectors.append(connector)
        return connector

    def say(self, text: str) -> str:
        """Comment, post on the page, write to it, or tag it, in turn."""
        self.said += 1
        author = f"99{self.said:04d}"
        match self.said % 4:
            case 1:
                return self.server.add_comment(self.ours, text, author)
            case 2:
                return self.server.add_post(text, author)
            case 3:
                return self.server.add_message(author, text)
        return "tagged:" + self.server.add_tagged(text, author)

    def say_nonsense(self) -> None:
        self.said += 1
        odd = self.server.add_comment(self.ours, "when?", "990000")
        self.server.spoil(odd, created_time="yesterday", message=7)

    def fail_next(self, fault: str) -> bool:
        kind = {"rate_limit": "page_limit"}.get(fault, fault)
        if fault == "budget":
            return False
        self.server.fail_next(kind)
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
