"""Who delivers to us, written from the documentation alone."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

SECRET, OLD = "a-secret-of-twenty-four-owls", "the-secret-that-the-owls-had-before"


def item(number: int = 1, **more: Any) -> dict[str, Any]:
    at = f"2026-03-02T09:{number % 60:02}:00Z"
    return {"id": f"post/{number}", "text": "no answer", "published_at": at, **more}


def headers(secret: str, body: bytes, at: float) -> dict[str, str]:
    """Sign by the documented rule, without a line of the product's own."""
    stamp = str(int(at))
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return {
        "X-Answerable-Timestamp": stamp,
        "X-Answerable-Signature": f"v1={mac.hexdigest()}",
    }
