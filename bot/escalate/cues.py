"""Which phrases of the house's cue lists stand in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

NOISE = re.compile(r"https?://\S+|@\w+")
"""Addresses and handles: their words are not the author's."""

APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})

SPACED = re.compile("[a-z0-9\u00e0-\u024f\u1e00-\u1eff]")
"""Scripts that part words by spaces and have no prefixes written together with them:
there a phrase must be whole words. Elsewhere it may stand anywhere."""


START = "^"
"""Before a phrase: it counts only where a sentence begins."""


def count_cues(text: str, lists: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Count the different phrases of each list that occur, lists with none left out.

    Case, width and the form of apostrophes make no difference.
    """
    plain = _collapsed(NOISE.sub(" ", _plain(text)))
    counts = {}
    for name, phrases in lists.items():
        found = {match.strip() for match in _pattern(phrases).findall(plain)}
        if found:
            counts[name] = len(found)
    return counts


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(APOSTROPHES).casefold()


def _collapsed(text: str) -> str:
    """Single spaces and no empty lines, so that no search runs through long gaps."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


@lru_cache(maxsize=128)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """One alternation for sentence starts, whole words and anything else each."""
    plain = sorted({_plain(phrase) for phrase in phrases}, key=len, reverse=True)
    starts = [re.escape(one[1:]) for one in plain if one.startswith(START)]
    others = [one for one in plain if not one.startswith(START)]
    words = [re.escape(one) for one in others if SPACED.match(one)]
    rest = [re.escape(one) for one in others if not SPACED.match(one)]
    parts = [rf"(?:\A|(?<=[.!?\n])) ?(?:{'|'.join(starts)})(?!\w)"] if starts else []
    parts += [rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"] if words else []
    return re.compile("|".join(parts + rest) or r"(?!)")
