"""The fakes that we ship, for tests of the bot and of connectors of one's own.

They keep the same contracts as the real things: a platform that accepts a reply has
it, whatever it answers; a clock never goes back; the same text gets the same tags.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.clock import Clock
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page
from bot.domain.mentions import Author, Mention, StoredMention
from bot.domain.ports import Notice
from bot.domain.replies import OutboundReply, Receipt
from bot.domain.tags import (
    Band,
    Influence,
    Sentiment,
    Sign,
    Signal,
    SignalKind,
    Tags,
)
from bot.errors import (
    AccessDenied,
    BotError,
    ClassifyError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""A Monday without anything special."""


class Killed(BaseException):
    """The process died here; nothing after this line ran.

    No ``Exception``, so that no handler of ours can mend what a dead process cannot.
    """


class ManualClock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime = START) -> None:
        """Stand at an aware instant."""
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return self._at

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> datetime:
        """Move forward and return the new instant; ``ValueError`` for going back."""
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            message = "time does not go back"
            raise ValueError(message)
        self._at += step
        return self._at

    def move_to(self, at: datetime) -> None:
        """Jump forward to an instant; ``ValueError`` for an earlier one."""
        self.advance(seconds=(at - self._at).total_seconds())


class ScriptedConnector:
    """Gives just the pages, and raises just the errors, that it was handed, in turn.

    After the last it gives empty pages. ``asked`` holds every cursor it was asked from.
    """

    def __init__(
        self,
        steps: Iterable[Page | BaseException] = (),
        *,
        name: str = "x",
        is_live: bool = True,
    ) -> None:
        """Take the steps of the script."""
        self.info = fake_info(name, is_live=is_live)
        self.asked: list[Cursor | None] = []
        self.is_closed = False
        self._steps = deque(steps)

    def add(self, *steps: Page | BaseException) -> None:
        """Append to the script."""
        self._steps.extend(steps)

    def check(self) -> Health:
        """Always healthy."""
        return Health(ok=True, detail="a script")

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:  # noqa: ARG002 - pages are scripted
        """Give the next page of the script, or raise its next error."""
        self.asked.append(cursor)
        if not self._steps:
            return Page(mentions=(), cursor=cursor)
        step = self._steps.popleft()
        if isinstance(step, BaseException):
            raise step
        return step

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True


class Fault(StrEnum):
    """What can go wrong with one reply, and whether the platform took it."""

    TIMEOUT_AFTER_ACCEPT = "timeout_after_accept"
    TIMEOUT_BEFORE_ACCEPT = "timeout_before_accept"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    ACCESS_DENIED = "access_denied"
    REFUSED = "refused"
    KILLED_BEFORE_ACCEPT = "killed_before_accept"
    KILLED_AFTER_ACCEPT = "killed_after_accept"


