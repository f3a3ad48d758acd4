"""Deliveries in a database of their own, and a receiver, for the contract's tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.connectors.webhook import (
    WebhookConnector,
    WebhookSettings,
    items_of,
    to_mention,
)
from bot.domain.channels import Delivery
from bot.domain.mentions import Mention
from bot.errors import BadPayload, StorageError
from bot.services.deliveries import DeliveredTo, keep
from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.platforms.http_platform import AFTER
from tests.platforms.webhook_receiver import PATH, SECRET, Receiver

SOURCE = "forum"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
DOUBTS = {"error": "503"}
"""By another name; the others are known to every platform."""


@cache
def migrated() -> bytes:
    """Make the tables once for all tests of a process."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.db"
        store = SqlStore(f"sqlite:///{file}")
        store.upgrade()
        store.close()
        return file.read_bytes()


class Shaky:
    """What was delivered, behind a database that is out of reach when told."""

    def __init__(self, delivered: DeliveredTo) -> None:
        self._delivered = delivered
        self.is_away = False

    def after(self, number: int, limit: int) -> Sequence[Delivery]:
        if self.is_away:
            self.is_away = False
            raise StorageError("the database is out of reach")
        return self._delivered.after(number, limit)

    def last_at(self) -> datetime | None:
        return self._delivered.last_at()


class Harness:
    """A forum that delivers each post, every third one together with nothing new."""

    secrets: Sequence[str] = ("a-secret-of-twenty-four-owls", SECRET)
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "webhook" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said, self.stalls = 0, False
        file = folder / "own.db"
        file.write_bytes(migrated())
        self._open = ExitStack()
        self.store = SqlStore(f"sqlite:///{file}")
        self._open.callback(self.store.close)
        self.delivered = Shaky(DeliveredTo(lambda: self.store, SOURCE))
        self.clock = ManualClock(START)
        self.receiver = Receiver()
        self._open.enter_context(self.receiver)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "channel": "forum",
            "secret": self.secrets[0],
            "reply_url": self.receiver.base_url + PATH,
            "reply_secret": SECRET,
        }

    def connector(self, **settings: Any) -> WebhookConnector:
        given = {**self.settings(), **settings}
        connector = WebhookConnector(WebhookSettings.model_validate(given))
        connector.read_from(self.delivered)
        self._open.callback(connector.close)
        return connector

    def say(self, text: str) -> str:
        """Deliver a post alone, or in a list beside a comment nobody wrote about us."""
        self.said += 1
        external_id = f"post/{self.said}"
        item = {
            "id": external_id,
            "text": text,
            "published_at": (START + timedelta(minutes=self.said)).isoformat(),
            "author": {"id": f"a{self.said}", "handle": f"author_{self.said}"},
        }
        self.deliver([item] if self.said % 3 == 0 else item)
        return external_id

    def say_nonsense(self) -> None:
        self.deliver({"id": "7", "text": "when?", "published_at": "yesterday"})

    def deliver(self, body: Any) -> None:
        keep(self.store, self.clock, SOURCE, json.dumps(body))

    def fail_next(self, fault: str) -> bool:
        """Only the database can fail: nobody is asked for what is read."""
        self.delivered.is_away = fault in {"server_error", "drop"}
        return self.delivered.is_away

    def changes(self) -> int:
        return len(self.receiver.taken)

    def translate(self, payload: Any) -> Iterator[Mention]:
        settings = WebhookSettings.model_validate(dict(self.settings()))
        for one in payload["deliveries"]:
            try:
                items = items_of(json.dumps(one["body"]))
            except ValueError as error:
                raise BadPayload("webhook", str(error)) from error
            for raw in items:
                if raw.get("event") != "removed":
                    yield to_mention(raw, settings)

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.receiver.fail_next(DOUBTS.get(doubt, doubt) + AFTER)
        return True

    def refuse_next(self) -> None:
        self.receiver.fail_next("422")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.receiver.stalled.wait(WITHIN)
        taken = self.receiver.taken.values()
        return [one["text"] for one in taken if one["in_reply_to"] == external_id]

    def close(self) -> None:
        self._open.close()
