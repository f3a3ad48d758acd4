from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain.staff import Role
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
