"""What a source costs, and when its month's budget will be used up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.ports import Meter

PACE_OVER = 7
"""Days whose mean is the present pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One meter of a month; ``limit`` and ``left`` are ``None`` where there is none.

    ``a_day`` is the pace of the last seven days. ``runs_out_at``: when the limit is
    reached at this pace, ``None`` where the month ends sooner. ``price`` is of one.
    """

    used: int
    limit: int | None
    a_day: float
    runs_out_at: datetime | None
    price: float = 0.0

    @property
    def left(self) -> int | None:
        """How many more the month allows."""
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def cost(self) -> float:
        """What the month has cost so far."""
        return self.used * self.price


def pace(meters: Sequence[Meter], now: datetime) -> tuple[float, float]:
    """Return reads and posts a day, over the last seven days or since the first one."""
    if not meters:
        return 0.0, 0.0
    today = now.date()
    days = min(PACE_OVER, (today - meters[0].day).days + 1)
    since = today - timedelta(days=days - 1)
    recent = [one for one in meters if one.day >= since]
    reads, posts = sum(one.reads for one in recent), sum(one.posts for one in recent)
    return reads / days, posts / days


def spending(
    *,
    used: int,
    limit: int | None,
    a_day: float,
    now: datetime,
    month_ends: datetime,
    price: float = 0.0,
) -> Spending:
    """Say how a month's meter stands, and when it will be used up at a pace."""
    runs_out_at = None
    if limit is not None:
        left = max(limit - used, 0)
        if left == 0:
            runs_out_at = now
        elif a_day > 0 and (month_ends - now).total_seconds() / 86_400 * a_day >= left:
            runs_out_at = now + timedelta(days=left / a_day)
    return Spending(
        used=used, limit=limit, a_day=a_day, runs_out_at=runs_out_at, price=price
    )
