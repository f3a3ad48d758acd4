"""What only our secret can make or open: links to the form, and the answers in it."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadData, URLSafeSerializer

from bot.domain.handoff import LinkNumber
from bot.errors import Missing


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
        key = hashlib.sha256(b"hand-off answers\0" + secret.encode()).digest()
        self._lock = Fernet(base64.urlsafe_b64encode(key))

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
