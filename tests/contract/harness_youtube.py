"""YouTube on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors._http import NONSENSE
from bot.connectors._youtube_comments import NAME, comments_of, thread_of, to_mention
from bot.connectors.youtube import YouTubeConnector, YouTubeSettings
from bot.domain.mentions import Mention
from bot.errors import BadPayload
from tests.platforms.youtube_server import (
    CHANNEL,
    CLIENT_ID,
    CLIENT_SECRET,
    HANDLE,
    REFRESH_TOKEN,
    TOKEN_PATH,
    YouTubeServer,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""


class Harness:
    """What people say under the videos of @AcmeCares."""

    secrets: Sequence[str] = (CLIENT_SECRET, REFRESH_TOKEN)
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "youtube" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.server = YouTubeServer(self._now).start()
        self._connectors: list[YouTubeConnector] = []

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "account": HANDLE,
            "channel_id": CHANNEL,
            "base_url": self.server.base_url,
            "token_url": self.server.base_url + TOKEN_PATH,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": REFRESH_TOKEN,
        }

    def connector(self, **settings: Any) -> YouTubeConnector:
        given = {**self.settings(), **settings}
        connector = YouTubeConnector(YouTubeSettings.model_validate(given))
        self._connectors.append(connector)
        return connector

    def say(self, text: str) -> str:
        """Comment under our video, or answer the comment before."""
        self.said += 1
        author = f"UCauthor{self.said:016d}"
        before = list(self.server.comments)[-1:]
        if self.said % 2 or not before:
            return self.server.say(text, author)
        return self.server.say(text, author, parent=before[0].partition(".")[0])

    def say_nonsense(self) -> None:
        self.said += 1
        odd = {"publishedAt": "yesterday", "likeCount": "many"}
        self.server.say("when?", extra=odd)

    def fail_next(self, fault: str) -> bool:
        # A first 401 only ends a token; the second one is about the credential.
        self.server.fail_next(fault, times=2 if fault == "unauthorized" else 1)
        return True

    def changes(self) -> int:
        return sum(
            one.method != "GET" and one.path != TOKEN_PATH
            for one in self.server.requests
        )

    def translate(self, payload: Any) -> Iterator[Mention]:
        reader = YouTubeSettings.model_validate(dict(self.settings())).reader
        for raw in payload["items"]:
            try:
                thread = thread_of(raw, reader)
                comments = list(comments_of(raw))
            except NONSENSE as error:
                raise BadPayload(NAME, "a thread makes no sense") from error
            for one in comments:
                yield to_mention(one, thread, reader)

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.server.fail_next(f"{doubt}_after_accept", method="POST")
        return True

    def refuse_next(self) -> None:
        self.server.fail_next("not_permitted", method="POST")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        top = external_id.partition(".")[0]
        taken = [one for one in self.server.accepted if one.parent == top]
        return [one.text for one in taken]

    def remove(self, external_id: str) -> None:
        self.server.delete(external_id)

    def close(self) -> None:
        for connector in self._connectors:
            connector.close()
        self.server.stop()
        assert self.server.crashes == []
