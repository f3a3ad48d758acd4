"""What makes a text urgent whatever its sentiment, found by words that carry it.

A signal raises a severity or calls a person; it never lowers anything. So a doubtful
match stands, and only clear idioms and clear denials are taken out. How doubtful it is
says its score: what the words are worth (``lexicon.strength``), several found by
several entries more than one (noisy-or), then moved in log odds by what is around them
and by what the text model heard.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from bot.classify.lexicon import ENTRIES, Entry, strength
from bot.classify.lexicon.languages import OTHER_LANGUAGES
from bot.classify.scores import TextScores
from bot.domain.tags import Sentiment, Sign, Signal, SignalKind

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


SONG_OR_JOKE, NOBODYS_OWN, QUOTED, IMAGINED = -1.2, -0.8, -0.8, -0.6
"""What is taken off in log odds: for signs of a joke, a song, a film or the news; where
nobody speaks of themselves or to somebody; for words in quotes; for the imagined."""

HEARD_WORSE, HEARD_BETTER = 0.8, -2.0
"""What a text that surely complains or sounds negative gains, and a positive loses."""

SURELY = 0.95
"""The most that words alone can say; nothing is ever certain."""

_ASIDE = re.compile(
    r"[\U0001f602\U0001f923\U0001f480\U0001f3b5\U0001f3b6\U0001f60d]|\b(?:lol|lmao"
    r"|rofl|haha\w*|jk|lyrics|song|album|movie|film|documentary|episode|netflix|novel"
    r"|trailer|headlines?|according to|reports? says?|annual report|celebrity|hollywood"
    r"|researchers|study)\b"
)
_OWN = re.compile(
    r"@|\b(?:i|i'\w+|me|my|mine|we|we'\w+|us|our|you|you'\w+|your|u|ur)\b"
)
_IMAGINED = re.compile(
    r"\b(?:imagine|what if|wonder if|as if|pretend|i feel like a|would rather)\b"
)


_FOREIGN = frozenset(OTHER_LANGUAGES)

_Told = tuple[SignalKind, Sign | None]


def find(folded_text: str) -> tuple[Signal, ...]:
    """Return the signals of a text (``text.folded``), each with the words that did it.

    In the order of ``SignalKind``, of several needs one for each; the same text always
    gives the same signals. The scores are by the text alone; ``weighed`` adds what a
    model heard.
    """
    words: dict[_Told, list[str]] = {}
    missing: dict[_Told, float] = {}
    english: set[_Told] = set()
    for entry in ENTRIES:
        found = list(_matches(entry, folded_text))
        if found:
            told = (entry.kind, entry.sign)
            most = max(strength.of(entry.kind, one) for one in found)
            missing[told] = missing.get(told, 1.0) * (1.0 - most)
            words.setdefault(told, []).extend(found)
            if entry not in _FOREIGN:
                english.add(told)
    return tuple(
        Signal(
            kind=kind,
            words=tuple(dict.fromkeys(words[kind, sign]))[:MOST_WORDS],
            sign=sign,
            score=_moved(
                min(SURELY, 1.0 - missing[kind, sign]),
                _around(
                    folded_text, words[kind, sign], is_english=(kind, sign) in english
                ),
            ),
        )
        for kind in SignalKind
        for sign in (*Sign, None)
        if (kind, sign) in words
    )


def weighed(signals: Sequence[Signal], scores: TextScores) -> tuple[Signal, ...]:
    """Return signals with what a model heard in the text, the likeliest first.

    Only for a text in a language that the model was evaluated in.
    """
    worse = max(scores.sentiment[Sentiment.NEGATIVE], scores.complaint or 0.0)
    better = scores.sentiment[Sentiment.POSITIVE]
    # What sounds like neither stays where the words put it.
    heard = HEARD_WORSE * worse + HEARD_BETTER * better
    moved = [
        replace(one, score=_moved(one.score, heard)) if one.score is not None else one
        for one in signals
    ]
    return strongest_first(moved)


def strongest_first(signals: Sequence[Signal]) -> tuple[Signal, ...]:
    """Return signals with the likeliest first; equals stay as they are."""
    return tuple(sorted(signals, key=lambda one: -(one.score or 0.0)))


def _around(text: str, words: Sequence[str], *, is_english: bool) -> float:
    """Return what speaks against it, in log odds.

    Of whom it speaks is known in English alone: "no quiero vivir" has no word for it.
    """
    against = 0.0
    if _ASIDE.search(text):
        against += SONG_OR_JOKE
    if is_english and text.isascii() and not _OWN.search(text):
        against += NOBODYS_OWN
    if _IMAGINED.search(text):
        against += IMAGINED
    if all(_is_quoted(word, text) for word in words):
        against += QUOTED
    return against


def _is_quoted(words: str, text: str) -> bool:
    """Whether words stand in double quotes of which both are there."""
    before, _, after = text.partition(words or "\n")
    return before.count('"') % 2 == 1 and '"' in after


def _moved(score: float, log_odds: float) -> float:
    odds = math.log(score / (1.0 - score)) + log_odds
    return round(1.0 / (1.0 + math.exp(-odds)), 4)


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
