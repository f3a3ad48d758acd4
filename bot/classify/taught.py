"""What an operator teaches by examples: topics, and what is about a brand.

One YAML file, every mistake named with its line. Nothing is trained: the examples are
embedded when the program starts, and their hash is part of the id under which tags
are stored, so that the same tags can be made again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from bot.classify.examples import VERSION
from bot.documents import Key, read_document
from bot.errors import SettingsError

LEAST = 5
"""Example posts of one topic: with fewer nobody can say how near is near."""

LEAST_RELEVANT = 10
"""Example posts of each kind for a brand: with fewer, how many posts about it are lost
hangs on which ones they are."""

Post = Annotated[str, Field(min_length=1, max_length=2_000)]
Posts = tuple[Post, ...]
Phrases = tuple[Annotated[str, Field(min_length=1, pattern=r"\S")], ...]
Languages = tuple[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}$", to_lower=True)], ...
]
"""ISO 639 codes, in the case in which tags have them."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TopicPart(_Part):
    """One topic."""

    examples: Posts = Field(min_length=LEAST)


class RulePart(_Part):
    """What must hold of a text: every key that is set, any of what it lists."""

    id: str = Field(pattern=r"^[A-Za-z0-9][\w.-]{0,39}$")
    text: str = Field(min_length=1, max_length=200)
    words: Phrases = ()
    pattern: str = ""
    authors: Phrases = ()
    languages: Languages = ()
    links: Phrases = ()

    @field_validator("pattern")
    @classmethod
    def _can_be_read(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            message = f"this is no regular expression: {error}"
            raise ValueError(message) from None
        return pattern

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        asked = (self.words, self.pattern, self.authors, self.languages, self.links)
        if not any(asked):
            message = "it asks nothing; give words, pattern, authors, languages, links"
            raise ValueError(message)
        return self


class BrandPart(_Part):
    """What is about one brand, and what only seems to be."""

    include: tuple[RulePart, ...] = ()
    exclude: tuple[RulePart, ...] = ()
    relevant: Posts = ()
    irrelevant: Posts = ()
    set_aside_by_examples: bool = False
    """Whether examples alone may set a post aside; else they only say what it is."""


class Taught(_Part):
    """The whole file."""

    topics: dict[Annotated[str, Field(pattern=r"^[^\W_][\w-]{0,39}$")], TopicPart] = (
        Field(default_factory=dict)
    )
    none: Posts = ()
    relevance: dict[str, BrandPart] = Field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Name everything that decides an answer, in short."""
        written = f"{VERSION}\n{self.model_dump_json()}".encode()
        return f"{VERSION}@{hashlib.sha256(written).hexdigest()[:12]}"


def load(path: Path) -> Taught:
    """Read the file; raise ``SettingsError`` with every mistake in it."""
    document = read_document(path)
    taught = document.validated(Taught, document.data)
    problems = [
        f"{document.where(key)}: {'.'.join(map(str, key)) or 'the file'}: {words}"
        for key, words in _problems(taught)
    ]
    if problems:
        raise SettingsError("\n".join(problems))
    return taught


def check_brands(taught: Taught, path: Path, brands: Collection[str]) -> None:
    """Raise ``SettingsError`` for a brand that no mention can concern."""
    for name in taught.relevance:
        if name not in brands:
            where = read_document(path).where(("relevance", name))
            message = f"{where}: relevance.{name}: no brand or source has this name"
            raise SettingsError(message)


def _problems(taught: Taught) -> Iterator[tuple[Key, str]]:
    if not taught.topics and not taught.relevance:
        yield (), "it teaches nothing; name topics or relevance"
    if taught.none and not taught.topics:
        yield ("none",), "there are no topics of which it could be none"
    groups: dict[Key, Posts] = {
        ("topics", name, "examples"): one.examples
        for name, one in taught.topics.items()
    }
    yield from _twice(groups | {("none",): taught.none})
    for brand, part in taught.relevance.items():
        yield from _brand_problems(("relevance", brand), part)


def _twice(groups: Mapping[Key, Posts]) -> Iterator[tuple[Key, str]]:
    """Find posts that are written twice: as one topic's and another's they say both."""
    seen: dict[str, str] = {}
    for key, posts in groups.items():
        for place, post in enumerate(posts):
            plain = " ".join(post.casefold().split())
            if not plain:
                yield (*key, place), "an empty post is no example"
            elif plain in seen:
                yield (*key, place), f"the same post stands under {seen[plain]}"
            seen.setdefault(plain, ".".join(map(str, key)))


def _brand_problems(key: Key, part: BrandPart) -> Iterator[tuple[Key, str]]:
    rules = {"include": part.include, "exclude": part.exclude}
    ids: set[str] = set()
    words: dict[str, str] = {}
    for name, written in rules.items():
        for place, rule in enumerate(written):
            if rule.id in ids:
                yield (*key, name, place, "id"), f"{rule.id} stands here twice"
            ids.add(rule.id)
            for phrase in rule.words if _only_words(rule) else ():
                other = words.setdefault(phrase.casefold(), name)
                if other != name:
                    told = f"{phrase!r} alone both includes and excludes"
                    yield (*key, name, place, "words"), told
    if not any((part.include, part.exclude, part.relevant, part.irrelevant)):
        yield key, "it says nothing; give rules, or relevant and irrelevant posts"
    yield from _post_problems(key, part)


def _post_problems(key: Key, part: BrandPart) -> Iterator[tuple[Key, str]]:
    if part.set_aside_by_examples and not part.irrelevant:
        told = "there are no relevant and irrelevant posts that could set aside"
        yield (*key, "set_aside_by_examples"), told
    kinds = {"relevant": part.relevant, "irrelevant": part.irrelevant}
    yield from _twice({(*key, name): posts for name, posts in kinds.items()})
    if any(kinds.values()):
        for name, posts in kinds.items():
            if len(posts) < LEAST_RELEVANT:
                told = f"{len(posts)} posts, at least {LEAST_RELEVANT} of each kind"
                yield (*key, name), told


def _only_words(rule: RulePart) -> bool:
    return not (rule.pattern or rule.authors or rule.languages or rule.links)
