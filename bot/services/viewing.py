"""Look: who else has a ticket open, and how much abuse our people had to read.

What somebody looks at is no business of the log: presence is gone within a minute, and
of abuse only the day's count is kept, so that a lead can spare whoever had much of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.domain.dossiers import Looking
from bot.domain.ports import Store, Work
from bot.domain.tickets import TicketId

SAID_EVERY = timedelta(seconds=20)
"""How often at most it is written that somebody still looks."""

IS_THERE = timedelta(minutes=1)
"""How long somebody counts as there after we last heard of them."""


def look(
    store: Store, clock: Clock, ticket_id: TicketId, *, by: str
) -> Sequence[Looking]:
    """Say that somebody looks at a ticket; return who else does.

    Raises ``Missing``.
    """
    now = clock.now()
    with store.reading() as work:
        work.tickets.get(ticket_id)
        there = work.viewers.looking(ticket_id, now - IS_THERE)
    own = next((one for one in there if one.viewer == by), None)
    if own is None or now - own.seen_at >= SAID_EVERY:
        with store.work() as work:
            work.viewers.forget(by, now - IS_THERE)
            work.viewers.look(ticket_id, by, now)
    return [one for one in there if one.viewer != by]


def uncover(store: Store, clock: Clock, *, by: str, zone: str) -> int:
    """Count that somebody reads an abusive text; return how many it were that day.

    The day is that of their own zone.
    """
    day = clock.now().astimezone(ZoneInfo(zone)).date()
    with store.work() as work:
        return work.viewers.expose(by, day)


def uncovered(work: Work, name: str, zone: str, at: datetime) -> int:
    """Return how many abusive texts somebody read on a day of their own zone."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return work.viewers.exposures(day).get(name, 0)
