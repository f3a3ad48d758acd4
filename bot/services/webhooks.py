"""Tell programs outside what the log says: every entry once sealed, in that order.

An entry is told after its seal, some seconds after it happened: then its place is
fixed for ever, and whoever listens can ask for the proof. What is not taken is told
again, with a growing pause, and nothing behind it goes out before it.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.domain.audit import AuditEntry, LoggedEntry, SealedAt
from bot.domain.ports import Notice, Store
from bot.domain.webhooks import Webhook, WebhookId, WebhookState
from bot.errors import BotError, NotAllowed
from bot.services.ingest import pause_after

AT_ONCE = 200
"""Entries looked at in one go for one receiver."""

MOST = 50
"""Webhooks; each reads the log for itself."""

GIVE_UP_AFTER = timedelta(days=3)
"""A receiver that was silent for so long is paused, and an operator is told."""

OPERATORS = "operators"


class Lock(Protocol):
    """Makes words unreadable without our own secret."""

    def lock(self, words: str) -> str:
        """Return them locked."""
        ...

    def unlock(self, locked: str) -> str:
        """Return the words; raises ``Missing`` where the secret is another now."""
        ...


class Tells(Protocol):
    """Hands one signed message to a receiver."""

    def __call__(self, url: str, secret: str, message_id: str, body: bytes) -> None:
        """Raise ``BotError`` unless it was taken."""
        ...


def add(
    store: Store, clock: Clock, lock: Lock, *, url: str, actions: Sequence[str], by: str
) -> tuple[Webhook, str]:
    """Tell a receiver of all that is sealed from now on; return it and its secret.

    The secret is shown this once. Raises ``NotAllowed`` where there are too many.
    """
    now = clock.now()
    secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    with store.work() as work:
        if len(work.webhooks.listing()) >= MOST:
            message = f"there are {MOST} webhooks; remove one that nobody needs"
            raise NotAllowed(message)
        last = work.audit.last_seal()
        made = work.webhooks.add(
            Webhook(
                url=url,
                actions=tuple(dict.fromkeys(actions)),
                locked_secret=lock.lock(secret),
                made_by=by,
                made_at=now,
                read_to=SealedAt(
                    seal=last.number if last else 0,
                    position=len(last.entry_ids) if last else 0,
                ),
            )
        )
        work.audit.append([_entry("webhook.added", made, by, now)])
    return made, secret


def remove(store: Store, clock: Clock, webhook_id: WebhookId, *, by: str) -> Webhook:
    """Tell it nothing more, and forget it; raises ``Missing``."""
    with store.work() as work:
        gone = work.webhooks.get(webhook_id)
        work.webhooks.remove(webhook_id)
        work.audit.append([_entry("webhook.removed", gone, by, clock.now())])
    return gone


def resume(store: Store, clock: Clock, webhook_id: WebhookId, *, by: str) -> Webhook:
    """Go on where a paused one stopped; raises ``Missing`` or ``NotAllowed``."""
    with store.work() as work:
        paused = work.webhooks.get(webhook_id)
        if paused.state is not WebhookState.PAUSED:
            raise NotAllowed(f"webhook {webhook_id} is not paused")
        active = replace(_told(paused, paused.read_to), state=WebhookState.ACTIVE)
        work.webhooks.change(paused, active)
        work.audit.append([_entry("webhook.resumed", active, by, clock.now())])
    return active


def tell_pending(store: Store, clock: Clock, lock: Lock, tells: Tells) -> int:
    """Tell every receiver what it has not been told; return how much was taken."""
    with store.reading() as work:
        due = work.webhooks.due(clock.now())
    return sum(_tell(store, clock, lock, tells, one) for one in due)


def _tell(
    store: Store, clock: Clock, lock: Lock, tells: Tells, webhook: Webhook
) -> int:
    with store.reading() as work:
        found = work.audit.sealed_after(webhook.read_to, AT_ONCE)
    taken, kept, read_to = 0, webhook, webhook.read_to
    for at, entry in found:
        if webhook.hears(entry.action):
            try:
                secret = lock.unlock(webhook.locked_secret)
                tells(webhook.url, secret, f"entry_{entry.id}", _body(at, entry))
            except BotError as error:
                _failed(store, clock, kept, error)
                return taken
            told = _told(kept, at)
            if not _moved(store, kept, told):
                return taken
            taken, kept = taken + 1, told
        read_to = at
    if read_to != kept.read_to:
        _moved(store, kept, replace(kept, read_to=read_to))
    return taken


def _told(webhook: Webhook, at: SealedAt) -> Webhook:
    """Return it with no failure, told up to a place."""
    return replace(
        webhook, read_to=at, next_at=None, failures=0, failing_since=None, reason=""
    )


def _moved(store: Store, before: Webhook, after: Webhook) -> bool:
    with store.work() as work:
        return work.webhooks.change(before, after)


def _failed(store: Store, clock: Clock, webhook: Webhook, error: BotError) -> None:
    now = clock.now()
    since = webhook.failing_since or now
    failures = webhook.failures + 1
    is_over = now - since >= GIVE_UP_AFTER
    after = replace(
        webhook,
        failures=failures,
        failing_since=since,
        reason=error.shown,
        next_at=now + pause_after(failures),
        state=WebhookState.PAUSED if is_over else WebhookState.ACTIVE,
    )
    with store.work() as work:
        if work.webhooks.change(webhook, after) and is_over:
            work.audit.append([_entry("webhook.paused", after, "bot", now)])
            work.notices.add(_paused(after, now), now)


def _body(at: SealedAt, entry: LoggedEntry) -> bytes:
    return json.dumps(
        {
            "type": entry.action,
            "timestamp": entry.at,
            "data": {
                "entry": entry.id,
                "actor": entry.actor,
                "subject": entry.subject,
                "detail": json.loads(entry.detail),
                "seal": at.seal,
                "position": at.position,
            },
        }
    ).encode()


def _entry(action: str, webhook: Webhook, by: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"webhook:{webhook.id}",
        at=now,
        actor=by,
        detail={"actions": list(webhook.actions), "reason": webhook.reason},
    )


def _paused(webhook: Webhook, now: datetime) -> Notice:
    return Notice(
        key=f"webhook:{webhook.id}:paused:{now.isoformat()}",
        to=OPERATORS,
        subject=f"Webhook {webhook.id} is paused: nobody took it for days",
        body=(
            f"{webhook.reason}. Mend the receiver, then resume it "
            f"(POST /api/v1/webhooks/{webhook.id}/resume): it goes on where it stopped."
        ),
        is_important=True,
    )
