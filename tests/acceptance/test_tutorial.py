"""The shell's tutorial is followed word for word: each command, and what it says."""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, Bot

pytestmark = pytest.mark.slow

LINES = re.MULTILINE | re.DOTALL
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?", flags=LINES)
CODE = re.compile(r'^python -c "\n(.*?)"$', flags=LINES)
VARIES = ("newest seal:", "took:", "BROKEN seal 45:", "also seal 45:", "(sealed ")
"""Beginnings of what hangs on the moment, or on the byte that is hit."""


def steps() -> Iterator[tuple[str, str]]:
    text = (ROOT / "docs" / "tutorial-shell.md").read_text(encoding="utf-8")
    yield from BLOCK.findall(text)


def plain(text: str) -> str:
    return " ".join(text.split())


def follow(bot: Bot, commands: str) -> str:
    said = ""
    for code in CODE.findall(commands):
        exec(code, {})
    for line in CODE.sub("", commands).splitlines():
        words = shlex.split(line)
        if line.startswith("make run "):
            words = ["bot", "run", *words[2].removeprefix("ARGS=").split()]
        if words[:1] == ["tail"]:
            said += Path(words[-1]).read_text(encoding="utf-8").splitlines()[-1]
        if words[:1] != ["bot"]:
            continue
        target = None
        if ">" in words:
            words, target = words[: words.index(">")], words[-1]
        answer = bot(*words[1:])
        assert "Traceback" not in answer.err, answer.err
        if target:
            Path(target).write_text(answer.out, encoding="utf-8")
        said += answer.out + answer.err
    return plain(said)


def missing(shown: str, said: str) -> list[str]:
    """Give each piece of the page's output that the command did not say."""
    lines = [line for line in shown.splitlines() if not any(v in line for v in VARIES)]
    pieces = [plain(part) for line in lines for part in line.split("...")]
    return [part for part in pieces if part.strip("─ ,}") and part not in said]


def test_the_tutorial_tells_what_happens(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    untrue = {}

    for commands, shown in steps():
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
        printed = shown.replace("[y/N]: y\n", "[y/N]: ")
        if wrong := missing(printed, follow(bot, commands)):
            untrue[commands] = wrong

    assert untrue == {}
