"""Health: what each platform says of our access, asked every hour and kept.

So that a credential that ends, or a quota that runs low, is known before it stops us.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.channels import Health
from bot.domain.ports import Checked, Notice, Store, Work
from bot.errors import ConnectorError
from bot.services.ingest import OPERATOR, Source

CHECK_EVERY = timedelta(hours=1)

WARNED = tuple(timedelta(days=days) for days in (1, 7, 14))
"""Before a credential ends the operator is told at each of these, once."""


def check_sources(store: Store, sources: Iterable[Source], clock: Clock) -> int:
    """Ask each live source whose hour has come; return how many were asked."""
    live = [one for one in sources if one.connector.info.is_live]
    return sum(_check(store, one, clock) for one in live)


def _check(store: Store, source: Source, clock: Clock) -> bool:
    now = clock.now()
    with store.reading() as work:
        last = work.sources.health(source.name)
    if last is not None and last.at + CHECK_EVERY > now:
        return False
    with store.work() as work:
        name, until = f"health:{source.name}", now + CHECK_EVERY / 4
        if not work.leases.take(name, uuid.uuid4().hex, now=now, until=until):
            return False
    try:
        health = source.connector.check()
    except ConnectorError as error:
        health = Health(ok=False, detail=error.shown)
    now = clock.now()
    with store.work() as work:
        work.sources.keep_health(source.name, Checked(health=health, at=now))
        _warn(work, source, health, now)
    return True


def _warn(work: Work, source: Source, health: Health, now: datetime) -> None:
    """Tell the operator that a credential ends soon: the nearest warning only."""
    ends = health.token_expires_at
    if ends is None:
        return
    near = next((span for span in WARNED if ends - now <= span), None)
    if near is None:
        return
    is_over = ends <= now
    when = f"{ends:%Y-%m-%d %H:%M} UTC"
    said = f"ended on {when}" if is_over else f"ends on {when}"
    work.notices.add(
        Notice(
            key=f"source:{source.name}:token:{ends.isoformat()}:"
            f"{'over' if is_over else near.days}",
            to=OPERATOR,
            subject=f"Source {source.name}: its credential {said}",
            body="Renew it on the platform and give it to the bot before then, or the "
            f"source sees nothing. The connector's page ({source.connector.info.docs}) "
            "says where it comes from.",
            is_important=is_over or near.days == 1,
        ),
        now,
    )
