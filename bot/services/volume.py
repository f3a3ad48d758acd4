"""Count anew what changed, so that figures by hour and day are true again."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.domain.ports import Store, Work
from bot.domain.volume import Grain, Marks, counted
from bot.errors import Stale

COUNTED_IN = "volume.zone"
"""The switch that remembers by which place's days figures were counted."""

COUNT_EVERY = timedelta(seconds=5)
"""How old a figure may be at most, while there is no more to count than that takes."""

BATCH = 2000
"""Marks taken together; the hours they mark are far fewer."""


def roll_up(store: Store, clock: Clock, zone: str, *, limit: int = BATCH) -> int:
    """Count the hours anew that were marked first; return how many marks that took.

    Zero if nothing is marked, or if another process was quicker. After a change of the
    place's zone, everything is counted anew.
    """
    place = ZoneInfo(zone)
    _start_anew_if_due(store, clock, zone)
    # Counted outside of the transaction that writes, which others wait for; what
    # changes meanwhile leaves marks of its own.
    with store.reading() as work:
        marks = work.volume.marks(limit)
        numbers = {
            begun_at: counted(
                [
                    *work.volume.mentions_in(begun_at, Grain.HOUR.end(begun_at, place)),
                    *work.volume.tickets_in(begun_at, Grain.HOUR.end(begun_at, place)),
                ]
            )
            for begun_at in _stretches(Grain.HOUR, marks, place)
        }
    if not marks.ids:
        return 0
    try:
        with store.work() as work:
            work.volume.take(marks)
            for begun_at, cells in numbers.items():
                work.volume.put_hour(begun_at, cells)
            for day in _stretches(Grain.DAY, marks, place):
                work.volume.sum_day(day, Grain.DAY.end(day, place))
    except Stale:
        return 0
    return len(marks.ids)


def rebuild(store: Store, clock: Clock, zone: str) -> int:
    """Forget all figures and count everything anew; return how many marks that took."""
    with store.work() as work:
        _start_anew(work, zone, clock.now())
    taken = 0
    while done := roll_up(store, clock, zone):
        taken += done
    return taken


def _start_anew_if_due(store: Store, clock: Clock, zone: str) -> None:
    with store.reading() as work:
        before = work.switches.get(COUNTED_IN)
        is_due = before != zone or work.volume.is_unfilled()
    if is_due:
        with store.work() as work:
            _start_anew(work, zone, clock.now())


def _start_anew(work: Work, zone: str, now: datetime) -> None:
    work.volume.start_anew(ZoneInfo(zone))
    work.switches.set(COUNTED_IN, zone, by="bot", at=now)


def _stretches(grain: Grain, marks: Marks, place: ZoneInfo) -> list[datetime]:
    return sorted({grain.begin(at, place) for at in marks.instants})
