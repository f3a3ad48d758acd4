"""What most pages are looked at over: a fresh database and no settings of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.settings import load_settings


@pytest.fixture
def app(own_file: Path, tmp_path: Path) -> Iterator[App]:
    (tmp_path / "bot.yaml").write_text("{}")
    url = {"BOT_DATABASE__URL": f"sqlite:///{own_file}"}
    with closing(App(load_settings(tmp_path / "bot.yaml", url))) as made:
        yield made
