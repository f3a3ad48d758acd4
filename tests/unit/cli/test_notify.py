"""``bot notify test`` and what ``bot doctor`` says of ways, with a real server here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.cli.shell import run

ROOT = Path(__file__).resolve().parents[3]

FILE = """\
packs:
  house: {root}/config/packs/house/1
  regulation: {root}/config/packs/au.asic.rg271/2021-09.1
  templates: {root}/config/templates
database: {{url: "sqlite:///{folder}/a.db"}}
"""
WAYS = """\
notify:
  ways:
    chat: {{url: "json://127.0.0.1:{port}/chat"}}
    hook: {{webhook: "http://127.0.0.1:{port}/hook?key=hunter2", secret: {secret}}}
  rules:
    - {{to: [operator, agents], important: [hook, chat], default: [chat]}}
    - {{to: [lead], important: [hook], default: [log]}}
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def config(tmp_path: Path, httpserver: HTTPServer) -> str:
    file = tmp_path / "bot.yaml"
    text = FILE + WAYS
    file.write_text(
        text.format(root=ROOT, folder=tmp_path, port=httpserver.port, secret=SECRET),
        encoding="utf-8",
    )
    return str(file)


@pytest.fixture
def silent(tmp_path: Path) -> str:
    file = tmp_path / "bot.yaml"
    file.write_text(FILE.format(root=ROOT, folder=tmp_path), encoding="utf-8")
    return str(file)


def asked(server: HTTPServer) -> list[str]:
    return [request.path for request, _ in server.log]


def test_a_test_notice_goes_by_each_way_and_says_who_was_reached(
    config: str, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.expect_request("/chat").respond_with_data()
    httpserver.expect_request("/hook").respond_with_data()

    assert run("notify", "test", "--json", "--config", config) == 0

    assert json.loads(capsys.readouterr().out) == [
        {"way": "chat", "kind": "JSON", "state": "reached", "detail": ""},
        {"way": "hook", "kind": "signed webhook", "state": "reached", "detail": ""},
    ]
    assert asked(httpserver) == ["/chat", "/hook"]
    assert "nothing to do" in json.loads(httpserver.log[0][0].get_data())["message"]


def test_a_way_that_fails_is_named_with_its_answer_and_without_its_address(
    config: str, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.expect_request("/chat").respond_with_data()
    httpserver.expect_request("/hook").respond_with_data(status=410)

    assert run("notify", "test", "--config", config) == 1

    said = capsys.readouterr().out
    assert "FAILED" in said
    assert "HTTP 410" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("to", "paths"), [("agents", ["/hook", "/chat"]), ("lead", ["/hook"])]
)
def test_only_the_ways_of_one_queue_are_tried_where_it_is_named(
    config: str, httpserver: HTTPServer, to: str, paths: list[str]
) -> None:
    httpserver.expect_request("/chat").respond_with_data()
    httpserver.expect_request("/hook").respond_with_data()

    assert run("notify", "test", "--to", to, "--config", config) == 0

    assert asked(httpserver) == paths


def test_whom_only_a_line_in_the_log_tells_is_not_reached(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("notify", "test", "--to", "management", "--config", config) == 1

    assert "a line there reaches nobody" in capsys.readouterr().out


def looked(config: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    run("doctor", "--json", "--config", config)
    rows = json.loads(capsys.readouterr().out)
    return {row["what"]: row["detail"] for row in rows}


def test_the_doctor_names_each_way_with_whom_it_is_for_and_sends_nothing(
    config: str, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    found = looked(config, capsys)

    assert found["way log"] == (
        "a line in the log; for lead (default); whom no rule names"
    )
    assert found["way chat"] == "JSON; for operator, agents (important and default)"
    assert found["way hook"] == (
        "signed webhook; for operator, agents (important); lead (important); triggers"
    )
    assert "escalation_team" in found["notice rules"]
    assert "agents" not in found["notice rules"]
    assert asked(httpserver) == []


def test_without_rules_the_doctor_names_the_log_alone(
    silent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = looked(silent, capsys)

    assert [what for what in found if what.startswith(("way", "notice"))] == ["way log"]


def test_a_way_that_cannot_be_made_is_found_by_checking_the_settings(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path(config)
    file.write_text(
        file.read_text(encoding="utf-8").replace("json://", "foo://hunter2"),
        encoding="utf-8",
    )

    assert run("config", "check", "--config", config) == 2

    said = capsys.readouterr().err
    assert "notify.ways.chat.url: apprise knows no such address" in said
    assert "hunter2" not in said
