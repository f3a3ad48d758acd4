"""Signs of machines and of bought followers; every one is a guess, and told as one.

Signs of a machine are habits or looks, and looks alone convict nobody. Signs of bought
followers convict nobody at all: two of them together only bound how many followers a
score believes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.mentions import Author

NEW = timedelta(days=30)
YOUNG = timedelta(days=180)
ENOUGH_SIGNS = 4
BUSY = 50
"""Posts a day that few people write, year in, year out."""

TIRELESS = 144
"""One post every ten minutes, day and night."""

CROWD = 1_000
"""Accounts from which a ratio of followers to followed says something."""

BELIEVED = 10_000
"""Followers that are believed of anybody."""

EARNED_A_DAY = 1_000
"""Followers that a young account may win each day; in years anything grows."""

EARNED_A_POST = 1_000
"""Followers for each post; who hardly writes is hardly followed."""

SILENT = 500_000
"""Followers of whom at least a few react to nearly every text: of 115 texts by such
accounts in the file that the follower curve is from, 19 in 20 got four or more."""

FOLLOWED_BACK = 1.25
"""Followers per account followed up to which a crowd looks swapped for it."""

_DEFAULT_NAME = re.compile(r"[0-9]{5,}$")
_BOT_NAME = re.compile(r"(?i:(?:^|_)bot(?:_|[0-9]|$))|[a-z]Bot(?:[0-9_]|$)")
_BOT_BIO = re.compile(
    r"\b(?:automated account|(?:this is|i am|i'm) an? (?:\w+ )?bot\b|bot (?:made )?by @"
    r"|posts? automatically|tweets? automatically|auto[- ]?(?:posts|tweets))",
    re.IGNORECASE,
)


class Sign(NamedTuple):
    """Something that machines have more often than people; a habit, or only a look."""

    words: str
    weight: int
    is_habit: bool


class Limit(NamedTuple):
    """How many followers are believed in the light of one fact."""

    followers: int
    words: str


def signs_of(author: Author, now: datetime) -> Iterator[Sign]:
    """Yield the signs of a machine that the account shows."""
    age = age_of(author, now)
    if author.posts is not None and age is not None:
        daily = author.posts / max(1, age.days)
        if daily > BUSY:
            yield Sign(
                f"{daily:,.0f} posts a day", 2 if daily > TIRELESS else 1, is_habit=True
            )
    if follows_en_masse(author):
        yield Sign("follows far more than follow it", 1, is_habit=True)
    if _BOT_NAME.search(author.handle):
        yield Sign("its name says bot", 2, is_habit=True)
    if _DEFAULT_NAME.search(author.handle):
        yield Sign("its name ends in many digits", 1, is_habit=False)
    # Where followers are not told, the platform may have told no bio either.
    is_told = author.followers is not None
    if is_told and not author.bio.strip() and author.name in {"", author.handle}:
        yield Sign("it says nothing of itself", 1, is_habit=False)
    if age is not None and age < NEW:
        yield Sign("it is new", 1, is_habit=False)


def is_enough(signs: tuple[Sign, ...]) -> bool:
    """Whether signs convict: never looks alone.

    Who joined today to complain has a new account, a default name and no bio; that is
    a customer.
    """
    weight = sum(sign.weight for sign in signs)
    return weight >= ENOUGH_SIGNS and any(sign.is_habit for sign in signs)


def says_bot(author: Author) -> bool:
    """Whether the platform or the bio declares the account automated."""
    return author.is_declared_bot or bool(_BOT_BIO.search(author.bio[:1_000]))


def follows_en_masse(author: Author) -> bool:
    """Whether it follows a crowd of which nearly nobody follows back."""
    followers, following = author.followers, author.following
    if followers is None or following is None:
        return False
    return following >= CROWD and followers * 10 < following


def limits_of(author: Author, now: datetime, *, is_ignored: bool) -> list[Limit]:
    """Return the limits that the author's followers exceed, the lowest first.

    ``is_ignored``: nobody reacted to a text that has had its time. No limit falls as
    followers grow, so that more of them never count for less.
    """
    followers, following = author.followers or 0, author.following or 0
    age = age_of(author, now)
    limits = []
    if age is not None and age < YOUNG:
        words = f"{followers:,} followers in {max(1, age.days):,} days"
        limits.append(Limit(BELIEVED + EARNED_A_DAY * age.days, words))
    if author.posts is not None:
        words = f"{author.posts:,} posts in all"
        limits.append(Limit(BELIEVED + EARNED_A_POST * author.posts, words))
    if followers <= FOLLOWED_BACK * following:
        limits.append(Limit(BELIEVED, "it follows about as many"))
    if is_ignored:
        limits.append(Limit(SILENT, "nobody reacts"))
    return sorted(one for one in limits if followers > one.followers)


def believed(author: Author, limits: list[Limit]) -> int:
    """Return the followers that are believed: one sign alone takes none away."""
    return limits[1].followers if len(limits) > 1 else author.followers or 0


def age_of(author: Author, now: datetime) -> timedelta | None:
    """Return the account's age; unknown where the platform's date makes no sense."""
    made = author.created_at
    if made is None or made.tzinfo is None or made > now:
        return None
    return now - made
