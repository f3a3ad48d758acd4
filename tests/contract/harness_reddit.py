"""Reddit on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors._reddit_feeds import children_of
from bot.connectors._reddit_things import to_mention
from bot.connectors.reddit import RedditConnector, RedditSettings
from bot.domain.mentions import Mention
from tests.platforms.reddit_server import (
    ACCOUNT,
    CLIENT,
    PASSWORD,
    TOKEN_PATH,
    RedditState,
    serving,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""

FAULTS: Mapping[str, tuple[str, int, str]] = {
    "rate_limit": ("429", 1, ""),
    # A first 401 only ends a token; the second one is about the credential.
    "unauthorized": ("401", 2, ""),
    "forbidden": ("403", 1, ""),
    "server_error": ("500", 1, ""),
    "timeout": ("stall", 1, ""),
    "drop": ("drop", 1, ""),
    "malformed": ("malformed", 1, ""),
    "not_an_object": ("malformed", 1, "[1, 2]"),
}
DOUBTS = {
    "timeout": ("timeout_after_accept", ""),
    "error": ("status_after_accept", "503"),
    "drop": ("drop_after_accept", ""),
    "malformed": ("malformed_after_accept", ""),
}


class Harness:
    """What people say to u/AcmeCares, and in the subreddit that it runs."""

    secrets: Sequence[str] = (CLIENT[1], PASSWORD)
    hasty: Mapping[str, Any] = {"timeout": 0.3}
    payloads = Path(__file__).parents[1] / "connectors" / "reddit" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.state = RedditState(self._now)
        self.ours = self.state.add_submission("savings", ACCOUNT, "Ask us anything")
        self.state.subreddits.add("acmebank")
        self._open = ExitStack()
        self.server = self._open.enter_context(serving(self.state))

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "account": ACCOUNT,
            "base_url": self.server.url,
            "client_id": CLIENT[0],
            "client_secret": CLIENT[1],
            "password": PASSWORD,
            "user_agent": "linux:answerable-test:1 (by /u/AcmeCares)",
            "subreddits": ("savings",),
            "owned_subreddits": ("acmebank",),
        }

    def connector(self, **settings: Any) -> RedditConnector:
        given = {**self.settings(), **settings}
        connector = RedditConnector(RedditSettings.model_validate(given))
        self._open.callback(connector.close)
        return connector

    def say(self, text: str) -> str:
        """Comment below our post (in two feeds at once), or post in our subreddit."""
        self.said += 1
        author = f"author_{self.said}"
        if self.said % 2:
            return self.state.add_comment(self.ours, author, text)
        return self.state.add_submission("acmebank", author, text)

    def say_nonsense(self) -> None:
        self.said += 1
        odd = {"author": 7, "created_utc": "yesterday"}
        self.state.add_submission("acmebank", "odd_one", "when?", extra=odd)

    def fail_next(self, fault: str) -> bool:
        if fault not in FAULTS:
            return False
        kind, times, text = FAULTS[fault]
        self.state.fail_next(kind, times=times, text=text, seconds=900)
        return True

    def changes(self) -> int:
        return sum(
            method != "GET" and path != TOKEN_PATH
            for method, path, _ in self.state.requests
        )

    def translate(self, payload: Any) -> Iterator[Mention]:
        reader = RedditSettings.model_validate(dict(self.settings())).reader
        for raw in children_of(payload, "a saved answer")[0]:
            mention = to_mention(raw, reader)
            if mention is not None:
                yield mention

    def doubt_next(self, doubt: str) -> bool:
        kind, text = DOUBTS[doubt]
        self.stalls = doubt == "timeout"
        self.state.fail_next(kind, path="/api/comment", text=text)
        return True

    def refuse_next(self) -> None:
        self.state.fail_next("403", path="/api/comment")

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        taken = self.state.accepted
        return [one.text for one in taken if one.parent == external_id]

    def remove(self, external_id: str) -> None:
        self.state.delete(external_id)

    def close(self) -> None:
        self._open.close()
