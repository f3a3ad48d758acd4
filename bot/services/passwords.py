"""Passwords: what is asked of them, and how they are kept so that nobody reads them."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import NotAllowed

AT_LEAST, AT_MOST, VARIED = 12, 200, 5
"""Characters; and how many of them differ."""

AT_ONCE = 2
"""Hashes made at the same time: each takes 64 MiB, and strangers may ask for them."""


class Passwords:
    """Hashes by Argon2id; safe to share between threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """``hasher``: with other parameters than the library's own."""
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = ""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._turns:
            return self._hasher.hash(_normal(password))

    def fits(self, kept: str, password: str) -> bool:
        """Whether it is the one; takes as long where nothing is kept as where it is."""
        if not self._nobody:
            self._nobody = self.hash("of nobody at all")
        known = bool(kept) and len(password) <= AT_MOST
        try:
            with self._turns:
                self._hasher.verify(
                    kept if known else self._nobody, _normal(password[:AT_MOST])
                )
        except (VerificationError, InvalidHashError):
            return False
        return known

    def is_old(self, kept: str) -> bool:
        """Whether it was hashed with parameters that are not used any more."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, name: str) -> None:
    """Raise ``NotAllowed`` for one that others would guess."""
    said = _normal(password)
    if not AT_LEAST <= len(said) <= AT_MOST:
        message = f"a password has {AT_LEAST} to {AT_MOST} characters; take a sentence"
        raise NotAllowed(message, reasons=["password.length"])
    if name.casefold() in said.casefold():
        message = f"a password does not hold your name, {name}; take another sentence"
        raise NotAllowed(message, reasons=["password.plain"])
    if len(set(said)) < VARIED:
        message = f"a password has {VARIED} different characters or more"
        raise NotAllowed(message, reasons=["password.plain"])


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
