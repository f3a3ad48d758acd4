"""How far an author's words will carry: a score of 0 to 100 that explains itself.

Pure arithmetic over what the platform told. Every reason says how many points it
added or took, the points add up to the score, and a range says what the score may be
for all that nobody told us (docs/reference/influence.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from bot.classify import automation, reach, roles
from bot.classify.automation import CROWD, NEW, YOUNG, Limit
from bot.domain.mentions import Author, Engagement, Mention, MentionKind
from bot.domain.tags import Band, Influence, Points

VERSION = "influence-2"
"""Changes whenever the same author would get another score."""

BANDS = (
    (1_000_000, Band.MEGA),
    (500_000, Band.MACRO),
    (100_000, Band.MID),
    (10_000, Band.MICRO),
)
"""Followers from which a band begins; below the last one an author is nano."""

REACH = 20.0
"""Points for each power of ten in rarity: one author in ten, in 100, in 1,000."""

REACTIONS = 15.0
REACTIONS_TOP = 10_000
"""Weighted reactions that earn all their points."""

SPEED = 10.0
SPEED_TOP = 100.0
"""Weighted reactions a minute that earn all points for speed; from one a minute on."""

FIRST = timedelta(minutes=30)
"""The time in which it shows whether a text spreads."""

SHORTEST = timedelta(minutes=5)
"""A pace is taken over no less: one like after ten seconds is no storm."""

HALF_LIFE: Mapping[str, timedelta] = {"x": timedelta(minutes=80)}
"""When half of all who will ever see a text have seen it: for X the median of Pfeffer,
Matter and Sargsyan, The Half-Life of a Tweet (ICWSM 2023)."""

USUAL_HALF_LIFE = timedelta(days=1)
"""For platforms without such a figure: long, so that nothing is discounted unproven."""

LASTING = 0.25
"""The part that age does not take: an old text is still found and quoted."""

VERIFIED = 6.0
VIP = 30.0
ROLES: Mapping[str, float] = {
    roles.REGULATOR: 20.0,
    roles.JOURNALIST: 15.0,
    roles.POLITICIAN: 15.0,
    roles.LAWYER: 10.0,
    roles.ADVOCATE: 10.0,
    roles.PHYSICIAN: 6.0,
}
ROLES_AT_MOST = 25.0
DECLARED_BOT = -20.0
BOT_SIGN = -4.0
BOT_SIGNS_AT_MOST = -16.0
OLD = timedelta(days=5 * 365)
ACCOUNT_NEW, ACCOUNT_YOUNG, ACCOUNT_OLD = -6.0, -3.0, 3.0

UNKNOWN_FOLLOWERS = 26.0
"""Points that 19 of 20 authors do not exceed by their followers."""

TO_COME = 6.4
"""Points that 19 of 20 texts do not exceed by reactions, in the file that the follower
curve is from."""

MEASURED, ESTIMATED = 0.1, 0.3
"""The part of the points for followers that the curve may be wrong by."""

INFLUENCER_FROM = 50.0
"""About what a verified macro account of some years scores."""

TOLD_FROM = 0.5
"""Points of doubt that are worth a word."""


class _Doubt(NamedTuple):
    """Something nobody told us, and how far it could move the score."""

    words: str
    down: float
    up: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """A text's way so far: who reacted, when, and how much of it age has taken."""

    channel: str
    kind: MentionKind
    seen: Engagement
    published_at: datetime
    carried_at: Sequence[datetime]
    now: datetime

    @property
    def counted_after(self) -> timedelta | None:
        """The text's age when its reactions were counted, if anybody knows."""
        counted = self.seen.counted_at
        if counted is None:
            return None
        return max(timedelta(0), counted - self.published_at)

    @property
    def half_lives(self) -> float:
        """The text's age; a text whose counts are of an unknown time has none."""
        if self.seen.counted_at is None:
            return 0.0
        half_life = HALF_LIFE.get(self.channel, USUAL_HALF_LIFE)
        return max(timedelta(0), self.now - self.published_at) / half_life

    @property
    def left(self) -> float:
        """How much of what a text gets is still to come."""
        return math.pow(0.5, self.half_lives)

    @property
    def kept(self) -> float:
        """How much of what it got still counts."""
        return LASTING + (1.0 - LASTING) * self.left


def score(
    mention: Mention,
    *,
    carried_at: Sequence[datetime] = (),
    now: datetime | None = None,
    vips: frozenset[str] = frozenset(),
) -> Influence:
    """Weigh a mention's author, and how it spreads, as of ``now``.

    Without ``now``, as of the instant at which its reactions were counted or, where
    nobody knows that, at which it was published: the same mention always gets the same
    score. ``carried_at`` are the times of reposts and quotes that we know ourselves.
    ``vips`` holds handles, with the channel (``x:ada_example``) or without it
    (``ada_example``: on every channel), or ids with the channel (``x:1234``).
    """
    if mention.author is None:
        reason = Points(reason="the author is deleted, suspended or withheld", points=0)
        return Influence(
            score=0.0,
            band=Band.NANO,
            low=0.0,
            high=UNKNOWN_FOLLOWERS,
            reasons=(reason,),
            unknown=("who wrote it",),
        )
    author, seen = _sane(mention.author), _sane_counts(mention.engagement)
    spread = _Spread(
        channel=mention.channel,
        kind=mention.kind,
        seen=seen,
        published_at=mention.published_at,
        carried_at=carried_at,
        now=now or seen.counted_at or mention.published_at,
    )
    return _weighed(author, spread, is_vip=_is_vip(author, mention.channel, vips))


