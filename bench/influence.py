"""Weigh many authors, and say what one costs and how scores are spread.

Prints Markdown tables for docs/benchmarks.md: invented authors, and the figures of real
accounts where such a file is at hand.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.classify import influence
from bot.domain.mentions import Author, Engagement, Mention
from bot.domain.tags import Influence

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
ACCOUNTS = SHARED / "data" / "author-reach" / "vaccination_tweets.csv"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SEEN = timedelta(minutes=10)
ROUNDS = 5
PERCENTILES = (10, 50, 75, 90, 95, 99)
VERIFIED = 0.06
BIOS = (
    *[""] * 6,
    *["Coffee, cats, cycling. Views are mine and change with the weather."] * 12,
    "ex-lawyer, dad, runner",
    "Reporter at the Daily Example",
)


def invented(number: int) -> list[Mention]:
    """Return texts of invented authors, the same ones each time."""
    chance = random.Random(1)
    return [_invented(each, chance) for each in range(number)]


def _invented(number: int, chance: random.Random) -> Mention:
    followers = int(chance.lognormvariate(5.9, 2.25))
    author = Author(
        external_id=str(number),
        handle=f"author_{number}",
        name=f"Author {number}",
        bio=chance.choice(BIOS),
        followers=followers,
        following=int(chance.lognormvariate(6.0, 1.2)),
        posts=int(chance.lognormvariate(8.0, 2.0)),
        is_verified=chance.random() < VERIFIED,
        created_at=NOW - timedelta(days=chance.randrange(5_000)),
    )
    likes = int(chance.lognormvariate(0.5, 1.5))
    return _said(author, Engagement(likes=likes, counted_at=NOW + SEEN))


def real(path: Path) -> list[Mention]:
    """Return the figures of real accounts, each text with its author as told then."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_real(row) for row in csv.DictReader(file)]


def _real(row: dict[str, str]) -> Mention:
    author = Author(
        external_id=row["user_name"],
        handle=row["user_name"],
        name=row["user_name"],
        bio=row["user_description"],
        followers=int(row["user_followers"]),
        following=int(row["user_friends"]),
        is_verified=row["user_verified"] == "True",
        created_at=_instant(row["user_created"]),
    )
    counts = Engagement(likes=int(row["favorites"]), reposts=int(row["retweets"]))
    return _said(author, counts, _instant(row["date"]))


def _instant(told: str) -> datetime:
    return datetime.strptime(f"{told}+0000", "%d/%m/%y %H:%M%z")


def _said(author: Author, engagement: Engagement, at: datetime = NOW) -> Mention:
    return Mention(
        channel="x",
        external_id=author.external_id or "0",
        brand="Bench",
        text="where is my bag",
        published_at=at,
        conversation="0",
        author=author,
        engagement=engagement,
    )


def weighed(mentions: Sequence[Mention]) -> tuple[float, list[Influence]]:
    """Return the median processor time per author, in microseconds, and the scores."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        found = [influence.score(mention) for mention in mentions]
        taken.append(time.process_time() - started)
    return statistics.median(taken) / len(mentions) * 1e6, found


def main(arguments: list[str]) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authors", type=int, default=20_000)
    parser.add_argument("--file", type=Path, default=ACCOUNTS)
    asked = parser.parse_args(arguments)
    streams = {"invented": invented(asked.authors)}
    if asked.file.exists():
        streams["real figures"] = real(asked.file)
    else:
        print(f"{asked.file}: no such file; only invented authors are weighed\n")
    results = {name: weighed(mentions) for name, mentions in streams.items()}
    print(f"{influence.VERSION}\n")
    print(
        "| authors | number | processor microseconds each | a second |\n"
        "|---|---:|---:|---:|"
    )
    for name, (each, found) in results.items():
        print(f"| {name} | {len(found):,} | {each:.0f} | {1e6 / each:,.0f} |")
    heads = " | ".join(f"{percent} %" for percent in PERCENTILES)
    print(f"\n| score up to which ... of authors lie | {heads} |")
    print("|---|" + "---:|" * len(PERCENTILES))
    for name, (_, found) in results.items():
        scores = sorted(one.score for one in found)
        told = (scores[len(scores) * percent // 100] for percent in PERCENTILES)
        print(f"| {name} | " + " | ".join(f"{one:.0f}" for one in told) + " |")
    print("\n| authors | range, median | influencers | bought followers? | automated |")
    print("|---|---:|---:|---:|---:|")
    for name, (_, found) in results.items():
        print(f"| {name} | " + " | ".join(_shares(found)) + " |")
    return 0


def _shares(found: Sequence[Influence]) -> list[str]:
    widths = [(one.high or 0.0) - (one.low or 0.0) for one in found]
    kinds = (
        [one.is_influencer for one in found],
        [any("bought" in told.reason for told in one.reasons) for one in found],
        [one.looks_automated for one in found],
    )
    shares = (f"{100 * sum(kind) / len(found):.1f} %" for kind in kinds)
    return [f"{statistics.median(widths):.0f} points", *shares]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
