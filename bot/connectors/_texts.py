"""What platforms' texts go through before they are stored or compared."""

from __future__ import annotations

import html
import re
import unicodedata

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Put U+FFFD where a text has what no database takes: NUL, half a surrogate."""
    return _UNSTORABLE.sub("\ufffd", text)


def comparable(text: str) -> str:
    """Undo what platforms change in a text of ours: entities, composition, space."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text)).split())


def text_or_nothing(value: object) -> str:
    """Return an undecoded text, nothing for null; ``TypeError`` for what is neither."""
    if value is None:
        return ""
    if not isinstance(value, str):
        message = "not a text"
        raise TypeError(message)
    return value
