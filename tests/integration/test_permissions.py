"""Every role tries every route and gets exactly what the permission table says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.staff import RIGHTS, Right, Role, Viewer
from bot.domain.tickets import TicketId
from bot.settings import load_settings
from bot.web.app import application
from bot.web.gate import PUBLIC, signed_in
from tests.consoles import SAME_ORIGIN, routes_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "permissions.md"

ENDLESS = frozenset({"/live"})
"""What never ends for whoever may listen; that others may not is tried all the same."""


@pytest.fixture(scope="module")
def web(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FastAPI]:
    """The whole console; a session is whatever the test says."""
    folder = tmp_path_factory.mktemp("console")
    database = shutil.copy(migrated_file, folder / "console.db")
    file = folder / "bot.yaml"
    file.write_text(
        f"database: {{url: 'sqlite:///{database}'}}\n"
        f"hand_off: {{secret: '{'s' * 32}', url: 'https://desk.example'}}\n"
        "console: {oidc: {issuer: 'https://id.example', client_id: answerable,"
        " client_secret: s, roles: {agents: agent}}}\n"
    )
    app = App(load_settings(file, {}))
    yield application(app)
    app.close()


def address(path: str) -> str:
    """Put something that is not there into each place of a path."""
    return re.sub(r"\{[^}]*\}", "7", path)


def test_every_route_asks_for_one_right_or_is_known_to_be_public(web):
    wrong = {
        (method, path, tuple(sorted(rights)))
        for method, path, rights in routes_of(web)
        if (path in PUBLIC) is bool(rights) or len(rights) > 1
    }

    assert wrong == set()


def test_what_is_said_to_be_public_is_there(web):
    served = {path for _, path, _ in routes_of(web)}

    assert served >= PUBLIC


@pytest.mark.parametrize("role", Role)
def test_every_role_gets_exactly_what_the_table_says(web, role):
    ada = Viewer(
        name="Ada",
        role=role,
        zone="Australia/Sydney",
        cases=frozenset({TicketId(1)}),
    )
    web.dependency_overrides[signed_in] = lambda: ada
    client = TestClient(
        web, headers=SAME_ORIGIN, follow_redirects=False, raise_server_exceptions=False
    )
    wrong, tried = [], 0

    for method, path, rights in routes_of(web):
        if not rights or method == "HEAD":
            continue
        (right,) = rights
        may = right in RIGHTS[role]
        if may and path in ENDLESS:
            continue
        answer = client.request(method, address(path))
        tried += 1
        if answer.status_code >= 500 or was_refused(answer.text, role, right) is may:
            wrong.append((method, path, answer.status_code, may))

    assert wrong == []
    assert tried > 10


def was_refused(said: str, role: Role, right: Right) -> bool:
    words = right.value.replace("_", " ")
    return f"the role {role.value} may not do this ({words})" in said


def test_whoever_is_not_signed_in_gets_nothing(web):
    web.dependency_overrides.clear()
    client = TestClient(
        web, headers=SAME_ORIGIN, follow_redirects=False, raise_server_exceptions=False
    )

    answers = {
        (
            method,
            path,
            client.request(method, address(path)).status_code,
        )
        for method, path, rights in routes_of(web)
        if rights and method != "HEAD"
    }

    assert {
        (method, path, status)
        for method, path, status in answers
        if status != (303 if method == "GET" and not path.startswith("/api") else 401)
    } == set()


def test_nothing_that_changes_anything_comes_from_another_sites_page(web):
    client = TestClient(web, follow_redirects=False)

    answers = {
        (method, path): client.request(
            method, address(path), headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        for method, path, _ in routes_of(web)
        if method not in {"GET", "HEAD", "OPTIONS"}
        and path not in {"/hooks/{source}", "/h/{token}"}
    }

    assert set(answers.values()) == {403}


def test_the_page_says_what_the_table_says():
    written = PAGE.read_text(encoding="utf-8")
    heads = "| right | " + " | ".join(f"`{role.value}`" for role in Role) + " |"
    rows = [
        f"| `{right.value}` | "
        + " | ".join("yes" if right in RIGHTS[role] else "" for role in Role)
        + " |"
        for right in Right
    ]

    lines = {squeezed(line) for line in written.splitlines()}

    assert {squeezed(line) for line in (heads, *rows)} - lines == set()


def squeezed(line: str) -> str:
    return re.sub(r" +", " ", line)
