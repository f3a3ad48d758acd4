"""Where the engine's servers are, with the password kept apart from their names."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import SplitResult, unquote, urlsplit

from bot.errors import SettingsError
from bot.settings import Engine

PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def servers(settings: Engine) -> list[str]:
    """Return the servers without user and password, safe to show.

    Raises ``SettingsError`` if none is set.
    """
    if not settings.url:
        message = (
            "engine.url is not set: name a NATS server (nats://HOST:4222), or use "
            "'bot run', which needs none"
        )
        raise SettingsError(message)
    return [
        f"{one.scheme}://{one.netloc.rpartition('@')[2]}" for one in _parts(settings)
    ]


def login(settings: Engine) -> tuple[str, str | None]:
    """Return user and password, both empty if the URL names none.

    A password of ``None`` means that the user is a token.
    """
    for one in _parts(settings):
        if one.username:
            password = one.password
            return unquote(one.username), password and unquote(password)
    return "", ""


def _parts(settings: Engine) -> list[SplitResult]:
    written = settings.url.get_secret_value()
    return [urlsplit(one.strip()) for one in written.split(",")]


def token(where: str) -> str:
    """Return a name as one token of a subject: plain if it can be, else hashed."""
    if PLAIN.fullmatch(where):
        return where
    return f"h{hashlib.sha256(where.encode()).hexdigest()[:24]}"
