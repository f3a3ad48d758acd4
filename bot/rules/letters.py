"""Wording of legal notices from disk, each thing that a pack asks for in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain.letters import (
    Ending,
    LetterBook,
    LetterTemplate,
    Wording,
)
from bot.domain.packs import Ask, NoticeContents, RegulationPack, Unit
from bot.errors import PackError
from bot.rules.sources import Key, Source, read

WORDS = "words.yaml"
MONTHS = 12
BLANKS = ("{day}", "{month}", "{year}")

Books = Mapping[tuple[str, str], LetterBook]
"""Wording by pack and language."""

_Phrases = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)
]


class _WordsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    date: str
    months: Annotated[tuple[str, ...], Field(min_length=MONTHS, max_length=MONTHS)]
    outcome: dict[Ending, _Phrases]
    right: _Phrases
    denial: _Phrases
    waiver: _Phrases
    idle: _Phrases
    units: dict[Unit, _Phrases]
    numbers: dict[int, _Phrases]
    contact: dict[str, str]
    years: _Phrases | tuple[()] = ()
    bodies: _Phrases | tuple[()] = ()
    taken: _Phrases | tuple[()] = ()
    burden: _Phrases | tuple[()] = ()
    negations: _Phrases | tuple[()] = ()
    receipt: _Phrases | tuple[()] = ()
    tipping_off: _Phrases | tuple[()] = ()


_NOTICES = TypeAdapter(
    dict[str, LetterTemplate], config=ConfigDict(extra="forbid", frozen=True)
)


def load_letters(root: Path) -> Books:
    """Read ``config/letters/<language>/<pack>.yaml``; raises ``PackError``."""
    found = {}
    for folder in sorted(one for one in root.glob("[!._]*") if one.is_dir()):
        words = _wording(read(folder / WORDS))
        for file in sorted(folder.glob("*.yaml")):
            if file.name != WORDS:
                book = _book(file, folder.name, words)
                found[book.pack, book.language] = book
    return found


def _wording(source: Source) -> Wording:
    try:
        file = _WordsFile.model_validate(source.data)
    except ValidationError as error:
        raise _refused(source, error) from error
    if any(file.date.count(one) != 1 for one in BLANKS):
        raise source.error(("date",), "needs {day}, {month} and {year}, once each")
    for name, wanted in (("outcome", set(Ending)), ("units", set(Unit))):
        missing = sorted(wanted - set(getattr(file, name)))
        if missing:
            raise source.error((name,), f"lacks {', '.join(missing)}")
    if lost := sorted({"web", "email", "phone", "post"} - set(file.contact)):
        raise source.error(("contact",), f"lacks {', '.join(lost)}")
    return Wording(**{one: getattr(file, one) for one in _WordsFile.model_fields})


def _book(file: Path, language: str, wording: Wording) -> LetterBook:
    source = read(file)
    try:
        notices = _NOTICES.validate_python(source.data)
    except ValidationError as error:
        raise _refused(source, error) from error
    book = LetterBook(
        pack=file.stem,
        language=language,
        wording=wording,
        notices=notices,
        sha256=hashlib.sha256(source.sha256.encode()).hexdigest(),
    )
    for key, words in _headings(book):
        raise source.error(key, words)
    return book


def _headings(book: LetterBook) -> Iterator[tuple[Key, str]]:
    """Name headings by which two sections could not be told apart."""
    for notice, template in book.notices.items():
        seen = {" ".join(template.title.split()).casefold()}
        for name, section in template.sections.items():
            plain = " ".join(section.heading.split()).casefold()
            if not plain or plain in seen or "\n" in section.heading:
                words = "a heading must be one line, and no other section's"
                yield (notice, "sections", name, "heading"), words
            seen.add(plain)


def _refused(source: Source, error: ValidationError) -> PackError:
    first = error.errors()[0]
    key = tuple(one for one in first["loc"] if isinstance(one, str | int))
    return source.error(key, str(first["msg"]))


def letter_problems(pack: RegulationPack, book: LetterBook) -> Iterator[str]:
    """Name what a pack's notices must hold and their wording has no section for."""
    for notice, contents in pack.contents.items():
        template = book.notices.get(notice)
        if template is None:
            yield f"{book.language}/{pack.ref.id}: {notice} is not worded"
            continue
        for name in dict.fromkeys(_every(pack.classes, contents)):
            where = f"{book.language}/{pack.ref.id}: {notice}.{name}"
            section = template.sections.get(name)
            if section is None:
                yield f"{where}: has no section"
                continue
            asks = contents.item(name).asks
            if Ask.ISSUES in asks and not section.each:
                yield f"{where}: has no words for each issue"
            if Ask.OUTCOME in asks and set(section.by_outcome) != set(Ending):
                yield f"{where}: has no words for every outcome"
    for notice in sorted(book.notices.keys() - pack.contents.keys()):
        yield f"{book.language}/{pack.ref.id}: the pack has no notice {notice}"


def _every(classes: Iterable[str], contents: NoticeContents) -> Iterator[str]:
    for legal_class in classes:
        yield from contents.required(legal_class, is_refused=True)
