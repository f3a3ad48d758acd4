"""``bot desk`` and what ``bot doctor`` says of desks, with a real server here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from bot.bootstrap import App
from bot.clock import SystemClock
from bot.domain.desks import Sending
from bot.services.desks import mirror_pending
from bot.settings import load_settings
from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.platforms.desks import TOKEN, USER, ZendeskServer
from tests.samples import ticket
from tests.unit.cli.shell import run
from tests.unit.services.world import log

ROOT = Path(__file__).resolve().parents[3]

FILE = """\
packs:
  house: {root}/config/packs/house/1
  regulation: {root}/config/packs/au.asic.rg271/2021-09.1
  templates: {root}/config/templates
database: {{url: "sqlite:///{folder}/a.db"}}
desks:
  support:
    kind: zendesk
    url: {url}
    user: {user}
    token: {token}
"""


@pytest.fixture
def server(httpserver: HTTPServer) -> ZendeskServer:
    made = ZendeskServer(ManualClock())
    httpserver.expect_request(re.compile(".*")).respond_with_handler(made)
    return made


@pytest.fixture
def config(
    tmp_path: Path, file: Path, server: ZendeskServer, httpserver: HTTPServer
) -> str:
    path = tmp_path / "bot.yaml"
    text = FILE.format(
        root=ROOT,
        folder=tmp_path,
        url=httpserver.url_for("/"),
        user=USER,
        token=TOKEN,
    )
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def given_up(config: str, server: ZendeskServer) -> None:
    """A ticket that the desk refused."""
    bot = App(load_settings(Path(config), {}))
    with bot.store.work() as work:
        work.tickets.add(ticket())
    server.fail_next.append("400")
    mirror_pending(bot.store, bot.mirrors, SystemClock())
    bot.close()


def test_what_was_given_up_is_listed_with_its_reason(
    config: str, given_up: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("desk", "list", "support", "--json", "--config", config) == 0

    [row] = json.loads(capsys.readouterr().out)
    assert (row["desk"], row["ticket"], row["state"], row["reason"]) == (
        "support",
        "T-000001",
        "given_up",
        "HTTP 400",
    )


def test_it_is_tried_anew_in_a_persons_name(
    config: str, given_up: None, server: ZendeskServer, store: SqlStore
) -> None:
    said = run("desk", "retry", "support", "--by", "dana", "--config", config)

    assert said == 0
    [entry] = log(store, "desk.taken_up")
    assert entry.actor == "dana"
    with store.reading() as work:
        assert work.desks.counts("support") == {Sending.WAITING: 1}
    bot = App(load_settings(Path(config), {}))
    assert mirror_pending(bot.store, bot.mirrors, SystemClock()) == 1
    bot.close()
    assert len(server.held) == 1


@pytest.mark.parametrize(
    "arguments", [("retry", "elsewhere", "--by", "dana"), ("list", "elsewhere")]
)
def test_a_desk_that_is_not_set_up_is_named(
    config: str, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("desk", *arguments, "--config", config) == 6

    assert "there are: support" in capsys.readouterr().err


def test_a_change_that_was_not_given_up_is_not_tried_anew(
    config: str, given_up: None, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run("desk", "retry", "support", "99", "--by", "dana", "--config", config)

    assert said == 6
    assert "nothing was given up under 99" in capsys.readouterr().err


@pytest.mark.parametrize("refuses", [False, True])
def test_the_doctor_signs_in_at_each_desk(
    config: str,
    server: ZendeskServer,
    capsys: pytest.CaptureFixture[str],
    refuses: bool,
) -> None:
    server.is_locked = refuses

    run("doctor", "--json", "--config", config)

    found = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    line = found["desk support"]
    assert line["state"] == ("TROUBLE" if refuses else "ok")
    assert ("does not let us in" if refuses else "agent 7; 0 changes wait") in (
        line["detail"]
    )
    assert TOKEN not in str(found)


def test_the_doctor_names_a_desk_that_was_not_told_everything(
    config: str, given_up: None, capsys: pytest.CaptureFixture[str]
) -> None:
    run("doctor", "--json", "--config", config)

    found = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["desk support"]["state"] == "TROUBLE"
    assert "1 changes were given up" in found["desk support"]["detail"]
