"""Migrations: from nothing to the tables that the program knows, and no further."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect, text

from bot.domain.channels import Aside, Quarantined
from bot.domain.queues import SavedView, ViewRoom
from bot.domain.staff import Role
from bot.errors import SettingsError, StorageError
from bot.services.staff import add_user
from bot.storage.engine import read_url
from bot.storage.migrations import versions
from bot.storage.search import INDEXES
from bot.storage.store import SqlStore
from bot.storage.tables import Rows
from bot.storage.upgrade import newest_version
from bot.testing import ManualClock
from tests import samples
from tests.samples import NOON
from tests.unit.services.world import close, handle, mention, queue_reply, tickets

MIGRATIONS = sorted(
    path.name[:4] for path in Path(versions.__path__[0]).glob("[0-9]*.py")
)
"""The numbers of all that there are; they run in this order."""


def connect(url):
    return create_engine(read_url(url), poolclass=NullPool).connect()


def test_an_empty_database_is_upgraded_to_everything(empty_url, open_store):
    store = open_store(empty_url)
    told: list[str] = []

    reached = store.upgrade(told.append)

    assert reached == newest_version() == store.current_version()
    assert [one[:4] for one in told] == MIGRATIONS
    assert told[0].startswith("0001 ")
    store.check_version()
    with store.work() as work:
        assert len(work.mentions.add([samples.mention()], source="agora", at=NOON)) == 1


def test_upgrading_again_changes_nothing(empty_url, open_store):
    store = open_store(empty_url)
    store.upgrade()
    told: list[str] = []

    assert store.upgrade(told.append) == newest_version()
    assert told == []


def is_of_rows(_thing, name, kind, _is_reflected, _other):
    """Whether it is a table as both databases make it, and no index of words."""
    return kind != "table" or not name.startswith(tuple(INDEXES.values()))


def test_migrations_make_exactly_the_tables_that_the_program_knows(empty_url):
    store = SqlStore(empty_url)
    store.upgrade()
    store.close()

    with connect(empty_url) as db:
        context = MigrationContext.configure(
            db,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": is_of_rows,
            },
        )
        differences = compare_metadata(context, Rows.metadata)
        indexes = {
            index["name"]: index.get("dialect_options", {})
            for table in Rows.metadata.tables
            for index in inspect(db).get_indexes(table)
        }

    assert differences == []
    kind = "sqlite" if empty_url.startswith("sqlite") else "postgresql"
    partial = {name for name, how in indexes.items() if f"{kind}_where" in how}
    assert partial == {
        "ix_decisions_judged_no",
        "ix_tickets_doubtful",
        "ix_notices_given_up",
        "ix_quarantine_open",
        "ix_notices_undecidable",
        "ix_mentions_amplifies",
        "ix_mentions_untagged",
        "ix_mentions_undecided",
        "ix_mentions_standing",
        "ix_mentions_to_withdraw",
        "ix_chain_steps_due",
        "ix_follow_ups_due",
        "ix_tickets_closed",
        "ix_clocks_due",
        "ix_clocks_warned",
        "ix_decisions_set_aside",
        "ix_deliveries_unread",
        "ix_hand_offs_author",
        "ix_hand_offs_due",
        "uq_hand_offs_open",
        "ix_desk_changes_open",
        "ix_notices_waiting",
        "ix_tickets_claimed",
        "ix_tickets_listed",
        "ix_tickets_overdue",
        "ix_tickets_owing",
        "ix_tickets_owner",
        "ix_tickets_queue",
        "ix_tickets_signs",
        "uq_desk_changes_waiting",
        "uq_desk_links_external",
        "ix_replies_look_again",
        "ix_replies_written",
        "uq_tickets_one_open",
        "ix_tickets_red",
    }


def test_several_processes_that_upgrade_at_once_do_it_once(empty_url, open_store):
    stores = [open_store(empty_url) for _ in range(3)]
    gate = threading.Barrier(3)
    told: list[str] = []

    def go(store):
        gate.wait(timeout=30)
        return store.upgrade(told.append)

    with ThreadPoolExecutor(3) as pool:
        reached = set(pool.map(go, stores))

    assert reached == {newest_version()}
    assert [one[:4] for one in told] == MIGRATIONS


@pytest.fixture
def writer(tmp_path):
    """Somebody at work on a file that keeps no write-ahead log yet."""
    file = tmp_path / "answerable.db"
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE held (id INTEGER)")
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_a_new_file_that_another_writes_is_waited_for(tmp_path, open_store, writer):
    url = f"sqlite:///{tmp_path / 'answerable.db'}"

    with ThreadPoolExecutor(1) as pool:
        reached = pool.submit(open_store(url).upgrade)
        assert wait([reached], timeout=0.3).not_done
        writer.execute("ROLLBACK")

    assert reached.result() == newest_version()
    with connect(url) as db:
        assert db.scalar(text("PRAGMA journal_mode")) == "wal"


def test_a_new_file_that_another_never_leaves_is_named(tmp_path, open_store, writer):
    url = f"sqlite:///{tmp_path / 'answerable.db'}?timeout=0.05"

    with pytest.raises(StorageError, match="stayed locked"):
        open_store(url).upgrade()


def test_a_timeout_that_is_no_number_is_named(tmp_path):
    with pytest.raises(SettingsError, match="number of seconds"):
        SqlStore(f"sqlite:///{tmp_path / 'answerable.db'}?timeout=soon")


def test_a_database_without_tables_says_how_to_make_them(empty_url, open_store):
    store = open_store(empty_url)

    with pytest.raises(StorageError, match="bot db upgrade"):
        store.check_version()
    assert store.current_version() == ""


def test_looking_at_an_sqlite_file_that_is_not_there_does_not_make_it(
    tmp_path, open_store
):
    file = tmp_path / "answerable.db"

    with pytest.raises(StorageError):
        open_store(f"sqlite:///{file}").check_version()
    assert not file.exists()


def test_work_on_a_database_without_tables_says_how_to_make_them(empty_url, open_store):
    store = open_store(empty_url)

    with pytest.raises(StorageError, match="bot db upgrade"), store.work() as work:
        work.switches.get("kill")


def set_version(url, version):
    with connect(url) as db:
        db.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
        db.commit()


@pytest.mark.parametrize("do", ["check_version", "upgrade"])
def test_a_newer_schema_is_refused_naming_both(empty_url, open_store, do):
    store = open_store(empty_url)
    store.upgrade()
    set_version(empty_url, "0999")

    with pytest.raises(StorageError) as refused:
        getattr(store, do)()

    assert "0999" in refused.value.shown
    assert newest_version() in refused.value.shown
    assert "install" in refused.value.shown
    assert "\n" not in refused.value.shown


def test_what_an_older_program_wrote_is_read_by_this_one(empty_url, open_store):
    """Whatever stands in a table goes back to the schema of 0009 and comes again."""
    store, clock = open_store(empty_url), ManualClock()
    store.upgrade()
    handle(store, clock, mention("terrible, my lawyer will write"))
    [ticket] = tickets(store)
    closed = close(store, clock, ticket.id, by="ana")
    agreed = queue_reply(store, clock)
    with store.work() as work:
        work.replies.approve(agreed, by="ben", at=clock.now())
    with store.reading() as work:
        waiting = work.notices.waiting(clock.now(), 50)
        clocks = work.clocks.of_ticket(ticket.id)
    assert waiting
    assert clocks

    with connect(empty_url) as db:
        downgrade(db, "0009")
    told: list[str] = []
    store.upgrade(told.append)

    assert [one[:4] for one in told] == MIGRATIONS[MIGRATIONS.index("0009") + 1 :]
    assert [one for one in tickets(store) if one.id == ticket.id] == [closed]
    with store.reading() as work:
        [yes] = work.replies.approvals(agreed.id)
        assert (yes.approved_by, yes.text_hash) == ("ben", agreed.text_hash)
        assert work.notices.waiting(clock.now(), 50) == waiting
        assert work.clocks.of_ticket(ticket.id) == clocks
    handle(store, clock, mention("terrible", conversation=ticket.conversation))
    again = [one for one in tickets(store) if one.id == ticket.id]
    assert [(one.status, one.mentions) for one in again] == [("open", 2)]


def test_filters_of_the_log_are_told_from_the_lists_of_a_person_named_so(
    empty_url, open_store
):
    store = open_store(empty_url)
    store.upgrade()
    add_user(store, ManualClock(), "log:Eve", Role.AGENT, by="shell")
    ada = SavedView(owner="Ada", name="late", query="kept=breached", room=ViewRoom.LOG)
    eve = SavedView(owner="log:Eve", name="mine", query="view=mine")
    with store.work() as work:
        ada, eve = (work.saved_views.keep(each, NOON) for each in (ada, eve))

    with connect(empty_url) as db:
        downgrade(db, "0035")
        names = text("SELECT owner FROM saved_views ORDER BY id")
        before = [row.owner for row in db.execute(names)]
    store.upgrade()

    assert before == ["log:Ada", "log:Eve"]
    with store.reading() as work:
        assert work.saved_views.of("Ada", ViewRoom.LOG) == [ada]
        assert work.saved_views.of("log:Eve", ViewRoom.QUEUES) == [eve]


def test_what_an_older_program_kept_aside_can_be_told_apart(empty_url, open_store):
    store = open_store(empty_url)
    store.upgrade()
    odd = Quarantined(where="x:1", reason="no id", payload="{}")
    late = "published_at is 2099-01-01, in the future"
    soon = Quarantined(where="x:2", reason=late, payload="{}", kind=Aside.MENTION)
    with store.work() as work:
        work.quarantine.add("acme", [odd, soon], NOON)
        before = work.quarantine.listing(9)

    with connect(empty_url) as db:
        downgrade(db, "0036")
    store.upgrade()

    with store.reading() as work:
        assert work.quarantine.listing(9) == before


def downgrade(db, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", "bot.storage:migrations")
    config.attributes.update(connection=db, on_version_apply=lambda **_: None)
    command.downgrade(config, to)
    db.commit()


def test_an_upgrade_that_fails_leaves_nothing_half_made(empty_url, open_store):
    store = open_store(empty_url)
    with connect(empty_url) as db:
        db.execute(text("CREATE TABLE replies (id INTEGER)"))
        db.commit()

    with pytest.raises(StorageError, match="replies"):
        store.upgrade()

    with connect(empty_url) as db:
        left = set(inspect(db).get_table_names())
    assert left - {"alembic_version"} == {"replies"}
    assert store.current_version() == ""
