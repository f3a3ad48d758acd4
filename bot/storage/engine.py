"""A database opened with the precautions that each of the two kinds needs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from bot.errors import SettingsError, StorageError
from bot.storage.statements import READS

BUSY_SECONDS = 30
"""How long a transaction waits for another that writes the same SQLite file.

``?timeout=SECONDS`` in the URL says otherwise.
"""

FORGET_WITHIN_MS = 500
"""So long all that write may be held up for words to leave the disk at once."""

CONNECT_SECONDS = 10


def read_url(url: str) -> URL:
    """Return the URL with our drivers; its text never shows up in an error."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        message = (
            "the database URL cannot be read; write sqlite:///FILE or postgresql://"
        )
        raise SettingsError(message) from None
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        if parsed.database in {None, "", ":memory:"}:
            message = "the database must be a file: write sqlite:///var/answerable.db"
            raise SettingsError(message)
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    message = (
        f"the database URL begins with {parsed.drivername}; "
        "only sqlite:///FILE and postgresql://USER@HOST/NAME are known"
    )
    raise SettingsError(message)


def open_engine(url: URL) -> Engine:
    """Make the engine, with each database's own precautions."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    return create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "answerable",
        },
    )


def snapshot(engine: Engine) -> Engine:
    """Return the engine for transactions that read everything as of one instant."""
    marked = engine.execution_options(**{READS: True})
    if engine.dialect.name == "sqlite":
        return marked
    return marked.execution_options(isolation_level="REPEATABLE READ")


def forget_overwritten(engine: Engine) -> None:
    """Let SQLite's write-ahead log go, where pages stand as they were before.

    While somebody reads for long, it cannot, and nobody could write while it waited:
    then it goes when it is next begun anew.
    """
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={FORGET_WITHIN_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={patience}")


def _sqlite_engine(url: URL) -> Engine:
    _make_folder(Path(url.database or ""))
    seconds = _patience(url)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": seconds})
    event.listen(engine, "connect", partial(_prepare, seconds=seconds))
    event.listen(engine, "begin", _begin)
    return engine


def _patience(url: URL) -> float:
    asked = url.query.get("timeout", str(BUSY_SECONDS))
    try:
        return float(str(asked))
    except ValueError:
        message = "the database URL's timeout must be a number of seconds: ?timeout=30"
        raise SettingsError(message) from None


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {file.parent} of the database cannot be made: {error}"
        raise StorageError(message) from error


def _prepare(
    connection: sqlite3.Connection, _record: object, *, seconds: float
) -> None:
    """Set what SQLite forgets with every connection.

    ``FULL``: a commit that was reported survives a power loss, which the outbox and
    the log need. ``secure_delete``: words that were withdrawn leave no trace in pages
    that are free. The driver's own BEGIN comes too late and is switched off.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    _use_wal(cursor, seconds)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "secure_delete=ON",
        "journal_size_limit=0",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor, seconds: float) -> None:
    """Switch the file to a write-ahead log, however many make it at the same time.

    The one statement for which SQLite never waits: whoever asks for it reads the file
    already, and two readers that both waited to be alone would wait for ever.
    """
    until_alone = Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(seconds),
        wait=wait_random(0.01, 0.1),
        reraise=True,
    )
    until_alone(cursor.execute, "PRAGMA journal_mode=WAL")


def _is_locked(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


def _begin(db: Connection) -> None:
    reads = db.get_execution_options().get(READS, False)
    db.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
