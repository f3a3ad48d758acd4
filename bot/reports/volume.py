"""The brand's dashboard: figures of a period beside those of the one before.

Days and hours are the place's, so that whoever looks from elsewhere sees the same
figures.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import sqrt
from statistics import median
from zoneinfo import ZoneInfo

from bot.domain.mentions import Author
from bot.domain.ports import Work
from bot.domain.tags import Influence, Sentiment
from bot.domain.volume import (
    LATER,
    WITHIN,
    Aspect,
    Cell,
    Complaint,
    Grain,
    PostFilter,
    Wanted,
)
from bot.errors import SettingsError

WEEKS_BEFORE = 8
"""How many weeks before a stretch say what is usual at its hour of its weekday."""

FEWEST_WEEKS, FEWEST_POSTS = 4, 10
"""With fewer weeks nothing is called usual, and fewer posts are no spike."""

TIMES_DEVIATION = 4.0
NORMAL = 1.4826
"""What makes the median absolute deviation comparable to a standard deviation."""

LONGEST = 366
HOURLY_UP_TO = 7
"""Days of a period that is still shown hour by hour."""

TOPICS, AUTHORS, AUTHORS_FROM = 12, 10, 60


class Span(StrEnum):
    """How long a period is, up to today; quarters are of whole weeks."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    OWN = "own"


