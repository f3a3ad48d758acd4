"""The shipped packs, and broken copies of them."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

from bot.domain.packs import HousePack, RegulationPack, Templates
from bot.domain.platforms import PlatformPack
from bot.rules.load import (
    load_house,
    load_platforms,
    load_regulation,
    load_templates,
)

ROOT = Path(__file__).resolve().parents[3]
HOUSE = ROOT / "config" / "packs" / "house" / "1"
RG271 = ROOT / "config" / "packs" / "au.asic.rg271" / "2021-09.1"
PLATFORMS = ROOT / "config" / "packs" / "platforms" / "2026-11.1"
TEMPLATES = ROOT / "config" / "templates"
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))


@cache
def house() -> HousePack:
    return load_house(HOUSE)


@cache
def rg271() -> RegulationPack:
    return load_regulation(RG271)


@cache
def platforms() -> PlatformPack:
    return load_platforms(PLATFORMS)


@cache
def templates() -> Templates:
    return load_templates(TEMPLATES)


def copied(pack: Path, into: Path) -> Path:
    """Copy a pack with its folder names, so that it can be broken."""
    target = into / pack.parent.name / pack.name
    shutil.copytree(pack, target)
    return target


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} does not stand in {file.name}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
