"""What every platform's file needs where it meets its platform and its library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain.channels import Cursor
from bot.domain.mentions import ChannelControl
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    Unavailable,
)

Translation: TypeAlias = type[ConnectorError] | Callable[[Exception], ConnectorError]
"""One of our classes, or a function where the error itself must be looked into."""

ErrorTable: TypeAlias = Mapping[type[Exception], Translation]

PlaceModel = TypeVar("PlaceModel", bound=BaseModel)
"""What a connector keeps in its cursor; without any fields given it is the start."""

NEARLY = 0.9
"""The part of a full list that is there when some of it was deleted."""

MOST_CAUSES = 5

WORDS: Mapping[type[ConnectorError], str] = {
    Unavailable: "the platform is out of reach or in trouble; it is tried again later",
    AccessDenied: "the platform does not accept the credential; renew or correct it",
    Refused: "the platform rejected this reply; it is not sent again",
    OutcomeUnknown: "it is not known whether the reply stands there; look for it first",
    BadPayload: "the platform answered with something that makes no sense",
}


class ConnectorSettings(BaseModel):
    """What every connector must be told; unknown keys are refused.

    ``account`` is our own handle there, without ``@``; ``base_url`` lets a private or
    a test server stand in; ``timeout`` is in seconds, for connecting and for reading.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    brand: str = Field(min_length=1)
    account: str = ""
    base_url: str = ""
    timeout: float = Field(default=20.0, gt=0, le=300)


@contextmanager
def translated(channel: str, table: ErrorTable) -> Iterator[None]:
    """Raise the library's errors as ours, cause kept; the nearest class decides.

    Errors that the table does not know, and ours, pass unchanged.
    """
    try:
        yield
    except ConnectorError:
        raise
    except tuple(table) as error:
        raise _ours(channel, table, error) from error


def _ours(channel: str, table: ErrorTable, error: Exception) -> ConnectorError:
    nearest = next(cls for cls in type(error).__mro__ if cls in table)
    made = table[nearest]
    if isinstance(made, type):
        ours = cast("type[ConnectorError]", made)
        return ours(channel, WORDS[ours], detail=chain(error))
    return made(error)


def chain(error: BaseException) -> str:
    """Name the classes from an error down to its cause: no words, so no secrets."""
    names: list[str] = []
    inner: BaseException | None = error
    while inner is not None and len(names) < MOST_CAUSES:
        names.append(type(inner).__name__)
        inner = inner.__cause__ or inner.__context__
    return " <- ".join(names)


def read_place(
    model: type[PlaceModel], cursor: Cursor | None, channel: str
) -> PlaceModel:
    """Give a feed's place, the start without a cursor.

    Raises ``BadPayload`` for a cursor that is not ours.
    """
    if cursor is None:
        return model()
    try:
        return model.model_validate_json(cursor)
    except ValidationError as error:
        message = "the cursor is not one of ours"
        raise BadPayload(channel, message, detail=channel) from error


def parse_instant(text: str) -> datetime:
    """Read ISO 8601 as aware UTC; without a zone it is taken as UTC.

    Raises ``ValueError`` for anything else.
    """
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def from_epoch(seconds: float) -> datetime:
    """Read Unix seconds as aware UTC; raise ``ValueError`` for absurd ones."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        message = f"{seconds!r} is no instant"
        raise ValueError(message) from error


def parse_http_date(text: str) -> datetime:
    """Read an HTTP ``Date`` header as aware UTC; raise ``ValueError`` otherwise."""
    read = parsedate_to_datetime(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def may_have_had_to_end(count: int, listed: int) -> bool:
    """Whether a list that ended after ``count`` things may hide older ones.

    Platforms keep only so many (``listed``; 0: no count ends it) and end the list in
    the same way as where there is nothing older.
    """
    return 0 < NEARLY * listed <= count


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Say when an answer was given, by the platform's clock: ours is not read here."""
    try:
        return parse_http_date(headers["date"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def control_of(*, is_ours: bool, is_tagged: bool) -> ChannelControl:
    """Say who controls a place; our own ground comes before a tag."""
    if is_ours:
        return ChannelControl.OWNED
    return ChannelControl.MENTION if is_tagged else ChannelControl.THIRD_PARTY
