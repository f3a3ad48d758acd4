"""A public text as words: repaired, folded and bounded, for lexicons and counting.

The encoder cleans for itself (``clean.py``), as its weights were trained; what is here
must never change what the encoder reads beyond repairing broken encodings.
"""

from __future__ import annotations

import re
import unicodedata

import ftfy

VERSION = "text-2"
"""Changes whenever the same text would come out differently."""

READ_AT_MOST = 20_000
"""Characters looked at; the rest of a longer text is left unread."""

_LINK = re.compile(r"(?:https?://|(?<!\w)www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<!\w)@\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_QUOTES = str.maketrans("\u2018\u2019\u201b\u02bc\u0060\u00b4\uff07", "'" * 7)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACELESS = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1780-\u17ff]"
)
_DROPPED = re.compile(
    r"\b(?:(ca|do|wo|did|does|is|was|are|were|could|would|should|have|has|had|ai)nt\b"
    r"|(i|you|they|we)(ve)\b|(you|they)(re)\b|(he|she|that)(s)\b"
    # In German, "im" is a word of its own.
    r"|(i)(m) (?=(?:an?|not|so|too|going|gonna|out|just|still|being|really|very|about"
    r"|now|done|broke|deaf|blind|disabled|autistic|pregnant|sick|ill|dying|suicidal"
    r"|bankrupt|homeless|scared|terrified|tired|unemployed|\d\d)\b))"
)
"""Apostrophes that hurried people leave out; "were", "well" and "its" are words too."""
_SETTINGS = ftfy.TextFixerConfig(
    # Not NFKC yet: it would take an acute accent that stands for a quote apart.
    normalization="NFC",
    unescape_html=True,
    max_decode_length=READ_AT_MOST,
    explain=False,
)


def repaired(text: str) -> str:
    """Undo broken encodings (``â€™``) in what is read of a text, and nothing else."""
    text = text[:READ_AT_MOST]
    if text.isascii():
        return text
    return ftfy.fix_encoding(_SURROGATE.sub("\ufffd", text))


def folded(text: str) -> str:
    """Return a text in which the same words are the same characters.

    Encodings, entities, look-alike widths and unseen characters are put right, case is
    folded, quotes are straight, links are gone and of a handle only ``@`` is left: a
    brand's or a person's name never counts as a word. Apostrophes that were left out
    stand again. Line breaks stay; any other space is one blank.
    """
    text = _SURROGATE.sub("\ufffd", text[:READ_AT_MOST])
    text = ftfy.fix_text(text, _SETTINGS)
    text = _UNSEEN.sub("", text).translate(_QUOTES)
    text = _HANDLE.sub("@", _LINK.sub(" ", text)).casefold()
    text = unicodedata.normalize("NFKC", text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    text = _DROPPED.sub(_with_apostrophe, "\n".join(line for line in lines if line))
    return text[:READ_AT_MOST]


def _with_apostrophe(found: re.Match[str]) -> str:
    if found[1]:
        return f"{found[1]}n't"
    start, end = (part for part in found.groups() if part)
    return f"{start}'{end}" + (" " if end == "m" else "")


def count_words(folded_text: str) -> int:
    """Count words; two signs of a script without spaces count as one word."""
    signs = len(_SPACELESS.findall(folded_text))
    words = _SPACELESS.sub(" ", folded_text).split()
    lettered = sum(any(map(str.isalpha, word)) for word in words)
    return lettered + (signs + 1) // 2
