"""Who takes our replies: checks signatures by itself, knows keys again, has faults."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tests.platforms.http_platform import Answer, Asked, Loopback

SECRET = "reply-secret-of-twenty-four-owls"
PATH = "/replies"


def is_signed(platform: Loopback, asked: Asked, secret: str, body: bytes) -> bool:
    """Whether it was signed within the last minute, by the documented rule."""
    at = asked.headers.get("x-answerable-timestamp", "")
    drift = abs(int(at or 0) - platform.now().timestamp())
    mac = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256)
    given = asked.headers.get("x-answerable-signature", "")
    return drift < 60 and given == f"v1={mac.hexdigest()}"


class Receiver(Loopback):
    """Takes each key once, at ``PATH``; whatever was taken is in ``taken``."""

    def __init__(self, secret: str = SECRET) -> None:
        super().__init__()
        self.secret = secret
        self.taken: dict[str, dict[str, Any]] = {}

    def route(self, asked: Asked) -> Answer:
        if asked.path != PATH:
            return Answer(404, {"error": "nothing here"})
        key = asked.query.get("key", "")
        signed = asked.raw if asked.method == "POST" else key.encode()
        if not is_signed(self, asked, self.secret, signed):
            return Answer(401, {"error": "signature"})
        if asked.method == "POST":
            key = asked.headers["idempotency-key"]
            assert asked.body["key"] == key
            self.taken.setdefault(key, asked.body)
        if key not in self.taken:
            return Answer(200, {"id": None})
        number = list(self.taken).index(key) + 1
        told = {"id": f"answer-{number}", "url": f"https://forum.example/{number}"}
        return Answer(200, told)

    def problem(self, kind: str) -> Answer:
        """Give a status, or what an answer says."""
        if not kind.isdigit():
            return Answer(200, raw=kind.encode())
        wait = {"Retry-After": "900"} if kind == "429" else {}
        return Answer(int(kind), {"error": "invented"}, wait)

    def is_sign_in(self, path: str) -> bool:
        return False
