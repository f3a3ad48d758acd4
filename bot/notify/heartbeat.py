"""A request to an outside address, so that somebody notices when no more come."""

from __future__ import annotations

import requests

from bot.errors import BotError, Retry


class HeartbeatFailed(BotError):
    """Nobody outside heard that the watch goes on."""

    retry = Retry.LATER


class HttpHeartbeat:
    """Asks for one URL, whose answer must be a success; its text is not read."""

    def __init__(self, url: str, timeout: float) -> None:
        """Remember where; ``timeout`` is in seconds, to connect and to read."""
        self._url, self._timeout = url, timeout

    def beat(self) -> None:
        """Ask once; raises ``HeartbeatFailed``. The URL is a secret and not named."""
        try:
            with requests.get(self._url, timeout=self._timeout, stream=True) as answer:
                answer.raise_for_status()
        except (requests.RequestException, ValueError) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            said = type(error).__name__ + (f" {status}" if status else "")
            message = "the heartbeat reached nobody; check watchdog.heartbeat_url"
            raise HeartbeatFailed(message, detail=said) from None
