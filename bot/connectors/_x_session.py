"""HTTP below tweepy: what it has no words for, another host and a timeout."""

from __future__ import annotations

from io import BytesIO
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
        """Wait no longer than we were told; tweepy would wait for ever.

        An error whose body tweepy cannot digest comes without it: a gateway in between
        writes what it likes, and the status says enough.
        """
        more["timeout"] = more.get("timeout") or self._timeout
        answer = super().send(request, **more)
        return answer if answer.ok or _is_digestible(answer) else _bare(answer)


def _is_digestible(answer: requests.Response) -> bool:
    try:
        body = answer.json()
    except ValueError:
        return True
    if not isinstance(body, dict) or not isinstance(body.get("detail", ""), str):
        return False
    errors = body.get("errors", [])
    if not isinstance(errors, list):
        return False
    return all(
        isinstance(one, str)
        or (isinstance(one, dict) and isinstance(one.get("message", ""), str))
        for one in [*errors, body.get("error", "")]
    )


def _bare(answer: requests.Response) -> requests.Response:
    bare = requests.Response()
    bare.status_code, bare.reason = answer.status_code, answer.reason
    bare.headers, bare.url, bare.request = answer.headers, answer.url, answer.request
    bare.raw = BytesIO(b"{}")
    return bare
