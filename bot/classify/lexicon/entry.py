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
    needs: tuple[str, ...]
    pattern: str
    unless: str = ""
    is_negatable: bool = False
    is_spaceless: bool = False


def entry(
    kind: SignalKind, needs: str, pattern: str, unless: str = "", *, no: bool = False
) -> Entry:
    """Write an entry; ``needs`` are separated by ``|``, ``no``: it is negatable."""
    return Entry(
        kind=kind,
        needs=tuple(needs.split("|")),
        pattern=pattern,
        unless=unless,
        is_negatable=no,
    )


def spaceless(kind: SignalKind, words: str) -> Entry:
    """Write words of a script without word boundaries; ``_`` is a blank."""
    listed = tuple(words.split())
    pattern = "|".join(word.replace("_", " ") for word in listed)
    needs = tuple(word.replace("_", " ") for word in listed)
    return Entry(kind=kind, needs=needs, pattern=pattern, is_spaceless=True)
