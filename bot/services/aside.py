"""Restore: a person brings back what was set aside, and it is decided anew."""

from __future__ import annotations

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.mentions import MentionId, Restored
from bot.domain.ports import Store
from bot.errors import NotAllowed


def restore(
    store: Store,
    clock: Clock,
    mention_id: MentionId,
    *,
    by: str,
    reason: str,
    restored_as: Restored = Restored.RELEVANT,
) -> None:
    """Let triage decide a mention that was set aside, this time like any other.

    Whatever is owed is counted from its publication, as always. Raises ``Missing``, or
    ``NotAllowed`` if it is not set aside.
    """
    now = clock.now()
    with store.work() as work:
        if not work.mentions.restore(mention_id, restored_as):
            message = f"mention {mention_id} is not set aside: nothing to bring back"
            raise NotAllowed(message)
        work.audit.append(
            [
                AuditEntry(
                    action="mention.restored",
                    subject=f"mention:{mention_id}",
                    at=now,
                    actor=by,
                    detail={"as": restored_as.value, "reason": reason},
                )
            ]
        )
