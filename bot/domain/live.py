"""What has just changed: the tail of the log, for pages that are open.

A page is told which thing changed and by which action, never a word of anybody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.staff import Right, Viewer
from bot.domain.tickets import TicketId

HEARD_BY: Mapping[str, frozenset[Right]] = {
    "ticket": frozenset({Right.SEE_TICKETS, Right.SEE_LOG}),
    "reply": frozenset({Right.SEE_TICKETS, Right.SEE_LOG}),
    "letter": frozenset({Right.SEE_TICKETS, Right.SEE_LOG}),
    "mention": frozenset({Right.SEE_TICKETS, Right.SEE_LOG, Right.SEE_BRAND}),
    "source": frozenset({Right.SEE_SETUP}),
    "switch": frozenset({Right.SEE_SETUP, Right.SEE_TICKETS}),
    "bot": frozenset({Right.SEE_SETUP}),
}
"""Of which kinds of things somebody may hear with one of these rights; no others."""

OF_ALL = frozenset({"switch", "bot"})
"""What has no brand of its own: everybody with the right hears of it."""

OF_A_BRAND = "switch:replies.brand."

PATIENCE = 240
"""Looks after which a number that was skipped is taken for one that never comes."""

MOST_MISSING = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the log as pages need it; ``brand`` is empty for what has none."""

    entry: int
    action: str
    subject: str
    brand: str = ""
    ticket: TicketId | None = None

    @property
    def kind(self) -> str:
        """Which kind of thing changed."""
        return self.subject.partition(":")[0]


class Tail(Protocol):
    """The end of the log."""

    def newest_entry(self) -> int:
        """Return the highest number in the log; 0 for none."""
        ...

    def changes(
        self, after: int, missing: Sequence[int], *, limit: int
    ) -> Sequence[Change]:
        """Return what the log tells since an entry, and those missing that came."""
        ...


def may_hear(viewer: Viewer, change: Change, sources: Mapping[str, str]) -> bool:
    """Whether somebody's pages are told of it: by right, by brand, by given case.

    ``sources`` says whose each source is. Whoever sees some brands hears nothing of
    what turns out to be nobody's.
    """
    if viewer.may(Right.SEE_GIVEN_CASES):
        return change.ticket in viewer.cases
    rights = HEARD_BY.get(change.kind, frozenset())
    if not any(viewer.may(right) for right in rights):
        return False
    if change.subject.startswith(OF_A_BRAND):
        return viewer.may_see(change.subject.removeprefix(OF_A_BRAND))
    if change.kind in OF_ALL:
        return True
    if change.kind == "source":
        name = change.subject.partition(":")[2]
        return viewer.may_see(sources.get(name, ""))
    return viewer.may_see(change.brand)


class Gaps:
    """How far the log was read, and which numbers were skipped on the way.

    On PostgreSQL an entry may be seen after one with a higher number; whoever only
    asks for what is newer never sees it. A number that a rolled back transaction took
    never comes, and is given up after a while.
    """

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.newest = 0
        self._missing: dict[int, int] = {}

    @property
    def missing(self) -> Sequence[int]:
        """The numbers to ask for again."""
        return tuple(self._missing)

    def read(self, entries: Iterable[int]) -> None:
        """Take note of one look: what it found, and what it skipped."""
        self._missing = {
            number: left - 1 for number, left in self._missing.items() if left > 1
        }
        for number in sorted(entries):
            if number <= self.newest:
                self._missing.pop(number, None)
                continue
            first = (
                max(self.newest + 1, number - MOST_MISSING) if self.newest else number
            )
            self._missing |= dict.fromkeys(range(first, number), PATIENCE)
            self.newest = number
        for number in sorted(self._missing)[:-MOST_MISSING]:
            del self._missing[number]
