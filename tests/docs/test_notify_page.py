"""What docs/how-to/notify.md tells to copy works as it stands."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from bot.bootstrap import App
from bot.clock import SystemClock
from bot.domain.ports import Notice
from bot.notify.webhook import Receiver, WebhookNotifier, key_of
from bot.settings import load_settings

PAGE = (Path(__file__).resolve().parents[2] / "docs/how-to/notify.md").read_text(
    encoding="utf-8"
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def block(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def addresses() -> dict[str, str]:
    return dict(re.findall(r"^\| ([A-Z][^|]+) \| `(\w+://[^`]+)`", PAGE, re.MULTILINE))


def test_the_settings_and_every_address_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text(block("yaml"), encoding="utf-8")
    found = addresses()
    names = re.findall(r"export (BOT_\w+)_FILE=", PAGE)
    hook = {"WEBHOOK": "https://desk.example.org/hook", "SECRET": SECRET}

    for address in found.values():
        environment = {
            name: hook.get(name.rpartition("__")[2], address) for name in names
        }
        by_rule = App(load_settings(file, environment)).by_rule

    assert len(found) == 6
    assert list(by_rule.ways) == [
        "log",
        "mail",
        "chat",
        "pager",
        "duty-phone",
        "desk-hook",
        "lead-mail",
    ]


@pytest.fixture
def arrived(httpserver: HTTPServer) -> tuple[dict[str, str], bytes]:
    httpserver.expect_request("/").respond_with_data()
    receiver = Receiver(url=httpserver.url_for("/"), key=key_of(SECRET))
    notice = Notice(key="k", to="agents", subject="s", body="b")
    WebhookNotifier("desk", receiver, SystemClock()).send(notice)
    [(request, _)] = httpserver.log
    headers = {name.lower(): value for name, value in request.headers.items()}
    return headers, request.get_data()


def test_the_receiver_believes_what_is_signed_and_nothing_else(
    arrived: tuple[dict[str, str], bytes],
) -> None:
    shown: dict[str, Any] = {}
    exec(block("python"), shown)
    verify = shown["verify"]
    headers, body = arrived
    late = {**headers, "webhook-timestamp": str(int(time.time()) - 301)}

    assert verify(SECRET, headers, body)
    assert not verify(SECRET, headers, body + b" ")
    assert not verify(SECRET, {**headers, "webhook-id": "msg_other"}, body)
    assert not verify(SECRET, late, body)
    assert not verify("whsec_" + "A" * 32, headers, body)
