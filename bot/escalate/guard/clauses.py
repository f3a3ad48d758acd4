"""What a clause says, by the classes of its words: who, does what, of whose matter.

``words`` looks for ways to say it; this looks for its parts near to each other in one
sentence, so that a new verb costs a word in ``lexicon`` and no pattern. What makes it
harmless (a condition, somebody in general, something public) takes it back.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.guard import GuardRule as R
from bot.escalate.guard.lexicon import LEXICONS, NUMBERS

LONGEST = 6
"""Words that are looked for as one."""

LONGEST_STEM = 24
"""Letters of a word by which it is looked for."""

BESIDE = 5
"""Words to either side in which something harmless still speaks of the same."""

ANYWHERE = 10_000
"""Words within which everything of one sentence stands."""


@dataclass(frozen=True, slots=True)
class Means:
    """Classes that together mean what no public line may say.

    One word of each of ``parts`` must stand within so many words; of ``A|B`` either.
    ``in_order``: as they are named. A class of ``before`` anywhere before the last of
    them in the sentence takes it back, and so does one of ``unless`` beside them.
    """

    rule: R
    parts: tuple[str, ...]
    within: int = 10
    in_order: bool = False
    before: tuple[str, ...] = ("IF",)
    unless: tuple[str, ...] = ()


_GENERAL = ("ANYBODY",)
_OPEN = ("ANYBODY", "PUBLIC")
_HARMLESS = ("ANYBODY", "PUBLIC", "HOW_TO", "MESSAGE")
_SOFT = (*_HARMLESS, "SOFT", "SPEAKS")

MEANINGS = (
    Means(R.OUTCOME, ("WE", "GAVE"), within=7, unless=_OPEN),
    Means(R.OUTCOME, ("YOU", "GAVE"), within=10, unless=_OPEN),
    Means(R.OUTCOME, ("WE", "ENDED", "YOUR", "CASE"), within=10, unless=_OPEN),
    Means(R.OUTCOME, ("YOUR", "CASE", "BE|WE", "GAVE|ENDED"), within=12, unless=_OPEN),
    Means(R.OUTCOME, ("WE", "WILL", "GIVE", "YOU|CASE|AMOUNT|GIFT"), unless=_OPEN),
    Means(
        R.OUTCOME,
        ("WE", "WILL", "GIVE_IT", "YOU", "GIFT|AMOUNT"),
        unless=(*_OPEN, "MESSAGE"),
    ),
    Means(R.OUTCOME, ("WILL", "GIVE", "YOUR", "CASE"), within=8, unless=_OPEN),
    Means(R.OUTCOME, ("SURE_GIFT", "COMES"), within=8, in_order=True, unless=_GENERAL),
    Means(R.OUTCOME, ("YOU", "GIFT", "COMES"), within=9, unless=_OPEN),
    Means(R.OUTCOME, ("WE", "ADDED", "AMOUNT", "YOU|GIFT"), within=12, unless=_OPEN),
    Means(R.OUTCOME, ("DECIDED", "SURE_GIFT|GIVE"), within=8, unless=_GENERAL),
    Means(R.CUSTOMER_RELATIONSHIP, ("WE", "SEE", "YOU", "CASE|CASES"), unless=_OPEN),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("YOUR", "CASE|CASES", "BE"),
        within=7,
        in_order=True,
        unless=("ANYBODY", "SPEAKS"),
    ),
    Means(R.CUSTOMER_RELATIONSHIP, ("NAMED", "CASE|SEE"), within=9),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("YOUR", "WAS"),
        within=4,
        in_order=True,
        unless=("ANYBODY", "SPEAKS", "THEIRS_TO_SAY", "HOPE", "MESSAGE", "PUBLIC"),
    ),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("WE|OURS", "DID_IT", "YOU"),
        within=7,
        unless=("THEIRS_TO_SAY", "HOPE", "YOU_TOLD", "GAVE", *_SOFT),
    ),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("WE", "SEE", "CASE", "BE"),
        within=9,
        in_order=True,
        unless=_SOFT,
    ),
    Means(R.LIABILITY, ("BLAME|FAULT", "OURS"), within=5, unless=("PUBLIC", "LOOKING")),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("YOU_DO", "DID"),
        within=4,
        in_order=True,
        unless=("PUBLIC",),
    ),
    Means(R.CUSTOMER_RELATIONSHIP, ("YOU_ON", "PLAN"), within=7, in_order=True),
    Means(R.CUSTOMER_RELATIONSHIP, ("WITH_US",)),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("WE", "REACHED", "YOU"),
        within=6,
        unless=("MESSAGE", "WILL", "PUBLIC", "YOU_TOLD"),
    ),
    Means(R.LIABILITY, ("FAULT", "OUR_SIDE"), within=5, unless=("PUBLIC",)),
    Means(R.LIABILITY, ("OUR", "PEOPLE", "FAULT"), within=6, in_order=True),
    Means(R.LIABILITY, ("WE|PEOPLE", "ACTED", "BADLY"), within=8),
    Means(R.LIABILITY, ("OUR", "PEOPLE", "BROKE"), within=6, in_order=True),
    Means(R.LIABILITY, ("SHOULD_NOT",), before=(), unless=("HAVE_TO",)),
    Means(R.LIABILITY, ("WE|PEOPLE", "SHOULD_HAVE"), within=4, unless=("HAVE_TO",)),
    Means(R.LIABILITY, ("ADMITS",), before=()),
    Means(R.ARGUMENT, ("DENIES",), before=()),
    Means(R.ARGUMENT, ("CLAIM", "FALSE"), within=6),
    Means(R.LEGAL_CONTENT, ("FINAL",), before=()),
    Means(R.LEGAL_CONTENT, ("OMBUDSMAN", "THEIRS"), within=14, unless=_GENERAL),
    Means(R.LEGAL_CONTENT, ("COMPLAINT", "DELAY"), within=14, unless=_GENERAL),
    Means(R.TIPPING_OFF, ("STOPPED", "REASON", "ASSET"), within=18, unless=_GENERAL),
    Means(R.PERSONAL_DATA_ASKED, ("ASK", "DATA"), within=9, before=("NEVER",)),
    Means(
        R.OF_AUTHOR,
        ("YOUR", "CASE|CASES"),
        within=5,
        before=("IF", "NEVER"),
        unless=("HOW_TO",),
    ),
    Means(R.OUTCOME, ("WE", "GIVING", "YOU", "GIFT|AMOUNT|CASE"), unless=_OPEN),
    Means(R.OUTCOME, ("WE|PEOPLE", "TURNED", "CASE", "DOWN"), within=7, in_order=True),
    Means(R.OUTCOME, ("EXPECT", "AMOUNT", "YOU"), unless=("ANYBODY", "HOW_TO")),
    Means(R.OUTCOME, ("WE", "AGREED", "GIVE|GIVE_IT|GIFT"), unless=_OPEN),
    Means(
        R.OUTCOME, ("WE", "WILL|GIVING", "GIVE_IT|GIVING", "NEW", "CASE"), unless=_OPEN
    ),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("APPEARS", "CASE", "BE|WAS|GAVE|ENDED"),
        in_order=True,
        unless=_OPEN,
    ),
    Means(R.OUTCOME, ("GIFT", "NO_WAY"), within=8, unless=_OPEN),
    Means(R.CUSTOMER_RELATIONSHIP, ("PEOPLE", "TO_YOU"), within=8, unless=_OPEN),
    Means(R.CUSTOMER_RELATIONSHIP, ("CASE", "FROM_YOU"), within=6, unless=_OPEN),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("WE", "HAVE", "YOUR", "CASE|CASES"),
        within=6,
        in_order=True,
        unless=("MESSAGE",),
    ),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("IT|CASE", "DELIVERED", "YOU"),
        within=8,
        in_order=True,
        unless=("MESSAGE", "ANYBODY"),
    ),
    Means(
        R.LIABILITY,
        ("WE", "BROKE"),
        within=4,
        in_order=True,
        unless=("ANYBODY", "PUBLIC", "UNBROKEN"),
    ),
    Means(
        R.LIABILITY,
        ("WE|PEOPLE|SOMEBODY", "PAST", "WRONG"),
        within=8,
        in_order=True,
        unless=("PUBLIC", "LOOKING", "ANYBODY"),
    ),
    Means(R.LIABILITY, ("WE|PEOPLE", "NOT_ENOUGH"), within=7, unless=("PUBLIC",)),
    Means(R.LIABILITY, ("YOU", "WRONGED"), within=5),
    Means(R.LIABILITY, ("BROKE|WRONGED", "BY_US"), within=5),
    Means(R.LIABILITY, ("HATTE", "NICHT", "DURFEN"), within=9),
    Means(R.ARGUMENT, ("NOBODY", "FORCED", "YOU"), within=7),
    Means(R.OF_AUTHOR, ("WE|PEOPLE|SOMEBODY", "PAST"), within=4, unless=_SOFT),
    Means(
        R.OF_AUTHOR,
        ("THE_CASE", "CASE", "WAS"),
        within=6,
        in_order=True,
        unless=(*_HARMLESS, "PRICE"),
    ),
    Means(R.OF_AUTHOR, ("WE", "WILL", "GIVE|GIVE_IT"), within=7, unless=_SOFT),
    Means(R.OF_AUTHOR, ("NO_WAY",), unless=_OPEN),
    Means(R.OF_AUTHOR, ("AMOUNT", "COMES"), within=4, unless=_SOFT),
    Means(R.OF_AUTHOR, ("PAST", "WRONG"), within=4, unless=("PUBLIC", "LOOKING")),
    Means(
        R.OF_AUTHOR,
        ("WE|OURS|PEOPLE", "PAST", "YOU"),
        within=8,
        before=("IF", "HOPE"),
        unless=("MESSAGE", "THEIRS_TO_SAY", "YOU_TOLD", "SOFT"),
    ),
    Means(
        R.OF_AUTHOR,
        ("WE|OURS|SOMEBODY", "PAST|NOT"),
        within=8,
        before=("IF", "HOPE"),
        unless=_SOFT,
    ),
    Means(R.OF_AUTHOR, ("WE|OURS", "CASE|GIFT|ASSET"), within=8, unless=_SOFT),
    Means(R.OF_AUTHOR, ("WAS", "WRONG|FALSE"), within=4, unless=_SOFT),
    Means(R.OF_AUTHOR, ("YOU_DO", "DID|PAST|NOT"), within=4, unless=_SOFT),
    Means(R.OF_AUTHOR, ("IT|THE_CASE", "DELIVERED|GAVE|ENDED"), unless=_SOFT),
    Means(R.OF_AUTHOR, ("WE", "GAVE|ENDED|BROKE|STOPPED"), unless=_HARMLESS),
    Means(R.OF_AUTHOR, ("OUR", "PEOPLE", "GAVE|STOPPED"), unless=_HARMLESS),
    Means(R.OUTCOME, ("DECIDED", "SURE_GIFT"), before=(), unless=_GENERAL),
    Means(R.OF_AUTHOR, ("SURE_GIFT",), unless=("ANYBODY", "HOW_TO")),
    Means(R.OF_AUTHOR, ("FAULT|BADLY", "WE|PEOPLE"), unless=_HARMLESS),
    Means(R.OF_AUTHOR, ("STOPPED", "ASSET"), within=8, unless=_HARMLESS),
    Means(R.OF_AUTHOR, ("CASE", "BE", "GAVE|ENDED"), within=6, unless=_HARMLESS),
    Means(R.OF_AUTHOR, ("WE", "SEE", "CASE|CASES"), unless=_HARMLESS),
    Means(R.OUTCOME, ("WE", "PAYS", "MONEY"), within=14, unless=_GENERAL),
    Means(
        R.OUTCOME,
        ("YOU", "PAYS|PAYS_YOU", "MONEY"),
        within=14,
        unless=(*_GENERAL, "YOU_PAY", "PRICE"),
    ),
    Means(
        R.OF_AUTHOR,
        ("WE|OURS|YOU", "MONEY"),
        within=ANYWHERE,
        before=(),
        unless=("PRICE",),
    ),
    Means(R.OF_AUTHOR, ("WE|YOU", "PAYS", "MONEY"), within=ANYWHERE, before=()),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("CUSTOMER", "YOU"),
        within=7,
        before=("SUPPOSE",),
        unless=("NO_CUSTOMER",),
    ),
    Means(
        R.CUSTOMER_RELATIONSHIP,
        ("CUSTOMER", "OURS"),
        within=2,
        before=("SUPPOSE",),
        unless=("NO_CUSTOMER",),
    ),
    Means(R.OF_AUTHOR, ("FALSE|OMBUDSMAN", "CLAIM|COMPLAINT|CASE"), unless=_GENERAL),
)


@dataclass(frozen=True, slots=True)
class _Book:
    """A language's words: whole, by beginning or ending, and which begin more words."""

    whole: Mapping[str, frozenset[str]]
    stems: Mapping[str, frozenset[str]]
    ends: Mapping[str, frozenset[str]]
    first: frozenset[str]


