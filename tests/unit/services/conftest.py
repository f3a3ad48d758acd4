"""A real store over an SQLite file, and a clock that the test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.storage.store import SqlStore
from bot.testing import FakePlatform, ManualClock


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'a.db')}")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def platform(clock: ManualClock) -> FakePlatform:
    return FakePlatform(clock)
