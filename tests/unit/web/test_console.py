from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.settings import load_settings
from bot.web.app import application
from bot.web.headers import SECURITY
from bot.web.render import address_of
from tests.consoles import browser, looked_at, viewer, welcomed


@pytest.fixture
def app(tmp_path: Path) -> App:
    file = tmp_path / "bot.yaml"
    file.write_text(f"database: {{url: 'sqlite:///{tmp_path}/a.db'}}\n")
    return App(load_settings(file, {}))


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.AGENT, "/queues"),
        (Role.BRAND_VIEWER, "/dashboard"),
        (Role.OPERATOR, "/dashboard"),
        (Role.REGULATOR, "/cases"),
    ],
)
def test_everybody_is_led_to_the_first_room_that_is_theirs(
    app: App, role: Role, first: str
) -> None:
    answer = looked_at(app, viewer(role)).get("/")

    assert answer.headers["location"] == first


def test_a_link_that_is_good_still_is_not_in_the_programs_log(console, monkeypatch):
    said = []
    quiet = SimpleNamespace(info=lambda *_, **told: said.append(str(told)))
    monkeypatch.setattr("bot.web.console.logger", lambda _: quiet)

    answer = browser(console).head("/welcome/secret-token")

    assert answer.status_code == 405
    assert len(said) == 1
    assert "secret-token" not in said[0]


def test_whoever_is_not_signed_in_is_led_to_the_door(app: App) -> None:
    answer = TestClient(application(app), follow_redirects=False).get("/")

    assert answer.headers["location"] == "/sign-in?next=/"


def test_every_answer_tells_the_browser_to_trust_our_own_files_alone(
    app: App,
) -> None:
    answer = looked_at(app, viewer(Role.AGENT)).get("/static/console.css")

    assert answer.status_code == 200
    others = {name: SECURITY[name] for name in SECURITY if name != "Cache-Control"}
    assert {name: answer.headers[name] for name in others} == others


def test_a_static_file_is_kept_by_the_browser_if_its_address_names_its_content(
    app: App,
) -> None:
    client = looked_at(app, viewer(Role.AGENT))

    named = client.get(address_of("console.css"))
    unnamed = client.get("/static/console.css")

    assert "immutable" in named.headers["cache-control"]
    assert unnamed.headers["cache-control"] == "no-cache"


def test_a_refusal_says_whose_room_it_is_and_where_to_go(app: App) -> None:
    answer = looked_at(app, viewer(Role.AGENT)).get("/log")

    assert answer.status_code == 403
    assert 'aria-label="Main"' in answer.text
    assert "You are here as agent." in answer.text
    assert "<strong>lead</strong>, <strong>compliance officer</strong>." in answer.text
    assert "operator</strong>" not in answer.text
    assert 'href="/queues"><span>Go to: Queues' in answer.text


def test_whoever_is_refused_before_signing_in_is_shown_the_door(app: App) -> None:
    stranger = TestClient(application(app), follow_redirects=False)

    answer = stranger.post("/stops", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert 'href="/"><span>Go to the console' in answer.text
    assert stranger.get("/").headers["location"].startswith("/sign-in")
    assert 'aria-label="Main"' not in answer.text


def test_a_view_that_is_over_leads_to_no_room(console: App) -> None:
    client = browser(console)
    welcomed(console, client, "Mae", Role.REGULATOR)

    answer = client.get("/cases")

    assert answer.status_code == 403
    assert "Go to: " not in answer.text
