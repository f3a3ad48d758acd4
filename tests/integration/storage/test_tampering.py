"""Whoever writes past the triggers, into any column of the log, is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.audit.seal import head, make_seal
from bot.audit.verify import Report, verify
from bot.domain.audit import Head
from bot.storage.store import SqlStore
from tests.samples import NOON, entry

Run = Callable[..., Any]

KEYS = {"audit_entries": "id", "audit_seals": "number", "audit_leaves": "entry_id"}
TEXTS = [
    *(("audit_entries", name) for name in ("at", "actor", "action", "subject")),
    ("audit_entries", "detail"),
    *(("audit_seals", name) for name in ("sealed_at", "root", "previous", "hash")),
    ("audit_leaves", "leaf"),
]
NUMBERS = [
    ("audit_entries", "id"),
    ("audit_seals", "number"),
    ("audit_seals", "total"),
    ("audit_leaves", "entry_id"),
    ("audit_leaves", "seal_number"),
    ("audit_leaves", "position"),
]
ENTRIES, BATCH = 12, 4


@pytest.fixture
def sealed(store) -> tuple[SqlStore, Head]:
    """A store with twelve entries under three seals, and the head that left."""
    with store.work() as work:
        work.audit.append([entry(n) for n in range(ENTRIES)])
        while pending := work.audit.unsealed(BATCH):
            assert work.audit.seal(make_seal(work.audit.last_seal(), pending, NOON))
        last = work.audit.last_seal()
    assert last is not None
    return store, head(last)


@contextmanager
def intruder(store: SqlStore) -> Iterator[Run]:
    """Run statements past triggers and references; all is undone at the end."""
    if store.url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(store.url.database))) as db:
            names = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in names.fetchall():
                db.execute(f"DROP TRIGGER {name}")
            db.commit()
            yield _committing(db)
        return
    url = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as db:
        db.execute("SET session_replication_role = replica")
        yield _committing(db)


def _committing(db: Any) -> Run:
    mark = "?" if isinstance(db, sqlite3.Connection) else "%s"

    def run(statement: str, *values: object) -> Any:
        cursor = db.execute(statement.replace("?", mark), values)
        rows = cursor.fetchall() if cursor.description else None
        db.commit()
        return rows

    return run


def proof(store: SqlStore, left: Head | None = None) -> Report:
    with store.audit_log() as log:
        return verify(log, left)


def assert_found(store: SqlStore, left: Head | None = None) -> Report:
    report = proof(store, left)
    assert not report.is_whole
    assert report.first_broken is not None
    return report


@pytest.mark.parametrize(("table", "column"), TEXTS)
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_one_character_of_any_text_column_cannot_change(sealed, table, column, data):
    store, _ = sealed
    key = KEYS[table]
    with intruder(store) as run:
        rows = run(f"SELECT {key}, {column} FROM {table} ORDER BY {key}")
        which, text = data.draw(st.sampled_from(rows))
        place = data.draw(st.integers(0, len(text) - 1))
        put = data.draw(
            st.characters(codec="utf-8", exclude_characters="\0" + text[place])
        )
        changed = text[:place] + put + text[place + 1 :]
        run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", changed, which)

        assert_found(store)

        run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", text, which)
    assert proof(store).is_whole


@pytest.mark.parametrize(("table", "column"), NUMBERS)
@pytest.mark.parametrize("new", [-1, 0, 2, 3, 40, 2**40])
def test_no_number_of_any_row_can_change(sealed, table, column, new):
    store, _ = sealed
    key = KEYS[table]
    with intruder(store) as run:
        for which, old in run(f"SELECT {key}, {column} FROM {table} ORDER BY {key}"):
            if old == new or not may_become(run, table, column, which, new):
                continue
            now = new if column == key else which
            run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", new, which)

            assert_found(store)

            run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", old, now)
    assert proof(store).is_whole


def may_become(run: Run, table: str, column: str, which: int, new: int) -> bool:
    """Whether no other row stands there already, which the database would refuse."""
    if column == KEYS[table]:
        return not run(f"SELECT 1 FROM {table} WHERE {column} = ?", new)
    other = {"seal_number": "position", "position": "seal_number"}.get(column)
    return other is None or not run(
        f"SELECT 1 FROM {table} WHERE {column} = ?"
        f" AND {other} = (SELECT {other} FROM {table} WHERE {KEYS[table]} = ?)",
        new,
        which,
    )


@pytest.mark.parametrize("number", range(1, ENTRIES + 1))
def test_an_altered_entry_is_named_with_its_seal(sealed, number):
    store, _ = sealed
    with intruder(store) as run:
        run("UPDATE audit_entries SET actor = 'nobody' WHERE id = ?", number)

    first = assert_found(store).first_broken

    assert first is not None
    assert (first.entry, first.seal) == (number, (number - 1) // BATCH + 1)


@pytest.mark.parametrize("table", KEYS)
def test_a_deleted_row_is_found_wherever_it_stood(sealed, table):
    store, left = sealed
    key = KEYS[table]
    with intruder(store) as run:
        columns = "*"
        for row in run(f"SELECT {columns} FROM {table} ORDER BY {key}"):
            run(f"DELETE FROM {table} WHERE {key} = ?", row[0])

            assert_found(store, left)

            marks = ", ".join("?" * len(row))
            run(f"INSERT INTO {table} VALUES ({marks})", *row)
    assert proof(store, left).is_whole


def test_an_inserted_entry_is_unsealed_or_breaks_the_seal_it_claims(sealed):
    store, left = sealed
    with intruder(store) as run:
        run(
            "INSERT INTO audit_entries (id, at, actor, action, subject, detail)"
            " VALUES (99, 'x', 'x', 'x', 'x', '{}')"
        )
        assert proof(store, left).unsealed == 1

        run(
            "INSERT INTO audit_leaves (entry_id, seal_number, position, leaf)"
            " VALUES (99, 2, 4, 'x')"
        )

        first = assert_found(store).first_broken
    assert first is not None
    assert first.seal == 2


def test_a_cut_off_tail_is_found_against_the_head_only(sealed):
    store, left = sealed
    with intruder(store) as run:
        run("DELETE FROM audit_leaves WHERE seal_number = 3")
        run("DELETE FROM audit_seals WHERE number = 3")
        run("DELETE FROM audit_entries WHERE id > ?", 2 * BATCH)

    assert proof(store).is_whole
    first = assert_found(store, left).first_broken

    assert first is not None
    assert first.seal == 3


def test_an_emptied_log_is_found_against_the_head(sealed):
    store, left = sealed
    with intruder(store) as run:
        for table in ("audit_leaves", "audit_seals", "audit_entries"):
            run(f"DELETE FROM {table}")

    assert_found(store, left)


@pytest.mark.parametrize(
    ("table", "column"),
    [*TEXTS, *(each for each in NUMBERS if each not in KEYS.items())],
)
@pytest.mark.parametrize("value", ["CAST(x'ff41fe' AS TEXT)", "x'00ff'", "1.5", "'é'"])
def test_sqlite_values_of_another_kind_are_reported_and_end_nothing(
    migrated_copy, table, column, value
):
    store, left = migrated_copy
    with intruder(store) as run:
        run(f"UPDATE {table} SET {column} = {value} WHERE rowid = 2")

    assert_found(store, left)


def test_a_row_that_a_table_and_its_index_tell_differently_is_found(
    migrated_copy, tmp_path, open_store
):
    store, left = migrated_copy
    file = tmp_path / "torn.db"
    with closing(sqlite3.connect(str(store.url.database))) as db:
        db.execute("VACUUM INTO ?", (str(file),))
        (leaf,) = db.execute(
            "SELECT leaf FROM audit_leaves WHERE seal_number = 2 AND position = 3"
        ).fetchone()
    raw = file.read_bytes()
    # In the table's row, and there alone, the position stands before the leaf.
    assert raw.count(b"\x03" + leaf.encode()) == 1
    file.write_bytes(raw.replace(b"\x03" + leaf.encode(), b"\x07" + leaf.encode()))

    torn = proof(open_store(f"sqlite:///{file}"), left)

    assert not torn.is_whole
    assert "audit_leaves" in str(torn.first_broken)


@pytest.fixture
def migrated_copy(migrated_file, tmp_path, open_store) -> tuple[SqlStore, Head]:
    file = tmp_path / "copy.db"
    file.write_bytes(migrated_file.read_bytes())
    store = open_store(f"sqlite:///{file}")
    with store.work() as work:
        work.audit.append([entry(n) for n in range(ENTRIES)])
        while pending := work.audit.unsealed(BATCH):
            work.audit.seal(make_seal(work.audit.last_seal(), pending, NOON))
        last = work.audit.last_seal()
    assert last is not None
    return store, head(last)