AFTER_ACCEPT = {Fault.TIMEOUT_AFTER_ACCEPT, Fault.KILLED_AFTER_ACCEPT}
LIMIT_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One reply as it stands on the fake platform, visible from ``shown_at`` on."""

    reply: OutboundReply
    external_id: str
    published_at: datetime
    shown_at: datetime
    is_private: bool = False


class FakePlatform:
    """A platform in memory: gives what was said there, takes replies, fails on demand.

    ``standing`` are our replies there, each as often as it was accepted: two with one
    key are the one thing that must never happen. ``visible_after`` is how long a
    reply is accepted but not found yet. ``calls`` counts tries to publish.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        name: str = "x",
        visible_after: timedelta = timedelta(0),
        reply_limit: int = 280,
    ) -> None:
        """Start empty."""
        self.info = replace(fake_info(name), reply_limit=reply_limit)
        self.visible_after = visible_after
        self.standing: list[Published] = []
        self.calls = 0
        self._clock, self._numbers = clock, itertools.count(1)
        self._said: list[Mention] = []
        self._reads: deque[BaseException] = deque()
        self._faults: deque[Fault] = deque()
        self._looks: deque[BaseException] = deque()
        self._removed: set[str] = set()
        self.asked_about: list[str] = []

    def say(self, *mentions: Mention) -> None:
        """Publish somebody's texts, oldest first."""
        self._said.extend(mentions)

    def take_back(self, *external_ids: str) -> None:
        """Let authors remove these."""
        self._removed.update(external_ids)

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Tell which of them are gone; ``asked_about`` remembers all that was asked."""
        if self._reads:
            raise self._reads.popleft()
        self.asked_about += external_ids
        return self._removed.intersection(external_ids)

    def fail_reads(self, *errors: BaseException) -> None:
        """Let the next readings fail with these."""
        self._reads.extend(errors)

    def fail_replies(self, *faults: Fault) -> None:
        """Let the next replies fail like this."""
        self._faults.extend(faults)

    def fail_looks(self, *errors: BaseException) -> None:
        """Let the next searches for a reply fail with these."""
        self._looks.extend(errors)

    def heal(self) -> None:
        """Forget all faults still to come."""
        for faults in (self._reads, self._faults, self._looks):
            faults.clear()

    def check(self) -> Health:
        """Always healthy."""
        return Health(ok=True, detail="a platform in memory")

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give what was said after the cursor, oldest first."""
        if self._reads:
            raise self._reads.popleft()
        start = int(cursor or 0)
        mentions = self._said[start : start + limit]
        end = start + len(mentions)
        return Page(
            mentions=mentions,
            cursor=Cursor(str(end)),
            more=end < len(self._said),
            reads=len(mentions),
        )

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Publish, or fail as was asked."""
        return self._take(reply, is_private=False)

    def _take(self, reply: OutboundReply, *, is_private: bool) -> Receipt:
        self.calls += 1
        fault = self._faults.popleft() if self._faults else None
        if fault in {None, *AFTER_ACCEPT}:
            published = self._accept(reply, is_private=is_private)
            if fault is None:
                return _receipt(published)
        raise self._error(fault)

    def _accept(self, reply: OutboundReply, *, is_private: bool) -> Published:
        now = self._clock.now()
        published = Published(
            reply=reply,
            external_id=f"reply-{next(self._numbers)}",
            published_at=now,
            shown_at=now + self.visible_after,
            is_private=is_private,
        )
        self.standing.append(published)
        return published

    def _error(self, fault: Fault | None) -> BaseException:
        name = self.info.name
        match fault:
            case Fault.KILLED_BEFORE_ACCEPT | Fault.KILLED_AFTER_ACCEPT:
                return Killed(fault)
            case Fault.RATE_LIMITED:
                retry_at = self._clock.now() + LIMIT_LASTS
                return RateLimited(name, "asks for a pause", retry_at=retry_at)
            case Fault.ACCESS_DENIED:
                return AccessDenied(name, "the token has expired; renew it")
            case Fault.REFUSED:
                return Refused(name, "does not take this text")
            case Fault.UNAVAILABLE:
                return Unavailable(name, "is down")
            case _:
                return OutcomeUnknown(name, "did not answer in time")

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Look for it among what is visible by now."""
        return self._seek(reply, is_private=False)

    def _seek(self, reply: OutboundReply, *, is_private: bool) -> Receipt | None:
        if self._looks:
            raise self._looks.popleft()
        now = self._clock.now()
        for published in self.standing:
            is_it = published.reply.key == reply.key
            if is_it and published.shown_at <= now:
                return (
                    _receipt(published) if published.is_private is is_private else None
                )
        return None

    def close(self) -> None:
        """Nothing is open."""


class FakeMessenger(FakePlatform):
    """A platform in memory on which authors can be written to in private as well."""

    def send_private(self, reply: OutboundReply) -> Receipt:
        """Send, or fail as was asked."""
        return self._take(reply, is_private=True)

    def find_private(self, reply: OutboundReply) -> Receipt | None:
        """Look for it among the messages that can be seen by now."""
        return self._seek(reply, is_private=True)


