"""The page's schema says what the reader takes, and the how-to's senders work."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.connectors.webhook import WebhookSettings, to_mention
from bot.errors import BadPayload
from tests.platforms.http_platform import Answer, Asked
from tests.platforms.webhook_receiver import Receiver, is_signed
from tests.platforms.webhook_sender import SECRET, item

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
PAYLOADS = ROOT / "tests" / "connectors" / "webhook" / "payloads" / "deliveries.json"


def blocks(page: str, kind: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [block for found, block in BLOCK.findall(text) if found == kind]


SCHEMA = Draft202012Validator(json.loads(blocks("connectors/webhook.md", "json")[0]))
SETTINGS = WebhookSettings.model_validate(
    {"brand": "Acme", "channel": "forum", "secret": SECRET}
)


def test_the_schema_takes_every_saved_item():
    saved = json.loads(PAYLOADS.read_text(encoding="utf-8"))

    for one in saved["deliveries"]:
        for raw in one["body"]:
            assert list(SCHEMA.iter_errors(raw)) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"text": "x", "published_at": 1772442000},
        item(text=7),
        item(event="liked"),
        item(kind="tweet"),
        item(control="ours"),
        item(author="ada"),
        item(id=""),
        item(id=[1]),
        item(text="x" * 100_001),
    ],
)
def test_what_the_schema_refuses_makes_no_sense_to_the_reader_either(odd):
    assert not SCHEMA.is_valid(odd)
    with pytest.raises(BadPayload):
        to_mention(odd, SETTINGS)


class Taker(Receiver):
    """Takes a delivery if its signature fits; the check is the tests' own."""

    def route(self, asked: Asked) -> Answer:
        if not is_signed(self, asked, SECRET, asked.raw):
            return Answer(401, {"error": "signature"})
        self.taken[asked.path] = asked.body
        return Answer(202, {"kept": True})


@pytest.mark.parametrize(("kind", "program"), [("sh", "sh"), ("python", "")])
def test_each_sender_of_the_how_to_delivers_what_can_be_read(
    tmp_path: Path, kind: str, program: str
) -> None:
    [sender] = [
        one for one in blocks("how-to/send-by-webhook.md", kind) if "/hooks/" in one
    ]
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "forum").write_text(SECRET + "\n", encoding="utf-8")
    here = "http://127.0.0.1:8080"

    with Taker() as taker:
        sender = sender.replace(here, taker.base_url)
        done = subprocess.run(
            [
                program or sys.executable,
                "-c",
                sender,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stdout.strip()) == (0, '{"kept": true}')
    body = taker.taken["/hooks/forum"]
    assert to_mention(body, SETTINGS).channel == "forum"
    assert SCHEMA.is_valid(body)
