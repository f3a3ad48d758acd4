"""A draft as its readers see it, however it is written, with each letter's own place.

Unseen characters go, full-width and other digits become plain ones, accents and
look-alikes of other scripts become the Latin letters that they pass for, and letters
set apart (``r e f u n d``) are joined.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_PASS_FOR = {
    "A": "\u0410\u0391",
    "B": "\u0412\u0392",
    "E": "\u0415\u0395",
    "S": "\u0405",
    "I": "\u0406\u0399",
    "J": "\u0408",
    "K": "\u041a\u039a",
    "M": "\u041c\u039c",
    "H": "\u041d\u0397",
    "O": "\u041e\u039f",
    "P": "\u0420\u03a1",
    "C": "\u0421",
    "T": "\u0422\u03a4",
    "Y": "\u0423\u03a5",
    "X": "\u0425\u03a7",
    "a": "\u0430\u03b1",
    "b": "\u0432",
    "e": "\u0435",
    "s": "\u0455",
    "i": "\u0456\u03b9",
    "j": "\u0458",
    "k": "\u043a",
    "m": "\u043c",
    "h": "\u04bb",
    "o": "\u043e\u03bf",
    "p": "\u0440\u03c1",
    "c": "\u0441",
    "t": "\u0442",
    "y": "\u0443",
    "x": "\u0445",
    "d": "\u0501",
    "q": "\u051b",
    "w": "\u051d",
    "g": "\u0261",
    "Z": "\u0396",
    "N": "\u039d",
    "v": "\u03bd",
    "u": "\u03c5",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "'": "\u2019\u2018\u201b\u02bc\u00b4`",
    '"': "\u201c\u201d\u201e\u00ab\u00bb",
    "@": "\uff20\ufe6b",
    ".": "\u2024\u3002",
}
"""Cyrillic and Greek letters, dashes and quotes, by what they pass for."""

_LOOK_ALIKES = {one: plain for plain, some in _PASS_FOR.items() for one in some}
_UNSEEN = frozenset({"Cf", "Cc", "Mn", "Me", "Co", "Cs"})
_APART = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .*_\-][^\W\d_]){2,}(?![^\W_])")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text to look for patterns in; ``places`` are its letters' in the original."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a stretch of it stands in the original."""
        if start >= end:
            return 0, 0
        return self.places[start], self.places[end - 1] + 1


def folded(text: str) -> Folded:
    """Return a text in which what reads the same is the same; case stays."""
    letters: list[str] = []
    places: list[int] = []
    for at, letter in enumerate(text):
        for one in _plain(letter):
            letters.append(one)
            places.append(at)
    return _single_spaced(_joined(Folded("".join(letters), tuple(places))))


def _plain(letter: str) -> str:
    if letter.isspace():
        return " "
    known = _LOOK_ALIKES.get(letter)
    if known is not None:
        return known
    if letter in "ßẞ":
        return "ss"
    if letter.isascii():
        return "" if unicodedata.category(letter) in _UNSEEN else letter
    found = ""
    for one in unicodedata.normalize("NFKD", letter):
        digit = unicodedata.digit(one, None) if one.isdigit() else None
        if digit is not None:
            found += str(digit)
        elif unicodedata.category(one) not in _UNSEEN:
            found += _LOOK_ALIKES.get(one, one)
    return found


def _single_spaced(whole: Folded) -> Folded:
    kept = [
        n
        for n, letter in enumerate(whole.text)
        if letter != " " or (n and whole.text[n - 1] != " ")
    ]
    return Folded(
        "".join(whole.text[n] for n in kept), tuple(whole.places[n] for n in kept)
    )


def _joined(whole: Folded) -> Folded:
    """Join letters that stand apart, so that spacing hides no word."""
    letters: list[str] = []
    places: list[int] = []
    at = 0
    for found in _APART.finditer(whole.text):
        letters += whole.text[at : found.start()]
        places += whole.places[at : found.start()]
        for n in range(found.start(), found.end()):
            if whole.text[n].isalpha():
                letters.append(whole.text[n])
                places.append(whole.places[n])
        at = found.end()
    letters += whole.text[at:]
    places += whole.places[at:]
    return Folded("".join(letters), tuple(places))
