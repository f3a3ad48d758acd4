"""One entry of the lexicon, and the short ways to write it down."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.tags import SignalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One pattern. ``is_negatable``: a "not" before it takes it back.

    ``is_spaceless``: a script in which a word's end is no end to a pattern.
    """

    kind: SignalKind
    pattern: str
    unless: str = ""
    is_negatable: bool = False
    is_spaceless: bool = False


def entry(
    kind: SignalKind, pattern: str, unless: str = "", *, no: bool = False
) -> Entry:
    """Write an entry; ``no``: it is negatable."""
    return Entry(kind=kind, pattern=pattern, unless=unless, is_negatable=no)


def spaceless(kind: SignalKind, words: str) -> Entry:
    """Write words of a script without word boundaries; ``_`` is a blank."""
    pattern = "|".join(word.replace("_", " ") for word in words.split())
    return Entry(kind=kind, pattern=pattern, is_spaceless=True)
