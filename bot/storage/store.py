"""One database, opened with the promises that each of the two kinds needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError, StorageError
from bot.storage.audit import SqlAudit
from bot.storage.clocks import SqlClocks
from bot.storage.failures import translated
from bot.storage.mentions import SqlMentions
from bot.storage.notices import SqlNotices
from bot.storage.quarantine import SqlQuarantine
from bot.storage.replies import SqlReplies
from bot.storage.sources import SqlSources
from bot.storage.switches import SqlLeases, SqlSwitches
from bot.storage.tickets import SqlTickets
from bot.storage.upgrade import Progress, check_version, current_version, upgrade

BUSY_SECONDS = 30
"""How long a transaction waits for another that writes the same SQLite file."""

CONNECT_SECONDS = 10


class SqlWork:
    """One transaction over everything that we keep."""

    def __init__(self, db: Connection) -> None:
        """Give every noun the same connection."""
        self.sources = SqlSources(db)
        self.mentions = SqlMentions(db)
        self.tickets = SqlTickets(db)
        self.clocks = SqlClocks(db)
        self.replies = SqlReplies(db)
        self.audit = SqlAudit(db)
        self.notices = SqlNotices(db)
        self.quarantine = SqlQuarantine(db)
        self.switches = SqlSwitches(db)
        self.leases = SqlLeases(db)


class SqlStore:
    """Everything we keep, in SQLite or PostgreSQL; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Take the database's URL; nothing is opened before the first transaction.

        Raises ``SettingsError`` for a URL that is neither kind.
        """
        self.url = read_url(url)
        self._engine = open_engine(self.url)

    @contextmanager
    def work(self) -> Iterator[SqlWork]:
        """Open a transaction: committed at the end of the block, or rolled back.

        On SQLite it has the write lock from its start, because one that began by
        reading could not be granted it later while another writes.
        """
        with translated(self.url), self._engine.begin() as db:
            yield SqlWork(db)

    @contextmanager
    def reading(self) -> Iterator[SqlWork]:
        """Open a transaction that only reads, and waits for no writer."""
        engine = self._engine.execution_options(bot_reads=True)
        with translated(self.url), engine.begin() as db:
            yield SqlWork(db)

    def upgrade(self, progress: Progress | None = None) -> str:
        """Run the migrations that are missing and return the schema reached."""
        return upgrade(self._engine, progress)

    def check_version(self) -> None:
        """Raise ``StorageError`` unless the schema is this program's."""
        check_version(self._engine)

    def current_version(self) -> str:
        """Return the database's schema; empty if nothing was ever made there."""
        return current_version(self._engine)

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def read_url(url: str) -> URL:
    """Return the URL with our drivers; its text never shows up in an error."""
    try:
        parsed = make_url(url)
    except ArgumentError:
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


def _sqlite_engine(url: URL) -> Engine:
    _make_folder(Path(url.database or ""))
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {file.parent} of the database cannot be made: {error}"
        raise StorageError(message) from error


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Set what SQLite forgets with every connection.

    ``FULL``: a commit that was reported survives a power loss, which the outbox and
    the log need. The driver's own BEGIN comes too late and is switched off.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(db: Connection) -> None:
    reads = db.get_execution_options().get("bot_reads", False)
    db.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
