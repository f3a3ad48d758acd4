"""What makes a policy of follow-ups one that cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.follow_ups import NO_ANSWERS, OF_FOLLOW_UPS, FollowUpPolicy, Occasion
from bot.domain.hours import Shift
from bot.domain.packs import DateWording, HousePack
from bot.rules.lint import Problem
from bot.rules.sources import Key
from bot.rules.zones import is_zone

MONTHS, WHOLE = 12, 100
NEAR = {Occasion.PROMISE_NEAR, Occasion.LEGAL_NEAR}
BLANKS = dict.fromkeys(("day", "month", "year", "time", "zone"), "")
A_DAY, A_WEEK = 24 * 60, 7 * 24 * 60
"""Minutes."""

AT: Key = ("follow_ups",)


def follow_up_problems(pack: HousePack) -> Iterator[Problem]:
    """Name occasions that never come, and hours in which nothing is ever said."""
    for name, events in pack.targets.items():
        for event in events:
            if event in OF_FOLLOW_UPS:
                words = f"{event} is the bot's own word, which keeps no promise"
                yield Problem(key=("targets", name), words=words)
    if pack.reopen_within < timedelta(0):
        yield Problem(key=("reopen_within",), words="must not lie in the past")
    policy = pack.follow_ups
    if policy is None:
        return
    yield from _answer_problems(policy)
    yield from _occasion_problems(policy)
    yield from _quiet_problems(policy)
    if policy.gap < timedelta(0):
        yield Problem(key=(*AT, "gap"), words="must not lie in the past")
    if policy.at_most < 1:
        yield Problem(key=(*AT, "at_most"), words="must be at least 1")


def _answer_problems(policy: FollowUpPolicy) -> Iterator[Problem]:
    if not policy.answers:
        yield Problem(key=(*AT, "answers"), words="names nothing that answers")
    for index, event in enumerate(policy.answers):
        if event in NO_ANSWERS:
            words = f"{event} is no answer"
            yield Problem(key=(*AT, "answers", index), words=words)


def _occasion_problems(policy: FollowUpPolicy) -> Iterator[Problem]:
    if not any(policy.rule(occasion) for occasion in Occasion):
        yield Problem(key=AT, words="names no occasion")
    for occasion in Occasion:
        rule, at = policy.rule(occasion), (*AT, occasion.value)
        if rule is None:
            continue
        if (occasion in NEAR) != bool(rule.share) or not 0 <= rule.share < WHOLE:
            words = "1 to 99, and only where a time comes near"
            yield Problem(key=(*at, "share"), words=words)
        waits = occasion in {Occasion.WAITING, Occasion.CLOSED}
        if waits != bool(rule.after) or rule.after < timedelta(0):
            words = "a span of time, and only for waiting and closed"
            yield Problem(key=(*at, "after"), words=words)


def _quiet_problems(policy: FollowUpPolicy) -> Iterator[Problem]:
    for index, shift in enumerate(policy.quiet):
        at = (*AT, "quiet", index)
        if shift.zone and not is_zone(shift.zone):
            words = f"there is no time zone {shift.zone!r}"
            yield Problem(key=(*at, "zone"), words=words)
        if not shift.days:
            yield Problem(key=(*at, "days"), words="names no day")
    quiet = {minute for shift in policy.quiet for minute in _minutes(shift)}
    if len(quiet) == A_WEEK:
        words = "it is always quiet: nothing would ever be said"
        yield Problem(key=(*AT, "quiet"), words=words)


def _minutes(shift: Shift) -> Iterator[int]:
    """Give the minutes of a week that a stretch takes, by the wall's clock."""
    begins = shift.start.hour * 60 + shift.start.minute
    ends = shift.end.hour * 60 + shift.end.minute
    lasts = (ends - begins) % A_DAY or A_DAY
    for day in shift.days:
        first = day.weekday * A_DAY + begins
        yield from (minute % A_WEEK for minute in range(first, first + lasts))


def date_problems(date: DateWording | None, *, is_needed: bool) -> Iterator[Problem]:
    """Name a way to write dates that cannot be filled in."""
    if date is None:
        if is_needed:
            words = "is missing: a status says until when they hear"
            yield Problem(key=("date",), words=words)
        return
    if len(date.months) != MONTHS:
        words = f"has {len(date.months)} names, a year has {MONTHS}"
        yield Problem(key=("date", "months"), words=words)
    blanks = [name for name in BLANKS if "{" + name + "}" not in date.form]
    if blanks:
        words = f"lacks the blank {', '.join(blanks)}"
        yield Problem(key=("date", "form"), words=words)
    try:
        date.form.format(**BLANKS)
    except (KeyError, IndexError, ValueError):
        words = f"has a blank other than {', '.join(BLANKS)}"
        yield Problem(key=("date", "form"), words=words)
