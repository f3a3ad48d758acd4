"""What somebody looks for, and what was found: words, phrases, an author, a key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from bot.domain.mentions import MentionId
from bot.domain.tickets import TicketId

MOST_UNITS = 12
"""Words and phrases of one question; nobody means more, and each takes time."""

AROUND = 120
"""Characters that are shown before and behind the first word that was found."""

_UNIT = re.compile(r'"([^"]*)"?|(\S+)')
_WORD = re.compile(r"[^\W_]+")
_KEY = re.compile(r"([TRM])-?0*([0-9]{1,18})", re.IGNORECASE)
_AUTHOR = re.compile(r"(?:from:@?|@)(\S+)", re.IGNORECASE)


class Kind(StrEnum):
    """Whose words are looked through: those of posts, of our replies, of our notes."""

    MENTION = "mention"
    REPLY = "reply"
    NOTE = "note"


class Unit(NamedTuple):
    """Words that must stand behind each other; ``is_open``: the last may go on."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody looks for; everything of it must be there.

    ``key``: it is nothing but the name of a ticket, reply or mention. ``is_whole``:
    nothing that was typed is left out of it.
    """

    units: tuple[Unit, ...] = ()
    author: str = ""
    key: tuple[str, int] | None = None
    is_whole: bool = True

    @property
    def has_words(self) -> bool:
        """Whether texts are looked for, and not a thing by its name."""
        return bool(self.units or self.author)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.has_words or self.key)


def asked(text: str) -> Question:
    """Read what somebody typed: ``lost bag "very rude" from:mia refun*``."""
    named = _KEY.fullmatch(text.strip())
    if named is not None:
        return Question(key=(named[1].upper(), int(named[2])))
    authors, units = [], []
    for phrase, single in _UNIT.findall(text):
        by = _AUTHOR.fullmatch(single)
        if by is not None:
            authors.append(by[1])
            continue
        words = words_in(phrase or single)
        if words:
            units.append(Unit(words, is_open=single.endswith("*")))
    return Question(
        units=tuple(units[:MOST_UNITS]),
        author=authors[-1] if authors else "",
        is_whole=len(units) <= MOST_UNITS and len(authors) <= 1,
    )


def words_in(text: str) -> tuple[str, ...]:
    """Cut a text into words: letters and digits, in small ones."""
    return tuple(_WORD.findall(text.lower()))


class Piece(NamedTuple):
    """A part of a text; ``is_found``: it is what was looked for."""

    text: str
    is_found: bool


def pieces(text: str, question: Question) -> Sequence[Piece]:
    """Cut a text where something was found, around the first such place."""
    marks = list(_found_in(text, question))
    start = max(marks[0][0] - AROUND, 0) if marks else 0
    end = min(max(start + 2 * AROUND, marks[0][1] if marks else 0), len(text))
    cut = [Piece("…", is_found=False)] if start else []
    at = start
    for begin, stop in marks:
        if stop > end:
            break
        cut += [Piece(text[at:begin], is_found=False), Piece(text[begin:stop], True)]  # noqa: FBT003 - a pair's second half
        at = stop
    rest = text[at:end] + ("…" if end < len(text) else "")
    return [one for one in (*cut, Piece(rest, is_found=False)) if one.text]


def _found_in(text: str, question: Question) -> Iterator[tuple[int, int]]:
    """Give where units stand in a text, in its order, none over another."""
    if not question.units:
        return
    parts = (
        r"[\W_]+".join(map(re.escape, unit.words))
        + (r"[^\W_]*" if unit.is_open else "")
        for unit in question.units
    )
    pattern = rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])"
    for found in re.finditer(pattern, text, re.IGNORECASE):
        yield found.span()


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Where it is looked for; what is empty narrows nothing.

    ``seen`` are the brands that whoever looks may see at all, every one if empty.
    """

    seen: frozenset[str] = field(default_factory=frozenset)
    brand: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something that was found; ``number`` is its own, by which a page goes on."""

    kind: Kind
    number: int
    text: str
    at: datetime
    brand: str
    channel: str
    who: str
    ticket_id: TicketId | None
    mention_id: MentionId | None = None


class Search(Protocol):
    """All words that were said, by an index from which they go when they go."""

    def find(
        self,
        kind: Kind,
        question: Question,
        within: Within,
        *,
        limit: int,
        before: int | None = None,
    ) -> Sequence[Hit]:
        """Return what holds everything that is asked for, the newest first.

        ``before`` goes on behind the last one of the page before.
        """
        ...
