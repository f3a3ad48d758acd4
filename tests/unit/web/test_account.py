"""What people change by themselves: how things are shown, sessions, the way in."""

from __future__ import annotations

import pytest

from bot.domain.staff import Role
from tests.consoles import PASSWORD, browser, code_of, secret_on, welcomed

OTHER = "seven tall ships at noon"


@pytest.fixture
def ada(console):
    client = browser(console)
    welcomed(console, client, "Ada", Role.AGENT)
    return client


def sign_in(client, password=PASSWORD):
    return client.post("/sign-in", data={"name": "Ada", "password": password})


def user(console):
    with console.store.reading() as work:
        return work.staff.named("Ada")


def test_how_things_are_shown_holds_from_the_next_page_on(console, ada):
    chosen = {"zone": "Europe/Berlin", "language": "en", "theme": "dark"}

    answer = ada.post("/account", data=chosen)

    assert answer.headers["location"] == "/account"
    found = user(console)
    assert (found.zone, found.language, found.theme) == tuple(chosen.values())
    assert "(Europe/Berlin)" in ada.get("/account").text


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Mars/Base"}, {"language": "tlh"}, {"theme": "plaid"}],
)
def test_what_is_not_there_cannot_be_chosen(console, ada, wrong):
    chosen = {"zone": "Europe/Berlin", "language": "en", "theme": "", **wrong}

    answer = ada.post("/account", data=chosen)

    assert answer.status_code == 422
    assert user(console).zone == ""


def test_ones_own_sessions_are_shown_and_one_of_them_ended(console, ada):
    other = browser(console)
    sign_in(other)
    with console.store.reading() as work:
        newest = work.staff.sessions(user(console).id)[0]

    ada.post(f"/account/sessions/{newest.id}/end")

    assert other.get("/").headers["location"] == "/sign-in?next=/"
    assert "this one" in ada.get("/account").text


def test_nobody_ends_anothers_session_by_its_number(console, ada):
    eve = browser(console)
    welcomed(console, eve, "Eve", Role.AGENT)

    eve.post("/account/sessions/1/end")

    assert ada.get("/account").status_code == 200


def test_a_new_password_ends_all_other_sessions(console, ada):
    other = browser(console)
    sign_in(other)

    answer = ada.post(
        "/account/password", data={"old": PASSWORD, "new": OTHER, "again": OTHER}
    )

    assert answer.status_code == 303
    assert ada.get("/account").status_code == 200
    assert other.get("/").headers["location"] == "/sign-in?next=/"
    assert sign_in(browser(console)).status_code == 401
    assert sign_in(browser(console), OTHER).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "status"),
    [
        ("not the old one", OTHER, OTHER, 401),
        (PASSWORD, OTHER, "another", 403),
        (PASSWORD, "short", "short", 403),
    ],
)
def test_the_password_stays_where_something_is_wrong(ada, old, new, again, status):
    answer = ada.post(
        "/account/password", data={"old": old, "new": new, "again": again}
    )

    assert answer.status_code == status


def test_an_open_browser_does_not_let_a_stranger_guess_the_password(ada):
    wrong = {"old": "a guess", "new": OTHER, "again": OTHER}

    answers = [ada.post("/account/password", data=wrong) for _ in range(6)]

    assert [one.status_code for one in answers] == [401] * 5 + [429]


def test_a_second_factor_is_set_up_by_choice_and_then_asked_for(console, ada, clock):
    page = ada.post("/account/factor", data={"password": PASSWORD})
    secret = secret_on(page)

    done = ada.post("/account/factor/code", data={"code": code_of(secret, clock.now())})

    assert "Recovery codes" in done.text
    again = sign_in(browser(console))
    assert again.headers["location"].startswith("/sign-in/code")


def test_a_wrong_code_sets_nothing_up(console, ada):
    ada.post("/account/factor", data={"password": PASSWORD})

    answer = ada.post("/account/factor/code", data={"code": "000000"})

    assert answer.status_code == 401
    assert not user(console).totp


def test_no_second_factor_is_begun_without_the_password(console, ada):
    answer = ada.post("/account/factor", data={"password": "a guess"})

    assert answer.status_code == 401
