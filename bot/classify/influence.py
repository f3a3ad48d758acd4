"""How far an author's words will carry: a score of 0 to 100 that explains itself.

Pure arithmetic over what the platform told. Every reason says how many points it
added or took, and the points add up to the score (docs/reference/influence.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from bot.classify import roles
from bot.domain.mentions import Author, Engagement
from bot.domain.tags import Band, Influence, Points

VERSION = "influence-1"
"""Changes whenever the same author would get another score."""

BANDS = (
    (1_000_000, Band.MEGA),
    (500_000, Band.MACRO),
    (100_000, Band.MID),
    (10_000, Band.MICRO),
)
"""Followers from which a band begins; below the last one an author is nano."""

TOP_REACH: Mapping[str, int] = {
    "x": 10_000_000,
    "youtube": 10_000_000,
    "instagram": 20_000_000,
    "facebook": 10_000_000,
    "bluesky": 1_000_000,
    "mastodon": 300_000,
    "reddit": 300_000,
}
"""Followers that earn all of a platform's reach points: the same crowd counts for more
where crowds are small."""

USUAL_TOP = 10_000_000
REACH = 60.0
ENGAGEMENT = 15.0
ENGAGEMENT_TOP = 10_000
"""Weighted reactions that earn all engagement points."""

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
ENOUGH_SIGNS = 4
NEW = timedelta(days=30)
YOUNG = timedelta(days=180)
OLD = timedelta(days=5 * 365)
BUSY = 50
"""Posts a day that few people write, year in, year out."""

TIRELESS = 144
"""One post every ten minutes, day and night."""

CROWD = 1_000
"""Accounts from which a ratio of followers to followed says something."""

_DEFAULT_NAME = re.compile(r"[0-9]{5,}$")
_BOT_NAME = re.compile(r"(?i:(?:^|_)bot(?:_|[0-9]|$))|[a-z]Bot(?:[0-9_]|$)")
_BOT_BIO = re.compile(
    r"\b(?:automated account|(?:this is|i am|i'm) an? (?:\w+ )?bot\b|bot (?:made )?by @"
    r"|posts? automatically|tweets? automatically|auto[- ]?(?:posts|tweets))",
    re.IGNORECASE,
)


class _Sign(NamedTuple):
    """Something that machines have more often than people; a habit, or only a look."""

    words: str
    weight: int
    is_habit: bool


def score(
    author: Author | None,
    engagement: Engagement,
    *,
    channel: str,
    now: datetime,
    vips: frozenset[str] = frozenset(),
) -> Influence:
    """Weigh an author as of ``now``, the instant at which the text was published.

    ``vips`` holds handles, with the channel (``x:ada_example``) or without it
    (``ada_example``: on every channel), or ids with the channel (``x:1234``).
    """
    if author is None:
        reason = Points(reason="the author is deleted, suspended or withheld", points=0)
        return Influence(score=0.0, band=Band.NANO, reasons=(reason,))
    claimed = roles.read(author.name, author.bio)
    signs = tuple(_bot_signs(author, now))
    is_vip = not _names(author, channel).isdisjoint(_plain(vips))
    reasons = [
        *_reach(author, channel),
        *_engagement(engagement),
        *_standing(author, now),
        *_roles(claimed),
        *_automation(author, signs),
    ]
    if is_vip:
        reasons.append(Points(reason="on the VIP list", points=VIP))
    total = round(math.fsum(reason.points for reason in reasons), 1)
    within = min(100.0, max(0.0, total))
    if within != total:
        limit = round(within - total, 1)
        reasons.append(Points(reason="a score is 0 to 100", points=limit))
    return Influence(
        score=within,
        band=band_of(author.followers),
        is_vip=is_vip,
        roles=claimed,
        looks_automated=_says_bot(author) or _is_enough(signs),
        reasons=tuple(reasons),
    )


def band_of(followers: int | None) -> Band:
    """Return the usual band of a follower count; nano where it is not known."""
    known = followers or 0
    return next((band for least, band in BANDS if known >= least), Band.NANO)


def _reach(author: Author, channel: str) -> Iterator[Points]:
    if author.followers is None:
        yield Points(reason="followers are not known", points=0.0)
        return
    top = TOP_REACH.get(channel, USUAL_TOP)
    part = math.log1p(max(0, author.followers)) / math.log1p(top)
    yield Points(
        reason=f"{author.followers:,} followers on {channel}",
        points=round(REACH * min(1.0, part), 1),
    )


def _engagement(engagement: Engagement) -> Iterator[Points]:
    weight = (
        max(0, engagement.likes)
        + 2 * max(0, engagement.replies)
        + 3 * (max(0, engagement.reposts) + max(0, engagement.quotes))
        + max(0, engagement.views or 0) // 100
    )
    if weight:
        part = math.log1p(weight) / math.log1p(ENGAGEMENT_TOP)
        yield Points(
            reason="reactions to this text when it was seen",
            points=round(ENGAGEMENT * min(1.0, part), 1),
        )


def _standing(author: Author, now: datetime) -> Iterator[Points]:
    if author.is_verified:
        yield Points(reason="verified by the platform", points=VERIFIED)
    age = _age(author, now)
    if age is not None and age < NEW:
        yield Points(reason=f"the account is {age.days} days old", points=-6.0)
    elif age is not None and age < YOUNG:
        yield Points(reason="the account is younger than half a year", points=-3.0)
    elif age is not None and age >= OLD:
        yield Points(reason="the account is older than five years", points=3.0)
    followers, following = author.followers, author.following
    if followers is None or following is None:
        return
    if followers >= CROWD and followers >= 10 * following:
        yield Points(reason="followed by far more than it follows", points=5.0)
    elif _follows_en_masse(author):
        yield Points(reason="follows far more than follow it", points=-5.0)


def _roles(claimed: tuple[str, ...]) -> Iterator[Points]:
    left = ROLES_AT_MOST
    for role in sorted(claimed, key=lambda role: -ROLES[role]):
        points = min(left, ROLES[role])
        left -= points
        yield Points(reason=f"says to be: {role}", points=points)


def _automation(author: Author, signs: tuple[_Sign, ...]) -> Iterator[Points]:
    if _says_bot(author):
        yield Points(reason="declared to be automated", points=DECLARED_BOT)
        return
    left = BOT_SIGNS_AT_MOST
    for sign in signs:
        points = max(left, sign.weight * BOT_SIGN)
        left -= points
        if points:
            yield Points(reason=f"automated? {sign.words}", points=points)


def _bot_signs(author: Author, now: datetime) -> Iterator[_Sign]:
    age = _age(author, now)
    if author.posts is not None and age is not None:
        daily = author.posts / max(1, age.days)
        if daily > BUSY:
            yield _Sign(
                f"{daily:,.0f} posts a day", 2 if daily > TIRELESS else 1, is_habit=True
            )
    if _follows_en_masse(author):
        yield _Sign("follows far more than follow it", 1, is_habit=True)
    if _BOT_NAME.search(author.handle):
        yield _Sign("its name says bot", 2, is_habit=True)
    if _DEFAULT_NAME.search(author.handle):
        yield _Sign("its name ends in many digits", 1, is_habit=False)
    if not author.bio.strip() and author.name in {"", author.handle}:
        yield _Sign("it says nothing of itself", 1, is_habit=False)
    if age is not None and age < NEW:
        yield _Sign("it is new", 1, is_habit=False)


def _is_enough(signs: tuple[_Sign, ...]) -> bool:
    """Whether signs convict: never looks alone.

    Who joined today to complain has a new account, a default name and no bio; that is
    a customer.
    """
    weight = sum(sign.weight for sign in signs)
    return weight >= ENOUGH_SIGNS and any(sign.is_habit for sign in signs)


def _says_bot(author: Author) -> bool:
    return author.is_declared_bot or bool(_BOT_BIO.search(author.bio[:1_000]))


def _follows_en_masse(author: Author) -> bool:
    followers, following = author.followers, author.following
    if followers is None or following is None:
        return False
    return following >= CROWD and followers * 10 < following


def _age(author: Author, now: datetime) -> timedelta | None:
    """Return the account's age; unknown where the platform's date makes no sense."""
    made = author.created_at
    if made is None or made.tzinfo is None or made > now:
        return None
    return now - made


def _names(author: Author, channel: str) -> frozenset[str]:
    handle = author.handle.casefold().removeprefix("@")
    return frozenset(
        {handle, f"{channel}:{handle}", f"{channel}:{author.external_id.casefold()}"}
    )


@lru_cache(maxsize=8)
def _plain(vips: frozenset[str]) -> frozenset[str]:
    return frozenset(
        entry.strip().casefold().replace(":@", ":").removeprefix("@")
        for entry in vips
        if entry.strip(" @")
    )
