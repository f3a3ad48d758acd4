"""A database that a command may open, made anew for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.storage.store import SqlStore


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "a.db"))


@pytest.fixture
def store(file: Path) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{file}")
    yield opened
    opened.close()
