"""How many authors of a platform have fewer followers: a curve measured once.

X's knots are rounded quantiles of 2,922 authors who wrote about one public matter in
the winter of 2020/21; ``scripts/fit_reach.py`` computes them from such a file again.
No other platform was measured: its curve is X's, stretched by the platform's size.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping

KNOTS: Mapping[str, tuple[tuple[float, int], ...]] = {
    "x": (
        (0.05, 11),
        (0.1, 25),
        (0.25, 89),
        (0.5, 320),
        (0.75, 1_400),
        (0.9, 5_400),
        (0.95, 17_000),
        (0.98, 79_000),
        (0.99, 310_000),
        (0.995, 1_100_000),
        (0.999, 6_600_000),
    )
}
"""Measured platforms: a share of its authors, and how many followers it stays below."""

TOP_REACH: Mapping[str, int] = {
    "x": 10_000_000,
    "youtube": 10_000_000,
    "instagram": 20_000_000,
    "facebook": 10_000_000,
    "bluesky": 1_000_000,
    "mastodon": 300_000,
    "reddit": 300_000,
}
"""About the largest crowds of a platform: where crowds are small, the same crowd is
rarer."""

USUAL_TOP = 10_000_000
MOST = 10**15
"""No count is larger; what a platform tells beyond it is nonsense."""


def is_measured(channel: str) -> bool:
    """Whether the platform has a curve of its own."""
    return channel in KNOTS


def rarity(followers: int, channel: str) -> float:
    """Return how rare so many followers are, in powers of ten, 3 at most.

    1 is one author in ten, 2 one in a hundred. Between two knots it grows with the
    logarithm of followers, as the tail of a Pareto distribution does.
    """
    stretch = math.log1p(TOP_REACH["x"]) / math.log1p(TOP_REACH.get(channel, USUAL_TOP))
    at = math.log1p(min(MOST, max(0, followers))) * stretch
    right = bisect_right(_AT, at)
    if right == len(_AT):
        return _RARITY[-1]
    low, high = _AT[right - 1], _AT[right]
    part = (at - low) / (high - low)
    return _RARITY[right - 1] + part * (_RARITY[right] - _RARITY[right - 1])


def percent_below(followers: int, channel: str) -> int:
    """Return the whole per cent of authors who have fewer followers, 99 at most."""
    share = 1.0 - math.pow(10.0, -rarity(followers, channel))
    # A knot's own followers are at its share, whatever the rounding of a double says.
    return min(99, math.floor(100.0 * share + 1e-9))


_AT = (0.0, *(math.log1p(followers) for _, followers in KNOTS["x"]))
_RARITY = (0.0, *(-math.log10(1.0 - share) for share, _ in KNOTS["x"]))
