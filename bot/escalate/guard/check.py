"""Look for everything in a draft that no public line may hold."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bot.domain.guard import Checked, Finding, GuardRule
from bot.domain.mentions import Author
from bot.escalate.guard.clauses import find_meanings
from bot.escalate.guard.folding import Folded, folded
from bot.escalate.guard.numbers import find_numbers, numbers_of
from bot.escalate.guard.words import (
    ABOUT_AUTHOR,
    OF_THEIR_WORDS,
    SAYINGS,
    TO_ANYBODY,
    Saying,
)

READ_AT_MOST = 20_000
"""Characters; no platform takes a longer text, and none of it goes unread."""

SHORTEST_NAME = 3
"""Letters of a name that is looked for: shorter ones are words of many languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known around a draft.

    ``contacts`` are our own public numbers, addresses and lines for a crisis, which may
    be shown; ``staff`` are our people's names; ``said`` is what the author wrote;
    ``is_second``: we have said something to them in this conversation already.
    ``common`` are words that are no names where a sentence begins with them;
    ``is_free``: a person's or a model's words, and no approved line.
    """

    author: Author | None = None
    said: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    is_second: bool = False
    common: frozenset[str] = frozenset()
    is_free: bool = True


NOTHING = Around()


def check(text: str, around: Around = NOTHING) -> Checked:
    """Return every finding in a draft, by its place in the text as it was given."""
    whole = folded(text[:READ_AT_MOST])
    allowed = tuple(_allowed(whole.text, around.contacts))
    found = [
        (rule, start, end)
        for rule, start, end in _everything(whole, around)
        if not any(start < b and a < end for a, b in allowed) or rule in _NEVER_ALLOWED
    ]
    if len(text) > READ_AT_MOST:
        found.append((GuardRule.LONG_NUMBER, 0, len(whole.text)))
    findings = [
        Finding(rule=rule, start=span[0], end=span[1])
        for rule, start, end in dict.fromkeys(_widest(found))
        for span in [whole.span(start, end)]
    ]
    if around.is_second:
        findings.append(Finding(rule=GuardRule.SECOND_REPLY, start=0, end=len(text)))
    return Checked(findings=tuple(sorted(findings, key=lambda one: one.start)))


_NEVER_ALLOWED = frozenset(
    {
        GuardRule.CUSTOMER_RELATIONSHIP,
        GuardRule.LIABILITY,
        GuardRule.OUTCOME,
        GuardRule.LEGAL_CONTENT,
        GuardRule.TIPPING_OFF,
        GuardRule.IN_NEED,
    }
)
"""What a contact of ours in the same stretch of text does not make right."""

_Place = tuple[GuardRule, int, int]


def _everything(whole: Folded, around: Around) -> Iterator[_Place]:
    for saying in SAYINGS:
        for start, end in _said(saying, whole.text):
            if saying.rule is GuardRule.NAME and _is_handle(
                whole.text[start:end], around.author
            ):
                continue
            yield saying.rule, start, end
    for rule, start, end in find_meanings(whole.text):
        if around.is_free or rule is not GuardRule.OF_AUTHOR:
            yield rule, start, end
    yield from find_numbers(whole.text)
    if around.is_free:
        yield from _of_author(whole.text)
    yield from _names(whole.text, around)
    yield from _repeated(whole.text, around)


@cache
def _compiled(saying: Saying) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    how = re.NOFLAG if saying.is_cased else re.IGNORECASE
    unless = re.compile(saying.unless, re.IGNORECASE) if saying.unless else None
    return re.compile(saying.pattern, how), unless


def _said(saying: Saying, text: str) -> Iterator[tuple[int, int]]:
    pattern, unless = _compiled(saying)
    for found in pattern.finditer(text):
        before = text[_sentence(text, found.start()) : found.end()]
        if unless is None or not unless.search(before):
            yield found.span()


_SENTENCES = re.compile(r"[^.!?]+(?:[.!?]+(?! )[^.!?]*)*[.!?]*")
_ABOUT_AUTHOR = re.compile(ABOUT_AUTHOR)
_OF_THEIR_WORDS = re.compile(OF_THEIR_WORDS, re.IGNORECASE)
_TO_ANYBODY = re.compile(TO_ANYBODY, re.IGNORECASE)


def _of_author(text: str) -> Iterator[_Place]:
    """Give sentences that state something of the author and nothing to anybody else."""
    for found in _SENTENCES.finditer(text):
        said = _OF_THEIR_WORDS.sub("", found[0]).strip()
        lowered = said if any(c.islower() for c in said) else said.lower()
        is_theirs = _ABOUT_AUTHOR.search(lowered[:1].lower() + lowered[1:]) or (
            _ABOUT_AUTHOR.search(lowered)
        )
        if is_theirs and not _TO_ANYBODY.search(said):
            yield GuardRule.OF_AUTHOR, *found.span()


def _sentence(text: str, at: int) -> int:
    """Return where the sentence around a place begins."""
    return max(text.rfind(end, 0, at) for end in (". ", "! ", "? ", "; ", ": ")) + 1


def _is_handle(words: str, author: Author | None) -> bool:
    """Whether a greeting only says what the author calls themselves."""
    handle = re.sub(r"[^a-z]", "", folded(author.handle).text.lower()) if author else ""
    last = re.sub(r"[^a-z]", "", words.lower().split()[-1])
    return bool(handle) and last in handle


def _names(text: str, around: Around) -> Iterator[_Place]:
    author = around.author
    if author is not None and author.name:
        handle = re.sub(r"[^a-z]", "", folded(author.handle).text.lower())
        for part in re.findall(r"[^\W\d_]+", folded(author.name).text):
            if part.lower() not in handle:
                yield from _word(GuardRule.NAME, part, text, around.common)
    for name in around.staff:
        for part in re.findall(r"[^\W\d_]+", folded(name).text):
            yield from _word(GuardRule.STAFF_NAME, part, text, around.common)


_ALSO_WORDS = frozenset(
    re.findall(
        r"\w+",
        "may will mark grace hope joy rose art bill june april august summer happy our "
        "please help thank thanks hello hi sorry this that the you your what how",
    )
)
_WITHIN = re.compile(r"[a-z0-9,] $")


def _word(
    rule: GuardRule, word: str, text: str, common: frozenset[str]
) -> Iterator[_Place]:
    """Look for a name as names are written: with a capital letter, whole.

    One that is a word as well is a name only within a sentence.
    """
    if len(word) < SHORTEST_NAME:
        return
    is_word = word.lower() in _ALSO_WORDS or word.lower() in common
    as_name = f"{word[:1].upper()}{word[1:].lower()}"
    for form in {as_name, word.upper()}:
        for found in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", text):
            if not is_word or _WITHIN.search(text[: found.start()]):
                yield rule, *found.span()


def _repeated(text: str, around: Around) -> Iterator[_Place]:
    """Look for what the author's own post shows of them."""
    for said in around.said:
        theirs = folded(said).text
        shown = {
            theirs[start:end].lower()
            for rule, start, end in find_numbers(theirs)
            if rule is not GuardRule.LONG_NUMBER
        }
        for one in shown:
            for found in re.finditer(re.escape(one), text.lower()):
                yield GuardRule.REPEATS_AUTHOR, *found.span()
        for one in numbers_of(theirs) & numbers_of(text):
            spaced = r"[ .\-/]?".join(re.escape(letter) for letter in one)
            for found in re.finditer(spaced, text, re.IGNORECASE):
                yield GuardRule.REPEATS_AUTHOR, *found.span()


