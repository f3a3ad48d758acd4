"""The stand-in, and what is asked of it, against a description of Mastodon's API."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from tests.connectors.mastodon.test_mastodon_errors import a_reply
from tests.platforms.mastodon_server import HANDLE

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
FILE = SHARED / "contracts" / "mastodon" / "mastodon-openapi_schema.json"

pytestmark = pytest.mark.parametrize("kind", ["mastodon"])


@pytest.fixture
def document() -> Any:
    if not FILE.exists():
        pytest.skip("the description of Mastodon's API is not beside the checkout")
    return json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[requests.Response]:
    """Every answer that requests hands to Mastodon.py."""
    seen: list[requests.Response] = []
    send = requests.Session.send

    def kept(session: Any, request: Any, **more: Any) -> Any:
        answer = send(session, request, **more)
        seen.append(answer)
        return answer

    monkeypatch.setattr(requests.Session, "send", kept)
    return seen


def operation(document: Any, method: str, path: str) -> Any:
    """Find what is said of a route; a literal path comes before one with places."""
    paths = document["paths"]
    if path in paths:
        return paths[path][method.lower()]
    found = [
        known
        for known in paths
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", known), path)
    ]
    assert found, f"Mastodon describes no {path}"
    return paths[found[0]][method.lower()]


def check(document: Any, schema: Any, instance: object) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(instance)


def use_everything(server: Any, clock: Any, connect: Any, read: Any) -> Any:
    own = server.add_status("We are open.", HANDLE)
    clock.advance(minutes=1)
    server.add_status("not for me #acmebank", reply_to=own.id)
    server.add_status(f"@{HANDLE} hi", "bob", reply_to=own.id, spoiler="Banks")
    reply = a_reply(server)
    mastodon = connect(hashtags=["acmebank"], query="acme")
    first = read(mastodon, limit=2)
    clock.advance(minutes=1)
    server.edit_status(reply.in_reply_to, f"@{HANDLE} still nobody")
    read(mastodon, first.cursor)
    mastodon.send_reply(reply)
    mastodon.find_reply(reply)
    mastodon.send_private(reply)
    mastodon.find_private(reply)
    mastodon.find_removed([reply.in_reply_to, own.id, "1"])
    return mastodon


def test_every_answer_is_one_that_mastodon_describes(
    document: Any, answers: Any, server: Any, clock: Any, connect: Any, read: Any
) -> None:
    use_everything(server, clock, connect, read)

    assert len(answers) > 20
    for answer in answers:
        path = answer.request.path_url.split("?")[0]
        told = operation(document, answer.request.method, path)["responses"]
        assert str(answer.status_code) in told, path
        content = told[str(answer.status_code)].get("content")
        if content:
            check(document, content["application/json"]["schema"], answer.json())


def test_every_request_is_one_that_mastodon_describes(
    document: Any, server: Any, clock: Any, connect: Any, read: Any
) -> None:
    use_everything(server, clock, connect, read).check()

    for one in server.requests:
        told = operation(document, one.method, one.path)
        known = {param["name"]: param["schema"] for param in told.get("parameters", [])}
        for name, values in one.query.items():
            schema = known[name.removesuffix("[]")]
            assert (schema.get("type") == "array") == name.endswith("[]")
            for value in values:
                check(document, *typed(schema, value))
        if one.method == "POST":
            body = told["requestBody"]["content"]["application/json"]["schema"]
            form = {name: values[0] for name, values in one.sent.items()}
            check(document, body, form)
            assert "Idempotency-Key" in known


def typed(schema: Any, value: str) -> tuple[Any, Any]:
    """Read a query's word as what it stands for."""
    if schema.get("type") == "array":
        return schema["items"], value
    if schema.get("type") in {"integer", "boolean"}:
        return schema, json.loads(value)
    return schema, value
