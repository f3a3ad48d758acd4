"""By which way a message reaches our own people, and when. Values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.hours import Shift
from bot.domain.ports import Notice
from bot.escalate.people import next_within

ANYBODY = "default"
"""Stands in a rule for everybody whom no rule before it names."""


def webhook(way: str) -> str:
    """Name whom a call of a webhook is for: that way, and nobody else."""
    return f"webhook:{way}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule:
    """How some people are reached: ways are tried in order until one takes it."""

    to: tuple[str, ...]
    important: tuple[str, ...]
    default: tuple[str, ...]
    hours: Shift | None = None

    def ways(self, notice: Notice) -> tuple[str, ...]:
        """Return the ways for this message, the best first."""
        return self.important if notice.is_important else self.default

    def not_before(self, notice: Notice, now: datetime) -> datetime:
        """Return when the message may go out; what is important never waits."""
        if notice.is_important or self.hours is None:
            return now
        return next_within(self.hours, now) or now


def rule_for(rules: Sequence[NoticeRule], to: str) -> NoticeRule | None:
    """Return the first rule that names somebody, or stands for anybody."""
    return next((rule for rule in rules if {to, ANYBODY} & set(rule.to)), None)
