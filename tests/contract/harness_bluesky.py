"""Bluesky on loopback, for the contract's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors._bluesky_posts import View, to_mention
from bot.connectors.bluesky import BlueskyConnector, BlueskySettings
from bot.domain.mentions import Mention
from tests.platforms.bluesky_server import serving
from tests.platforms.bluesky_state import HANDLE, PASSWORD, BlueskyState, did_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITHIN = 60.0
"""Seconds; far more than the platform needs for a request that has reached it."""

SESSIONS = {
    "com.atproto.server.createSession",
    "com.atproto.server.refreshSession",
}
PUT = "com.atproto.repo.putRecord"
FAULTS: Mapping[str, tuple[str, str]] = {
    "rate_limit": ("rate_limit", ""),
    "unauthorized": ("401", "AuthenticationRequired:Invalid identifier or password"),
    "forbidden": ("403", "Forbidden:not here"),
    "server_error": ("500", ""),
    "timeout": ("stall", ""),
    "drop": ("drop", ""),
    "malformed": ("malformed", ""),
    "not_an_object": ("not_an_object", ""),
}


class Harness:
    """What people say to @acme.test."""

    secrets: Sequence[str] = (PASSWORD,)
    hasty: Mapping[str, Any] = {"timeout": 1.5}
    payloads = Path(__file__).parents[1] / "connectors" / "bluesky" / "payloads"

    def __init__(self, folder: Path) -> None:
        self.said = 0
        self.stalls = False
        self.state = BlueskyState(self._now)
        self.ours = self.state.add_post("Ask us anything", HANDLE)
        self._open = ExitStack()
        self.server = self._open.enter_context(serving(self.state))

    def _now(self) -> datetime:
        return START + timedelta(minutes=self.said)

    def settings(self) -> Mapping[str, Any]:
        return {
            "brand": "acme",
            "account": HANDLE,
            "base_url": self.server.url,
            "app_password": PASSWORD,
            "query": "acmebank",
        }

    def connector(self, **settings: Any) -> BlueskyConnector:
        given = {**self.settings(), **settings}
        connector = BlueskyConnector(BlueskySettings.model_validate(given))
        self._open.callback(connector.close)
        return connector

    def say(self, text: str) -> str:
        """Tag us, answer us, or only name us: each comes by another feed."""
        self.said += 1
        author = f"author{self.said}.test"
        match self.said % 3:
            case 0:
                return self.state.add_post(f"AcmeBank! {text}", author)
            case 1:
                return self.state.add_post(f"@{HANDLE} {text}", author)
        return self.state.add_post(text, author, reply_to=self.ours)

    def say_nonsense(self) -> None:
        self.said += 1
        odd = {"createdAt": "yesterday", "langs": 7, "facets": "none", "text": ["?"]}
        self.state.add_post("when?", "odd.test", reply_to=self.ours, record=odd)

    def fail_next(self, fault: str) -> bool:
        if fault not in FAULTS:
            return False
        kind, text = FAULTS[fault]
        self.state.fail_next(kind, text=text)
        return True

    def changes(self) -> int:
        return sum(
            method != "GET" and nsid not in SESSIONS
            for method, nsid, *_ in self.state.requests
        )

    def translate(self, payload: Any) -> Iterator[Mention]:
        profiles = {one["did"]: one for one in payload.get("profiles", ())}
        view = View(brand="acme", did=did_of(HANDLE), profiles=profiles)
        for post in payload["posts"]:
            yield to_mention(post, view)

    def doubt_next(self, doubt: str) -> bool:
        self.stalls = doubt == "timeout"
        self.state.fail_next(f"{doubt}_after_accept", PUT)
        return True

    def refuse_next(self) -> None:
        words = "InvalidRequest:Invalid app.bsky.feed.post record"
        self.state.fail_next("400", PUT, text=words)

    def replies(self, external_id: str) -> Sequence[str]:
        assert not self.stalls or self.server.stalled.wait(WITHIN)
        return [one.record["text"] for one in self.state.replies_to(external_id)]

    def remove(self, external_id: str) -> None:
        self.state.delete_post(external_id)

    def close(self) -> None:
        self._open.close()
        assert self.server.crashes == []
