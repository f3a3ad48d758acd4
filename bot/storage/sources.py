"""Where each source stands, when it was looked at, and what that cost."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select, update

from bot.domain.channels import Coverage, Cursor
from bot.domain.ports import SourceState
from bot.storage.statements import AnyRow, Repository, insert
from bot.storage.tables import CoverageRow, SourceRow, UsageRow, table

SOURCES, COVERAGE, USAGE = table(SourceRow), table(CoverageRow), table(UsageRow)


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

    def coverage(self, name: str) -> list[Coverage]:
        """Return a source's stretches, in the order recorded."""
        query = (
            select(COVERAGE).where(COVERAGE.c.source == name).order_by(COVERAGE.c.id)
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
            for row in self._db.execute(query)
        ]

    def spend(self, name: str, month: str, *, reads: int = 0, posts: int = 0) -> None:
        """Add to the month's (``2026-11``) meter of a source."""
        self._db.execute(
            insert(self._db, USAGE).on_conflict_do_update(
                index_elements=["source", "month"],
                set_={
                    "reads": USAGE.c.reads + reads,
                    "posts": USAGE.c.posts + posts,
                },
            ),
            {"source": name, "month": month, "reads": reads, "posts": posts},
        )

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
    )