def band_of(followers: int | None) -> Band:
    """Return the usual band of a follower count; nano where it is not known."""
    known = followers or 0
    return next((band for least, band in BANDS if known >= least), Band.NANO)


def reach_points(followers: int, channel: str) -> float:
    """Return the points that followers earn on a platform, 0 to 60."""
    return round(REACH * reach.rarity(followers, channel), 1)


def _weighed(author: Author, spread: _Spread, *, is_vip: bool) -> Influence:
    claimed = roles.read(author.name, author.bio)
    signs = tuple(automation.signs_of(author, spread.now))
    limits = automation.limits_of(author, spread.now, is_ignored=_is_ignored(spread))
    reasons = [
        *_reach(author, spread.channel, limits),
        *_reactions(spread),
        *_speed(spread),
        *_standing(author, automation.believed(author, limits), spread.now),
        *_roles(claimed),
        *_automation(author, signs),
    ]
    if is_vip:
        reasons.append(Points(reason="on the VIP list", points=VIP))
    total = round(math.fsum(reason.points for reason in reasons), 1)
    if _within(total) != total:
        limit = round(_within(total) - total, 1)
        reasons.append(Points(reason="a score is 0 to 100", points=limit))
    doubts = tuple(_doubts(author, spread, claimed, limits))
    high = _within(total + math.fsum(doubt.up for doubt in doubts))
    return Influence(
        score=_within(total),
        band=band_of(author.followers),
        low=_within(total - math.fsum(doubt.down for doubt in doubts)),
        high=high,
        is_vip=is_vip,
        may_be_influencer=author.followers is None and high >= INFLUENCER_FROM,
        roles=claimed,
        looks_automated=automation.says_bot(author) or automation.is_enough(signs),
        reasons=tuple(reasons),
        unknown=tuple(one.words for one in doubts if max(one[1:]) >= TOLD_FROM),
    )


def _within(points: float) -> float:
    return round(min(100.0, max(0.0, points)), 1)


def _reach(author: Author, channel: str, limits: list[Limit]) -> Iterator[Points]:
    followers = author.followers
    if followers is None:
        yield Points(reason="followers are not known", points=0.0)
        return
    earned = reach_points(followers, channel)
    yield Points(reason=_compared(followers, channel), points=earned)
    believed = automation.believed(author, limits)
    if believed < followers:
        signs = ", ".join(limit.words for limit in limits)
        words = f"bought followers? {signs}: counted as {believed:,}"
        taken = round(reach_points(believed, channel) - earned, 1)
        yield Points(reason=words, points=taken)


def _compared(followers: int, channel: str) -> str:
    percent = reach.percent_below(followers, channel)
    if not percent:
        return f"{followers:,} followers on {channel}"
    about = "" if reach.is_measured(channel) else "about "
    words = f"more followers than {about}{percent} % of authors on {channel}"
    return f"{words} ({followers:,})"


def _reactions(spread: _Spread) -> Iterator[Points]:
    weight = _weight(spread.seen)
    if not weight:
        return
    part = min(1.0, math.log1p(weight) / math.log1p(REACTIONS_TOP))
    after = spread.counted_after
    when = "when it was seen" if after is None else f"{_told(after)} after publication"
    yield Points(
        reason=f"reactions to this text {when}",
        points=round(REACTIONS * part * spread.kept, 1),
    )


def _speed(spread: _Spread) -> Iterator[Points]:
    """Take the faster of what the platform counted early and what we saw ourselves."""
    seen, after = spread.seen, spread.counted_after
    is_early = after is not None and after <= FIRST
    until = after if after is not None and is_early else FIRST
    carried = sum(
        timedelta(0) <= at - spread.published_at <= until for at in spread.carried_at
    )
    counted = _weight(seen) if is_early else 0
    pace = max(counted, 3 * carried) / (max(SHORTEST, until) / timedelta(minutes=1))
    if pace < 1.0:
        return
    told = f"{carried:,} reposts and quotes"
    if counted >= 3 * carried:
        number = seen.likes + seen.replies + seen.reposts + seen.quotes
        told = f"{number:,} reactions" if number else f"{seen.views or 0:,} views"
    part = min(1.0, math.log1p(pace) / math.log1p(SPEED_TOP))
    yield Points(
        reason=f"spreads fast: {told} in its first {_told(until).removeprefix('1 ')}",
        points=round(SPEED * part * spread.kept, 1),
    )


