"""What the page on desks shows is taken as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pytest_httpserver import HTTPServer

from bot.bootstrap import App
from bot.domain.tickets import TicketStatus
from bot.notify.desks import Account, desk_of
from bot.settings import load_settings
from bot.testing import ManualClock

PAGE = (Path(__file__).resolve().parents[2] / "docs/how-to/desks.md").read_text(
    encoding="utf-8"
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_settings_are_taken_and_make_every_desk(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text(block("yaml"), encoding="utf-8")
    names = re.findall(r"export (BOT_\w+)_FILE=", PAGE)
    environment = dict.fromkeys(names, SECRET)

    mirrors = App(load_settings(file, environment)).mirrors

    assert [(one.name, one.desk.kind) for one in mirrors] == [
        ("support", "Zendesk"),
        ("engineering", "Jira"),
        ("helpdesk", "Freshdesk"),
        ("crm", "Salesforce"),
        ("own-system", "signed webhook"),
    ]
    assert mirrors[1].queues == {"escalation_team", "management"}


def test_the_answer_that_a_webhook_may_give_is_understood(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_request("/states").respond_with_json(json.loads(block("json")))
    account = Account(
        name="own",
        kind="webhook",
        url="https://tickets.example.org/hook",
        changes=httpserver.url_for("/states"),
        token=SECRET,
    )

    page = desk_of(account, ManualClock()).changes(None)

    [state] = page.states
    assert (state.status, state.assignee) == (TicketStatus.CLOSED, "77")
    assert (page.cursor, page.more) == ("41", False)
