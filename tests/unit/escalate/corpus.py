"""The corpus of drafts, read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("guard_corpus.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One draft; ``rule`` is empty for one that may pass.

    ``known``: what stands in the corpus where a held-out draft is not blocked by its
    rule: ``missed``, ``held`` (for a second person), or the rule found instead.
    """

    part: str
    language: str
    text: str
    rule: str = ""
    known: str = ""


@cache
def drafts() -> tuple[Draft, ...]:
    return tuple(_read())


def _read() -> Iterator[Draft]:
    whole = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for part, by_language in whole.items():
        for language, kinds in by_language.items():
            for rule, text, *known in kinds["block"]:
                yield Draft(
                    part=part,
                    language=language,
                    text=text,
                    rule=rule,
                    known=known[0] if known else "",
                )
            for text in kinds["pass"]:
                yield Draft(part=part, language=language, text=text)
