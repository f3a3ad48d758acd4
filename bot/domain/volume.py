"""How much was said, hour by hour and day by day: what is counted, and how.

Days and hours are the place's. What counts one mention or one ticket is pure, so that
counting anew and counting by hand can be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from bot.domain.corrections import Correction
from bot.domain.decisions import Answer, Outcome
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.tags import Sentiment, Tags
from bot.domain.tickets import TicketId

HOUR = timedelta(hours=1)


class Grain(StrEnum):
    """How long a stretch is that is counted as one."""

    HOUR = "hour"
    DAY = "day"

    def begin(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return when the stretch began that holds an instant, by the place's time."""
        here = at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
        if self is Grain.DAY:
            here = here.replace(hour=0, fold=0)
        return here.astimezone(at.tzinfo)

    def end(self, begun_at: datetime, zone: ZoneInfo) -> datetime:
        """Return when it ends; days are 23 or 25 hours where the clocks change."""
        if self is Grain.HOUR:
            return begun_at + HOUR
        # Noon of the next day is in the next day, however long this one is.
        return self.begin(begun_at + timedelta(hours=36), zone)


class Aspect(StrEnum):
    """What of it is counted; what was set aside counts as that and nothing else."""

    MENTIONS = "mentions"
    SET_ASIDE = "set_aside"
    SENTIMENT = "sentiment"
    TOPIC = "topic"
    NEGATIVE_TOPIC = "negative_topic"
    COMPLAINT = "complaint"
    INFLUENCER = "influencer"
    TICKETS = "tickets"
    BY_BOT = "first_by_bot"
    BY_PERSON = "first_by_person"
    BY_REGULATOR = "first_by_regulator"


class Complaint(StrEnum):
    """In which sense it is one; one mention may be one in several."""

    TAGGED = "tagged"
    IN_SCOPE = "in_scope"
    TO_JUDGE = "to_judge"


WITHIN: Mapping[str, timedelta] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "2h": timedelta(hours=2),
    "4h": timedelta(hours=4),
    "8h": timedelta(hours=8),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
}
"""Within what time something was first answered; answers are counted, not averaged."""

LATER = "later"


def within(taken: timedelta) -> str:
    """Return the shortest of the times within which it was."""
    return next((name for name, most in WITHIN.items() if taken <= most), LATER)


