"""When a source was seen and when it was not: the answer to "did you see them all?".

Computed from the stretches that the looks left behind. In doubt a moment counts as
blind: a stretch of blindness begins with the last look that succeeded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.channels import Coverage

SEEN, UNWATCHED, OVERRUN, NOT_YET = "ok", "Unwatched", "Overrun", "NotYetWatched"
"""What a minute can be beside the names of errors.

``Overrun``: more came between two looks than the platform shows.
"""

READS_BACK = timedelta(hours=1)
"""After an outage, pages that are read within it belong to its back-fill."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A stretch in which a source could not be seen, for one cause.

    ``is_open``: it still lasts.
    """

    started_at: datetime
    ended_at: datetime
    cause: str
    detail: str = ""
    is_open: bool = False

    @property
    def lasted(self) -> timedelta:
        """How long."""
        return self.ended_at - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Blindness from the last look before it to the first one after it.

    ``closed_at`` is when reading went on behind it, ``None`` while it lasts;
    ``missed`` says why what was published meanwhile may never be read, empty where the
    platform reaches back far enough.
    """

    parts: Sequence[Blind]
    closed_at: datetime | None
    missed: str = ""

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return self.parts[0].started_at

    @property
    def ended_at(self) -> datetime:
        """When it ended, or the instant of asking."""
        return self.parts[-1].ended_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What of a period a source was seen; minutes by cause, ``ok`` first.

    A minute is blind if any moment of it is, by the first cause in it. Before the
    first look nothing is claimed, and nothing at all where there was none.
    """

    source: str
    since: datetime
    until: datetime
    minutes: dict[str, int]
    outages: Sequence[Outage]
    bar: str
    first_look_at: datetime | None = None

    @property
    def blind(self) -> timedelta:
        """For how long, to the second, of the period."""
        parts = (part for outage in self.outages for part in outage.parts)
        return sum((part.lasted for part in parts), timedelta())

    @property
    def is_whole(self) -> bool:
        """Whether nothing can have been missed: no outage is open or unclosed."""
        return all(one.closed_at and not one.missed for one in self.outages)


def certify(  # noqa: PLR0913 - one source's looks, and the period, by keyword
    looks: Iterable[Coverage],
    *,
    source: str,
    since: datetime,
    until: datetime,
    now: datetime,
    late_after: timedelta,
    width: int = 60,
) -> Certificate:
    """Say what was seen between two instants, the second at most the present one.

    ``late_after``: a look that comes later after the one before leaves a gap.
    """
    until = min(until, now)
    ordered = sorted(looks, key=lambda one: one.started_at)
    first = ordered[0].started_at if ordered else None
    watch = _Watch(first or until, late_after)
    for look in ordered:
        watch.look(look)
    known = watch.end(now) if ordered else ()
    outages = list(_clipped(known, since, until))
    causes = list(_by_minute(outages, since, until, first))
    counted = {SEEN: 0, **Counter(causes)}
    return Certificate(
        source=source,
        since=since,
        until=until,
        minutes=counted,
        outages=outages,
        bar=_bar(causes, width),
        first_look_at=first,
    )


class _Watch:
    """Follows the looks one after the other, oldest first, and gathers outages."""

    def __init__(self, begins: datetime, late_after: timedelta) -> None:
        self.outages: list[Outage] = []
        self._parts: list[Blind] = []
        self._known_until, self._late_after = begins, late_after

    def look(self, one: Coverage) -> None:
        begins = max(self._known_until, one.started_at)
        if one.outcome == SEEN:
            self._saw(one, begins)
        else:
            self._failed(one, begins)
        self._known_until = max(self._known_until, one.ended_at)

    def end(self, now: datetime) -> list[Outage]:
        """Return all, the last one open if nothing was seen since."""
        self._note_gap(now)
        if self._parts:
            self._lengthen(now)
            self._parts[-1] = replace(self._parts[-1], is_open=True)
            self._close(None)
        return self.outages

    def _failed(self, one: Coverage, begins: datetime) -> None:
        self._lengthen(begins)
        since = self._parts[-1].ended_at if self._parts else self._known_until
        until = max(since, one.ended_at)
        self._parts.append(_blind(one.outcome, since, until, one.detail))

    def _saw(self, one: Coverage, begins: datetime) -> None:
        self._note_gap(begins)
        if self._parts:
            self._lengthen(begins)
            self._close(begins)
        last = self.outages[-1] if self.outages else None
        if not one.detail:
            return
        if last is None or one.started_at > last.ended_at + READS_BACK:
            # Nothing failed, and yet more came between two looks than is shown.
            self._parts = [_blind(OVERRUN, self._known_until, begins, one.detail)]
            self._close(begins)
        self.outages[-1] = replace(self.outages[-1], missed=one.detail)

    def _note_gap(self, until: datetime) -> None:
        if not self._parts and until - self._known_until > self._late_after:
            self._parts.append(_blind(UNWATCHED, self._known_until, until))

    def _lengthen(self, until: datetime) -> None:
        """Let the last one go on: a pause after a failure has the failure's cause."""
        if self._parts:
            last = self._parts[-1]
            self._parts[-1] = replace(last, ended_at=max(last.ended_at, until))

    def _close(self, at: datetime | None) -> None:
        self.outages.append(Outage(parts=_joined(self._parts), closed_at=at))
        self._parts = []


