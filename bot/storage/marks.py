"""Marks of instants whose figures are to be counted anew.

They are only ever added, so that nobody who changes something waits for another who
does; whoever counts takes them away.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select

from bot.storage.statements import chunks
from bot.storage.tables import MentionRow, TicketRow, VolumeMarkRow, table

MARKS, MENTIONS = table(VolumeMarkRow), table(MentionRow)
TICKETS = table(TicketRow)


def mark_mentions(db: Connection, ids: Collection[int]) -> None:
    """Note that figures of the hours of these mentions may have changed."""
    for some in chunks(sorted(ids)):
        at = select(MENTIONS.c.published_at).where(MENTIONS.c.id.in_(some))
        db.execute(insert(MARKS).from_select(["at"], at))


def mark_instants(db: Connection, instants: Collection[datetime]) -> None:
    """Note that figures of these hours may have changed."""
    if instants:
        db.execute(MARKS.insert(), [{"at": at} for at in sorted(instants)])


def mark_ticket(db: Connection, ticket_id: int) -> None:
    """Note that figures of the hour in which a ticket was opened may have changed."""
    at = select(TICKETS.c.opened_at).where(TICKETS.c.id == ticket_id)
    db.execute(insert(MARKS).from_select(["at"], at))