class Cell(NamedTuple):
    """What one number is about; ``value`` is empty where an aspect has none."""

    brand: str
    channel: str
    aspect: Aspect
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMention:
    """What of one mention is counted, with people's corrections.

    What has not been tagged or decided yet has no such answers.
    """

    at: datetime
    brand: str
    channel: str
    is_repeat: bool = False
    sentiment: str = ""
    is_complaint: bool = False
    topic: str = ""
    is_influencer: bool = False
    outcome: str = ""
    verdict: str = ""
    has_ticket: bool = False

    def cells(self) -> Iterator[Cell]:
        """Return each number that it makes greater by one."""
        for aspect, value in self._counts():
            yield Cell(self.brand, self.channel, aspect, value)

    def _counts(self) -> Iterator[tuple[Aspect, str]]:
        if self.outcome == Outcome.SET_ASIDE and not self.has_ticket:
            yield Aspect.SET_ASIDE, ""
            return
        yield Aspect.MENTIONS, ""
        if self.sentiment:
            yield Aspect.SENTIMENT, self.sentiment
        if self.topic:
            yield Aspect.TOPIC, self.topic
            if self.sentiment == Sentiment.NEGATIVE:
                yield Aspect.NEGATIVE_TOPIC, self.topic
        if self.is_influencer:
            yield Aspect.INFLUENCER, ""
        if self.is_complaint:
            yield Aspect.COMPLAINT, Complaint.TAGGED
        judged = {
            Answer.YES: Complaint.IN_SCOPE,
            Answer.NEEDS_HUMAN: Complaint.TO_JUDGE,
        }
        if not self.is_repeat and self.verdict in judged:
            yield Aspect.COMPLAINT, judged[Answer(self.verdict)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTicket:
    """When a ticket was opened, and how long its author waited for whom."""

    opened_at: datetime
    brand: str
    channel: str
    bot: timedelta | None = None
    person: timedelta | None = None
    regulator: timedelta | None = None

    def cells(self) -> Iterator[Cell]:
        """Return each number that it makes greater by one."""
        yield Cell(self.brand, self.channel, Aspect.TICKETS, "")
        for aspect, taken in (
            (Aspect.BY_BOT, self.bot),
            (Aspect.BY_PERSON, self.person),
            (Aspect.BY_REGULATOR, self.regulator),
        ):
            if taken is not None:
                yield Cell(self.brand, self.channel, aspect, within(taken))


def counted(seen: Iterable[SeenMention | SeenTicket]) -> Counter[Cell]:
    """Count them."""
    return Counter(cell for one in seen for cell in one.cells())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which brands and channels are asked about; empty means all of them."""

    brands: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()


ALL = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Instants of which figures may have changed since they were counted."""

    ids: Sequence[int]
    instants: Sequence[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFilter:
    """Which mentions are looked for, by when they were published.

    ``topic`` and the rest are as models say; empty or ``None`` means any.
    """

    since: datetime
    until: datetime
    wanted: Wanted = ALL
    sentiment: str = ""
    topic: str = ""
    complaint: str = ""
    is_influencer: bool = False
    is_set_aside: bool = False

    @property
    def rarest(self) -> tuple[Aspect, str]:
        """Return what is counted of them that is likely the smallest number."""
        is_negative = self.sentiment == Sentiment.NEGATIVE
        kinds = (
            (self.is_set_aside, Aspect.SET_ASIDE, ""),
            (self.complaint, Aspect.COMPLAINT, self.complaint),
            (self.topic and is_negative, Aspect.NEGATIVE_TOPIC, self.topic),
            (self.topic, Aspect.TOPIC, self.topic),
            (self.is_influencer, Aspect.INFLUENCER, ""),
            (self.sentiment, Aspect.SENTIMENT, self.sentiment),
            (True, Aspect.MENTIONS, ""),
        )
        return next((aspect, value) for asked, aspect, value in kinds if asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a list of posts goes on: what was published before this."""

    at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A mention for whoever reads it: its tags as people corrected them, its fate."""

    stored: StoredMention
    tags: Tags | None = None
    corrections: Sequence[Correction] = ()
    outcome: Outcome | None = None
    ticket_id: TicketId | None = None


class Volume(Protocol):
    """Figures by hour and day, and what must be counted again."""

    def marks(self, limit: int) -> Marks:
        """Return what is to be counted anew, the first noted first."""
        ...

    def take(self, marks: Marks) -> None:
        """Forget marks; ``Stale`` if another process took any of them first."""
        ...

    def waiting(self) -> int:
        """Count what is to be counted anew."""
        ...

    def is_unfilled(self) -> bool:
        """Whether everything is to be counted anew."""
        ...

    def start_anew(self, zone: ZoneInfo) -> None:
        """Forget all figures, and mark each hour in which anything is."""
        ...

    def mentions_in(self, since: datetime, until: datetime) -> Iterator[SeenMention]:
        """Return what was published in a stretch, as it counts."""
        ...

    def tickets_in(self, since: datetime, until: datetime) -> Iterator[SeenTicket]:
        """Return what was opened in a stretch, as it counts."""
        ...

    def put_hour(self, begun_at: datetime, numbers: Mapping[Cell, int]) -> None:
        """Write an hour's figures in place of those before."""
        ...

    def sum_day(self, begun_at: datetime, until: datetime) -> None:
        """Write a day's figures anew from its hours'."""
        ...

    def over_time(
        self,
        aspect: Aspect,
        grain: Grain,
        since: datetime,
        until: datetime,
        wanted: Wanted,
        *,
        by_channel: bool = False,
    ) -> Sequence[tuple[datetime, str, int]]:
        """Return each stretch's figures by value or by channel, oldest first."""
        ...

    def in_all(
        self,
        aspects: Sequence[Aspect],
        since: datetime,
        until: datetime,
        wanted: Wanted,
    ) -> Sequence[tuple[Cell, int]]:
        """Return the figures of whole days taken together."""
        ...

    def known(self) -> tuple[Sequence[str], Sequence[str]]:
        """Return the brands and the channels that anything was ever counted of."""
        ...

    def posts(
        self, sought: PostFilter, *, before: Place | None, limit: int
    ) -> tuple[Sequence[Post], Place | None]:
        """Return the newest posts before a place, and where the list goes on."""
        ...

    def post(self, mention_id: MentionId) -> Post:
        """Return one, or raise ``Missing``."""
        ...
