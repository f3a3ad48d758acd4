"""HTTP below tweepy: what it has no words for, another host and a timeout."""

from __future__ import annotations

from typing import Any

import requests

HARD_CODED = "https://api.twitter.com"  # in tweepy; replaced by ``base_url``


class Session(requests.Session):
    """Sends to our host, and waits for it only so many seconds."""

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Put our host in before OAuth 1.0a signs the address."""
        request.url = str(request.url).replace(HARD_CODED, self._base_url, 1)
        return super().prepare_request(request)

    def send(
        self,
        request: requests.PreparedRequest,
        **more: Any,  # noqa: ANN401 - requests' own keywords, passed through
    ) -> requests.Response:
        """Wait no longer than we were told; tweepy would wait for ever."""
        more["timeout"] = more.get("timeout") or self._timeout
        return super().send(request, **more)
