"""Everything we keep, behind one door: a transaction at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from sqlalchemy import Connection

from bot.audit.records import Record
from bot.domain.live import Change
from bot.domain.ports import Pending, Summary
from bot.storage.activation import SqlPackChanges
from bot.storage.audit import SqlAudit
from bot.storage.chains import SqlChains
from bot.storage.clocks import SqlClocks
from bot.storage.corrections import SqlCorrections
from bot.storage.deliveries import SqlDeliveries
from bot.storage.desks import SqlDesks
from bot.storage.dossiers import SqlDossiers
from bot.storage.engine import forget_overwritten, open_engine, read_url, snapshot
from bot.storage.failures import shown, translated
from bot.storage.follow_ups import SqlFollowUps
from bot.storage.handoff import SqlHandOffs
from bot.storage.inbox import SqlInbox
from bot.storage.letters import SqlLetters
from bot.storage.live import changes, newest_entry
from bot.storage.log import open_log
from bot.storage.mentions import SqlMentions
from bot.storage.merging import SqlMerging
from bot.storage.notices import SqlNotices
from bot.storage.packs import SqlPackTexts
from bot.storage.pending import pending
from bot.storage.quarantine import SqlQuarantine
from bot.storage.queues import SqlQueues, SqlSavedViews
from bot.storage.reads import summarise
from bot.storage.removals import SqlRemovals
from bot.storage.repeats import SqlRepeats
from bot.storage.replies import SqlReplies
from bot.storage.response_log import SqlResponseLog
from bot.storage.search import SqlSearch, forget_words
from bot.storage.sources import SqlSources
from bot.storage.staff import SqlStaff
from bot.storage.switches import SqlLeases, SqlSwitches
from bot.storage.tickets import SqlTickets
from bot.storage.triggers import SqlTriggers
from bot.storage.upgrade import Progress, check_version, current_version, upgrade
from bot.storage.viewers import SqlAccounts, SqlViewers
from bot.storage.volume import SqlVolume
from bot.storage.webhooks import SqlWebhooks


class SqlWork:
    """One transaction over everything that we keep."""

    def __init__(  # noqa: PLR0915 - a line for each noun
        self, db: Connection, desks: Sequence[str] = ()
    ) -> None:
        """Give every noun the same connection."""
        self._db = db
        self.desks = SqlDesks(db, desks)
        self.sources = SqlSources(db)
        self.mentions = SqlMentions(db)
        self.removals = SqlRemovals(db)
        self.corrections = SqlCorrections(db)
        self.tickets = SqlTickets(db, self.desks)
        self.search = SqlSearch(db)
        self.queues = SqlQueues(db)
        self.saved_views = SqlSavedViews(db)
        self.dossiers = SqlDossiers(db)
        self.merging = SqlMerging(db)
        self.accounts = SqlAccounts(db)
        self.viewers = SqlViewers(db)
        self.clocks = SqlClocks(db)
        self.chains = SqlChains(db)
        self.replies = SqlReplies(db)
        self.letters = SqlLetters(db)
        self.inbox = SqlInbox(db)
        self.follow_ups = SqlFollowUps(db)
        self.hand_offs = SqlHandOffs(db)
        self.audit = SqlAudit(db)
        self.notices = SqlNotices(db)
        self.triggers = SqlTriggers(db)
        self.staff = SqlStaff(db)
        self.quarantine = SqlQuarantine(db)
        self.deliveries = SqlDeliveries(db)
        self.packs = SqlPackTexts(db)
        self.repeats = SqlRepeats(db)
        self.webhooks = SqlWebhooks(db)
        self.switches = SqlSwitches(db)
        self.leases = SqlLeases(db)
        self.response_log = SqlResponseLog(db)
        self.volume = SqlVolume(db)

    @property
    def pack_changes(self) -> SqlPackChanges:
        """Changes of packs that wait for a second person, and those of before."""
        return SqlPackChanges(self._db)

    def savepoint(self) -> AbstractContextManager[object]:
        """Undo what a block did if it fails, and only that."""
        return self._db.begin_nested()


class SqlStore:
    """Everything we keep, in SQLite or PostgreSQL; safe to share between threads."""

    def __init__(self, url: str, *, desks: Sequence[str] = ()) -> None:
        """Take the database's URL; nothing is opened before the first transaction.

        ``desks`` are the names of those for which changes of tickets are lined up.

        Raises ``SettingsError`` for a URL that is neither kind.
        """
        self.url = read_url(url)
        self._engine = open_engine(self.url)
        self._desks = tuple(desks)

    @contextmanager
    def work(self) -> Iterator[SqlWork]:
        """Open a transaction: committed at the end of the block, or rolled back.

        On SQLite it has the write lock from its start, because one that began by
        reading could not be granted it later while another writes.
        """
        with translated(self.url):
            with self._engine.begin() as db:
                work = SqlWork(db, self._desks)
                yield work
                work.clocks.settle()
                if work.removals.took_words:
                    forget_words(db)
            if work.removals.took_words:
                forget_overwritten(self._engine)

    @contextmanager
    def reading(self) -> Iterator[SqlWork]:
        """Open a transaction that only reads, and waits for no writer."""
        with translated(self.url), snapshot(self._engine).begin() as db:
            yield SqlWork(db, self._desks)

    @contextmanager
    def audit_log(self) -> Iterator[Iterator[Record]]:
        """Give the whole log, as of one instant, for a proof or an export."""
        with open_log(self._engine) as records:
            yield records

    def summary(self, now: datetime | None = None) -> Summary:
        """Count what there is, as of one instant; by ``now`` what was due."""
        with translated(self.url), snapshot(self._engine).begin() as db:
            return summarise(db, now)

    def pending(self, now: datetime, *, limit: int) -> Pending:
        """Say what waits, with up to ``limit`` untagged mentions; locks nothing."""
        with translated(self.url), snapshot(self._engine).begin() as db:
            return pending(db, now, limit)

    def newest_entry(self) -> int:
        """Return the highest number in the log; 0 for none."""
        with translated(self.url), snapshot(self._engine).begin() as db:
            return newest_entry(db)

    def changes(
        self, after: int, missing: Sequence[int], *, limit: int
    ) -> Sequence[Change]:
        """Return what the log tells since an entry, and those missing that came."""
        with translated(self.url), snapshot(self._engine).begin() as db:
            return changes(db, after, missing, limit)

    def upgrade(self, progress: Progress | None = None) -> str:
        """Run the migrations that are missing and return the schema reached."""
        return upgrade(self._engine, progress)

    def check_version(self) -> None:
        """Raise ``StorageError`` unless the schema is this program's."""
        check_version(self._engine)

    def current_version(self) -> str:
        """Return the database's schema; empty if nothing was ever made there."""
        return current_version(self._engine)

    @property
    def place(self) -> str:
        """Where it is, for people: never its password."""
        return shown(self.url)

    @property
    def is_one_machines(self) -> bool:
        """Whether it is a file, which processes of one machine only may share."""
        return self.url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()
