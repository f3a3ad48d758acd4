"""Compute the knots of X's follower curve from real accounts' figures.

Reads the columns of authors and followers only, and prints quantiles with the interval
in which 95 of 100 such samples would have them, ready for ``bot/classify/reach.py``.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
ACCOUNTS = SHARED / "data" / "author-reach" / "vaccination_tweets.csv"
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
WIDE = 1.96
"""Standard deviations around a count that hold 95 of 100 samples."""


def followers_of(path: Path) -> list[int]:
    """Return each author's followers once, as last seen in the file, in order."""
    with path.open(encoding="utf-8", newline="") as file:
        last = {
            row["user_name"]: int(row["user_followers"]) for row in csv.DictReader(file)
        }
    return sorted(last.values())


def knots(counts: Sequence[int]) -> Iterator[tuple[float, int, int, int]]:
    """Yield each share with its quantile and the ends of the quantile's interval.

    Rounded to two digits: a quantile is some author's very own number.
    """
    for share in SHARES:
        middle = len(counts) * share
        spread = WIDE * math.sqrt(middle * (1.0 - share))
        at = (middle, middle - spread, middle + spread)
        told, low, high = (
            rounded(counts[min(len(counts) - 1, max(0, int(one)))]) for one in at
        )
        yield share, told, low, high


def rounded(count: int) -> int:
    """Keep the first two digits of a count."""
    return round(count, 2 - len(str(count)))


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ACCOUNTS)
    asked = parser.parse_args(arguments)
    if not asked.file.exists():
        print(f"{asked.file}: no such file; name one with user_name, user_followers")
        return 1
    counts = followers_of(asked.file)
    print(f"{len(counts):,} authors\n")
    print(
        "| share of authors | fewer followers than | 95 % interval |\n|---:|---:|---:|"
    )
    for share, told, low, high in knots(counts):
        print(f"| {100 * share:g} % | {told:,} | {low:,} to {high:,} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
