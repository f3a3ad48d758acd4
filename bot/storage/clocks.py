"""Clocks: what a sweep finds through an index of just those that can still fall due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, text, update

from bot.domain.clocks import (
    WARNINGS,
    Clock,
    ClockId,
    ClockKind,
    ClockPlan,
    ClockState,
    Force,
)
from bot.domain.tickets import TicketId
from bot.storage.deadlines import settle
from bot.storage.marks import mark_ticket
from bot.storage.statements import AnyRow, Repository, insert_new
from bot.storage.tables import (
    IS_OPEN_CLOCK,
    IS_WARNED,
    ClockRow,
    ClockRunRow,
    table,
)

CLOCKS, RUNS = table(ClockRow), table(ClockRunRow)


class SqlClocks(Repository):
    """Promises that run."""

    __slots__ = ("_changed",)

    def __init__(self, db: Connection) -> None:
        """Work on the transaction of this connection."""
        super().__init__(db)
        self._changed: set[TicketId] = set()

    def settle(self) -> None:
        """Write anew what the tickets owe whose clocks changed in this transaction.

        At its end, and in one order: whoever held a ticket while taking the next of its
        clocks would wait for a sweep that holds the clock and wants the ticket.
        """
        for ticket_id in sorted(self._changed):
            settle(self._db, ticket_id)

    def start(self, ticket_id: TicketId, plans: Sequence[ClockPlan]) -> None:
        """Start clocks; a rule that already runs on the ticket is left as it is."""
        if plans:
            self._db.execute(
                insert_new(self._db, CLOCKS),
                [_row(ticket_id, plan) for plan in plans],
            )
            self._changed.add(ticket_id)

    def renew(self, clock_id: ClockId, plan: ClockPlan) -> bool:
        """Put a stricter promise in place of one that still runs."""
        return self._write(clock_id, ClockState.RUNNING, _started(plan))

    def amend(self, clock_id: ClockId, plan: ClockPlan, *, before: ClockState) -> bool:
        """Write a promise anew below a clock that stays at ``before``."""
        return self._write(clock_id, before, _promise(plan))

    def restart(
        self,
        clock_id: ClockId,
        plan: ClockPlan,
        *,
        before: ClockState,
        state: ClockState = ClockState.RUNNING,
    ) -> bool:
        """Let one run anew under a promise, if it still stands at ``before``.

        One that is ``late`` already is looked at next when its legal time is over.
        """
        is_late = state is ClockState.LATE
        anew: dict[str, object] = {
            "state": state,
            "due_at": plan.due_legal if is_late else plan.due_strict,
            "ended_at": None,
            "ended_by": "",
        }
        return self._write(clock_id, before, {**_started(plan), **anew})

    def of_ticket(self, ticket_id: TicketId) -> Sequence[Clock]:
        """Return all clocks of a ticket, earliest due first."""
        query = (
            select(CLOCKS)
            .where(CLOCKS.c.ticket_id == ticket_id)
            .order_by(CLOCKS.c.due_strict, CLOCKS.c.id)
        )
        return [to_clock(row) for row in self._db.execute(query)]

    def due(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Return open clocks whose ``due_at`` has come, earliest first, none held."""
        query = (
            select(CLOCKS)
            .where(text(IS_OPEN_CLOCK), CLOCKS.c.due_at <= now)
            .order_by(CLOCKS.c.due_at, CLOCKS.c.id)
            .limit(limit)
        )
        return [to_clock(row) for row in self._db.execute(self._held(query))]

    def due_between(self, since: datetime, until: datetime) -> Sequence[Clock]:
        """Return all whose strict due time is from ``since`` to before ``until``."""
        found = []
        for rows, read in ((CLOCKS, to_clock), (RUNS, to_run)):
            query = select(rows).where(
                rows.c.due_strict >= since, rows.c.due_strict < until
            )
            found += [read(row) for row in self._db.execute(query)]
        return sorted(found, key=lambda one: (one.plan.due_strict, one.id))

    def keep_runs(
        self, clock_id: ClockId, runs: Sequence[Clock], *, since: datetime
    ) -> None:
        """Keep runs that are over, instead of those kept since an instant."""
        self._db.execute(
            delete(RUNS).where(RUNS.c.clock_id == clock_id, RUNS.c.started_at >= since)
        )
        if runs:
            self._db.execute(RUNS.insert(), [run_row(one) for one in runs])

    def earlier_runs(self, ticket_id: TicketId) -> Sequence[Clock]:
        """Return how clocks of a ticket ended before they ran anew, oldest first."""
        query = (
            select(RUNS)
            .where(RUNS.c.ticket_id == ticket_id)
            .order_by(RUNS.c.due_strict, RUNS.c.id)
        )
        return [to_run(row) for row in self._db.execute(query)]

    def change(  # noqa: PLR0913 - a clock's whole standing, by keyword
        self,
        clock_id: ClockId,
        *,
        before: ClockState,
        after: ClockState,
        due_at: datetime | None,
        ended_at: datetime | None = None,
        ended_by: str = "",
        started_at: datetime | None = None,
    ) -> bool:
        """Move a clock on, if it still stands at ``before``.

        With ``started_at`` only if it also still runs from then.
        """
        news: dict[str, object] = {
            "state": after,
            "due_at": due_at,
            "ended_at": ended_at,
            "ended_by": ended_by,
        }
        if started_at is None:
            return self._write(clock_id, before, news)
        return self._write(clock_id, before, news, CLOCKS.c.started_at == started_at)

    def _write(
        self,
        clock_id: ClockId,
        before: ClockState,
        news: Mapping[str, object],
        *further: ColumnElement[bool],
    ) -> bool:
        """Compare and set: ``False`` where it no longer stands at ``before``."""
        statement = (
            update(CLOCKS)
            .where(CLOCKS.c.id == clock_id, CLOCKS.c.state == before, *further)
            .values(dict(news))
            .returning(CLOCKS.c.ticket_id)
        )
        ticket_id = self._db.scalar(statement)
        if ticket_id is not None and news.keys() != {"warn_at"}:
            self._changed.add(TicketId(ticket_id))
            mark_ticket(self._db, ticket_id)
        return ticket_id is not None

    def postpone(self, clock_id: ClockId, until: datetime) -> None:
        """Look again later at one that could not be computed."""
        self._db.execute(
            update(CLOCKS)
            .where(CLOCKS.c.id == clock_id, text(IS_OPEN_CLOCK))
            .values(due_at=until)
        )

    def warnings(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Return those not ended of which triggers must hear by now, none held."""
        query = (
            select(CLOCKS)
            .where(text(IS_WARNED), CLOCKS.c.warn_at <= now)
            .order_by(CLOCKS.c.warn_at, CLOCKS.c.id)
            .limit(limit)
        )
        return [to_clock(row) for row in self._db.execute(self._held(query))]

    def warned(self, clock: Clock, warn_at: datetime | None) -> bool:
        """Say when they must hear of it next, if nobody else said so before."""
        stands = CLOCKS.c.warn_at == clock.warn_at
        return self._write(clock.id, clock.state, {"warn_at": warn_at}, stands)


def _row(ticket_id: TicketId, plan: ClockPlan) -> dict[str, object]:
    return {
        "ticket_id": ticket_id,
        "state": ClockState.RUNNING,
        "ended_by": "",
        **_started(plan),
    }


def run_row(run: Clock) -> dict[str, object]:
    """Return the row of a run that is over."""
    return {
        "clock_id": run.id,
        "ticket_id": run.ticket_id,
        "state": run.state,
        "ended_at": run.ended_at,
        "ended_by": run.ended_by,
        **_promise(run.plan),
    }


def _started(plan: ClockPlan) -> dict[str, object]:
    """Return a promise with when it must first be looked at and be heard of."""
    return {
        **_promise(plan),
        "due_at": plan.due_strict,
        "warn_at": plan.mark(WARNINGS[0]),
    }


def _promise(plan: ClockPlan) -> dict[str, object]:
    return {
        "rule": plan.rule,
        "kind": plan.kind,
        "force": plan.force,
        "cite": plan.cite,
        "pack": plan.pack,
        "started_at": plan.started_at,
        "due_strict": plan.due_strict,
        "due_legal": plan.due_legal,
        "met_by": plan.met_by,
        "provisional": plan.provisional,
        "inputs": plan.inputs,
    }


def to_clock(row: AnyRow) -> Clock:
    """Read a row of ``clocks``."""
    return Clock(
        id=ClockId(row.id),
        ticket_id=row.ticket_id,
        plan=_plan(row),
        state=ClockState(row.state),
        due_at=row.due_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        warn_at=row.warn_at,
    )


def to_run(row: AnyRow) -> Clock:
    """Read a row of ``clock_runs``."""
    return Clock(
        id=ClockId(row.clock_id),
        ticket_id=row.ticket_id,
        plan=_plan(row),
        state=ClockState(row.state),
        due_at=None,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


def _plan(row: AnyRow) -> ClockPlan:
    return ClockPlan(
        rule=row.rule,
        kind=ClockKind(row.kind),
        force=Force(row.force),
        cite=row.cite,
        pack=row.pack,
        started_at=row.started_at,
        due_strict=row.due_strict,
        due_legal=row.due_legal,
        met_by=row.met_by,
        provisional=row.provisional,
        inputs=row.inputs,
    )