DAYS: Mapping[Span, int] = {
    Span.DAY: 1,
    Span.WEEK: 7,
    Span.MONTH: 30,
    Span.QUARTER: 91,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days of a place, the last one included."""

    span: Span
    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        """When it begins."""
        return self._midnight(self.first)

    @property
    def until(self) -> datetime:
        """When it is over."""
        return self._midnight(self.last + timedelta(days=1))

    @property
    def before(self) -> Period:
        """The period of as many days that ends where this one begins."""
        length = timedelta(days=self.days)
        return replace(self, first=self.first - length, last=self.last - length)

    @property
    def grain(self) -> Grain:
        """How it is cut into stretches."""
        return Grain.HOUR if self.days <= HOURLY_UP_TO else Grain.DAY

    @property
    def stretches(self) -> tuple[datetime, ...]:
        """When each of its hours or days begins."""
        found, at = [], self.since
        while at < self.until:
            found.append(at)
            at = self.grain.end(at, self.zone)
        return tuple(found)

    def _midnight(self, day: date) -> datetime:
        here = datetime.combine(day, time.min, self.zone)
        return here.astimezone(ZoneInfo("UTC"))


def period(
    span: str, now: datetime, zone: ZoneInfo, *, first: str = "", last: str = ""
) -> Period:
    """Read which period is asked for; raise ``SettingsError`` for nonsense."""
    today = now.astimezone(zone).date()
    try:
        asked = Span(span or Span.WEEK)
        if asked is not Span.OWN:
            begun = today - timedelta(days=DAYS[asked] - 1)
            return Period(span=asked, first=begun, last=today, zone=zone)
        own = Period(
            span=asked,
            first=date.fromisoformat(first),
            last=date.fromisoformat(last or first),
            zone=zone,
        )
    except ValueError as error:
        message = "the period is day, week, month, quarter, or own with two dates"
        raise SettingsError(message) from error
    if not 1 <= own.days <= LONGEST:
        message = f"a period has 1 to {LONGEST} days and its first day comes first"
        raise SettingsError(message)
    if own.first.year < 2000:  # noqa: PLR2004 - no platform is older
        raise SettingsError("no platform is as old as the period's first day")
    return own


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of figures of a chart; ``key`` says of what."""

    key: str
    numbers: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them together."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Figures side by side; drawn over time where ``starts`` say when each is of."""

    key: str
    lines: tuple[Line, ...]
    starts: tuple[datetime, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def labels(self) -> Sequence[str]:
        """What each place along it is, for programs."""
        return self.names or [at.isoformat() for at in self.starts]

    def rows(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Return it as a table: a label, and a number of each line."""
        for place, label in enumerate(self.labels):
            yield label, tuple(line.numbers[place] for line in self.lines)

    def as_csv(self, zone: ZoneInfo) -> str:
        """Return it as CSV; times are the place's, with their offset."""
        written = io.StringIO()
        table = csv.writer(written)
        table.writerow(["", *(line.key for line in self.lines)])
        labels = self.names or [at.astimezone(zone).isoformat() for at in self.starts]
        for label, (_, numbers) in zip(labels, self.rows(), strict=True):
            table.writerow([_inert(label), *numbers])
        return written.getvalue()

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "key": self.key,
            "labels": list(self.labels),
            "lines": {line.key: list(line.numbers) for line in self.lines},
        }


def _inert(label: str) -> str:
    """Keep a spreadsheet from reading a name as a formula."""
    return f"'{label}" if label[:1] in {"=", "+", "-", "@", "\t", "\r"} else label


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """A stretch in which far more was said than is usual at its time of the week."""

    at: datetime
    until: datetime
    number: int
    usual: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """A figure beside that of the period before."""

    key: str
    number: int
    before: int

    @property
    def change(self) -> float | None:
        """By how much it grew, as a share; ``None`` where there was nothing before."""
        return (self.number - self.before) / self.before if self.before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """How much was said about something, and how much of that was negative."""

    name: str
    number: int
    before: int
    negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How soon tickets opened in a period had their first answer, by whose.

    ``half`` and ``most`` name the times within which half and nine tenths of those had
    it that were answered; empty where none was.
    """

    key: str
    answered: int
    tickets: int
    half: str
    most: str
    half_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loud:
    """An author whose words carry far, and how often they wrote lately."""

    channel: str
    author: Author
    influence: Influence
    posts: int
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """All that is shown of a period. ``waiting``: changes not counted yet."""

    period: Period
    totals: Sequence[Versus]
    charts: Sequence[Chart]
    spikes: Sequence[Spike]
    topics: Sequence[Topic]
    brands: Sequence[Versus]
    channels: Sequence[Versus]
    answered: Sequence[Answered]
    loud: Sequence[Loud]
    waiting: int = 0

    def chart(self, key: str) -> Chart:
        """Return one; raise ``SettingsError`` for another key."""
        for one in self.charts:
            if one.key == key:
                return one
        known = ", ".join(one.key for one in self.charts)
        message = f"there is no chart {key!r}; there are: {known}"
        raise SettingsError(message)


def dashboard(work: Work, asked: Period, wanted: Wanted) -> Dashboard:
    """Read a period's figures and those of the one before."""
    now, before = _in_all(work, asked, wanted), _in_all(work, asked.before, wanted)
    past = _past(work, asked, wanted)
    return Dashboard(
        period=asked,
        totals=_totals(now, before),
        charts=[
            _volume(work, asked, wanted),
            _over_time(work, asked, wanted, Aspect.SENTIMENT, tuple(Sentiment)),
            _over_time(work, asked, wanted, Aspect.COMPLAINT, tuple(Complaint)),
            _over_time(work, asked, wanted, Aspect.INFLUENCER, ("",)),
            _over_time(work, asked, wanted, Aspect.MENTIONS, (), by_channel=True),
            _waited(now),
        ],
        spikes=spikes(asked, past),
        topics=_topics(now, before),
        brands=_split(now, before, lambda cell: cell.brand),
        channels=_split(now, before, lambda cell: cell.channel),
        answered=_answered(now, before),
        loud=_loud(work, asked, wanted),
        waiting=work.volume.waiting(),
    )


def _in_all(work: Work, asked: Period, wanted: Wanted) -> Counter[Cell]:
    found = work.volume.in_all(list(Aspect), asked.since, asked.until, wanted)
    return Counter(dict(found))


def _sum(cells: Counter[Cell], aspect: Aspect, value: str = "") -> int:
    return sum(
        number
        for cell, number in cells.items()
        if (cell.aspect, cell.value) == (aspect, value)
    )


TOTALS: Sequence[tuple[str, Aspect, str]] = (
    ("mentions", Aspect.MENTIONS, ""),
    ("negative", Aspect.SENTIMENT, Sentiment.NEGATIVE),
    ("in_scope", Aspect.COMPLAINT, Complaint.IN_SCOPE),
    ("to_judge", Aspect.COMPLAINT, Complaint.TO_JUDGE),
    ("influencer", Aspect.INFLUENCER, ""),
    ("tickets", Aspect.TICKETS, ""),
    ("set_aside", Aspect.SET_ASIDE, ""),
)


def _totals(now: Counter[Cell], before: Counter[Cell]) -> list[Versus]:
    return [
        Versus(
            key=key,
            number=_sum(now, aspect, value),
            before=_sum(before, aspect, value),
        )
        for key, aspect, value in TOTALS
    ]


def _volume(work: Work, asked: Period, wanted: Wanted) -> Chart:
    """Lay the period before over this one, hour by hour or day by day."""
    lines = []
    for key, one in (("mentions", asked), ("before", asked.before)):
        found = Counter(
            {
                at: number
                for at, _, number in work.volume.over_time(
                    Aspect.MENTIONS, one.grain, one.since, one.until, wanted
                )
            }
        )
        numbers = [found[at] for at in one.stretches]
        # A week in which the clocks changed has an hour more or less.
        length = len(asked.stretches)
        fitted = (*numbers[:length], *[0] * (length - len(numbers)))
        lines.append(Line(key=key, numbers=fitted))
    return Chart(key="volume", starts=asked.stretches, lines=tuple(lines))


def _over_time(
    work: Work,
    asked: Period,
    wanted: Wanted,
    aspect: Aspect,
    keys: Sequence[str],
    *,
    by_channel: bool = False,
) -> Chart:
    found: dict[str, Counter[datetime]] = defaultdict(Counter)
    rows = work.volume.over_time(
        aspect, asked.grain, asked.since, asked.until, wanted, by_channel=by_channel
    )
    for at, value, number in rows:
        found[value][at] += number
    starts = asked.stretches
    return Chart(
        key="channels" if by_channel else aspect.value,
        starts=starts,
        lines=tuple(
            Line(
                key=key or aspect.value, numbers=tuple(found[key][at] for at in starts)
            )
            for key in (sorted(found) if by_channel else keys)
        ),
    )


def _past(work: Work, asked: Period, wanted: Wanted) -> Mapping[datetime, int]:
    since = asked.since - timedelta(weeks=WEEKS_BEFORE)
    rows = work.volume.over_time(
        Aspect.MENTIONS, asked.grain, since, asked.until, wanted
    )
    return {at: number for at, _, number in rows}


def spikes(asked: Period, numbers: Mapping[datetime, int]) -> list[Spike]:
    """Return stretches with far more than is usual at their hour of their weekday.

    Usual is the median of the same time in the eight weeks before. Far more is four
    times the median absolute deviation (made comparable to a standard deviation), and
    at least as much above the median as chance alone would make of so few posts.
    """
    if not numbers:
        return []
    began = min(numbers)
    found = []
    for at in asked.stretches:
        past = [
            numbers.get(one, 0)
            for one in _same_time_before(at, asked.zone)
            if one >= began
        ]
        number = numbers.get(at, 0)
        if len(past) < FEWEST_WEEKS or number < FEWEST_POSTS:
            continue
        usual = median(past)
        deviation = NORMAL * median(abs(one - usual) for one in past)
        if number - usual >= TIMES_DEVIATION * max(deviation, sqrt(usual), 1.0):
            until = asked.grain.end(at, asked.zone)
            found.append(Spike(at=at, until=until, number=number, usual=usual))
    return found


def _same_time_before(at: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the same hour of the same weekday in the weeks before, by the place."""
    here = at.astimezone(zone)
    return [
        (here - timedelta(weeks=weeks)).astimezone(at.tzinfo)
        for weeks in range(1, WEEKS_BEFORE + 1)
    ]


def _topics(now: Counter[Cell], before: Counter[Cell]) -> list[Topic]:
    names = {cell.value for cell in now if cell.aspect is Aspect.TOPIC}
    found = [
        Topic(
            name=name,
            number=_sum(now, Aspect.TOPIC, name),
            before=_sum(before, Aspect.TOPIC, name),
            negative=_sum(now, Aspect.NEGATIVE_TOPIC, name),
        )
        for name in names
    ]
    return sorted(found, key=lambda one: (-one.number, one.name))[:TOPICS]


def _split(
    now: Counter[Cell], before: Counter[Cell], name: Callable[[Cell], str]
) -> list[Versus]:
    counted: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for numbers, cells in zip(counted, (now, before), strict=True):
        for cell, number in cells.items():
            if cell.aspect is Aspect.MENTIONS:
                numbers[name(cell)] += number
    found = [
        Versus(key=key, number=counted[0][key], before=counted[1][key])
        for key in {*counted[0], *counted[1]}
    ]
    return sorted(found, key=lambda one: (-one.number, one.key))


BY_WHOM = (Aspect.BY_BOT, Aspect.BY_PERSON, Aspect.BY_REGULATOR)
TIMES = (*WITHIN, LATER)


def _waited(now: Counter[Cell]) -> Chart:
    return Chart(
        key="answered",
        names=TIMES,
        lines=tuple(
            Line(
                key=aspect.value,
                numbers=tuple(_sum(now, aspect, name) for name in TIMES),
            )
            for aspect in BY_WHOM
        ),
    )


def _answered(now: Counter[Cell], before: Counter[Cell]) -> list[Answered]:
    return [
        Answered(
            key=aspect.value,
            answered=sum(_sum(now, aspect, name) for name in TIMES),
            tickets=_sum(now, Aspect.TICKETS),
            half=reached(now, aspect, 0.5),
            most=reached(now, aspect, 0.9),
            half_before=reached(before, aspect, 0.5),
        )
        for aspect in BY_WHOM
    ]


def reached(cells: Counter[Cell], aspect: Aspect, share: float) -> str:
    """Return within what time this share of the answered was; empty for none."""
    numbers = [(name, _sum(cells, aspect, name)) for name in TIMES]
    wanted = share * sum(number for _, number in numbers)
    so_far = 0
    for name, number in numbers:
        so_far += number
        if number and so_far >= wanted:
            return name
    return ""


def _loud(work: Work, asked: Period, wanted: Wanted) -> list[Loud]:
    """Return who of those that carry far wrote lately, the loudest first."""
    sought = PostFilter(
        since=asked.since, until=asked.until, wanted=wanted, is_influencer=True
    )
    posts, _ = work.volume.posts(sought, before=None, limit=AUTHORS_FROM)
    found: dict[tuple[str, str], Loud] = {}
    for post in posts:
        mention, author = post.stored.mention, post.stored.mention.author
        if author is None or post.tags is None or not author.handle:
            continue
        key = (mention.channel, author.external_id)
        first = found.get(key)
        found[key] = (
            replace(first, posts=first.posts + 1)
            if first is not None
            else Loud(
                channel=mention.channel,
                author=author,
                influence=post.tags.influence,
                posts=1,
                newest=post.stored.id,
            )
        )
    loudest = sorted(found.values(), key=lambda one: -one.influence.score)
    return loudest[:AUTHORS]
