"""What only our secrets can make or open.

Links to the form and the answers in it; and, by the console's own secret, what a second
factor is made of, and the notes that a browser carries from one step to the next.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadData, URLSafeSerializer

from bot.domain.handoff import LinkNumber
from bot.errors import Missing, NotSignedIn


class Keys:
    """Made of one secret; whoever changes it ends every link and every answer."""

    def __init__(self, secret: str, url: str) -> None:
        """``url``: where ``bot serve`` is reached from outside."""
        self._url = url.rstrip("/")
        self._links = URLSafeSerializer(
            secret,
            salt="hand-off link",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._lock = _lock_of(b"hand-off answers\0", secret)

    def token(self, number: LinkNumber) -> str:
        """Return a link's token: always the same one, so that it can be looked for."""
        return str(self._links.dumps(number))

    def link(self, number: LinkNumber) -> str:
        """Return the address of somebody's own form."""
        return f"{self._url}/h/{self.token(number)}"

    def number(self, token: str) -> LinkNumber:
        """Return which link a token is; raises ``Missing`` for one that is not ours."""
        try:
            number = self._links.loads(token)
        except BadData:
            number = None
        if not isinstance(number, int) or isinstance(number, bool):
            raise Missing("this link is none of ours")
        return LinkNumber(number)

    def lock(self, words: str) -> str:
        """Make words unreadable without the secret."""
        return self._lock.encrypt(words.encode()).decode()

    def unlock(self, locked: str) -> str:
        """Return the words; raises ``Missing`` where the secret is another now."""
        try:
            return self._lock.decrypt(locked.encode()).decode()
        except InvalidToken:
            message = "the answers cannot be read: hand_off.secret is another now"
            raise Missing(message) from None


class Vault:
    """Made of the console's secret; whoever changes it ends every second factor."""

    def __init__(self, secret: str) -> None:
        """Take the secret that all processes share."""
        self._lock = _lock_of(b"console\0", secret)

    def lock(self, words: str) -> str:
        """Make words unreadable without the secret."""
        return self._lock.encrypt(words.encode()).decode()

    def unlock(self, locked: str) -> str:
        """Return the words; raises ``Missing`` where the secret is another now."""
        try:
            return self._lock.decrypt(locked.encode()).decode()
        except InvalidToken:
            message = (
                "this cannot be read, because console.secret is another "
                "now; ask an operator for a new link"
            )
            raise Missing(message) from None

    def note(self, held: Mapping[str, str], now: datetime) -> str:
        """Make a note that a browser may carry: it can neither read nor change it."""
        written = json.dumps(dict(held)).encode()
        return self._lock.encrypt_at_time(written, int(now.timestamp())).decode()

    def noted(self, note: str, now: datetime, *, lasts: timedelta) -> Mapping[str, str]:
        """Return what a note of ours says; raises ``NotSignedIn`` for an old one."""
        try:
            seconds = int(lasts.total_seconds())
            held = self._lock.decrypt_at_time(
                note.encode(), seconds, int(now.timestamp())
            )
        except InvalidToken:
            message = "this took too long; sign in from the start"
            raise NotSignedIn(message, reasons=["note.over"]) from None
        found: dict[str, str] = json.loads(held)
        return found


def _lock_of(purpose: bytes, secret: str) -> Fernet:
    key = hashlib.sha256(purpose + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
