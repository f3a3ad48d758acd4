"""Database errors as one clear line; passwords and authors' words never pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import (
    DBAPIError,
    SQLAlchemyError,
)
from sqlalchemy.exc import (
    TimeoutError as PoolTimeout,
)

from bot.errors import BotError, Stale, StorageError

_LOST_RACES = {"40001": "serialization failure", "40P01": "deadlock"}
"""PostgreSQL's words for: undone, as another transaction changed the same rows."""

_DAMAGED = ("malformed", "not a database", "disk image", "decode to utf-8")


def shown(url: URL) -> str:
    """Name a database for people, without its password or query."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite file {url.database}"
    place = f"{url.host or 'local socket'}{f':{url.port}' if url.port else ''}"
    return f"PostgreSQL database {url.database} at {place}"


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn SQLAlchemy's and the drivers' errors into ``StorageError`` or ``Stale``."""
    try:
        yield
    except SQLAlchemyError as error:
        raise storage_error(url, error) from error
    except UnicodeDecodeError as error:
        # Python's sqlite3 decodes even SQLite's own complaints about a damaged file.
        message = f"{shown(url)} is damaged; restore it from a backup"
        raise StorageError(message) from error


def storage_error(url: URL, error: SQLAlchemyError) -> BotError:
    """Say what happened, to which database, and what to do.

    ``Stale`` where all was undone because others were at work on the same rows.
    """
    place = shown(url)
    cause = error.orig if isinstance(error, DBAPIError) else None
    if lost := _LOST_RACES.get(getattr(cause, "sqlstate", None) or ""):
        message = "someone else changed the same rows at the same time; try again"
        return Stale(message, detail=f"{place}: {lost}")
    said = _first_line(cause or error)
    detail = f"{place}: {type(cause or error).__name__}: {said}"
    low = said.lower()
    if isinstance(error, PoolTimeout):
        message = f"{place} is busy: no connection became free in time"
    elif any(word in low for word in _DAMAGED):
        message = f"{place} is damaged ({said}); restore it from a backup"
    elif "locked" in low:
        message = f"{place} stayed locked by another process; try again"
    elif "no such table" in low or type(cause).__name__ == "UndefinedTable":
        message = f"{place} has no such tables yet; run `bot db upgrade`"
    elif "unable to open" in low or "connection" in low:
        message = f"{place} cannot be reached: {said}"
    else:
        message = f"{place} refused: {said}"
    return StorageError(message, detail=detail)


def _first_line(error: BaseException) -> str:
    """Return the error's own words; PostgreSQL's further lines may quote a row."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
