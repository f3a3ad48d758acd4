"""In by an identity provider: a real one on loopback, and each of its lies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.services import staff
from bot.settings import load_settings
from bot.testing import ManualClock
from tests.consoles import browser, quick
from tests.platforms.oidc_server import CLIENT, SECRET, OidcServer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def provider(clock: ManualClock) -> Iterator[OidcServer]:
    with OidcServer(clock.now) as server:
        yield server
    assert server.crashes == []


@pytest.fixture
def brands() -> str:
    return "{}"


@pytest.fixture
def app(
    migrated_file: Path,
    tmp_path: Path,
    clock: ManualClock,
    provider: OidcServer,
    brands: str,
) -> Iterator[App]:
    database = shutil.copy(migrated_file, tmp_path / "console.db")
    file = tmp_path / "bot.yaml"
    file.write_text(f"""
database: {{url: 'sqlite:///{database}'}}
console:
  url: http://127.0.0.1
  oidc:
    issuer: {provider.base_url}
    client_id: {CLIENT}
    client_secret: {SECRET!r}
    label: Acme's own sign-in
    roles: {{chiefs: lead, agents: agent}}
    brands: {brands}
""")
    made = App(load_settings(file, {}), clock=clock)
    quick(made)
    yield made
    made.close()


def vouched(client: TestClient, to: str = "/") -> httpx2.Response:
    """Go to the provider and come back."""
    away = client.get("/sign-in/oidc", params={"next": to})
    back = httpx2.get(away.headers["location"])
    return client.get(back.headers["location"])


def user(app: App, name: str = "Ada"):
    with app.store.reading() as work:
        return work.staff.named(name)


def refusals(app: App) -> list[str]:
    with app.store.audit_log() as records:
        found = [one.entry for one in records if hasattr(one, "entry")]
    return [one.detail for one in found if one.action == "session.refused"]


def test_the_sign_in_page_offers_the_provider(app):
    assert "own sign-in" in browser(app).get("/sign-in").text


def test_whoever_is_vouched_for_is_in_with_the_role_that_a_claim_gives(app):
    client = browser(app)

    answer = vouched(client, "/queues?mine=1")

    assert answer.headers["location"] == "/queues?mine=1"
    assert client.get("/").headers["location"] == "/queues"
    assert (user(app).role, user(app).brands) == (Role.AGENT, frozenset())


def test_the_first_role_of_the_settings_counts(app, provider):
    provider.claims["groups"] = ["agents", "chiefs"]

    vouched(browser(app))

    assert user(app).role is Role.LEAD


def test_nobody_has_a_role_by_default(app, provider):
    provider.claims["groups"] = ["cooks"]
    client = browser(app)

    answer = vouched(client)

    assert answer.status_code == 403
    assert "gives you a role here" in answer.text
    assert user(app) is None
    assert '"oidc.no_role"' in refusals(app)[0]


def test_whoever_loses_their_role_there_is_not_left_signed_in_here(app, provider):
    client = browser(app)
    vouched(client)
    provider.claims["groups"] = []

    vouched(browser(app))

    assert client.get("/").headers["location"] == "/sign-in?next=/"


def test_another_role_there_is_another_role_here(app, provider):
    vouched(browser(app))
    provider.claims["groups"] = "chiefs"

    vouched(browser(app))

    assert user(app).role is Role.LEAD


def test_somebody_is_known_by_their_subject_whatever_they_are_called(app, provider):
    vouched(browser(app))
    provider.claims["preferred_username"] = "Ada Married"

    answer = vouched(browser(app))

    assert answer.status_code == 303
    assert user(app, "Ada Married") is None


def test_nobody_becomes_another_by_being_called_like_them(app):
    staff.add_user(app.store, app.clock, "ada", Role.OPERATOR, by="shell")

    answer = vouched(browser(app))

    assert answer.status_code == 403
    assert user(app).subject is None


def test_whoever_is_disabled_here_is_not_let_in_by_the_provider(app):
    vouched(browser(app))
    staff.disable(app.store, app.clock, "Ada", by="Grace")

    assert vouched(browser(app)).status_code == 403


@pytest.mark.parametrize(
    "lie",
    [
        "nonce",
        "audience",
        "expired",
        "issuer",
        "party",
        "key",
        "our_secret",
        "unsigned",
        "no_token",
    ],
)
def test_a_token_with_anything_wrong_lets_nobody_in(app, provider, lie):
    provider.lie = lie
    client = browser(app)

    answer = vouched(client)

    assert answer.status_code == 401
    assert user(app) is None
    assert client.get("/").headers["location"] == "/sign-in?next=/"
    assert len(refusals(app)) == 1


def test_a_provider_that_says_to_be_another_is_not_asked(app, provider):
    provider.lie = "issuer_document"

    answer = browser(app).get("/sign-in/oidc")

    assert answer.status_code == 401


def test_keys_that_changed_are_asked_for_anew(app, provider):
    vouched(browser(app))
    provider.rotate()

    assert vouched(browser(app)).status_code == 303


def test_a_code_of_anothers_try_lets_nobody_in(app):
    mallory, ada = browser(app), browser(app)
    away = mallory.get("/sign-in/oidc")
    back = httpx2.get(away.headers["location"]).headers["location"]
    ada.get("/sign-in/oidc")

    answer = ada.get(back)

    assert answer.status_code == 401
    assert '"oidc.state"' in refusals(app)[0]


def test_a_code_works_once(app):
    client = browser(app)
    away = client.get("/sign-in/oidc")
    note = client.cookies["answerable-step"]
    back = httpx2.get(away.headers["location"]).headers["location"]
    client.get(back)
    client.post("/sign-out")
    client.cookies.set("answerable-step", note)

    assert client.get(back).status_code == 401


def test_whoever_says_no_there_is_not_in_here(app):
    client = browser(app)
    client.get("/sign-in/oidc")

    answer = client.get("/sign-in/oidc/back", params={"error": "access_denied"})

    assert answer.status_code == 401


def test_a_try_is_over_after_ten_minutes(app, clock):
    client = browser(app)
    away = client.get("/sign-in/oidc")
    back = httpx2.get(away.headers["location"]).headers["location"]

    clock.advance(minutes=11)

    assert "took too long" in client.get(back).text


@pytest.mark.parametrize("kind", ["html", "drop", "not_an_object"])
def test_a_provider_that_is_away_is_told_of_and_asked_again_later(app, provider, kind):
    provider.fail_next(kind, path="/.well-known")
    client = browser(app)

    away = client.get("/sign-in/oidc")

    assert away.status_code == 401
    assert "does not answer" in away.text
    assert vouched(client).status_code == 303


class TestBrands:
    @pytest.fixture
    def brands(self) -> str:
        return "{acme-desk: [Acme], every-desk: []}"

    @pytest.mark.parametrize(
        ("groups", "seen"),
        [
            (["agents", "acme-desk"], {"Acme"}),
            (["agents", "acme-desk", "every-desk"], set()),
        ],
    )
    def test_a_claim_says_which_brands_somebody_sees(self, app, provider, groups, seen):
        provider.claims["groups"] = groups

        vouched(browser(app))

        assert user(app).brands == seen

    def test_whoever_has_no_brands_claim_is_not_let_in(self, app):
        assert vouched(browser(app)).status_code == 403
