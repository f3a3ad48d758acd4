from __future__ import annotations

import pytest

from bot.cli.main import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(str(ended.value.code))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--frob"), "No such option: --frob"),
        (("frob",), "No such command 'frob'"),
        (("ticket", "show"), "See 'bot ticket show --help'."),
        (("ticket", "list", "--limit", "0"), "'--limit'"),
        (("reply", "list", "--state", "gone"), "'--state': 'gone' is not one of"),
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
