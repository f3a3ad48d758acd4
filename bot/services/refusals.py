"""What was refused to whom: on record, and no way to flood the record.

The first refusal of its kind in a minute is written at once; those that follow are
counted and written together when the minute is over. Strangers may fill so many lines
a minute, then all of theirs become one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import Store
from bot.domain.staff import NOBODY

MINUTE = timedelta(minutes=1)
STRANGERS_LINES = 60
"""How many kinds of refusals of strangers a minute has lines for."""


class Door(StrEnum):
    """At which door somebody was refused."""

    ROOM = "room"
    SIGN_IN = "sign_in"
    LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One kind of refusal; whoever repeats it makes it count, not longer."""

    door: Door
    subject: str
    actor: str = NOBODY
    reasons: tuple[str, ...]


@dataclass(slots=True)
class _Counted:
    since: datetime
    times: int


class Refusals:
    """Counts them in one process; safe to share between threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """``store`` is where the log is."""
        self._store, self._clock = store, clock
        self._counted: dict[Refusal, _Counted] = {}
        self._minute_ends: datetime | None = None
        self._turn = threading.Lock()

    def note(self, refusal: Refusal) -> None:
        """Put one on record, now or with others of its minute."""
        now = self._clock.now()
        with self._turn:
            entries = self._over(now)
            if self._minute_ends is None:
                self._minute_ends = now + MINUTE
            kind = self._kind(refusal)
            known = self._counted.get(kind)
            if known is None:
                self._counted[kind] = _Counted(now, 0)
                entries.append(entry(kind, now, now, 1))
            else:
                known.times += 1
        self._write(entries)

    def flush(self, *, everything: bool = False) -> None:
        """Write what was counted in a minute that is over, or so far."""
        now = self._clock.now()
        with self._turn:
            entries = self._over(now + MINUTE if everything else now)
        self._write(entries)

    def _kind(self, refusal: Refusal) -> Refusal:
        if refusal.actor != NOBODY or refusal in self._counted:
            return refusal
        strangers = sum(one.actor == NOBODY for one in self._counted)
        if strangers < STRANGERS_LINES:
            return refusal
        return replace(refusal, subject="others", reasons=("others",))

    def _over(self, now: datetime) -> list[AuditEntry]:
        if self._minute_ends is None or now < self._minute_ends:
            return []
        counted, self._counted, self._minute_ends = self._counted, {}, None
        return [
            entry(kind, now, one.since, one.times)
            for kind, one in counted.items()
            if one.times
        ]

    def _write(self, entries: Iterable[AuditEntry]) -> None:
        if found := list(entries):
            with self._store.work() as work:
                work.audit.append(found)


def entry(kind: Refusal, at: datetime, since: datetime, times: int) -> AuditEntry:
    """Say how often it happened since when."""
    return AuditEntry(
        action="access.refused"
        if kind.door is Door.ROOM
        else ("session.locked" if kind.door is Door.LOCK else "session.refused"),
        subject=kind.subject,
        at=at,
        actor=kind.actor,
        detail={
            "reasons": list(kind.reasons),
            "times": times,
            "since": since.isoformat(),
        },
    )