def _blind(cause: str, since: datetime, until: datetime, detail: str = "") -> Blind:
    return Blind(started_at=since, ended_at=until, cause=cause, detail=detail)


def _joined(parts: Sequence[Blind]) -> list[Blind]:
    """Make one of neighbours with one cause, and leave out what lasted no time."""
    joined: list[Blind] = []
    for part in parts:
        if joined and joined[-1].cause == part.cause:
            joined[-1] = replace(
                joined[-1],
                ended_at=part.ended_at,
                detail=part.detail or joined[-1].detail,
                is_open=part.is_open,
            )
        elif part.lasted or len(parts) == 1:
            joined.append(part)
    return joined or list(parts[-1:])


def _clipped(
    outages: Iterable[Outage], since: datetime, until: datetime
) -> Iterator[Outage]:
    for outage in outages:
        parts = [
            replace(
                part,
                started_at=max(part.started_at, since),
                ended_at=min(part.ended_at, until),
            )
            for part in outage.parts
            if part.started_at < until and part.ended_at >= since
        ]
        if parts:
            yield replace(outage, parts=parts)


def _by_minute(
    outages: Sequence[Outage], since: datetime, until: datetime, first: datetime | None
) -> Iterator[str]:
    """Give the cause of each minute by the clock, broken ones at both ends too."""
    blind = [part for outage in outages for part in outage.parts if part.lasted]
    at, next_up = since.replace(second=0, microsecond=0), 0
    while at < until:
        ends = at + MINUTE
        while next_up < len(blind) and blind[next_up].ended_at <= at:
            next_up += 1
        is_blind = next_up < len(blind) and blind[next_up].started_at < ends
        if is_blind:
            yield blind[next_up].cause
        else:
            yield NOT_YET if first is None or ends <= first else SEEN
        at = ends


def _bar(causes: Sequence[str], width: int) -> str:
    """Draw the period: full where it was seen, lower the more of it was not."""
    drawn = []
    for column in range(min(width, len(causes))):
        start = column * len(causes) // min(width, len(causes))
        end = (column + 1) * len(causes) // min(width, len(causes))
        some = causes[start:end]
        if all(cause == NOT_YET for cause in some):
            drawn.append(" ")
            continue
        seen = sum(cause == SEEN for cause in some) / len(some)
        # Only what was wholly seen looks so, and only what was never seen is a point.
        drawn.append("█" if seen == 1 else "·" if seen == 0 else "▄")
    return "".join(drawn)
