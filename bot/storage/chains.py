"""Calls that are due: found through an index of just those that still wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text, update

from bot.domain.chains import ChainStep, StepId, StepState
from bot.domain.ports import Overdue
from bot.domain.tickets import TicketId
from bot.storage.statements import AnyRow, Repository, insert_new
from bot.storage.tables import (
    IS_OPEN_CLOCK,
    IS_WAITING_STEP,
    ChainStepRow,
    ClockRow,
    table,
)

STEPS, CLOCKS = table(ChainStepRow), table(ClockRow)


class SqlChains(Repository):
    """Who is called, step by step, until somebody takes a ticket."""

    __slots__ = ()

    def add(self, step: ChainStep) -> bool:
        """Store a step; ``False`` if it was there (ticket, episode, step, round)."""
        statement = insert_new(self._db, STEPS, "id")
        return self._db.scalar(statement, _row(step)) is not None

    def cancel(self, ticket_id: TicketId, *, at: datetime, reason: str) -> int:
        """End all steps of a ticket that wait; return how many."""
        statement = (
            update(STEPS)
            .where(STEPS.c.ticket_id == ticket_id, text(IS_WAITING_STEP))
            .values(state=StepState.CANCELLED, ended_at=at, reason=reason)
        )
        return self._db.execute(statement).rowcount

    def due(self, now: datetime, limit: int) -> Sequence[ChainStep]:
        """Return waiting steps whose time has come, earliest first, none held."""
        query = (
            select(STEPS)
            .where(text(IS_WAITING_STEP), STEPS.c.due_at <= now)
            .order_by(STEPS.c.due_at, STEPS.c.id)
            .limit(limit)
        )
        return [_step(row) for row in self._db.execute(self._held(query))]

    def episode(self, ticket_id: TicketId) -> str:
        """Return the newest episode of a ticket; empty if it never had one."""
        query = (
            select(STEPS.c.episode)
            .where(STEPS.c.ticket_id == ticket_id, STEPS.c.step == 0)
            .where(STEPS.c.round == 0)
            .order_by(STEPS.c.id.desc())
            .limit(1)
        )
        return self._db.scalar(query) or ""

    def finish(
        self,
        step_id: StepId,
        *,
        state: StepState,
        at: datetime,
        told: Sequence[str] = (),
        reason: str = "",
    ) -> bool:
        """End a step, if it still waits."""
        statement = (
            update(STEPS)
            .where(STEPS.c.id == step_id, text(IS_WAITING_STEP))
            .values(state=state, ended_at=at, told=tuple(told), reason=reason)
        )
        return self._db.execute(statement).rowcount == 1

    def move(self, step: ChainStep, *, until: datetime, reason: str) -> bool:
        """Put a step off and count it, if it still waits for the same instant."""
        statement = (
            update(STEPS)
            .where(STEPS.c.id == step.id, text(IS_WAITING_STEP))
            .where(STEPS.c.due_at == step.due_at)
            .values(due_at=until, moves=STEPS.c.moves + 1, reason=reason)
        )
        return self._db.execute(statement).rowcount == 1

    def of_ticket(self, ticket_id: TicketId) -> Sequence[ChainStep]:
        """Return all steps of a ticket, in the order in which they came about."""
        query = select(STEPS).where(STEPS.c.ticket_id == ticket_id).order_by(STEPS.c.id)
        return [_step(row) for row in self._db.execute(query)]

    def overdue(self, before: datetime) -> Overdue:
        """Count steps and deadlines that fell due before then and still wait."""
        steps = (
            select(func.count())
            .select_from(STEPS)
            .where(text(IS_WAITING_STEP), STEPS.c.due_at < before)
        )
        clocks = (
            select(func.count())
            .select_from(CLOCKS)
            .where(text(IS_OPEN_CLOCK), CLOCKS.c.due_at < before)
        )
        return Overdue(
            steps=self._db.scalar(steps) or 0, clocks=self._db.scalar(clocks) or 0
        )


def _row(step: ChainStep) -> dict[str, object]:
    return {
        "ticket_id": step.ticket_id,
        "episode": step.episode,
        "step": step.step,
        "round": step.round,
        "chain": step.chain,
        "began_at": step.began_at,
        "due_at": step.due_at,
        "state": step.state,
        "told": step.told,
        "moves": step.moves,
        "ended_at": step.ended_at,
        "reason": step.reason,
    }


def _step(row: AnyRow) -> ChainStep:
    return ChainStep(
        id=StepId(row.id),
        ticket_id=row.ticket_id,
        episode=row.episode,
        step=row.step,
        round=row.round,
        chain=row.chain,
        began_at=row.began_at,
        due_at=row.due_at,
        state=StepState(row.state),
        told=row.told,
        moves=row.moves,
        ended_at=row.ended_at,
        reason=row.reason,
    )
