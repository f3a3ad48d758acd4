"""A file that stands for a platform, for the contract's tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.connectors._replay_file import Layout
from bot.connectors.replay import ReplayConnector, ReplaySettings, to_mention
from bot.domain.mentions import Mention

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Harness:
    """A stream that grows line by line, and a file that takes replies."""

    secrets: Sequence[str] = ()
    hasty: Mapping[str, Any] = {}
    payloads = Path(__file__).parents[1] / "connectors" / "replay" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stream = folder / "stream.jsonl"
        self.stream.touch()
        self.answers = folder / "replies.jsonl"

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "path": str(self.stream),
            "replies_to": str(self.answers),
        }

    def connector(self, **settings: Any) -> ReplayConnector:
        given = {**self.settings(), **settings}
        return ReplayConnector(ReplaySettings.model_validate(given))

    def say(self, text: str) -> str:
        """Add a line; every other one is dated in another time zone."""
        self.said += 1
        external_id = str(1000 + self.said)
        hours = 10 if self.said % 2 else -5
        at = START + timedelta(minutes=self.said)
        line = {
            "id": external_id,
            "text": text,
            "published_at": (
                (at + timedelta(hours=hours)).replace(tzinfo=None).isoformat()
                + ("+10:00" if hours > 0 else "-05:00")
            ),
            "author": {"id": f"a{self.said}", "handle": f"author_{self.said}"},
        }
        self._add(json.dumps(line))
        return external_id

    def say_nonsense(self) -> None:
        self._add('{"id": "7", "text": "when?", "published_at": "yesterday"}')

    def _add(self, line: str) -> None:
        with self.stream.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def fail_next(self, fault: str) -> bool:
        """Spoil the file for good; it asks for no credential and knows no limit."""
        if fault not in {"drop", "forbidden"}:
            return False
        if self.stream.is_dir():
            self.stream.rmdir()
        self.stream.unlink(missing_ok=True)
        if fault == "forbidden":
            self.stream.mkdir()
        return True

    def changes(self) -> int:
        return int(self.answers.exists())

    def translate(self, payload: Any) -> Iterator[Mention]:
        settings = ReplaySettings.model_validate(dict(self.settings()))
        for layout, rows in payload.items():
            for raw in rows:
                yield to_mention(raw, Layout(layout), settings)

    def doubt_next(self, doubt: str) -> bool:
        return False

    def refuse_next(self) -> None:
        pytest.skip("a file refuses nothing but what is too long; see test_reply_log")

    def replies(self, external_id: str) -> Sequence[str]:
        if not self.answers.exists():
            return []
        lines = self.answers.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        return [one["text"] for one in found if one["in_reply_to"] == external_id]

    def close(self) -> None:
        """Nothing stays open."""
