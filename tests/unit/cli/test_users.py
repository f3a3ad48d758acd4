from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.staff import Role
from tests.samples import ticket
from tests.unit.cli.shell import run


@pytest.fixture
def user(file, capsys):
    """Call ``bot user`` on a database; return its code and what it printed."""

    def call(*words):
        code = run("user", *words, "--db", f"sqlite:///{file}")
        said = capsys.readouterr()
        return code, said.out.strip(), said.err

    return call


def test_the_first_person_is_added_by_one_command_and_prints_their_link(
    tmp_path: Path, capsys
):
    url = f"sqlite:///{tmp_path}/new.db"

    code = run("user", "add", "Ada", "--role", "operator", "--db", url)

    printed = capsys.readouterr().out
    assert code == 0
    assert printed.startswith("http://127.0.0.1:8080/welcome/")


def test_a_user_is_listed_changed_disabled_and_enabled(user, store):
    user("add", "Ada", "--role", "agent")

    codes = [
        user("change", "Ada", "--role", "lead")[0],
        user("disable", "ada")[0],
        user("enable", "Ada")[0],
        user("unlock", "Ada")[0],
        user("revoke", "Ada")[0],
    ]

    assert codes == [0] * 5
    listed = json.loads(user("list", "--json")[1])
    assert [(one["name"], one["role"]) for one in listed] == [("Ada", "lead")]


@pytest.mark.parametrize("name", ["bot", "Shell", "nobody", " Ada", "a" * 61, ""])
def test_a_name_that_would_blur_the_log_is_refused(user, name):
    assert user("add", name, "--role", "agent")[0] == 2


def test_a_name_is_taken_for_people_and_programs_alike(user):
    user("add", "Ada", "--role", "agent")
    user("key", "crm", "--role", "agent")

    assert user("add", "CRM", "--role", "agent")[0] == 6
    assert user("key", "ada", "--role", "agent")[0] == 6


def test_nobody_changes_or_disables_themselves(user):
    user("add", "Ada", "--role", "operator")

    assert user("change", "Ada", "--role", "lead", "--by", "ada")[0] == 6
    assert user("disable", "Ada", "--by", "Ada")[0] == 6


def test_a_new_link_makes_the_one_before_void(user, store):
    first = user("add", "Ada", "--role", "agent")[1]
    second = user("password", "Ada")[1]

    with store.reading() as work:
        kept = work.staff.named("Ada").link

    assert first != second
    assert kept not in first + second


def test_a_brand_that_is_not_there_is_refused(user):
    code, _, said = user("add", "Ada", "--role", "brand_viewer", "--brand", "Nowhere")

    assert code == 2
    assert "Nowhere" in said


def test_a_key_is_printed_once_listed_without_itself_and_revoked(user):
    code, key, _ = user("key", "crm", "--role", "agent", "--days", "1")
    listed = user("keys", "--json")[1]

    assert code == 0
    assert key.startswith("ans_")
    assert key not in listed
    assert user("revoke-key", "crm")[1] == "the key is of no use any more"
    assert user("revoke-key", "crm")[1] == "it was revoked already"


def test_there_is_no_key_for_a_regulator(user):
    assert user("key", "crm", "--role", Role.REGULATOR)[0] == 2


@pytest.mark.parametrize("command", ["disable", "password", "revoke", "revoke-key"])
def test_whoever_is_not_there_is_named(user, command):
    code, _, said = user(command, "Mallory")

    assert code == 6
    assert "Mallory" in said


@pytest.fixture
def soon():
    return (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


def test_a_case_is_given_to_a_regulator_and_taken_back(user, store, soon):
    with store.work() as work:
        work.tickets.add(ticket())
    user("add", "Mae", "--role", "regulator")
    asked = ("give", "Mae", "T-000001", "--until", soon, "--reason", "in writing")

    given = user(*asked)[1]
    with store.reading() as work:
        found = work.staff.given(work.staff.named("Mae").id)
    taken = [user("take-back", "Mae", "T-1")[1] for _ in range(2)]

    assert given.startswith("1 cases are theirs to read until")
    assert [(one.ticket_id, one.given_by, one.reason) for one in found] == [
        (1, "shell", "in writing")
    ]
    assert taken == ["they cannot read it any more", "they did not have it"]


def test_no_case_is_given_to_anybody_else_or_that_is_not_there(user, store, soon):
    user("add", "Ada", "--role", "lead")
    user("add", "Mae", "--role", "regulator")
    with store.work() as work:
        work.tickets.add(ticket())
    rest = ("--until", soon, "--reason", "in writing")

    assert user("give", "Ada", "T-1", *rest)[0] == 6
    assert user("give", "Mae", "T-1", "T-2", *rest)[0] == 6
    with store.reading() as work:
        assert work.staff.given(work.staff.named("Mae").id) == []
