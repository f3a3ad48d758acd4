"""What waits to be done, asked without taking a lock: for those who call workers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select, text

from bot.domain.mentions import MentionId
from bot.domain.ports import Pending
from bot.domain.replies import ReplyState
from bot.storage.tables import (
    IS_LOOKED_AT_AGAIN,
    IS_STORED,
    IS_TAGGED,
    MentionRow,
    ReplyRow,
    table,
)

MENTIONS, REPLIES = table(MentionRow), table(ReplyRow)

UNSETTLED = (
    ReplyState.QUEUED,
    ReplyState.SENDING,
    ReplyState.UNKNOWN,
    ReplyState.SENT,
)
"""States in which a reply still has a step before it."""


def pending(db: Connection, now: datetime, limit: int) -> Pending:
    """Find the oldest untagged mentions, and whether anything else waits."""
    untagged = (
        select(MENTIONS.c.id)
        .where(text(IS_STORED))
        .order_by(MENTIONS.c.published_at, MENTIONS.c.id)
        .limit(limit)
    )
    undecided = select(exists().where(text(IS_TAGGED)).select_from(MENTIONS))
    reply = exists().where(
        REPLIES.c.state.in_(UNSETTLED),
        or_(REPLIES.c.next_at.is_(None), REPLIES.c.next_at <= now),
    )
    again = exists().where(text(IS_LOOKED_AT_AGAIN), REPLIES.c.next_at <= now)
    return Pending(
        untagged=tuple(MentionId(each) for each in db.scalars(untagged)),
        has_undecided=bool(db.scalar(undecided)),
        has_replies=bool(db.scalar(select(or_(reply, again)))),
    )