class KeywordClassifier:
    """Tags by a few words: for tests only, it understands nothing.

    The same text always gets the same tags. ``fails_on`` is a word whose texts cannot
    be tagged, alone or in a batch. ``seen`` counts the mentions that were tagged.
    """

    model = "keywords-for-tests-only"

    UNHAPPY: tuple[str, ...] = (
        "terrible",
        "broken",
        "unacceptable",
        "worst",
        "nobody answers",
    )
    HAPPY = ("thanks", "great", "love")
    DOUBTFUL = ("hmm",)
    SIGNALS: Mapping[str, SignalKind] = {
        "lawyer": SignalKind.LEGAL_THREAT,
        "cannot pay": SignalKind.HARDSHIP,
        "fraud": SignalKind.FRAUD,
        "want to die": SignalKind.VULNERABILITY,
        "wheelchair": SignalKind.VULNERABILITY,
    }
    SIGNS: Mapping[str, Sign] = {"want to die": Sign.SELF_HARM}
    BANDS = (
        (1_000_000, Band.MEGA),
        (100_000, Band.MACRO),
        (10_000, Band.MID),
        (1_000, Band.MICRO),
    )

    def __init__(self, *, vips: Iterable[str] = (), fails_on: str = "") -> None:
        """Name the handles that are VIPs."""
        self._vips, self._fails_on = frozenset(vips), fails_on
        self.seen = 0

    @property
    def models(self) -> frozenset[str]:
        """It is the only one."""
        return frozenset({self.model})

    def tag(self, mentions: Sequence[StoredMention]) -> Sequence[Tags]:
        """Return the tags of each, or ``ClassifyError`` if one cannot be tagged."""
        for one in mentions:
            if self._fails_on and self._fails_on in one.mention.text:
                raise ClassifyError("this text cannot be tagged")
        self.seen += len(mentions)
        return [self._tags(one.mention) for one in mentions]

    def _tags(self, mention: Mention) -> Tags:
        text = mention.text.lower()
        sentiment, complaint = Sentiment.NEUTRAL, 0.05
        if any(word in text for word in self.UNHAPPY):
            sentiment, complaint = Sentiment.NEGATIVE, 0.95
        elif any(word in text for word in self.DOUBTFUL):
            sentiment, complaint = Sentiment.NEGATIVE, 0.5
        elif any(word in text for word in self.HAPPY):
            sentiment = Sentiment.POSITIVE
        return Tags(
            sentiment=sentiment,
            sentiment_scores={
                one.value: 0.9 if one is sentiment else 0.05 for one in Sentiment
            },
            complaint=complaint > 0.5,  # noqa: PLR2004 - even odds
            complaint_score=complaint,
            language=mention.language_hint or "en",
            language_score=0.99,
            influence=self._influence(mention.author),
            model=self.model,
            signals=tuple(
                Signal(kind=kind, words=(word,), score=0.8, sign=self.SIGNS.get(word))
                for word, kind in self.SIGNALS.items()
                if word in text
            ),
        )

    def _influence(self, author: Author | None) -> Influence:
        followers = author.followers or 0 if author else 0
        band = next((band for least, band in self.BANDS if followers >= least), None)
        return Influence(
            score=min(100.0, followers / 10_000),
            band=band or Band.NANO,
            is_vip=author is not None and author.handle in self._vips,
        )


class RecordingNotifier:
    """Keeps what it was told, or fails as often as it was asked to."""

    kind = "a fake"

    def __init__(self, name: str = "recording") -> None:
        """Take a name of one's own."""
        self.name = name
        self.sent: list[Notice] = []
        self._failures: deque[BotError] = deque()

    def fail(self, *errors: BotError) -> None:
        """Let the next messages fail with these."""
        self._failures.extend(errors)

    def send(self, notice: Notice) -> None:
        """Keep one message, or raise the next failure."""
        if self._failures:
            raise self._failures.popleft()
        self.sent.append(notice)


def fake_info(name: str, *, is_live: bool = True) -> ConnectorInfo:
    """Say of a fake what every connector says of itself."""
    return ConnectorInfo(
        name=name,
        label="A fake for tests",
        poll_every=timedelta(minutes=1),
        reply_limit=0,
        docs="",
        is_live=is_live,
    )


def _receipt(published: Published) -> Receipt:
    return Receipt(
        external_id=published.external_id, published_at=published.published_at
    )
