from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.classify import _input
from tests.unit.cli.shell import run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--frob"), "No such option: --frob"),
        (("frob",), "No such command 'frob'"),
        (("ticket", "show"), "See 'bot ticket show --help'."),
        (("ticket", "list", "--limit", "0"), "'--limit'"),
        (("ticket", "list", "--status", "gone"), "'--status': 'gone' is not one of"),
        (("reply", "list", "--state", "gone"), "'--state': 'gone' is not one of"),
        (("ticket", "close", "1", "--by", " "), "give the name of the person"),
        (("ticket", "close", "1", "--by", "a\nb"), "give the name of the person"),
        (("reply", "approve", "1", "--by", "Bot"), "'Bot' stands in the log for what"),
        (("reply", "approve", "1", "--by", "house"), "what no person did"),
        (("reply", "stop", "--by", "ann", "--reason", ""), "'--reason': say why"),
    ],
)
def test_a_mistyped_command_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(*arguments)

    told = capsys.readouterr()
    assert code == 2
    assert said in told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""


@pytest.mark.parametrize("group", [(), ("ticket",), ("audit",), ("db",), ("config",)])
def test_naming_no_command_shows_the_help_and_nothing_else(
    group: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(*group)

    told = capsys.readouterr()
    assert code == 2
    assert "Commands" in told.out
    assert told.err == ""


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--version")

    assert code == 0
    assert capsys.readouterr().out.startswith("bot ")


@pytest.fixture
def own_settings(tmp_path: Path) -> str:
    """Settings with a database of their own, which is ready."""
    file = tmp_path / "bot.yaml"
    url = f"sqlite:///{tmp_path}/own.db"
    file.write_text(json.dumps({"database": {"url": url}}), encoding="utf-8")
    run("db", "upgrade", "--config", str(file))
    return str(file)


@pytest.mark.parametrize(
    "key", ["T-99999999999999999999", "9" * 5_000, "soon", "", "-", "T--3"]
)
def test_what_can_be_no_id_is_one_line(
    key: str, own_settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("ticket", "show", "--config", own_settings, "--", key)

    told = capsys.readouterr()
    assert code == 2
    assert "is no id" in told.err


def test_an_export_that_cannot_be_written_is_one_line(
    tmp_path: Path, own_settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(tmp_path / "no" / "file")

    code = run("audit", "export", "--config", own_settings, "--out", nowhere)

    assert code == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_unreadable_file(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("hello\n", encoding="utf-8")

    with pytest.raises(BrokenPipeError), _input(str(file)):
        raise BrokenPipeError
