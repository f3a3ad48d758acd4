"""The stand-in against X's own OpenAPI documents, and alone in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from bot.connectors.x import XConnector, XSettings
from tests.connectors.x.test_x_replies import a_reply, reply_under
from tests.platforms.x_server import ACCOUNT_ID, CREDENTIALS, HANDLE, Post

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
DOCUMENTS = {
    "tweet": "openapi-2.147-tweet-names.json",
    "post": "openapi-2.167-post-names.json",
}
ROUTES = {
    f"/2/users/{ACCOUNT_ID}/mentions": "/2/users/{id}/mentions",
    f"/2/users/{ACCOUNT_ID}/tweets": "/2/users/{id}/tweets",
    f"/2/users/{ACCOUNT_ID}": "/2/users/{id}",
    f"/2/users/by/username/{HANDLE}": "/2/users/by/username/{username}",
}


@pytest.fixture
def document(names: str) -> Any:
    file = SHARED / "contracts" / "x" / DOCUMENTS[names]
    if not file.exists():
        pytest.skip(f"{DOCUMENTS[names]} is not beside the checkout")
    return json.loads(file.read_text(encoding="utf-8"))


def check(document: Any, schema: Any, instance: object) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(instance)


def operation(document: Any, method: str, path: str) -> Any:
    return document["paths"][ROUTES.get(path, path)][method.lower()]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[requests.Response]:
    """Every answer that requests hands to tweepy."""
    seen: list[requests.Response] = []
    send = requests.Session.send

    def kept(session: Any, request: Any, **more: Any) -> Any:
        answer = send(session, request, **more)
        seen.append(answer)
        return answer

    monkeypatch.setattr(requests.Session, "send", kept)
    return seen


def a_busy_day(server: Any, clock: Any) -> None:
    server.add_user("ghost", is_gone=True)
    own = server.add_post("We are open & glad.", HANDLE)
    for number in range(12):
        clock.advance(minutes=1)
        server.add_post(f"@{HANDLE} number {number}", "jane", counts={"like_count": 3})
    parcel = server.add_post("Acme lost my parcel", "bob")
    clock.advance(minutes=1)
    server.add_post("@AcmeCares " + "very long " * 60, "ghost", reply_to=own.id)
    server.add_post("RT @bob: Acme", "carl", repost_of=parcel.id)
    server.add_post("look acme", "dora", quote_of=own.id)
    gone = server.add_post("acme", "dora", quote_of=parcel.id, edit_of=parcel.id)
    clock.advance(minutes=1)
    server.add_post("acme?", "eve", reply_to=gone.id)
    server.delete_post(gone.id)


def test_every_answer_is_one_that_x_could_give(
    document: Any, answers: Any, server: Any, clock: Any, connect: Any, read: Any
) -> None:
    a_busy_day(server, clock)
    x = connect(query="acme")
    reply = a_reply(server)
    clock.advance(minutes=1)

    x.check()
    read(x, limit=10)
    x.send_reply(reply)
    x.find_reply(reply)
    x.find_removed([reply.in_reply_to, "1234567890"])

    assert len(answers) == 10
    for answer in answers:
        path = answer.request.path_url.split("?")[0]
        told = operation(document, answer.request.method, path)["responses"]
        schema = told[str(answer.status_code)]["content"]["application/json"]["schema"]
        check(document, schema, answer.json())


@pytest.mark.parametrize("names", ["tweet"])  # 2.167 describes none of these
@pytest.mark.parametrize(
    "fault", ["usage_cap", "rate_limit", "not_enrolled", "forbidden", "old_since_id"]
)
def test_every_problem_has_the_shape_of_xs_problems(
    server: Any, document: Any, fault: str
) -> None:
    server.fail_next(fault)
    body = requests.get(
        f"{server.base_url}/2/users/me",
        headers={"Authorization": f"Bearer {CREDENTIALS['bearer_token']}"},
        timeout=60,
    ).json()

    check(document, {"$ref": "#/components/schemas/Problem"}, body)


def test_every_request_is_one_that_x_describes(
    document: Any, server: Any, clock: Any, connect: Any, read: Any
) -> None:
    a_busy_day(server, clock)
    x = connect(query="acme")
    reply = a_reply(server)
    read(x, read(x, limit=10).cursor, limit=10)
    connect(consumer_key=None, **dict.fromkeys(list(CREDENTIALS)[2:])).check()
    x.send_reply(reply)
    x.find_reply(reply)
    x.find_removed([reply.in_reply_to])

    for one in server.requests:
        told = operation(document, one.method, one.path).get("parameters", [])
        known = {param["name"]: param["schema"] for param in resolved(document, told)}
        for name, value in one.query.items():
            assert name in known, f"{one.path} has no parameter {name}"
            check(document, known[name], parsed(document, known[name], value))


def resolved(document: Any, listed: list[Any]) -> Iterator[Any]:
    for one in listed:
        name = one.get("$ref", "").rpartition("/")[2]
        yield document["components"]["parameters"][name] if name else one


def parsed(document: Any, schema: Any, value: str) -> object:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    if schema["type"] == "array":
        return value.split(",")
    return int(value) if schema["type"] == "integer" else value


def test_what_is_sent_is_what_x_describes(
    document: Any, answers: Any, server: Any, x: Any
) -> None:
    x.send_reply(a_reply(server))

    [sent] = [one.request for one in answers if one.request.method == "POST"]
    body = operation(document, "POST", "/2/tweets")["requestBody"]
    check(
        document, body["content"]["application/json"]["schema"], json.loads(sent.body)
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/2/tweets/search/recent?query=a&max_results=5", "between 10 and 100"),
        ("/2/tweets/search/recent?query=a&max_results=5000", "between 10 and 100"),
        (f"/2/users/{ACCOUNT_ID}/mentions?max_results=4", "between 5 and 100"),
        (f"/2/users/{ACCOUNT_ID}/mentions?surprise=1", "surprise"),
        (f"/2/users/{ACCOUNT_ID}/mentions?since_id=x", "since_id"),
        (f"/2/users/{ACCOUNT_ID}/mentions?pagination_token=x", "pagination_token"),
        (f"/2/users/{ACCOUNT_ID}/mentions?expansions=everything", "everything"),
        ("/2/tweets/search/recent?query=(a", "errors processing"),
    ],
)
def test_wrong_requests_are_answered_as_x_does(
    server: Any, path: str, words: str
) -> None:
    answer = requests.get(
        server.base_url + path,
        headers={"Authorization": f"Bearer {CREDENTIALS['bearer_token']}"},
        timeout=60,
    )

    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"
    assert words in answer.text


def test_the_other_generations_field_names_are_refused(
    server: Any, names: str, connect: Any
) -> None:
    other = "post" if names == "tweet" else "tweet"

    health = connect(field_names=other).check()
    assert health.ok
    with pytest.raises(Exception, match="field_names"):
        connect(field_names=other).fetch(None, limit=10)


@contextmanager
def alone(state: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.platforms.x_server", "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        try:
            yield one.stdout.readline().strip()
        finally:
            one.kill()


def test_alone_in_a_process_it_remembers_what_it_accepted(tmp_path: Path) -> None:
    state = tmp_path / "x.jsonl"

    with alone(state) as base_url:
        made = requests.post(
            f"{base_url}/_test/add_post",
            json={"text": f"@{HANDLE} help", "author": "jane"},
            timeout=60,
        ).json()
        requests.post(
            f"{base_url}/_test/fail_next",
            json={"kind": "drop_after_accept", "method": "POST"},
            timeout=60,
        )
        reply = reply_under(Post(**made), "We are sorry.")
        settings = {"brand": "acme", "account": HANDLE, **CREDENTIALS}
        first = XConnector(XSettings.model_validate({**settings, "base_url": base_url}))
        with pytest.raises(Exception, match="did not say"):
            first.send_reply(reply)
        first.close()
    with alone(state) as base_url:
        second = XConnector(
            XSettings.model_validate({**settings, "base_url": base_url})
        )
        found = second.find_reply(reply)
        second.close()
        accepted = requests.get(f"{base_url}/_test/accepted", timeout=60).json()

    assert [one["id"] for one in accepted] == [found.external_id if found else None]
