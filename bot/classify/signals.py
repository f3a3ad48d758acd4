"""What makes a text urgent whatever its sentiment, found by words that carry it.

A signal raises a severity or calls a person; it never lowers anything. So a doubtful
match stands, and only clear idioms and clear denials are taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from bot.classify.lexicon import ENTRIES, Entry
from bot.domain.tags import Sign, Signal, SignalKind

AROUND = 30
"""Characters before and after a match in which its own idioms are looked for."""

MOST_WORDS = 5
"""Matches named per signal; a sixth adds nothing."""

_BEFORE = 60
_NOT = re.compile(
    r"\b(?:not|never|no|without|isn't|wasn't|aren't|weren't|ain't|don't|doesn't|didn't"
    r"|won't|wouldn't|haven't|hasn't|can't|couldn't|nobody|neither|nor|nicht|kein|keine"
    r"|nie|ningún|ninguna)\b"
    r"(?:\s(?!but\b|only\b|just\b|i\b|i'm\b|i'll\b|i've\b|we\b|we're\b|we'll\b|then\b"
    r"|hesitate\b|wait\b|joke\b|kidding\b|make\b|surprised\b)[\w'-]+){0,3}\s?$"
)
_NOT_SAID = re.compile(
    r"\b(?:not|never|don't|doesn't|didn't|wasn't|isn't)\s(?:think|thinking|believe|mean"
    r"|say|saying|said|want|like|as if|that)(?:\sthat)?\s?$"
)
_DOUBLE = re.compile(r"\b(?:why not|think (?:i|we) won't|if not)\b[^.!?\n]{0,20}$")
_PERSON = re.compile(r"(?:i|we|hesitate|can't wait)\b")


def find(folded_text: str) -> tuple[Signal, ...]:
    """Return the signals of a text (``text.folded``), each with the words that did it.

    In the order of ``SignalKind``, of several needs one for each; the same text always
    gives the same signals.
    """
    words: dict[tuple[SignalKind, Sign | None], list[str]] = {}
    for entry in ENTRIES:
        found = words.setdefault((entry.kind, entry.sign), [])
        found.extend(_matches(entry, folded_text))
    return tuple(
        Signal(kind=kind, words=tuple(dict.fromkeys(told))[:MOST_WORDS], sign=sign)
        for kind in SignalKind
        for sign in (*Sign, None)
        if (told := words.get((kind, sign)))
    )


def _matches(entry: Entry, text: str) -> Iterator[str]:
    pattern, unless = _patterns(entry)
    for found in pattern.finditer(text):
        around = text[max(0, found.start() - AROUND) : found.end() + AROUND]
        if unless is not None and unless.search(around):
            continue
        if entry.is_negatable and _is_denied(text, found):
            continue
        yield found[0].strip(" \n.,!?;@")


def _is_denied(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - _BEFORE) : found.start()]
    if _PERSON.match(found[0]):
        # "if you don't answer, I will sue": that "not" is somebody else's.
        return bool(_NOT_SAID.search(before))
    return bool(_NOT.search(before)) and not _DOUBLE.search(before)


@cache
def _patterns(entry: Entry) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    pattern = entry.pattern
    if not entry.is_spaceless:
        pattern = rf"(?<![\w'])(?:{pattern})(?!\w)"
    unless = re.compile(_same_form(entry.unless)) if entry.unless else None
    return re.compile(_same_form(pattern), re.MULTILINE), unless


def _same_form(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
