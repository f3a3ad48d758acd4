"""Folders in which ``bot`` has worked, for tests that begin after that.

A whole run over the bundled posts takes a quarter of a minute, so one is made for all,
and each test takes a copy of what it left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.settings import load_settings

ROOT = Path(__file__).parents[1]
STREAM = "config/demo/stream.jsonl"
PROGRAM = "from bot.cli.main import main; main()"


def at_home(folder: Path) -> Path:
    """Give a folder what ``bot`` finds in its own: settings, packs, model, stream."""
    for name in ("config", "models"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    return folder


@dataclass(frozen=True, slots=True)
class House:
    """A folder after a command of the shipped settings; to be copied, not worked in."""

    folder: Path

    @property
    def said(self) -> tuple[str, str]:
        """What the command printed, and what it printed as errors."""
        out, err = (self.folder / name for name in ("out.txt", "err.txt"))
        return out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")

    def copied(self, folder: Path) -> Path:
        """Let another folder be as this one is."""
        shutil.copytree(self.folder / "var", folder / "var")
        return at_home(folder)


@pytest.fixture(scope="session")
def worked_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """After ``bot run --once``; one for all processes that test."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    house = House(shared / "worked")
    with (shared / "worked.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not house.folder.exists():
            made = at_home(tmp_path_factory.mktemp("worked"))
            worked_in(made, "run", "--once")
            made.rename(house.folder)
    return house


@pytest.fixture(scope="module")
def house_of_few(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> House:
    """After a replay of so many of the bundled posts as the file's ``FEW`` says."""
    folder = at_home(tmp_path_factory.mktemp("few"))
    posts = (folder / STREAM).read_text(encoding="utf-8").splitlines()
    few = "\n".join(posts[: request.module.FEW]) + "\n"
    (folder / "few.jsonl").write_text(few, encoding="utf-8")
    here = ("--db", "sqlite:///var/answerable.db")
    return worked_in(folder, "replay", "few.jsonl", "--json", *here)


def worked_in(folder: Path, *command: str) -> House:
    """Let ``bot`` do what it is told in a folder."""
    options = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"}
    outer = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    with (folder / "out.txt").open("w") as out, (folder / "err.txt").open("w") as err:
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *command],
            cwd=folder,
            env={**outer, **options},
            check=True,
            stdout=out,
            stderr=err,
        )
    return House(folder)


@pytest.fixture
def worked(
    worked_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    """An app in a copy of that house."""
    monkeypatch.chdir(worked_house.copied(tmp_path))
    app = App(load_settings(Path("config/bot.yaml"), {}))
    yield app
    app.close()
