"""Bearer tokens that we sign ourselves, with a private key that a platform gave us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import jwt

from bot.clock import SystemClock

LASTING = timedelta(minutes=10)
"""Platforms take tokens of up to 20 minutes; ours are for one request."""

AGO = timedelta(seconds=30)
"""A token from the future is refused, and our clock may be a little fast."""


def signed(claims: Mapping[str, str], key: str, algorithm: str, key_id: str) -> str:
    """Sign claims with a PEM key; they hold from now on, by the machine's clock."""
    now = SystemClock().now()
    whole = {**claims, "iat": now - AGO, "exp": now + LASTING}
    return jwt.encode(whole, key, algorithm=algorithm, headers={"kid": key_id})


def check_key(key: str, algorithm: str) -> None:
    """Raise ``ValueError``, without the key in it, where it cannot sign."""
    try:
        signed({}, key, algorithm, "")
    except (jwt.PyJWTError, NotImplementedError, TypeError, ValueError):
        message = f"this is no private key for {algorithm} in PEM"
        # Without the cause, which may show it.
        raise ValueError(message) from None
