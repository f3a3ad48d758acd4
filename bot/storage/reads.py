"""Questions about everything at once, answered in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    FromClause,
    func,
    literal_column,
    select,
)

from bot.domain.chains import StepState
from bot.domain.decisions import Answer, Outcome
from bot.domain.ports import Summary
from bot.domain.tickets import TicketStatus
from bot.storage.tables import (
    IS_KEPT_OPEN,
    IS_SET_ASIDE,
    AuditEntryRow,
    AuditSealRow,
    ChainStepRow,
    ClockRow,
    ClockRunRow,
    DecisionRow,
    FollowUpRow,
    MentionRow,
    QuarantineItemRow,
    ReplyRow,
    TagRow,
    TicketRow,
    table,
)

MENTIONS, TAGS, DECISIONS = table(MentionRow), table(TagRow), table(DecisionRow)
STEPS = table(ChainStepRow)
TICKETS, CLOCKS, REPLIES = table(TicketRow), table(ClockRow), table(ReplyRow)
RUNS = table(ClockRunRow)


def summarise(db: Connection, now: datetime | None) -> Summary:
    """Count what there is."""
    steps, steps_done = _steps(db, now)
    return Summary(
        mentions=_count(db, MENTIONS),
        amplifications=_count(db, MENTIONS, MENTIONS.c.amplifies.is_not(None)),
        by_brand=_counts(db, MENTIONS.c.brand),
        by_sentiment=_counts(db, TAGS.c.sentiment),
        by_topic=_counts(db, TAGS.c.topic, TAGS.c.topic.is_not(None)),
        set_aside=_count(db, DECISIONS, literal_column(IS_SET_ASIDE, Boolean())),
        complaints=_count(db, TAGS, TAGS.c.complaint.is_(True)),
        in_scope=_judged(db, Answer.YES),
        needs_human=_judged(db, Answer.NEEDS_HUMAN),
        influencers=_influencers(db),
        tickets_by_tier_and_queue=_pairs(db, TICKETS.c.tier, TICKETS.c.queue),
        open_tickets=_count(db, TICKETS, TICKETS.c.status == TicketStatus.OPEN),
        replies_by_state=_counts(db, REPLIES.c.state),
        clocks=_clocks(db),
        steps=steps,
        steps_done=steps_done,
        follow_ups=_counts(db, table(FollowUpRow).c.state),
        quarantined=_count(
            db, table(QuarantineItemRow), literal_column(IS_KEPT_OPEN, Boolean())
        ),
        audit_entries=_count(db, table(AuditEntryRow)),
        seals=_count(db, table(AuditSealRow)),
    )


def _count(db: Connection, rows: FromClause, *wanted: ColumnElement[bool]) -> int:
    return db.scalar(select(func.count()).select_from(rows).where(*wanted)) or 0


def _clocks(db: Connection) -> dict[tuple[str, str], int]:
    """Count promises by rule and standing, with those that ran before."""
    counts = Counter(_pairs(db, CLOCKS.c.rule, CLOCKS.c.state))
    counts.update(_pairs(db, RUNS.c.rule, RUNS.c.state))
    return dict(counts)


def _steps(db: Connection, now: datetime | None) -> tuple[int, int]:
    """Count the calls that were due and are not void, and those that were made."""
    due = [STEPS.c.state != StepState.CANCELLED]
    if now is not None:
        due.append(STEPS.c.due_at <= now)
    made = STEPS.c.state != StepState.WAITING
    return _count(db, STEPS, *due), _count(db, STEPS, *due, made)


def _judged(db: Connection, verdict: Answer) -> int:
    """Count texts of their own; a repost of a complaint is not one more complaint."""
    return _count(
        db,
        DECISIONS,
        DECISIONS.c.verdict == verdict,
        DECISIONS.c.outcome != Outcome.ADD_REACH,
    )


def _counts(
    db: Connection, column: ColumnElement[Any], *wanted: ColumnElement[bool]
) -> dict[str, int]:
    return {row[0]: row[1] for row in _grouped(db, column, wanted=wanted)}


def _pairs(
    db: Connection, first: ColumnElement[Any], second: ColumnElement[str]
) -> dict[tuple[Any, str], int]:
    return {(row[0], row[1]): row[2] for row in _grouped(db, first, second)}


def _grouped(
    db: Connection,
    *columns: ColumnElement[Any],
    wanted: Sequence[ColumnElement[bool]] = (),
) -> Sequence[Any]:
    query = select(*columns, func.count()).where(*wanted)
    return db.execute(query.group_by(*columns).order_by(*columns)).all()


def _influencers(db: Connection) -> int:
    people = (
        select(MENTIONS.c.channel, MENTIONS.c.author_id)
        .join(TAGS, TAGS.c.mention_id == MENTIONS.c.id)
        .where(TAGS.c.is_influencer.is_(True), MENTIONS.c.author_id.is_not(None))
        .distinct()
        .subquery()
    )
    return _count(db, people)
