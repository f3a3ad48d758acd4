"""The API over a real database that the real triage filled."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from bot.bootstrap import App
from bot.domain.replies import LONGEST_REPLY
from bot.domain.staff import Role, Viewer
from bot.services.seal import seal_pending
from bot.services.staff import NewKey, make_key
from bot.services.triage import triage_pending
from bot.settings import load_settings
from bot.testing import ManualClock
from bot.web.app import application
from tests.consoles import looked_at, viewer
from tests.samples import NOON, mention, tags
from tests.unit.services.world import log

ROOT = Path(__file__).parents[2]

CALLS = settings(
    max_examples=12,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

STRICT = schemathesis.Config.from_dict(
    {
        "checks": {
            # An invented ETag is never the thing's.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "401", "403", "404", "409", "412", "429"]
            }
        }
    }
)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "bot.yaml"
    file.write_text(
        f"database: {{url: 'sqlite:///{tmp_path}/a.db'}}\n"
        "brands: {Kestrel Air: {}, Merle Bank: {}}\n",
        encoding="utf-8",
    )
    app = App(load_settings(file, {}), clock=ManualClock(NOON))
    app.unchecked_store.upgrade()
    with app.store.work() as work:
        stored = work.mentions.add(
            [
                mention(1, brand="Kestrel Air"),
                mention(2, brand="Merle Bank", text="Refund me, it has been weeks."),
                mention(3, brand="Kestrel Air", text="Still no answer from you."),
            ],
            source="agora",
            at=NOON,
        )
        work.mentions.tag([(one.id, tags()) for one in stored], NOON)
    triage_pending(app.store, app.policy, app.clock)
    seal_pending(app.store, app.clock)
    return app


@pytest.fixture
def agent(app: App) -> TestClient:
    return looked_at(app, viewer(Role.AGENT))


def keys(client: TestClient) -> list[str]:
    return [one["ticket"] for one in client.get("/api/v1/tickets").json()["items"]]


def test_pages_of_tickets_hold_every_ticket_once(agent: TestClient) -> None:
    first = agent.get("/api/v1/tickets", params={"limit": 2}).json()
    rest = agent.get(
        "/api/v1/tickets", params={"limit": 2, "cursor": first["next_cursor"]}
    ).json()

    seen = [one["ticket"] for one in (*first["items"], *rest["items"])]
    assert sorted(seen) == sorted(keys(agent))
    assert len(seen) == 3
    assert rest["next_cursor"] is None


def test_what_has_not_changed_is_not_sent_again(agent: TestClient) -> None:
    address = f"/api/v1/tickets/{keys(agent)[0]}"
    tag = agent.get(address).headers["etag"]

    again = agent.get(address, headers={"If-None-Match": tag})
    agent.post(f"{address}/claim")
    changed = agent.get(address, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


def test_a_writer_who_read_an_older_state_is_told(agent: TestClient) -> None:
    address = f"/api/v1/tickets/{keys(agent)[0]}"
    tag = agent.get(address).headers["etag"]
    agent.post(f"{address}/notes", json={"text": "first"})

    late = agent.post(
        f"{address}/notes", json={"text": "second"}, headers={"If-Match": tag}
    )

    assert late.status_code == 412
    assert late.headers["content-type"] == "application/problem+json"
    assert "second" not in agent.get(address).text


def test_a_write_that_is_sent_twice_is_done_once(agent: TestClient) -> None:
    address = f"/api/v1/tickets/{keys(agent)[0]}/notes"
    headers = {"Idempotency-Key": "note-1"}

    first = agent.post(address, json={"text": "call them"}, headers=headers)
    again = agent.post(address, json={"text": "call them"}, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    notes = [one for one in again.json()["events"] if one["name"] == "noted"]
    assert len(notes) == 1


def test_a_key_names_one_write_and_no_other(agent: TestClient) -> None:
    address = f"/api/v1/tickets/{keys(agent)[0]}/notes"
    headers = {"Idempotency-Key": "note-1"}
    agent.post(address, json={"text": "call them"}, headers=headers)

    other = agent.post(address, json={"text": "write to them"}, headers=headers)

    assert other.status_code == 403
    assert "take a new one" in other.json()["detail"]


def test_a_refused_write_may_be_sent_again_under_its_key(agent: TestClient) -> None:
    address, headers = f"/api/v1/tickets/{keys(agent)[0]}", {"Idempotency-Key": "k"}

    refused = agent.post(f"{address}/release", headers=headers)
    agent.post(f"{address}/claim")
    done = agent.post(f"{address}/release", headers=headers)

    assert (refused.status_code, done.status_code) == (403, 200)
    assert "idempotency-replayed" not in done.headers


def test_another_brands_tickets_are_not_there(app: App) -> None:
    theirs = looked_at(
        app,
        Viewer(
            name="Ben", role=Role.AGENT, zone="UTC", brands=frozenset({"Merle Bank"})
        ),
    )
    all_of_them = keys(looked_at(app, viewer(Role.AGENT)))
    own = theirs.get("/api/v1/tickets", params={"brand": "Merle Bank"}).json()["items"]
    hidden = set(all_of_them) - {one["ticket"] for one in own}

    assert len(own) == 1
    assert theirs.get("/api/v1/tickets").status_code == 403
    for key in hidden:
        assert theirs.get(f"/api/v1/tickets/{key}").status_code == 404
        assert theirs.post(f"/api/v1/tickets/{key}/claim").status_code == 404
    [read, claimed] = [
        one for one in log(app.store, "access.refused") if "not_theirs" in one.detail
    ]
    assert read.subject == "route:GET /api/v1/tickets/{key}"
    assert claimed.subject == "route:POST /api/v1/tickets/{key}/claim"
    mentions = theirs.get("/api/v1/mentions").json()["items"]
    assert {one["brand"] for one in mentions} == {"Merle Bank"}


def test_a_page_between_others_mentions_ends_and_goes_on(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.api.mentions.MOST", 1)
    monkeypatch.setattr("bot.web.api.mentions.LOOKS", 1)
    brands = frozenset({"Merle Bank"})
    theirs = looked_at(
        app, Viewer(name="Ben", role=Role.AGENT, zone="UTC", brands=brands)
    )
    every = looked_at(app, viewer(Role.AGENT)).get(
        "/api/v1/mentions", params={"limit": 200}
    )
    pages = [theirs.get("/api/v1/mentions").json()]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        found = theirs.get("/api/v1/mentions", params={"cursor": cursor}).json()
        pages.append(found)

    assert every.status_code == 200
    assert any(not one["items"] and one["next_cursor"] for one in pages)
    shown = {each["brand"] for one in pages for each in one["items"]}
    assert shown == set(brands)


def test_whoever_sees_one_brand_tells_nobody_of_all(app: App) -> None:
    brands = frozenset({"Merle Bank"})
    bound = Viewer(name="Bo", role=Role.OPERATOR, zone="UTC", brands=brands)
    asked = {"url": "https://desk.example/hook", "actions": ["ticket.*"]}

    answer = looked_at(app, bound).post("/api/v1/webhooks", json=asked)

    assert answer.status_code == 403


def test_a_program_never_agrees_to_a_reply(app: App) -> None:
    lead = looked_at(app, viewer(Role.LEAD, "Lea"))
    key = keys(lead)[0]
    drafted = lead.post(
        f"/api/v1/tickets/{key}/replies",
        json={"text": "We are sorry, and we look into it today."},
    ).json()
    lead.post(f"/api/v1/replies/{drafted['reply']}/submit")
    program = looked_at(
        app, Viewer(name="robot", role=Role.LEAD, zone="UTC", is_program=True)
    )

    answer = program.post(
        f"/api/v1/replies/{drafted['reply']}/approve",
        json={"text_sha256": drafted["text_sha256"]},
    )

    assert answer.status_code == 403
    assert "a person" in answer.json()["detail"]


def test_a_reply_is_no_longer_than_in_the_console(app: App) -> None:
    client = looked_at(app, viewer(Role.LEAD, "Lea"))

    answer = client.post(
        f"/api/v1/tickets/{keys(client)[0]}/replies",
        json={"text": "x" * (LONGEST_REPLY + 1)},
    )

    assert answer.status_code == 422
    assert f"at most {LONGEST_REPLY} characters" in answer.text


def test_the_sealed_log_is_read_on_from_where_it_ended(app: App) -> None:
    officer = looked_at(app, viewer(Role.COMPLIANCE_OFFICER))
    whole = officer.get("/api/v1/log", params={"limit": 200}).json()["items"]

    seen: list[Any] = []
    cursor = None
    while True:
        asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = officer.get("/api/v1/log", params=asked).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == whole
    assert "ticket.opened" in {one["action"] for one in whole}


def test_nobody_reads_what_their_role_may_not(agent: TestClient) -> None:
    answer = agent.get("/api/v1/log")

    assert answer.status_code == 403
    assert answer.json()["reasons"] == ["role.agent", "see_log"]


def test_the_description_is_for_whoever_is_signed_in(agent: TestClient) -> None:
    described = agent.get("/api/v1/openapi.json").json()

    assert described["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in described["paths"])


def test_a_receivers_secret_is_shown_once_and_lies_nowhere(
    app: App, tmp_path: Path
) -> None:
    operator = looked_at(app, viewer(Role.OPERATOR))
    asked = {"url": "https://desk.example/hook", "actions": ["ticket.*"]}
    headers = {"Idempotency-Key": "hook"}

    made = operator.post("/api/v1/webhooks", json=asked, headers=headers).json()
    again = operator.post("/api/v1/webhooks", json=asked, headers=headers).json()

    assert made["secret"].startswith("whsec_")
    assert again == {**made, "secret": None}
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("a.db*"))
    assert made["secret"].encode() not in kept


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example/hook",
        "ftp://desk.example/",
        "https://ola:pw@desk.example/",
        "https:///nowhere",
        "desk",
    ],
)
def test_entries_of_the_log_never_cross_the_network_in_clear(
    app: App, url: str
) -> None:
    operator = looked_at(app, viewer(Role.OPERATOR))

    answer = operator.post(
        "/api/v1/webhooks", json={"url": url, "actions": ["ticket.*"]}
    )

    assert answer.status_code == 422
    assert "https://host/path" in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.LEAD, Role.OPERATOR, Role.BRAND_VIEWER])
def test_no_call_breaks_the_contract_or_the_server(app: App, role: Role) -> None:
    """Schemathesis makes up calls from the description, fit and unfit ones."""
    asked = NewKey(name="robot", role=role, lasts=timedelta(days=1))
    key = make_key(app.store, app.clock, asked, by="Ola").token
    headers = {"Authorization": f"Bearer {key}"}
    schema = schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", application(app), headers=headers, config=STRICT
    )
    called: Counter[str] = Counter()

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in GenerationMode:

            @given(case=operation.as_strategy(generation_mode=mode))
            @CALLS
            def call(case: schemathesis.Case[Any]) -> None:
                case.call_and_validate()
                called[f"{case.method} {case.path}"] += 1

            call()

    assert len(called) == len(schema)
