"""An author's words taken out of what other people wrote about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

WITHDRAWN = "[withdrawn]"

RUN = 4
"""So many words in a row that stand in the author's text too are a quotation."""

SHORT = 3
"""A text of fewer words is no quotation unless it stands alone or in one piece."""

_WORDS = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|\\w+")
"""Words, or single characters where a script does not part words."""


class Quotations:
    """What one author wrote and is called, found again in other people's words."""

    def __init__(self, texts: Iterable[str], names: Iterable[str | None]) -> None:
        """``names`` are whole words or links: handle, name, address."""
        self._runs: set[tuple[str, ...]] = set()
        literal = {name.strip() for name in names if name and len(name.strip()) > 1}
        self._whole: set[str] = set()
        for text in texts:
            words = [word for word, _, _ in _words(text)]
            if len(words) < SHORT:
                self._whole.add(text.strip().casefold())
                if len(text.strip()) > 2 * RUN:
                    literal.add(text.strip())
            else:
                self._runs.update(_runs(words, min(RUN, len(words))))
        self._literal = _pattern(literal)

    def out_of(self, text: str) -> str:
        """Return a text without them; the same one if it held none."""
        if text.strip() and text.strip().casefold() in self._whole:
            return WITHDRAWN
        return self._literal.sub(WITHDRAWN, self._unquoted(text))

    def _unquoted(self, text: str) -> str:
        words = list(_words(text))
        plain = [word for word, _, _ in words]
        kept, last, quoted_to = [], 0, -1
        for first in range(len(words)):
            runs = (tuple(plain[first : first + n]) for n in (RUN, SHORT))
            length = next((len(run) for run in runs if run in self._runs), 0)
            if not length:
                continue
            start, end = words[first][1], words[first + length - 1][2]
            if first > quoted_to:
                kept += [text[last:start], WITHDRAWN]
            last, quoted_to = end, first + length - 1
        return "".join([*kept, text[last:]])


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _WORDS.finditer(text):
        yield found.group().casefold(), found.start(), found.end()


def _runs(words: list[str], length: int) -> Iterator[tuple[str, ...]]:
    for first in range(len(words) - length + 1):
        yield tuple(words[first : first + length])


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    if not longest_first:
        return re.compile(r"(?!)")
    either = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
