"""Programs outside that are told what the log says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from bot.domain.audit import SealedAt
from bot.domain.webhooks import Webhook, WebhookId, WebhookState
from bot.errors import Missing
from bot.storage.statements import AnyRow, Repository
from bot.storage.tables import WebhookRow, table

WEBHOOKS = table(WebhookRow)


class SqlWebhooks(Repository):
    """Who is told, and how far."""

    __slots__ = ()

    def add(self, webhook: Webhook) -> Webhook:
        """Store one and return it with its id."""
        made = insert(WEBHOOKS).returning(WEBHOOKS.c.id)
        number = self._db.execute(made, _row(webhook)).scalar_one()
        return replace(webhook, id=WebhookId(number))

    def get(self, webhook_id: WebhookId) -> Webhook:
        """Return one, or raise ``Missing``."""
        query = select(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id)
        row = self._db.execute(query).one_or_none()
        if row is None:
            raise Missing(f"there is no webhook {webhook_id}")
        return _webhook(row)

    def listing(self) -> Sequence[Webhook]:
        """Return all, oldest first."""
        query = select(WEBHOOKS).order_by(WEBHOOKS.c.id)
        return [_webhook(row) for row in self._db.execute(query)]

    def remove(self, webhook_id: WebhookId) -> bool:
        """Forget one; say whether it was there."""
        gone = delete(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id)
        return self._db.execute(gone).rowcount > 0

    def due(self, now: datetime) -> Sequence[Webhook]:
        """Return those that are told of something, once their pause is over."""
        query = (
            select(WEBHOOKS)
            .where(WEBHOOKS.c.state == WebhookState.ACTIVE)
            .where(or_(WEBHOOKS.c.next_at.is_(None), WEBHOOKS.c.next_at <= now))
            .order_by(WEBHOOKS.c.id)
        )
        return [_webhook(row) for row in self._db.execute(query)]

    def change(self, before: Webhook, after: Webhook) -> bool:
        """Write the changed one, if it still stands where it stood."""
        changed = (
            update(WEBHOOKS)
            .where(
                WEBHOOKS.c.id == before.id,
                WEBHOOKS.c.state == before.state,
                WEBHOOKS.c.read_seal == before.read_to.seal,
                WEBHOOKS.c.read_position == before.read_to.position,
            )
            .values(**_row(after))
        )
        return self._db.execute(changed).rowcount > 0


def _row(webhook: Webhook) -> dict[str, object]:
    return {
        "url": webhook.url,
        "actions": webhook.actions,
        "locked_secret": webhook.locked_secret,
        "made_by": webhook.made_by,
        "made_at": webhook.made_at,
        "read_seal": webhook.read_to.seal,
        "read_position": webhook.read_to.position,
        "state": webhook.state,
        "next_at": webhook.next_at,
        "failures": webhook.failures,
        "failing_since": webhook.failing_since,
        "reason": webhook.reason,
    }


def _webhook(row: AnyRow) -> Webhook:
    return Webhook(
        id=WebhookId(row.id),
        url=row.url,
        actions=row.actions,
        locked_secret=row.locked_secret,
        made_by=row.made_by,
        made_at=row.made_at,
        read_to=SealedAt(seal=row.read_seal, position=row.read_position),
        state=WebhookState(row.state),
        next_at=row.next_at,
        failures=row.failures,
        failing_since=row.failing_since,
        reason=row.reason,
    )