def _allowed(text: str, contacts: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Give where our own public numbers and addresses stand, however set apart."""
    for contact in contacts:
        letters = [re.escape(one) for one in folded(contact).text if one not in " .-()"]
        if letters:
            spaced = r"[ .\-()]*".join(letters)
            for found in re.finditer(rf"(?<!\w){spaced}(?!\w)", text, re.IGNORECASE):
                yield found.span()


_VAGUE = frozenset({GuardRule.LONG_NUMBER, GuardRule.OF_AUTHOR})


def _widest(found: list[_Place]) -> Iterator[_Place]:
    """Tell a place once per rule, and no vague rule where a plain one holds."""
    plain: list[tuple[int, int]] = []
    reached: dict[GuardRule, int] = {}
    by_place = sorted(found, key=lambda one: (one[1], -one[2]))
    for rule, start, end in by_place:
        if rule not in _VAGUE and (not plain or end > plain[-1][1]):
            plain.append((start, end))
    ends = [end for _, end in plain]
    for rule, start, end in by_place:
        if end <= reached.get(rule, -1):
            continue
        reached[rule] = end
        next_one = bisect_right(ends, start)
        is_plainer = next_one < len(plain) and plain[next_one][0] < end
        if rule not in _VAGUE or not is_plainer:
            yield rule, start, end
