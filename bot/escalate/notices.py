"""By which way a message reaches our own people, and when. Values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from bot.domain.ports import Notice

ANYBODY = "default"
"""Stands in a rule for everybody whom no rule before it names."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When somebody wants to hear of what can wait.

    ``closes`` before ``opens`` is on the next day, and the night belongs to the day on
    which it began.
    """

    opens: time
    closes: time
    zone: ZoneInfo
    days: frozenset[Weekday] = frozenset(WEEKDAYS)

    def next_open(self, now: datetime) -> datetime:
        """Return ``now`` if it lies within them, else when they begin, in UTC."""
        today = now.astimezone(self.zone).date()
        for ahead in range(-1, len(WEEKDAYS) + 1):
            day = today + timedelta(days=ahead)
            if WEEKDAYS[day.weekday()] not in self.days:
                continue
            last = day if self.opens < self.closes else day + timedelta(days=1)
            begins = datetime.combine(day, self.opens, self.zone).astimezone(UTC)
            if now < datetime.combine(last, self.closes, self.zone).astimezone(UTC):
                return max(now, begins)
        raise AssertionError("hours have at least one day")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule:
    """How some people are reached: ways are tried in order until one takes it."""

    to: tuple[str, ...]
    important: tuple[str, ...]
    default: tuple[str, ...]
    hours: Hours | None = None

    def ways(self, notice: Notice) -> tuple[str, ...]:
        """Return the ways for this message, the best first."""
        return self.important if notice.is_important else self.default

    def not_before(self, notice: Notice, now: datetime) -> datetime:
        """Return when the message may go out; what is important never waits."""
        if notice.is_important or self.hours is None:
            return now
        return self.hours.next_open(now)


def rule_for(rules: Sequence[NoticeRule], to: str) -> NoticeRule | None:
    """Return the first rule that names somebody, or stands for anybody."""
    return next((rule for rule in rules if {to, ANYBODY} & set(rule.to)), None)
