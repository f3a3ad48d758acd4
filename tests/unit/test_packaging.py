from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bot

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = {
    "atproto": "atproto_client",
    "mastodon-py": "mastodon",
    "argon2-cffi": "argon2",
    "pyjwt": "jwt",
    "python-stdnum": "stdnum",
    "pyyaml": "yaml",
}
"""Of packages that are imported under another name than their own."""

UNSEEN = {"psycopg", "python-multipart", "tokenizers", "tzdata"}
"""What others load for us: a database driver, forms, fast tokenizers, the zones."""

EVERYTHING = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(package): release for package, release in pairs}


@pytest.mark.parametrize("line", EVERYTHING)
def test_every_declared_dependency_is_locked_at_a_release_it_allows(line: str) -> None:
    requirement = Requirement(line)

    locked = pins("lock.txt") | pins("torch.txt")

    assert locked[canonicalize_name(requirement.name)] in requirement.specifier


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_every_declared_dependency_is_used(line: str) -> None:
    name = canonicalize_name(Requirement(line).name)
    module = MODULES.get(name, name.replace("-", "_"))

    imported = re.compile(rf"^\s*(?:import|from) {module}\b", re.MULTILINE)
    users = [
        file
        for file in (ROOT / "bot").rglob("*.py")
        if imported.search(file.read_text(encoding="utf-8"))
    ]

    assert users or name in UNSEEN


def test_runtime_lock_is_the_part_of_the_full_lock_that_users_need() -> None:
    assert pins("runtime.txt").items() <= pins("lock.txt").items()
    assert "pytest" not in pins("runtime.txt")


@pytest.mark.parametrize("name", ["lock.txt", "runtime.txt", "openvino.txt"])
def test_locks_name_neither_torch_nor_cuda_nor_an_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()

    assert not re.search(r"^(torch|triton|nvidia|cuda)\b", text, flags=re.MULTILINE)
    assert "://" not in text
    assert not re.search(r"^-", text, flags=re.MULTILINE)


def test_installed_version_is_the_one_the_package_tells() -> None:
    assert version("answerable") == bot.__version__ == PROJECT["version"]


def test_command_line_starts_without_the_heavy_libraries() -> None:
    heavy = {"apscheduler", "fastapi", "praw", "sqlalchemy", "torch", "tweepy"}
    heavy |= {"httpx2", "mastodon", "transformers", "uvicorn"}
    program = f"import sys, bot.cli.main; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.stdout.strip(), done.stderr) == ("[]", "")