def _book(lexicon: Mapping[str, str]) -> _Book:
    whole: dict[str, set[str]] = defaultdict(set)
    stems: dict[str, set[str]] = defaultdict(set)
    ends: dict[str, set[str]] = defaultdict(set)
    first: set[str] = set()
    for kind, entries in lexicon.items():
        for entry in entries.split():
            said = entry.replace("_", " ")
            into = stems if said.endswith("*") else whole
            (ends if said.startswith("*") else into)[said.strip("*")].add(kind)
            if " " in said:
                first.add(said.split()[0])
    return _Book(_frozen(whole), _frozen(stems), _frozen(ends), frozenset(first))


def _frozen(some: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return {key: frozenset(kinds) for key, kinds in some.items()}


_BOOKS = tuple(_book(lexicon) for lexicon in LEXICONS)
_SENTENCES = re.compile(r"[^.!?;:\n]+(?:[.!?;:]+(?! )[^.!?;:\n]*)*")
_WORDS = re.compile(r"[^\W\d_]+|[%$€£]")
_NUMBER_BEFORE = re.compile(r"\d[.,]?-{0,2} ?(?:[A-Z]{1,2}(?=[$£]))?$")
_NUMBER_AFTER = re.compile(r" ?-?\.?\d")

_Marks = Mapping[str, Sequence[int]]


def find_meanings(text: str) -> Iterator[tuple[R, int, int]]:
    """Give what the clauses of a folded text say that no public line may say."""
    for sentence in _SENTENCES.finditer(text):
        words = list(_WORDS.finditer(text, sentence.start(), sentence.end()))
        for book in _BOOKS:
            marks = _in_sight(_marked([word[0] for word in words], book), words)
            for means in MEANINGS:
                found = _first(means, marks)
                if found is not None:
                    start, end = found
                    yield means.rule, words[start].start(), words[end].end()


def _marked(words: Sequence[str], book: _Book) -> _Marks:
    """Return where each class stands; of words said together, at the last."""
    marks: dict[str, set[int]] = defaultdict(set)
    lowered = [word.lower() for word in words]
    for at in range(len(words)):
        for forms in (words, lowered):
            starts = forms[at] in book.first
            for size in range(1, min(LONGEST if starts else 1, len(words) - at) + 1):
                for kind in _kinds(forms[at : at + size], book):
                    marks[kind].add(at + size - 1)
    return {kind: sorted(places) for kind, places in marks.items()}


def _in_sight(marks: _Marks, words: Sequence[re.Match[str]]) -> _Marks:
    """Leave out what the signs around a word tell: money without an amount, and yes.

    Without its accent ``sí`` is ``si``; a comma shows that it supposes nothing.
    """
    money = [at for at in marks.get("MONEY", ()) if _is_amount(at, words)]
    kept = {**marks, "MONEY": money}
    for kind in ("IF", "SUPPOSE"):
        kept[kind] = [at for at in marks.get(kind, ()) if not _is_yes(words[at])]
    return {kind: places for kind, places in kept.items() if places}


def _is_amount(at: int, words: Sequence[re.Match[str]]) -> bool:
    word = words[at]
    before = word.string[max(0, word.start() - LONGEST) : word.start()]
    return bool(
        _NUMBER_BEFORE.search(before)
        or _NUMBER_AFTER.match(word.string, word.end())
        or (at and words[at - 1][0].lower() in NUMBERS)
    )


def _is_yes(word: re.Match[str]) -> bool:
    return word[0].lower() == "si" and word.string[word.end() : word.end() + 1] == ","


def _kinds(words: Sequence[str], book: _Book) -> Iterator[str]:
    said = " ".join(words)
    yield from book.whole.get(said, ())
    begins = len(said) - len(words[-1])
    for end in range(begins or 1, min(len(said), begins + LONGEST_STEM) + 1):
        yield from book.stems.get(said[:end], ())
    if not begins:
        for size in range(1, min(LONGEST, len(said))):
            yield from book.ends.get(said[-size:], ())


def _first(means: Means, marks: _Marks) -> tuple[int, int] | None:
    """Return the first place where all parts stand near enough, unless taken back."""
    parts = [_any(part, marks) for part in means.parts]
    if not all(parts):
        return None
    for start in parts[0]:
        places = _from(start, parts, means)
        if places is None:
            continue
        first, end = min(places), max(places)
        is_before = any(marks.get(one, (end + 1,))[0] <= end for one in means.before)
        is_beside = any(
            _is_within(marks.get(one, ()), first - BESIDE, end + BESIDE)
            for one in means.unless
        )
        if not is_before and not is_beside:
            return first, end
    return None


def _is_within(places: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(places, first)
    return at < len(places) and places[at] <= last


def _any(part: str, marks: _Marks) -> Sequence[int]:
    kinds = part.split("|")
    if len(kinds) == 1:
        return marks.get(part, ())
    return sorted({place for kind in kinds for place in marks.get(kind, ())})


def _from(start: int, parts: Sequence[Sequence[int]], means: Means) -> list[int] | None:
    """Return the nearest place of each part around a first one, if all are near."""
    places = [start]
    for part in parts[1:]:
        after = bisect_right(part, places[-1] if means.in_order else start)
        near = [part[after]] if after < len(part) else []
        if not means.in_order and after:
            near.append(part[after - 1])
        if not near:
            return None
        places.append(min(near, key=lambda place: abs(place - start)))
    return places if max(places) - min(places) <= means.within else None
