"""Signatures of what is delivered to us and of what we deliver, both ways alike."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime

from pydantic import SecretStr

TIMESTAMP = "X-Answerable-Timestamp"
SIGNATURE = "X-Answerable-Signature"
VERSION = "v1="


def signature(secret: SecretStr, timestamp: str, body: bytes) -> str:
    """Return what stands in the header: HMAC-SHA256 over time, a point, and body."""
    key = secret.get_secret_value().encode()
    signed = timestamp.encode("utf-8", "surrogateescape") + b"." + body
    return VERSION + hmac.new(key, signed, hashlib.sha256).hexdigest()


def signed(secret: SecretStr, at: datetime, body: bytes) -> Mapping[str, str]:
    """Give the headers with which a body goes out at an instant."""
    timestamp = str(int(at.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, body)}


def is_signed(
    secrets: Collection[SecretStr], timestamp: str, body: bytes, given: str
) -> bool:
    """Whether one of the secrets made a signature; how long it takes tells nothing."""
    told = given.encode("utf-8", "surrogateescape")
    fits = [
        hmac.compare_digest(signature(one, timestamp, body).encode(), told)
        for one in secrets
    ]
    return any(fits)
