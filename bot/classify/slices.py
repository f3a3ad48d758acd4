"""Cuts through a file of texts, to see for which of them a model is good.

A figure over all texts hides that a model fails on the short ones, or on those that
say "not": each cut here is a reason that was seen to matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import emoji
import numpy as np
from numpy.typing import NDArray

from bot.classify import language, text
from bot.classify.labelled import Labelled

Mask = NDArray[np.bool_]

FEW_WORDS, MANY_WORDS = 8, 25
LEAST = 30
"""Texts of a group or language that are worth a line of their own."""

MOST_GROUPS = 12
"""Groups that get a line, the largest first."""

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|\w+n't)\b"
)


def cuts(rows: Sequence[Labelled]) -> Iterator[tuple[str, Mask]]:
    """Give each cut's name and which texts are in it.

    One that holds no text, or every one, says nothing new and is left out.
    """
    folded = [text.folded(row.text) for row in rows]
    words = np.array([text.count_words(one) for one in folded])
    negated = np.array([bool(_NEGATION.search(one)) for one in folded])
    asking = np.array(["?" in one for one in folded])
    smiling = np.array([emoji.emoji_count(row.text) > 0 for row in rows])
    people = np.array([-1 if r.confidence is None else r.confidence for r in rows])
    named = [
        ("people all agreed", people >= 1),
        ("people mostly agreed", (people >= 0) & (people < 1)),
        (f"under {FEW_WORDS} words", words < FEW_WORDS),
        (
            f"{FEW_WORDS} to {MANY_WORDS} words",
            (words >= FEW_WORDS) & (words <= MANY_WORDS),
        ),
        (f"over {MANY_WORDS} words", words > MANY_WORDS),
        ("with an emoji", smiling),
        ("with a negation", negated),
        ("with a question mark", asking),
    ]
    yield from ((name, mask) for name, mask in named if mask.any() and not mask.all())
    yield from _groups("language", [language.identify(row.text).code for row in rows])
    yield from _groups("group", [row.group for row in rows])


def _groups(kind: str, names: Sequence[str]) -> Iterator[tuple[str, Mask]]:
    """Give the largest groups that are large enough for a figure."""
    counted = Counter(name for name in names if name)
    for name, count in counted.most_common(MOST_GROUPS):
        if LEAST <= count < len(names):
            yield f"{kind} {name}", np.array([one == name for one in names])
