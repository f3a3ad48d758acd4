"""The database itself refuses to change the log."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3

import pytest
from sqlalchemy import text

from bot.audit.seal import make_seal
from bot.audit.verify import verify
from bot.errors import StorageError
from bot.storage.store import SqlStore
from tests.samples import NOON, entry

TABLES = {
    "audit_entries": ("actor", "id"),
    "audit_seals": ("hash", "number"),
    "audit_leaves": ("leaf", "entry_id"),
}


@pytest.fixture
def sealed(store):
    """A store with three sealed entries."""
    with store.work() as work:
        work.audit.append([entry(n) for n in range(3)])
        work.audit.seal(make_seal(None, work.audit.unsealed(3), NOON))
    return store


def attempt(store: SqlStore, statement: str) -> None:
    with store.work() as work:
        work.audit._db.execute(text(statement))


def assert_refused(store: SqlStore, statement: str) -> None:
    with pytest.raises(StorageError, match="append-only"):
        attempt(store, statement)
    with store.audit_log() as log:
        report = verify(log)
    assert report.is_whole
    assert report.entries == 3


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_the_log_can_be_updated(sealed, table):
    assert_refused(sealed, f"UPDATE {table} SET {TABLES[table][0]} = 'x'")


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_the_log_can_be_deleted(sealed, table):
    assert_refused(sealed, f"DELETE FROM {table}")


@pytest.mark.postgres
@pytest.mark.parametrize("table", TABLES)
def test_no_table_of_the_log_can_be_emptied(postgres_databases, open_store, table):
    store = open_store(postgres_databases.empty())
    with store.work() as work:
        work.audit.append([entry(n) for n in range(3)])

    assert_refused(store, f"TRUNCATE {table} CASCADE")


REPLACEMENTS = {
    "audit_entries": "VALUES (1, 'x', 'x', 'x', 'x', '{}')",
    "audit_seals": "VALUES (1, 'x', 'x', 'x', 'x', 1)",
    "audit_leaves": "VALUES (1, 1, 0, 'x')",
}


def test_no_leaf_can_be_replaced_by_inserting_another_in_its_place(
    migrated_file, tmp_path, open_store
):
    file = shutil.copy(migrated_file, tmp_path / "answerable.db")
    store = open_store(f"sqlite:///{file}")
    with store.work() as work:
        work.audit.append([entry(n) for n in range(3)])
        work.audit.seal(make_seal(None, work.audit.unsealed(3), NOON))
    # A foreign connection, where replacing a row fires no trigger on its deletion.
    other = sqlite3.connect(file, isolation_level=None)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute("INSERT OR REPLACE INTO audit_leaves VALUES (99, 1, 0, 'x')")

    other.close()
    with store.audit_log() as log:
        assert verify(log).is_whole


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_the_log_can_be_replaced_by_inserting_over_it(sealed, table):
    verb, tail = "INSERT OR REPLACE", ""
    if sealed.url.get_backend_name() == "postgresql":
        column, key = TABLES[table]
        verb, tail = "INSERT", f"ON CONFLICT ({key}) DO UPDATE SET {column} = 'x'"

    assert_refused(sealed, f"{verb} INTO {table} {REPLACEMENTS[table]} {tail}")


def test_a_refusal_ends_the_whole_transaction(sealed):
    with contextlib.suppress(StorageError), sealed.work() as work:
        work.switches.set("kill", "on", by="ana", at=NOON)
        work.audit._db.execute(text("DELETE FROM audit_entries"))

    with sealed.work() as work:
        assert work.switches.get("kill") == ""
