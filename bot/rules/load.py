"""Packs from disk: safe YAML into frozen values, each mistake named by file and line."""

from __future__ import annotations

from pathlib import Path

from bot.domain.packs import HousePack, RegulationPack, Templates


def load_house(path: Path) -> HousePack:
    """Read ``config/packs/house/<version>/``; raises ``PackError``."""
    raise NotImplementedError(path)


def load_regulation(path: Path) -> RegulationPack:
    """Read ``config/packs/<regulation>/<version>/``; raises ``PackError``."""
    raise NotImplementedError(path)


def load_templates(path: Path) -> Templates:
    """Read ``config/templates/``; raises ``PackError``."""
    raise NotImplementedError(path)


def check_together(house: HousePack, templates: Templates) -> None:
    """Refuse a house whose languages lack wording; raises ``PackError``."""
    raise NotImplementedError(house, templates)