def _standing(author: Author, believed: int, now: datetime) -> Iterator[Points]:
    if author.is_verified:
        yield Points(reason="verified by the platform", points=VERIFIED)
    age = automation.age_of(author, now)
    if age is not None and age < NEW:
        words = f"the account is {age.days} days old"
        yield Points(reason=words, points=ACCOUNT_NEW)
    elif age is not None and age < YOUNG:
        words = "the account is younger than half a year"
        yield Points(reason=words, points=ACCOUNT_YOUNG)
    elif age is not None and age >= OLD:
        words = "the account is older than five years"
        yield Points(reason=words, points=ACCOUNT_OLD)
    followers, following = author.followers, author.following
    if followers is None or following is None:
        return
    if believed >= CROWD and believed >= 10 * following:
        yield Points(reason="followed by far more than it follows", points=5.0)
    elif automation.follows_en_masse(author):
        yield Points(reason="follows far more than follow it", points=-5.0)


def _roles(claimed: tuple[str, ...]) -> Iterator[Points]:
    if claimed:
        names = ", ".join(sorted(claimed, key=lambda role: -ROLES[role]))
        yield Points(reason=f"says to be: {names}", points=_claimed_points(claimed))


def _claimed_points(claimed: tuple[str, ...]) -> float:
    return min(ROLES_AT_MOST, math.fsum(ROLES[role] for role in claimed))


def _automation(author: Author, signs: tuple[automation.Sign, ...]) -> Iterator[Points]:
    if automation.says_bot(author):
        yield Points(reason="declared to be automated", points=DECLARED_BOT)
    elif signs:
        weight = sum(sign.weight for sign in signs)
        yield Points(
            reason=f"automated? {', '.join(sign.words for sign in signs)}",
            points=max(BOT_SIGNS_AT_MOST, weight * BOT_SIGN),
        )


def _doubts(
    author: Author, spread: _Spread, claimed: tuple[str, ...], limits: list[Limit]
) -> Iterator[_Doubt]:
    """Yield what is not known; together they say how far the score may be off."""
    channel = spread.channel
    if author.followers is None:
        yield _Doubt("its followers", 0.0, UNKNOWN_FOLLOWERS)
    else:
        earned = reach_points(automation.believed(author, limits), channel)
        part = MEASURED if reach.is_measured(channel) else ESTIMATED
        words = f"how rare so many followers are on {channel}"
        yield _Doubt(words, part * earned, part * earned)
        if len(limits) == 1:
            lost = earned - reach_points(limits[0].followers, channel)
            words = f"whether its followers are real ({limits[0].words})"
            yield _Doubt(words, lost, 0.0)
    if automation.age_of(author, spread.now) is None:
        yield _Doubt("its age", -ACCOUNT_NEW, ACCOUNT_OLD)
    yield _Doubt("reactions still to come", 0.0, TO_COME * spread.left)
    if claimed:
        words = "whether it is what it says to be"
        yield _Doubt(words, _claimed_points(claimed), 0.0)


def _is_ignored(spread: _Spread) -> bool:
    """Whether a post has had its time and nobody reacted; few ever see an answer."""
    return (
        spread.kind is MentionKind.POST
        and spread.half_lives >= 1.0
        and not (_weight(spread.seen) or spread.carried_at)
    )


def _weight(seen: Engagement) -> int:
    return (
        seen.likes
        + 2 * seen.replies
        + 3 * (seen.reposts + seen.quotes)
        + (seen.views or 0) // 100
    )


def _told(age: timedelta) -> str:
    minutes = max(1, age // timedelta(minutes=1))
    for name, size in (("days", 24 * 60), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size:,} {name}"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _sane(author: Author) -> Author:
    """Bound what no account can have; a count below nothing is not known."""
    counts = (author.followers, author.following, author.posts)
    if all(count is None or 0 <= count <= reach.MOST for count in counts):
        return author
    followers, following, posts = (
        None if count is None or count < 0 else min(count, reach.MOST)
        for count in counts
    )
    return replace(author, followers=followers, following=following, posts=posts)


def _sane_counts(seen: Engagement) -> Engagement:
    counts = (seen.likes, seen.reposts, seen.replies, seen.quotes, seen.views or 0)
    if all(0 <= count <= reach.MOST for count in counts):
        return seen
    likes, reposts, replies, quotes, views = (
        min(max(0, count), reach.MOST) for count in counts
    )
    return replace(
        seen, likes=likes, reposts=reposts, replies=replies, quotes=quotes, views=views
    )


def _is_vip(author: Author, channel: str, vips: frozenset[str]) -> bool:
    handle = author.handle.casefold().removeprefix("@")
    names = {
        handle,
        f"{channel}:{handle}",
        f"{channel}:{author.external_id.casefold()}",
    }
    return not names.isdisjoint(_plain(vips))


@lru_cache(maxsize=8)
def _plain(vips: frozenset[str]) -> frozenset[str]:
    return frozenset(
        entry.strip().casefold().replace(":@", ":").removeprefix("@")
        for entry in vips
        if entry.strip(" @")
    )
