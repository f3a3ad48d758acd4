"""What a legal notice says against what it must say.

A draft can hold every item and still take the right back, shorten a limit, name another
day of receipt or another brand. The words that give it away are data, by language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.domain.letters import Finding, Wanted, Wording
from bot.domain.packs import Ask, EscalationBody, Unit

TIPPING_OFF = "RG 271.55"
"""Where a notice is told to leave out what tips somebody off."""

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)]\s))")
FIGURES = re.compile(
    r"(?<![\d./-])(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./-](\d{1,2})[./-](\d{2,4}))"
    r"(?![\d/-])"
)
LONGEST_GAP = 5
"""So many words may stand where a phrase has its dots."""

CENTURY = 2000
_Span = tuple[int, str]
"""A number, and the word of its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft as it is judged: the sections that are as they should be, and the rest.

    What is wrong by itself is told once, by its own item.
    """

    text: str
    free: str
    met: Mapping[str, str]


def plain(text: str) -> str:
    """Return a text without its line breaks and capitals."""
    return " ".join(text.split()).casefold()


def sentences(said: str) -> list[str]:
    """Cut a text into plain sentences."""
    return [plain(one) for one in SENTENCE.split(said) if one.strip()]


def contradictions(draft: Draft, wanted: Wanted, wording: Wording) -> Iterator[Finding]:
    """Name what a draft says against the right, the limits, the ticket and the law."""
    for item, look in LOOKS.items():
        told = look(draft, wanted, wording)
        if told:
            yield Finding(item=item, cite=_cite(item, wanted), is_met=False, told=told)


def _cite(item: str, wanted: Wanted) -> str:
    if item == "tipping_off":
        return TIPPING_OFF
    asks = {"right_taken_back": (Ask.RIGHT,), "wrong_limit": (Ask.LIMIT, Ask.RIGHT)}
    for ask in asks.get(item, ()):
        for name in wanted.required:
            if ask in wanted.contents.item(name).asks:
                return wanted.contents.item(name).cite
    return wanted.cite


# --- the right ----------------------------------------------------------------------


def _burdened(draft: Draft, wanted: Wanted, wording: Wording) -> str:
    names = _names(wanted.body, wording)
    taken = [_pattern(one, names, wording) for one in wording.taken]
    burden = [_pattern(one, names, wording) for one in wording.burden]
    for sentence, is_about in _told_of(draft, wanted, wording):
        against = [*taken, *burden] if is_about else taken
        if any(one.search(sentence) for one in against):
            whom = wanted.body.name if wanted.body else "an ombudsman"
            return f"takes back or burdens the right to go to {whom}: {sentence!r}"
    return ""


def _told_of(
    draft: Draft, wanted: Wanted, wording: Wording
) -> Iterator[tuple[str, bool]]:
    """Give each sentence, and whether it is about the body.

    It is where it names it, or stands where the right or its limit is told.
    """
    named = re.compile(rf"(?<!\w)(?:{_names(wanted.body, wording)})(?!\w)")
    items = wanted.contents.items
    for name, said in (("", draft.free), *draft.met.items()):
        asks = items[name].asks if name in items else ()
        is_its_place = Ask.RIGHT in asks or Ask.LIMIT in asks
        for sentence in sentences(said):
            yield sentence, is_its_place or named.search(sentence) is not None


def _names(body: EscalationBody | None, wording: Wording) -> str:
    """Return a pattern of what people call a body: whole, short, or what it is."""
    own: list[str] = []
    if body:
        capitals = "".join(one for one in body.name if one.isupper())
        host = re.sub(r"^https?://(?:www\.)?", "", body.web).split(".")[0]
        own = [plain(one) for one in (body.name, capitals, host) if len(one) > 1]
    return _any([*own, *map(plain, wording.bodies)]) or "(?!)"


def _pattern(phrase: str, names: str, wording: Wording) -> re.Pattern[str]:
    """Read a phrase: ``...`` are some words, ``(a|b)`` either, ``{body}`` its names."""
    turned = _any(map(plain, wording.negations)) or "(?!)"
    gap = rf"(?:\s+(?!(?:{turned})\b)[\w'’-]+){{0,{LONGEST_GAP}}}?\s+"
    text = re.escape(plain(phrase)).replace(r"\ \.\.\.\ ", gap)
    for escaped, meant in ((r"\(", "(?:"), (r"\)", ")"), (r"\|", "|")):
        text = text.replace(escaped, meant)
    text = text.replace(r"\{body\}", f"(?:{names})")
    return re.compile(rf"(?<!\w)(?:{text})(?!\w)")


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(one) for one in sorted(set(words), key=len, reverse=True))


# --- its limits ---------------------------------------------------------------------


def _other_limit(draft: Draft, wanted: Wanted, wording: Wording) -> str:
    allowed = _allowed(wanted, wording)
    for sentence, is_about in _told_of(draft, wanted, wording):
        strange = _spans(sentence, wording) - allowed if is_about else set()
        if strange:
            some = " and ".join(f"{n} {unit}" for n, unit in sorted(strange))
            return f"names {some}, which the pack does not give here: {sentence!r}"
    return ""


def _allowed(wanted: Wanted, wording: Wording) -> set[_Span]:
    """Return the limits that the pack gives, less those of other classes alone."""
    by_name = {
        name: {(item.limit.n, plain(one)) for one in wording.units[item.limit.unit]}
        for name, item in wanted.contents.items.items()
        if item.limit
    }
    own = {one for name in wanted.required for one in by_name.get(name, ())}
    others = {one for some in by_name.values() for one in some} - own
    given = wanted.body.limits if wanted.body else ()
    kin = [{plain(one) for one in some} for some in _units(wording)]
    said = {
        (n, word)
        for one in given
        for n, unit in _spans(plain(one), wording)
        for some in kin
        if unit in some
        for word in some
    }
    return (said - others) | own


def _units(wording: Wording) -> list[tuple[str, ...]]:
    """Return words of the units in which one has time; nobody is given hours."""
    some = (one for unit, one in wording.units.items() if unit is not Unit.HOURS)
    return [*some, wording.years]


def _spans(sentence: str, wording: Wording) -> set[_Span]:
    numbers = {plain(one): n for n, some in wording.numbers.items() for one in some}
    units = _any(plain(one) for some in _units(wording) for one in some)
    pattern = (
        rf"(?<![\w.,])(\d+{''.join(f'|{one}' for one in [_any(numbers)] if one)})"
        rf"(?:\s*\(\d+\))?[\s-]+({units})(?!\w)"
    )
    return {
        (int(one[1]) if one[1].isdigit() else numbers[one[1]], one[2])
        for one in re.finditer(pattern, sentence)
    }


# --- the ticket ---------------------------------------------------------------------


def _other_receipt(draft: Draft, wanted: Wanted, wording: Wording) -> str:
    phrases = [_pattern(one, "(?!)", wording) for one in wording.receipt]
    for sentence in sentences(draft.text):
        days = _days(sentence, wording)
        told = [one.end() for each in phrases for one in each.finditer(sentence)]
        if not days or not told:
            continue
        after = [one for at, one in days if at >= min(told)]
        meant = after[0] if after else days[-1][1]
        if wanted.received not in meant:
            ours = wanted.received.isoformat()
            return f"tells another day of receipt than {ours}: {sentence!r}"
    return ""


def _days(sentence: str, wording: Wording) -> list[tuple[int, set[date]]]:
    """Return where a sentence names days, each with all that it can mean.

    Empty where no such day is: that is never the day of receipt.
    """
    months = {plain(one): number for number, one in enumerate(wording.months, 1)}
    some = _any(months)
    written = (
        rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|\.)?\s(?:of\s)?({some}),?\s(\d{{4}})\b"
    )
    turned = rf"\b({some})\s(\d{{1,2}})(?:st|nd|rd|th)?,?\s(\d{{4}})\b"
    found = [
        (one.start(), {(int(one[3]), months[one[2]], int(one[1]))})
        for one in re.finditer(written, sentence)
    ]
    found += [
        (one.start(), {(int(one[3]), months[one[1]], int(one[2]))})
        for one in re.finditer(turned, sentence)
    ]
    for one in FIGURES.finditer(sentence):
        first, second, third, *_ = (int(part) for part in one.groups() if part)
        if one[1]:
            found.append((one.start(), {(first, second, third)}))
        else:
            year = third if third >= CENTURY else CENTURY + third
            found.append((one.start(), {(year, second, first), (year, first, second)}))
    return sorted(
        ((at, {day for one in some if (day := _day(*one))}) for at, some in found),
        key=lambda one: one[0],
    )


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _other_brand(draft: Draft, wanted: Wanted, _wording: Wording) -> str:
    own = plain(wanted.brand)
    others = {plain(one): one for one in wanted.other_brands if plain(one) != own}
    every = _any(one for one in (own, *others) if one)
    named = re.findall(rf"(?<!\w)(?:{every})(?!\w)", plain(draft.text)) if every else []
    strange = sorted({others[one] for one in named if one in others})
    if strange:
        return f"names {', '.join(strange)}, and the complaint is about {wanted.brand}"
    return ""


def _tips_off(draft: Draft, _wanted: Wanted, wording: Wording) -> str:
    phrases = [_pattern(one, "(?!)", wording) for one in wording.tipping_off]
    for sentence in sentences(draft.text):
        if any(one.search(sentence) for one in phrases):
            return f"may tip somebody off about a report or an inquiry: {sentence!r}"
    return ""


LOOKS: Mapping[str, Callable[[Draft, Wanted, Wording], str]] = {
    "right_taken_back": _burdened,
    "wrong_limit": _other_limit,
    "wrong_receipt": _other_receipt,
    "other_brand": _other_brand,
    "tipping_off": _tips_off,
}
"""What says, by the name of its finding, what is wrong; nothing where nothing is."""
