"""A console over an SQLite file, and a clock that the test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.settings import load_settings
from bot.testing import ManualClock
from tests.consoles import quick


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def console(migrated_file: Path, tmp_path: Path, clock: ManualClock) -> Iterator[App]:
    database = shutil.copy(migrated_file, tmp_path / "console.db")
    file = tmp_path / "console.yaml"
    file.write_text(f"database: {{url: 'sqlite:///{database}'}}\n")
    app = App(load_settings(file, {}), clock=clock)
    quick(app)
    yield app
    app.close()
