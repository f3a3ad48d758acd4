"""What changed between two texts, word by word, as a person reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_WORD = re.compile(r"\s+|[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""Words and the space between them; scripts without spaces sign by sign."""


class Part(StrEnum):
    """What became of a part of a text."""

    SAME = "same"
    ADDED = "added"
    TAKEN_OUT = "taken_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A run of words that stayed, came or went."""

    part: Part
    text: str


def differences(before: str, after: str) -> Sequence[Difference]:
    """Return both texts as one, in order; what went stands before what came."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    found = []
    runs = SequenceMatcher(str.isspace, old, new).get_opcodes()
    for _tag, i, to_i, j, to_j in runs:
        went, came = "".join(old[i:to_i]), "".join(new[j:to_j])
        if went == came:
            found.append(Difference(part=Part.SAME, text=went))
            continue
        if went:
            found.append(Difference(part=Part.TAKEN_OUT, text=went))
        if came:
            found.append(Difference(part=Part.ADDED, text=came))
    return found
