"""Watch the watch: whether what fell due was looked at, said to somebody outside.

The heartbeat goes out only while nothing is overdue, so that a watch which hangs while
its process lives is noticed as well as one that is gone.
"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import Heartbeat, Notice, Overdue, Store
from bot.errors import BotError

GRACE = timedelta(minutes=5)
"""How late the watch may be before it counts: one slow round is no trouble."""

TROUBLE = "watchdog.overdue"
FAILURES = "watchdog.heartbeat_failures"
"""Switches that remember, so that trouble is told when it begins and when it ends."""

SUBJECT = "bot:watchdog"


def check(store: Store, clock: Clock) -> Overdue:
    """Count what fell due more than five minutes ago and nobody looked at."""
    with store.reading() as work:
        return work.chains.overdue(clock.now() - GRACE)


def guard(store: Store, clock: Clock, heartbeat: Heartbeat | None) -> Overdue:
    """Log and tell when the watch falls behind and when it has caught up; beat if not.

    A heartbeat that nobody hears is counted and never stops anything.
    """
    found = check(store, clock)
    _compare(store, clock, found)
    if heartbeat is not None and not (found.steps or found.clocks):
        _beat(store, clock, heartbeat)
    return found


def _compare(store: Store, clock: Clock, found: Overdue) -> None:
    is_behind = bool(found.steps or found.clocks)
    with store.reading() as work:
        was_behind = work.switches.get(TROUBLE)
    if is_behind == bool(was_behind):
        return
    now = clock.now()
    with store.work() as work:
        since = now.isoformat() if is_behind else ""
        work.switches.set(TROUBLE, since, by="bot", at=now)
        action = "watchdog.behind" if is_behind else "watchdog.caught_up"
        work.audit.append(
            [
                AuditEntry(
                    action=action,
                    subject=SUBJECT,
                    at=now,
                    detail={
                        "steps": found.steps,
                        "clocks": found.clocks,
                        "since": since or was_behind,
                    },
                )
            ]
        )
        if is_behind:
            work.notices.add(_behind(found, since), now)


def _beat(store: Store, clock: Clock, heartbeat: Heartbeat) -> None:
    with store.reading() as work:
        failures = int(work.switches.get(FAILURES) or 0)
    try:
        heartbeat.beat()
    except BotError as error:
        _remember(store, clock, failures + 1, error.detail)
    else:
        if failures:
            _remember(store, clock, 0, "", before=failures)


def _remember(
    store: Store, clock: Clock, failures: int, error: str, *, before: int = 0
) -> None:
    """Count a failure; the first in a row and the end of the row are logged."""
    now = clock.now()
    with store.work() as work:
        work.switches.set(FAILURES, str(failures), by="bot", at=now)
        if failures > 1:
            return
        action = "heartbeat.failed" if failures else "heartbeat.recovered"
        work.audit.append(
            [
                AuditEntry(
                    action=action,
                    subject=SUBJECT,
                    at=now,
                    detail={"error": error, "failures": failures or before},
                )
            ]
        )


def _behind(found: Overdue, since: str) -> Notice:
    return Notice(
        key=f"watchdog:{since}",
        to="operator",
        subject="The watch is behind: something fell due and nobody looked",
        body=(
            f"{found.clocks} deadlines and {found.steps} calls of chains have waited "
            "for more than five minutes. See that 'bot run' or 'bot schedule' works, "
            "and read its log."
        ),
        is_important=True,
    )
