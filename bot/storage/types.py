"""Column types that give back exactly what was put in, on every database."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator

from bot.storage import codec

_ESCAPE = "\ufdd0"
"""A noncharacter: Unicode promises that no text for exchange contains it."""

_ODD = re.compile("[\x00\ud800-\udfff\ufdd0]")
_ESCAPED = re.compile("\ufdd0([0-9a-f]{4})")

Whole = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite numbers rows by itself only in a plain INTEGER."""


def storable(text: str) -> str:
    """Write what no database takes (NUL, half a surrogate pair) in a form that it does.

    Platforms do send both. Ordinary text comes back unchanged and unequal texts stay
    unequal, so that columns can be compared and be unique.
    """
    if _ODD.search(text) is None:
        return str(text)
    return _ODD.sub(lambda odd: f"{_ESCAPE}{ord(odd.group()):04x}", text)


def original(text: str) -> str:
    """Undo ``storable``."""
    if _ESCAPE not in text:
        return text
    return _ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), text)


class Words(TypeDecorator[str]):
    """Any text at all."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Make it storable."""
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Give the original back."""
        return None if value is None else original(value)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC to the microsecond and read back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Turn it into UTC; ``ValueError`` for one without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"the instant {value} has no time zone"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Say that it is UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A domain value of one kind, as text."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: object) -> None:
        """Take the kind: a dataclass, ``tuple[Item, ...]`` or ``Mapping[str, V]``."""
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write it."""
        return None if value is None else codec.dump(self.kind, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Read it."""
        return None if value is None else codec.load(self.kind, value)
