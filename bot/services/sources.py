"""Sources: what a person says of one that could not be read."""

from __future__ import annotations

from dataclasses import replace

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import Store


def ask_again(store: Store, clock: Clock, name: str, *, by: str) -> bool:
    """Let a source be asked at once, as after its credential was mended.

    ``False`` if it waits for nothing. Its failures stay counted until it answers.
    """
    now = clock.now()
    with store.work() as work:
        state = work.sources.state(name)
        if state.retry_at is None and not state.off_because:
            return False
        work.sources.save(replace(state, retry_at=None, off_because=""))
        work.audit.append(
            [
                AuditEntry(
                    action="source.asked_again",
                    subject=f"source:{name}",
                    at=now,
                    actor=by,
                    detail={"was_off": state.off_because},
                )
            ]
        )
    return True
