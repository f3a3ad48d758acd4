"""Deliver: messages to our own people go out by the first way that works."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import Notifier, Store, StoredNotice
from bot.errors import BotError
from bot.services.ingest import pause_after

GIVE_UP_AFTER = 100
"""Tries; with their growing pauses they last about a day, as a mail server may be down
for a night and a breach that nobody hears of helps nobody."""

DOWN_AFTER = 3
"""Failures in a row after which the rest waits for the next look: a mail server that
answers nobody would else hold up everything for minutes."""


def deliver_pending(
    store: Store, notifiers: Sequence[Notifier], clock: Clock, *, limit: int = 50
) -> int:
    """Try to deliver what waits; return how many messages went out.

    Nobody reached is an audit entry, not silence.
    """
    with store.reading() as work:
        waiting = work.notices.waiting(clock.now(), limit)
    delivered = failed = 0
    for one in waiting:
        if _deliver(store, notifiers, clock, one):
            delivered, failed = delivered + 1, 0
        else:
            failed += 1
        if failed == DOWN_AFTER:
            break
    return delivered


def _deliver(
    store: Store, notifiers: Sequence[Notifier], clock: Clock, one: StoredNotice
) -> bool:
    ways: list[str] = []
    failures: list[str] = []
    for notifier in notifiers:
        try:
            notifier.send(one.notice)
            ways.append(notifier.name)
        except BotError as error:
            failures.append(f"{notifier.name}: {error.detail}")
    # A line in the log reaches nobody by itself where a better way is set up.
    reached = [way for way in ways if way != "log"] or (ways if not failures else [])
    now = clock.now()
    last = one.attempts + 1 >= GIVE_UP_AFTER
    with store.work() as work:
        if reached:
            work.notices.settle(one.id, delivered_by=",".join(reached), at=now)
        else:
            work.notices.postpone(
                one.id,
                until=None if last else now + pause_after(one.attempts),
                reason="; ".join(failures) or "no way to notify is set up",
            )
        if reached or last:
            work.audit.append(
                [
                    AuditEntry(
                        action="notice.delivered" if reached else "notice.undelivered",
                        subject=f"notice:{one.id}",
                        at=now,
                        detail={
                            "key": one.notice.key,
                            "by": reached,
                            "failures": failures,
                        },
                    )
                ]
            )
    return bool(reached)
