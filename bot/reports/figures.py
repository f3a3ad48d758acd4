"""Figures of deadlines for people: by rule, channel, team and day, and who waited."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.clocks import ClockKind, Kept
from bot.domain.response_log import Figure

UNFAIR_BY = 5.0
"""Hundredths by which others may be kept less often than influencers."""

ENOUGH = 20
"""Promises of both sides without which a comparison says nothing."""

LATE = (Kept.STRICT_ONLY, Kept.LATE_EXCUSED)
BREACHED = (Kept.MISSED, Kept.OVERDUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table of deadlines: of what, and how its promises were kept."""

    of: str
    cite: str
    counts: Counter[Kept]

    @property
    def met(self) -> int:
        """Done by the time as written."""
        return self.counts[Kept.IN_TIME]

    @property
    def late(self) -> int:
        """After it and within the legal one, or excused by a notice."""
        return sum(self.counts[one] for one in LATE)

    @property
    def breached(self) -> int:
        """Not done in time, or over with nobody having looked."""
        return sum(self.counts[one] for one in BREACHED)

    @property
    def running(self) -> int:
        """Still to be done, in time."""
        return self.counts[Kept.RUNNING]

    @property
    def not_owed(self) -> int:
        """Waived, excused, a chance not taken, or no complaint after all."""
        return self.counts[Kept.NOT_OWED]

    @property
    def share(self) -> float | None:
        """How many of a hundred that are settled were met; ``None`` for none."""
        settled = self.met + self.late + self.breached
        return 100 * self.met / settled if settled else None


def rows_by(figures: Iterable[Figure], of: Callable[[Figure], str]) -> Sequence[Row]:
    """Sum figures up by what they are of, in its own order."""
    counted: dict[str, Counter[Kept]] = defaultdict(Counter)
    cites: dict[str, str] = {}
    for one in figures:
        counted[of(one)][one.kept] += one.number
        cites[of(one)] = one.cite
    return [
        Row(of=name, cite=cites[name], counts=counted[name]) for name in sorted(counted)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One rule's promises to influencers beside those to everybody else.

    ``is_unfair``: others were kept clearly less often, and there are enough of both.
    """

    rule: str
    influencers: Row
    others: Row
    influencers_took: timedelta | None
    others_took: timedelta | None

    @property
    def gap(self) -> float | None:
        """By how many hundredths influencers were kept more often."""
        theirs, rest = self.influencers.share, self.others.share
        return None if theirs is None or rest is None else theirs - rest

    @property
    def is_unfair(self) -> bool:
        """Whether putting influencers first has cost others their deadline."""
        enough = min(_settled(self.influencers), _settled(self.others)) >= ENOUGH
        return enough and self.gap is not None and self.gap > UNFAIR_BY


def treatment(figures: Sequence[Figure]) -> Sequence[Treatment]:
    """Compare by rule how influencers and all others were kept."""
    found = []
    for rule in sorted({one.rule for one in figures}):
        ours = [one for one in figures if one.rule == rule]
        sides = {
            is_first: [one for one in ours if one.is_influencer is is_first]
            for is_first in (True, False)
        }
        found.append(
            Treatment(
                rule=rule,
                influencers=_whole(rule, sides[True]),
                others=_whole(rule, sides[False]),
                influencers_took=_took(sides[True]),
                others_took=_took(sides[False]),
            )
        )
    return found


def _whole(rule: str, figures: Sequence[Figure]) -> Row:
    counts = Counter[Kept]()
    for one in figures:
        counts[one.kept] += one.number
    cite = figures[0].cite if figures else ""
    return Row(of=rule, cite=cite, counts=counts)


def _settled(row: Row) -> int:
    return row.met + row.late + row.breached


def _took(figures: Sequence[Figure]) -> timedelta | None:
    """Return the mean time of what was done, in time or not."""
    done = [
        (one.took, one.number)
        for one in figures
        if one.took is not None and one.kept is not Kept.NOT_OWED
    ]
    whole = sum(number for _, number in done)
    if not whole:
        return None
    return sum((took * number for took, number in done), timedelta()) / whole


COLUMNS = ("rule", "cite", "kind", "channel", "queue", "influencer", "day", "kept", "n")


def figures_csv(figures: Iterable[Figure]) -> str:
    """Write figures as a table, one row for each mix."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for one in figures:
        who = "yes" if one.is_influencer else "no"
        where = (one.channel, one.queue, who)
        rows.writerow(
            [one.rule, one.cite, one.kind, *where, one.day, one.kept, one.number]
        )
    return out.getvalue()


def of_kind(figures: Iterable[Figure], kind: ClockKind) -> list[Figure]:
    """Keep the law's, or the house's own."""
    return [one for one in figures if one.kind is kind]
