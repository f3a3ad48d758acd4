from __future__ import annotations

import importlib
import pkgutil
import re
from enum import IntEnum, StrEnum
from pathlib import Path

import pytest

import bot.domain
import bot.errors

PAGE = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
MODULES = [
    *(
        importlib.import_module(module.name)
        for module in pkgutil.iter_modules(bot.domain.__path__, "bot.domain.")
    ),
    bot.errors,
]
ENUMS = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type)
    and issubclass(value, StrEnum | IntEnum)
    and value.__module__ == module.__name__
]


def words_of(enum: type[StrEnum | IntEnum]) -> dict[str, str]:
    """Each member with what the page must show: `value`, or "name (number)"."""
    return {
        member.name: f"`{member.value}`"
        if isinstance(member, StrEnum)
        else f"{member.name.lower().replace('_', ' ')} ({member.value})"
        for member in enum
    }


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_value_of_every_enum_is_explained(enum: type[StrEnum | IntEnum]) -> None:
    page = PAGE.read_text(encoding="utf-8")

    missing = [name for name, shown in words_of(enum).items() if shown not in page]

    assert missing == []


def test_terms_that_name_a_class_name_one_that_exists() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][a-zA-Z]+)`", page))

    there = {name for module in MODULES for name in vars(module)}

    assert named - there == set()
