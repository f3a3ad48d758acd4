"""What goes wrong with a database is one clear line that gives nothing away."""

from __future__ import annotations

import random
import sqlite3

import pytest

from bot.audit.seal import make_seal
from bot.audit.verify import verify
from bot.errors import SettingsError, StorageError
from bot.storage.store import SqlStore
from tests.samples import NOON, entry, mention

SECRET = "hunter2-correct-horse"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://ana:{SECRET}@db/answerable",
        f"postgresql+asyncpg://ana:{SECRET}@db/answerable",
        f"oracle://ana:{SECRET}@db",
        f"not a url {SECRET}",
        f"postgresql://ana:{SECRET}@db:port/answerable",
        "",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_url_of_no_known_kind_is_a_settings_error(url):
    with pytest.raises(SettingsError) as refused:
        SqlStore(url)

    assert SECRET not in refused.value.shown + refused.value.detail
    assert "\n" not in refused.value.shown


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_usual_name_of_postgresql_is_taken(scheme, open_store):
    assert (
        open_store(f"{scheme}://u@127.0.0.1/x").url.drivername == "postgresql+psycopg"
    )


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ana:{SECRET}@127.0.0.1:1/answerable",
        f"postgresql://ana@127.0.0.1:1/answerable?password={SECRET}",
    ],
)
def test_a_server_that_is_not_there_is_named_without_the_password(url, open_store):
    store = open_store(url)

    with pytest.raises(StorageError) as refused, store.work():
        pass

    assert "127.0.0.1:1" in refused.value.shown
    assert "cannot be reached" in refused.value.shown
    assert SECRET not in refused.value.shown + refused.value.detail
    assert SECRET not in repr(refused.value.__cause__)
    assert "\n" not in refused.value.shown


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_named(postgres_databases, open_store):
    url = postgres_databases.migrated.replace("/migrated", "/nowhere")

    with pytest.raises(StorageError, match="nowhere"):
        open_store(url).check_version()


def test_a_folder_that_is_not_there_is_made(tmp_path, open_store):
    store = open_store(f"sqlite:///{tmp_path}/var/deep/answerable.db")

    store.upgrade()

    assert (tmp_path / "var" / "deep" / "answerable.db").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "var").write_text("a file, not a folder")

    with pytest.raises(StorageError, match="var"):
        SqlStore(f"sqlite:///{tmp_path}/var/answerable.db")


def test_a_folder_in_place_of_the_file_is_named(tmp_path, open_store):
    store = open_store(f"sqlite:///{tmp_path}")

    with pytest.raises(StorageError, match="cannot be reached"), store.work():
        pass


@pytest.mark.parametrize("do", ["check_version", "upgrade", "summary"])
@pytest.mark.parametrize(
    "content", [b"no database at all " * 99, b"SQLite format 3\x00x"]
)
def test_a_file_that_is_no_database_is_called_damaged(
    tmp_path, open_store, content, do
):
    file = tmp_path / "answerable.db"
    file.write_bytes(content)

    with pytest.raises(StorageError) as refused:
        getattr(open_store(f"sqlite:///{file}"), do)()

    assert "damaged" in refused.value.shown
    assert "backup" in refused.value.shown
    assert file.read_bytes() == content


def test_a_file_cut_short_is_called_damaged(migrated_file, tmp_path, open_store):
    file = tmp_path / "answerable.db"
    file.write_bytes(migrated_file.read_bytes()[:10_000])

    with pytest.raises(StorageError, match="damaged"):
        open_store(f"sqlite:///{file}").summary()


def test_a_file_that_another_process_locks_is_named(own_file):
    store = SqlStore(f"sqlite:///{own_file}?timeout=0.05")
    other = sqlite3.connect(own_file)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageError, match="locked"), store.work():
        pass

    other.close()
    store.close()


def test_an_authors_words_are_in_no_error(store):
    words = "my-very-private-words"
    broken = mention(text=words)
    object.__setattr__(broken, "brand", None)

    with pytest.raises(StorageError) as refused, store.work() as work:
        work.mentions.add([broken], source="agora", at=NOON)

    assert words not in refused.value.shown + refused.value.detail
    assert "brand" in refused.value.shown


def said_of(store: SqlStore) -> str:
    """Return what a proof of its log says, or why there cannot be one."""
    try:
        store.check_version()
        with store.audit_log() as log:
            return str(verify(log).first_broken)
    except StorageError as error:
        return error.shown


def test_a_file_with_flipped_bytes_never_ends_in_a_traceback(tmp_path, open_store):
    whole = tmp_path / "whole.db"
    store = open_store(f"sqlite:///{whole}")
    store.upgrade()
    with store.work() as work:
        work.audit.append([entry(n) for n in range(60)])
        work.audit.seal(make_seal(None, work.audit.unsealed(60), NOON))
    store.close()
    content, chance = whole.read_bytes(), random.Random(271)

    for turn in range(60):
        flipped = bytearray(content)
        for _ in range(40):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        file = tmp_path / f"{turn}.db"
        file.write_bytes(bytes(flipped))
        damaged = open_store(f"sqlite:///{file}")
        assert "\n" not in said_of(damaged)
        damaged.close()


def test_sqlite_keeps_what_it_said_it_had(own_file, open_store):
    store = open_store(f"sqlite:///{own_file}")

    with store.work() as work:
        db = work.audit._db
        settings = {
            name: db.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
