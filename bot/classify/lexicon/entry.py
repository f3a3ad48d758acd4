"""One entry of the lexicon, and the short ways to write it down."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.tags import Sign, SignalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One pattern. ``is_negatable``: a "not" before it takes it back.

    ``is_spaceless``: a script in which a word's end is no end to a pattern. ``sign``:
    of which need it tells, where its kind alone does not say so.
    """

    kind: SignalKind
    pattern: str
    unless: str = ""
    is_negatable: bool = False
    is_spaceless: bool = False
    sign: Sign | None = None


def entry(
    kind: SignalKind,
    pattern: str,
    unless: str = "",
    *,
    no: bool = False,
    sign: Sign | None = None,
) -> Entry:
    """Write an entry; ``no``: it is negatable."""
    return Entry(kind=kind, pattern=pattern, unless=unless, is_negatable=no, sign=sign)


def spaceless(kind: SignalKind, words: str, *, sign: Sign | None = None) -> Entry:
    """Write words of a script without word boundaries; ``_`` is a blank."""
    pattern = "|".join(word.replace("_", " ") for word in words.split())
    return Entry(kind=kind, pattern=pattern, is_spaceless=True, sign=sign)
