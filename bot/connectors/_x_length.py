"""A text's length as X counts it: twitter-text's configuration, version 3."""

from __future__ import annotations

import re
import unicodedata

import emoji

LIGHT = (range(4352), range(8192, 8206), range(8208, 8224), range(8242, 8248))
"""Characters that count once; every other counts twice, and so does a whole emoji."""

LINK = 23
"""What any link counts, as X writes each as one of its own."""

_LINK = re.compile(
    r"(?P<link>https?://[^\s]*[^\s.,:;!?'\"()\]}>])"
    # Without a scheme X makes a link of what ends like a domain that it knows.
    r"|(?<![\w@.$#-])(?P<bare>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}\b"
    r"(?:/[^\s]*[^\s.,:;!?'\"()\]}>])?)",
    re.IGNORECASE,
)


def weighted_length(text: str) -> int:
    """Return the length that X's limit of 280 bounds; rather more than too little.

    X knows which domains there are: what only looks like one counts as whichever is
    longer, the link or the word.
    """
    whole = unicodedata.normalize("NFC", text)
    length, at = 0, 0
    for found in _LINK.finditer(whole):
        length += _weight(whole[at : found.start()])
        is_sure = found["link"] is not None
        length += LINK if is_sure else max(LINK, _weight(found[0]))
        at = found.end()
    return length + _weight(whole[at:])


def _weight(text: str) -> int:
    found = emoji.emoji_list(text)
    taken = {n for one in found for n in range(one["match_start"], one["match_end"])}
    return 2 * len(found) + sum(
        1 if any(ord(letter) in part for part in LIGHT) else 2
        for n, letter in enumerate(text)
        if n not in taken
    )
