"""What an operator does at /users: people, programs, regulators."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.domain.staff import Role
from bot.services import staff
from tests.consoles import PASSWORD, browser, looked_at, viewer, welcomed


@pytest.fixture
def grace(console):
    """Grace, an operator, at her desk."""
    return looked_at(console, viewer(Role.OPERATOR, "Grace"))


def shown_once(page):
    found = re.search(r'<code class="mono">([^<]+)</code>', page.text)
    assert found is not None
    return found[1]


def user(console, name="Ada"):
    with console.store.reading() as work:
        return work.staff.named(name)


def add(grace, name="Ada", role="agent"):
    return grace.post("/users", data={"name": name, "role": role})


def test_somebody_is_added_and_their_link_shown_this_once(console, grace):
    link = shown_once(add(grace))
    path = link.removeprefix("http://127.0.0.1:8080")

    client = browser(console)
    client.post(path, data={"password": PASSWORD, "again": PASSWORD})

    assert client.get("/").headers["location"] == "/queues"
    assert link not in grace.get("/users").text


@pytest.mark.parametrize("name", ["", "bot", "Ada"])
def test_a_name_that_is_taken_or_none_is_refused(console, grace, name):
    add(grace)

    assert add(grace, name).status_code in {409, 422}


def test_everybody_is_listed_a_page_at_a_time(console, grace):
    for number in range(51):
        staff.add_user(
            console.store, console.clock, f"user {number:02}", Role.AGENT, by="Grace"
        )

    first = grace.get("/users").text
    rest = grace.get("/users", params={"after": "user 49"}).text

    assert "user 49" in first
    assert "user 50" not in first
    assert "/users?after=user%2049" in first
    assert "user 50" in rest


def test_a_role_is_changed_and_holds_at_once(console, grace):
    client = browser(console)
    welcomed(console, client, "Ada", Role.AGENT)

    answer = grace.post(f"/users/{user(console).id}", data={"role": "brand_viewer"})

    assert answer.status_code == 303
    assert user(console).role is Role.BRAND_VIEWER
    assert client.get("/").headers["location"] == "/sign-in?next=/"


def test_a_brand_that_is_not_there_is_refused(console, grace):
    add(grace)

    answer = grace.post(
        f"/users/{user(console).id}", data={"role": "agent", "brands": ["Nowhere"]}
    )

    assert answer.status_code == 422


def test_nobody_makes_themselves_more(console, grace):
    add(grace, "Grace", "operator")
    number = user(console, "Grace").id

    changed = grace.post(f"/users/{number}", data={"role": "lead"})
    disabled = grace.post(f"/users/{number}/do/disable")

    assert (changed.status_code, disabled.status_code) == (403, 403)


def test_each_button_does_what_it_says(console, grace):
    client = browser(console)
    welcomed(console, client, "Ada", Role.AGENT)
    number = user(console).id

    grace.post(f"/users/{number}/do/revoke")
    assert client.get("/").headers["location"] == "/sign-in?next=/"

    grace.post(f"/users/{number}/do/disable")
    assert user(console).disabled_at is not None

    grace.post(f"/users/{number}/do/enable")
    assert user(console).disabled_at is None

    page = grace.post(f"/users/{number}/do/link")
    assert "/welcome/" in shown_once(page)


def test_a_lost_telephone_is_forgotten_with_a_new_link(console, grace):
    client = browser(console)
    welcomed(console, client, "Ada", Role.LEAD)

    grace.post(f"/users/{user(console).id}/do/link-without-factor")

    assert not user(console).totp
    assert user(console).recovery == ()


def test_a_page_of_somebody_who_is_not_there_is_not_found(grace):
    assert grace.get("/users/77").status_code == 404


def test_a_key_is_made_shown_once_and_revoked(console, grace):
    page = grace.post("/users/keys", data={"name": "crm", "role": "agent", "days": 9})
    key = shown_once(page)
    client = browser(console)
    header = {"Authorization": f"Bearer {key}"}
    before = client.get("/", headers=header).headers["location"]

    grace.post("/users/keys/revoke", data={"name": "crm"})

    assert before == "/queues"
    assert key not in grace.get("/users/keys").text
    assert client.get("/", headers=header).headers["location"] == "/sign-in?next=/"


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"days": 400}, {"role": "regulator"}, {"name": "bot"}]
)
def test_a_key_that_makes_no_sense_is_refused(grace, wrong):
    asked = {"name": "crm", "role": "agent", "days": 9, **wrong}

    assert grace.post("/users/keys", data=asked).status_code == 422


def test_whoever_sees_one_brand_gives_nobody_all_of_them(console):
    bound = replace(viewer(Role.OPERATOR, "Bo"), brands=frozenset({"Heron"}))
    client = looked_at(console, bound)

    assert client.get("/users").status_code == 403
    assert add(client).status_code == 403
    made = client.post("/users/keys", data={"name": "k", "role": "lead", "days": 9})
    assert made.status_code == 403
    assert user(console) is None


def test_a_number_that_no_database_holds_is_no_defect(grace):
    key = {"name": "crm", "role": "agent", "days": 10**12}

    assert grace.get(f"/users/{2**63}").status_code == 422
    assert grace.post("/users/keys", data=key).status_code == 422


def test_a_program_has_no_account(console, grace):
    page = grace.post("/users/keys", data={"name": "crm", "role": "agent", "days": 9})
    header = {"Authorization": f"Bearer {shown_once(page)}"}

    assert browser(console).get("/account", headers=header).status_code == 403
