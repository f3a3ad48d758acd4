"""Where each source stands, when it was looked at, and what that cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

from sqlalchemy import Table, func, or_, select, update

from bot.domain.channels import Coverage, Cursor, Health
from bot.domain.ports import Checked, Meter, SourceState
from bot.storage.statements import AnyRow, Repository, insert
from bot.storage.tables import (
    CoverageRow,
    MentionRow,
    SourceHealthRow,
    SourceRow,
    UsageDayRow,
    UsageRow,
    table,
)

SOURCES, COVERAGE = table(SourceRow), table(CoverageRow)
USAGE, USAGE_DAYS = table(UsageRow), table(UsageDayRow)
HEALTH, MENTIONS = table(SourceHealthRow), table(MentionRow)


class SqlSources(Repository):
    """Cursors, health, coverage and paid quota of each source."""

    __slots__ = ()

    def state(self, name: str) -> SourceState:
        """Return where it stands; a source never seen before stands at the start."""
        row = self._db.execute(
            select(SOURCES).where(SOURCES.c.name == name)
        ).one_or_none()
        return SourceState(name=name) if row is None else _state(row)

    def save(self, state: SourceState) -> None:
        """Write where it stands now."""
        row = asdict(state)
        self._db.execute(
            insert(self._db, SOURCES).on_conflict_do_update(
                index_elements=["name"], set_=row
            ),
            row,
        )

    def cover(self, coverage: Coverage) -> None:
        """Record a stretch of looking; one like the last of this source extends it."""
        last = self._db.execute(
            select(COVERAGE)
            .where(COVERAGE.c.source == coverage.source)
            .order_by(COVERAGE.c.id.desc())
            .limit(1)
            .with_for_update()
        ).one_or_none()
        alike = (coverage.outcome, coverage.detail)
        if last is None or (last.outcome, last.detail) != alike:
            self._db.execute(COVERAGE.insert(), asdict(coverage))
            return
        self._db.execute(
            update(COVERAGE)
            .where(COVERAGE.c.id == last.id)
            .values(
                ended_at=max(last.ended_at, coverage.ended_at),
                fetched=COVERAGE.c.fetched + coverage.fetched,
                stored=COVERAGE.c.stored + coverage.stored,
            )
        )

    def coverage(
        self, name: str, *, since: datetime | None = None
    ) -> Sequence[Coverage]:
        """Return a source's stretches, in the order recorded."""
        query = select(COVERAGE).where(COVERAGE.c.source == name)
        if since is not None:
            # The last one before says where the first gap begins.
            last = select(func.max(COVERAGE.c.id)).where(
                COVERAGE.c.source == name, COVERAGE.c.ended_at < since
            )
            query = query.where(
                or_(
                    COVERAGE.c.ended_at >= since,
                    COVERAGE.c.id == last.scalar_subquery(),
                )
            )
        return [
            Coverage(
                source=row.source,
                started_at=row.started_at,
                ended_at=row.ended_at,
                outcome=row.outcome,
                detail=row.detail,
                fetched=row.fetched,
                stored=row.stored,
            )
            for row in self._db.execute(query.order_by(COVERAGE.c.id))
        ]

    def read_later(self, name: str, since: datetime, until: datetime) -> int:
        """Count what was published between two instants and read after the second."""
        query = select(func.count()).where(
            MENTIONS.c.source == name,
            MENTIONS.c.published_at >= since,
            MENTIONS.c.published_at < until,
            MENTIONS.c.ingested_at >= until,
        )
        return self._db.scalar(query) or 0

    def health(self, name: str) -> Checked | None:
        """Return what the platform said last, if it was asked."""
        row = self._db.execute(
            select(HEALTH).where(HEALTH.c.source == name)
        ).one_or_none()
        if row is None:
            return None
        health = Health(
            ok=row.ok,
            detail=row.detail,
            account_id=row.account_id,
            account_handle=row.account_handle,
            token_expires_at=row.token_expires_at,
            quotas=row.quotas,
        )
        return Checked(health=health, at=row.checked_at)

    def keep_health(self, name: str, checked: Checked) -> None:
        """Write what the platform said."""
        health = checked.health
        row = {
            "source": name,
            "checked_at": checked.at,
            "ok": health.ok,
            "detail": health.detail,
            "account_id": health.account_id,
            "account_handle": health.account_handle,
            "token_expires_at": health.token_expires_at,
            "quotas": tuple(health.quotas),
        }
        self._db.execute(
            insert(self._db, HEALTH).on_conflict_do_update(
                index_elements=["source"], set_=row
            ),
            row,
        )

    def spend(self, name: str, at: datetime, *, reads: int = 0, posts: int = 0) -> None:
        """Add to the meters of a source's month and day."""
        day = at.astimezone(UTC).date().isoformat()
        self._add(USAGE, "month", name, day[:7], reads, posts)
        self._add(USAGE_DAYS, "day", name, day, reads, posts)

    def _add(
        self, meters: Table, of: str, name: str, when: str, reads: int, posts: int
    ) -> None:
        self._db.execute(
            insert(self._db, meters).on_conflict_do_update(
                index_elements=["source", of],
                set_={"reads": meters.c.reads + reads, "posts": meters.c.posts + posts},
            ),
            {"source": name, of: when, "reads": reads, "posts": posts},
        )

    def meters(self, name: str, since: date) -> Sequence[Meter]:
        """Return what each day from then on cost, oldest first."""
        query = select(USAGE_DAYS).where(
            USAGE_DAYS.c.source == name, USAGE_DAYS.c.day >= since.isoformat()
        )
        return [
            Meter(day=date.fromisoformat(row.day), reads=row.reads, posts=row.posts)
            for row in self._db.execute(query.order_by(USAGE_DAYS.c.day))
        ]

    def spent(self, name: str, month: str) -> tuple[int, int]:
        """Return the month's reads and posts so far."""
        row = self._db.execute(
            select(USAGE.c.reads, USAGE.c.posts).where(
                USAGE.c.source == name, USAGE.c.month == month
            )
        ).one_or_none()
        return (0, 0) if row is None else (row.reads, row.posts)


def _state(row: AnyRow) -> SourceState:
    return SourceState(
        name=row.name,
        cursor=None if row.cursor is None else Cursor(row.cursor),
        last_success_at=row.last_success_at,
        failures=row.failures,
        retry_at=row.retry_at,
        off_because=row.off_because,
        moved_at=row.moved_at,
        newest_at=row.newest_at,
    )
