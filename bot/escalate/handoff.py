"""Which way a private hand-off goes, how long each step lasts, and what comes next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from bot.domain.handoff import (
    TIMED,
    Asked,
    HandOffCause,
    HandOffPolicy,
    HandOffState,
    HandOffWay,
)
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.escalate.follow_ups import NOT_SAID

ALLOWED: Mapping[HandOffState, frozenset[HandOffState]] = {
    HandOffState.OFFERED: frozenset(
        {
            HandOffState.INVITED,
            HandOffState.OPENED,
            HandOffState.FELL_BACK,
            HandOffState.CLOSED,
        }
    ),
    # Offered anew by the next way.
    HandOffState.INVITED: frozenset(
        {
            HandOffState.OFFERED,
            HandOffState.OPENED,
            HandOffState.FELL_BACK,
            HandOffState.CLOSED,
        }
    ),
    HandOffState.OPENED: frozenset(
        {HandOffState.IDENTIFIED, HandOffState.FELL_BACK, HandOffState.CLOSED}
    ),
    # Back to opened where a person asks anew.
    HandOffState.IDENTIFIED: frozenset(
        {
            HandOffState.OPENED,
            HandOffState.MATCHED,
            HandOffState.FELL_BACK,
            HandOffState.CLOSED,
        }
    ),
    HandOffState.MATCHED: frozenset(
        {HandOffState.PRIVATE, HandOffState.FELL_BACK, HandOffState.CLOSED}
    ),
    # A person gave a link, or its author came late.
    HandOffState.FELL_BACK: frozenset(
        {HandOffState.INVITED, HandOffState.OPENED, HandOffState.CLOSED}
    ),
    HandOffState.PRIVATE: frozenset(),
    HandOffState.CLOSED: frozenset(),
}
"""Every move there is. Nobody is matched who was not identified, nor identified who did
not come to us, and nothing is called private before somebody was matched."""

WAITS_FOR_AUTHOR = frozenset(
    {HandOffState.OFFERED, HandOffState.INVITED, HandOffState.FELL_BACK}
)
"""Where a private message of theirs opens it."""

INVITES = frozenset({ReplyKind.ACKNOWLEDGEMENT, ReplyKind.HAND_OFF})
"""The public lines that invite to a private message."""

LONGEST = 120
"""Characters of one answer in the form."""

_WINDOW = re.compile(
    r"platforms\.[^.]+\.(private_window|person_window|private_reply)\b"
)


def may_move(before: HandOffState, after: HandOffState) -> bool:
    """Whether it may go from one state to the other."""
    return after in ALLOWED[before]


def step_ends(
    policy: HandOffPolicy, state: HandOffState, at: datetime
) -> datetime | None:
    """Return when a step that begins then ends; ``None`` for one that is a person's."""
    return at + policy.steps[state] if state in TIMED else None


def next_way(
    tried: Iterable[str], why_not: Mapping[HandOffWay, str]
) -> tuple[HandOffWay, str]:
    """Return the next way that is open, and why those before it are not.

    A way is never tried twice, and a person is the last of all.
    """
    gone = set(tried)
    told: list[str] = []
    for way in (HandOffWay.MESSAGE, HandOffWay.LINE):
        if way in gone:
            continue
        if not why_not.get(way):
            return way, "; ".join(told)
        told.append(f"{way}: {why_not[way]}")
    return HandOffWay.PERSON, "; ".join(told)


def line_of(said: Iterable[Reply], author: str) -> Reply | None:
    """Return our newest public line to them that may stand or come to stand."""
    there = [
        one
        for one in said
        if not one.is_private
        and one.author == author
        and one.state not in NOT_SAID | {ReplyState.WITHHELD}
    ]
    return there[-1] if there else None


def why_no_line(
    said: Iterable[Reply], author: str, *, is_first: bool, has_link: bool
) -> str:
    """Say why no public line may lead them: there is one, or none could name a way.

    One that stands is enough, and after it nothing public follows.
    """
    line = line_of(said, author)
    if line is None:
        return "" if has_link else "the house names no verified link for this brand"
    if is_first and line.kind in INVITES:
        return ""
    return f"{line.key} stands in public already"


def cause_of(reason: str) -> HandOffCause:
    """Tell a window that shut from what else a platform or its rules refuse."""
    return HandOffCause.WINDOW_SHUT if _WINDOW.search(reason) else HandOffCause.REFUSED


def mistakes(policy: HandOffPolicy, given: Mapping[str, str]) -> dict[str, str]:
    """Name each answer that cannot be taken, with the wording that says why.

    Only the form of an answer is judged: whether it is true a person finds.
    """
    found: dict[str, str] = {}
    for asked in (*policy.asks, *policy.may_ask):
        said = given.get(asked, "").strip()
        if not said:
            if asked in policy.asks:
                found[asked] = "needed"
        elif len(said) > LONGEST or not said.isprintable():
            found[asked] = "too_long"
        elif asked is Asked.DATE_OF_BIRTH and not _is_date(said):
            found[asked] = "no_date"
    if given.get("contact", "") not in policy.contact:
        found["contact"] = "needed"
    return found


def _is_date(said: str) -> bool:
    try:
        return date.fromisoformat(said) > date(1890, 1, 1)
    except ValueError:
        return False
