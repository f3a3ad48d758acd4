"""Through the door: a link, a password, a second factor, a session, and out again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from bot.clock import ReplayClock
from bot.domain.staff import Role
from bot.services import staff
from bot.services.passwords import Passwords
from bot.web.app import application
from tests.consoles import (
    HERE,
    PASSWORD,
    SAME_ORIGIN,
    browser,
    code_of,
    invited,
    secret_on,
    welcomed,
)


def entries(app, action=""):
    with app.store.audit_log() as records:
        found = [one.entry for one in records if hasattr(one, "entry")]
    return [one for one in found if one.action.startswith(action)]


def signs_in(client, name="Ada", password=PASSWORD, to="/"):
    return client.post(
        "/sign-in", data={"name": name, "password": password, "next": to}
    )


@pytest.fixture
def ada(console):
    """Ada has a password and was signed out."""
    client = browser(console)
    welcomed(console, client, "Ada", Role.AGENT)
    client.post("/sign-out")
    return client


def test_the_page_tells_whoever_comes_first_how_to_begin(console):
    page = browser(console).get("/sign-in")

    assert "bot user add NAME --role operator" in page.text


def test_a_link_leads_to_a_password_of_ones_own_and_in(console):
    client, link = browser(console), invited(console, "Ada", Role.AGENT)

    answer = client.post(link, data={"password": PASSWORD, "again": PASSWORD})

    assert answer.headers["location"] == "/"
    assert client.get("/").headers["location"] == "/queues"


def test_looking_at_a_link_does_not_use_it_up_and_setting_a_password_does(console):
    client, link = browser(console), invited(console, "Ada", Role.AGENT)
    assert [client.get(link).status_code for _ in range(2)] == [200, 200]

    client.post(link, data={"password": PASSWORD, "again": PASSWORD})

    assert browser(console).get(link).status_code == 410


def test_a_link_is_over_after_three_days(console, clock):
    link = invited(console, "Ada", Role.AGENT)

    clock.advance(days=3)

    assert browser(console).get(link).status_code == 410


@pytest.mark.parametrize(
    ("password", "again"),
    [
        ("short", "short"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa"),
        ("ada ada ada ada!", "ada ada ada ada!"),
        (PASSWORD, PASSWORD + "!"),
    ],
)
def test_a_password_that_others_would_guess_is_not_taken(console, password, again):
    client, link = browser(console), invited(console, "Ada", Role.AGENT)

    answer = client.post(link, data={"password": password, "again": again})

    assert answer.status_code == 403
    assert client.get("/").headers["location"] == "/sign-in?next=/"


def test_a_password_leads_in_and_to_where_one_wanted_to_go(ada):
    answer = signs_in(ada, to="/queues?mine=1")

    assert answer.headers["location"] == "/queues?mine=1"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org", "/\\example.org", "x"]
)
def test_nobody_is_led_to_another_site(ada, elsewhere):
    assert signs_in(ada, to=elsewhere).headers["location"] == "/"


def test_a_password_hashed_by_parameters_of_yesterday_is_hashed_anew(console, ada):
    def kept():
        with console.store.reading() as work:
            return work.staff.named("Ada").password

    before = kept()
    stronger = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    console.sign_in._passwords = Passwords(stronger)

    assert signs_in(ada).status_code == 303
    assert kept() != before
    assert "t=2" in kept()
    assert signs_in(ada).status_code == 303


@pytest.mark.parametrize("name", ["ADA", "ada"])
def test_capitals_of_a_name_do_not_matter(ada, name):
    assert signs_in(ada, name).status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [("Ada", "not her password"), ("Eve", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_name_are_told_the_same(ada, name, password):
    answer = signs_in(ada, name, password)

    assert answer.status_code == 401
    assert "name and password do not belong together" in answer.text


def test_the_session_is_a_new_one_at_every_sign_in(ada):
    tokens = set()
    for _ in range(2):
        signs_in(ada)
        tokens.add(ada.cookies["answerable"])

    assert len(tokens) == 2


def test_a_session_cookie_is_hidden_from_scripts_and_other_sites(ada):
    said = signs_in(ada).headers["set-cookie"]

    assert "answerable=" in said
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert "Secure" not in said


def test_away_from_the_machine_itself_the_cookie_goes_by_https_alone(console):
    client = browser(console, at="https://desk.example")
    welcomed(console, client, "Ada", Role.AGENT)

    said = signs_in(client).headers["set-cookie"]

    assert "__Host-answerable=" in said
    assert "Secure" in said


def test_no_password_is_taken_over_http_from_another_machine(console):
    client = browser(console, at="http://desk.example")

    answer = client.post(
        "/sign-in",
        data={"name": "Ada", "password": PASSWORD},
        headers={"Origin": "http://desk.example"},
    )

    assert answer.status_code == 403
    assert "https" in answer.text


def test_neither_token_nor_password_is_kept_as_it_is(console, ada):
    signs_in(ada)
    token = ada.cookies["answerable"]

    kept = console.settings.database.url.removeprefix("sqlite:///")
    with open(kept, "rb") as file, open(kept + "-wal", "rb") as log:  # noqa: PTH123
        written = file.read() + log.read()

    assert token.encode() not in written
    assert PASSWORD.encode() not in written


def test_signing_out_ends_the_session_here_and_there(ada):
    signs_in(ada)
    token = ada.cookies["answerable"]

    ada.post("/sign-out")

    ada.cookies.set("answerable", token)
    assert ada.get("/").headers["location"] == "/sign-in?next=/"


def test_a_session_that_is_not_used_ends(ada, clock):
    signs_in(ada)
    clock.advance(minutes=119)
    assert ada.get("/").headers["location"] == "/queues"

    clock.advance(hours=2)

    assert ada.get("/").headers["location"] == "/sign-in?next=/"


def test_a_session_that_is_used_all_day_ends_too(ada, clock):
    signs_in(ada)
    for _ in range(7):
        clock.advance(minutes=100)
        assert ada.get("/").headers["location"] == "/queues"

    clock.advance(minutes=20)

    assert ada.get("/").headers["location"] == "/sign-in?next=/"


def test_that_a_session_is_in_use_is_written_once_a_minute(console, ada, clock):
    signs_in(ada)
    seen = []
    for _ in range(3):
        clock.advance(seconds=40)
        ada.get("/")
        with console.store.reading() as work:
            seen.append(work.staff.sessions(work.staff.named("Ada").id)[0].seen_at)

    assert len(set(seen)) == 2


def test_whoever_is_disabled_is_out_at_once_and_is_told_no_more_than_others(
    console, ada
):
    signs_in(ada)

    staff.disable(console.store, console.clock, "Ada", by="Grace")

    assert ada.get("/").headers["location"] == "/sign-in?next=/"
    assert "do not belong together" in signs_in(ada).text


# --- the second factor


@pytest.fixture
def grace(console):
    """Grace, an operator, has a second factor and was signed out."""
    client = browser(console)
    secret = welcomed(console, client, "Grace", Role.OPERATOR)
    client.post("/sign-out")
    return client, secret


@pytest.mark.parametrize("role", Role)
def test_leads_officers_and_operators_need_a_second_factor(console, role):
    client, link = browser(console), invited(console, "Ada", role)

    answer = client.post(link, data={"password": PASSWORD, "again": PASSWORD})

    needed = role in {Role.LEAD, Role.COMPLIANCE_OFFICER, Role.OPERATOR}
    assert answer.headers["location"].startswith("/sign-in/factor") is needed
    assert ("answerable" in client.cookies) is not needed


def test_a_second_factor_is_a_picture_that_the_policy_of_content_lets_through(console):
    client, link = browser(console), invited(console, "Grace", Role.OPERATOR)
    client.post(link, data={"password": PASSWORD, "again": PASSWORD})

    page = client.get("/sign-in/factor")

    assert '<img src="data:image/svg+xml' in page.text
    assert "img-src 'self' data:" in page.headers["content-security-policy"]


def test_a_password_alone_is_not_enough_where_there_is_a_second_factor(grace):
    client, _ = grace

    answer = signs_in(client, "Grace")

    assert answer.headers["location"].startswith("/sign-in/code")
    assert client.get("/").headers["location"] == "/sign-in?next=/"


def test_a_code_leads_in_once(grace, clock):
    client, secret = grace
    clock.advance(minutes=1)
    code = code_of(secret, clock.now())
    signs_in(client, "Grace")
    first = client.post("/sign-in/code", data={"code": code})
    signs_in(client, "Grace")

    second = client.post("/sign-in/code", data={"code": code})

    assert first.headers["location"] == "/"
    assert second.status_code == 401


def test_the_code_that_set_the_factor_up_does_not_lead_in(grace, clock):
    client, secret = grace
    signs_in(client, "Grace")

    answer = client.post("/sign-in/code", data={"code": code_of(secret, clock.now())})

    assert answer.status_code == 401


def test_a_recovery_code_leads_in_once(console, clock):
    client, link = browser(console), invited(console, "Grace", Role.OPERATOR)
    client.post(link, data={"password": PASSWORD, "again": PASSWORD})
    secret = secret_on(client.get("/sign-in/factor"))
    page = client.post("/sign-in/factor", data={"code": code_of(secret, clock.now())})
    code = page.text.split("<li>")[1].split("</li>")[0].upper()
    answers = []
    for _ in range(2):
        client.post("/sign-out")
        signs_in(client, "Grace")
        answers.append(client.post("/sign-in/code", data={"code": code}).status_code)

    assert answers == [303, 401]
    assert entries(console, "user.recovery_used")[0].detail == '{"left":9}'


def test_a_note_between_two_steps_is_over_after_ten_minutes(grace, clock):
    client, secret = grace
    signs_in(client, "Grace")

    clock.advance(minutes=11)

    answer = client.post("/sign-in/code", data={"code": code_of(secret, clock.now())})
    assert "took too long" in answer.text


def test_a_note_is_void_once_the_password_is_another(console, grace, clock):
    client, secret = grace
    clock.advance(minutes=1)
    signs_in(client, "Grace")

    staff.make_link(console.store, console.clock, "Grace", by="shell")

    answer = client.post("/sign-in/code", data={"code": code_of(secret, clock.now())})
    assert "from the start" in answer.text


def test_a_new_link_does_not_go_around_the_second_factor(console, grace):
    client, _ = grace
    given = staff.make_link(console.store, console.clock, "Grace", by="shell")

    answer = client.post(
        f"/welcome/{given.token}", data={"password": PASSWORD, "again": PASSWORD}
    )

    assert answer.headers["location"].startswith("/sign-in/code")


def test_an_agent_who_is_made_a_lead_must_set_up_a_second_factor(console, ada):
    signs_in(ada)

    staff.change_user(console.store, console.clock, "Ada", role=Role.LEAD, by="Grace")

    assert ada.get("/").headers["location"] == "/sign-in?next=/"
    assert signs_in(ada).headers["location"].startswith("/sign-in/factor")


# --- failed tries


def fails(client, times, name="Ada"):
    return [signs_in(client, name, f"wrong {number}") for number in range(times)]


def test_after_five_failures_the_next_try_is_not_looked_at(ada):
    fails(ada, 5)

    assert signs_in(ada).status_code == 429


def test_a_lock_grows_and_never_lasts_longer_than_a_quarter_of_an_hour(ada, clock):
    fails(ada, 5)
    seen = []
    for seconds in (30, 60, 120, 240, 480, 900, 900):
        clock.advance(seconds=seconds - 1)
        seen.append(signs_in(ada, password="wrong").status_code)
        clock.advance(seconds=1)
        seen.append(signs_in(ada, password="wrong").status_code)

    assert seen == [429, 401] * 7


def test_after_the_lock_the_right_password_leads_in_and_all_is_forgotten(ada, clock):
    fails(ada, 5)
    clock.advance(seconds=30)
    assert signs_in(ada).status_code == 303

    fails(ada, 4)

    assert signs_in(ada).status_code == 303


def test_an_operator_lifts_a_lock(console, ada):
    fails(ada, 5)

    assert staff.unlock(console.store, console.clock, "Ada", by="Grace")

    assert signs_in(ada).status_code == 303


def test_names_that_nobody_has_are_locked_as_those_that_somebody_has(ada):
    answers = fails(ada, 6, "Mallory")

    assert [one.status_code for one in answers] == [401] * 5 + [429]


def test_an_address_that_tries_many_names_is_locked(ada):
    answers = [fails(ada, 1, f"guess {number}")[0] for number in range(21)]

    assert [one.status_code for one in answers] == [401] * 20 + [429]


def test_codes_are_guessed_no_more_often_than_passwords(grace, clock):
    client, _ = grace
    clock.advance(minutes=1)
    signs_in(client, "Grace")

    answers = [
        client.post("/sign-in/code", data={"code": f"{number:06}"}).status_code
        for number in range(5)
    ]

    assert answers == [401] * 4 + [429]


# --- the log


def test_every_step_in_and_out_is_on_record_without_name_or_password(console, ada):
    signs_in(ada)
    signs_in(ada, "Ada", "hunter2 hunter2")
    signs_in(ada, "Mallory", "whatever it takes")
    ada.post("/sign-out")

    found = entries(console)

    assert [(one.action, one.subject, one.actor) for one in found] == [
        ("user.added", "user:1", "shell"),
        ("user.password_set", "user:1", "Ada"),
        ("session.started", "user:1", "Ada"),
        ("session.ended", "user:1", "Ada"),
        ("session.started", "user:1", "Ada"),
        ("session.refused", "user:1", "nobody"),
        ("session.refused", "user:unknown", "nobody"),
        ("session.ended", "user:1", "Ada"),
    ]
    assert not any("hunter2" in one.detail or "Mallory" in one.detail for one in found)


def test_a_lock_out_is_on_record(console, ada):
    fails(ada, 6)

    assert [one.subject for one in entries(console, "session.locked")] == ["user:1"]


def test_one_refusal_is_written_at_once_and_the_rest_of_its_minute_together(
    console, ada, clock
):
    fails(ada, 4)
    first = entries(console, "session.refused")
    clock.advance(minutes=1)

    console.refusals.flush()

    both = entries(console, "session.refused")
    assert ['"times":1' in one.detail for one in first] == [True]
    assert ['"times":3' in one.detail for one in both[1:]] == [True]


def test_strangers_cannot_flood_the_log(console):
    client = browser(console)

    for number in range(100):
        client.get("/", headers={"Authorization": f"Bearer guess{number}"})
        client.request("POST", "/", headers={"Sec-Fetch-Site": "cross-site"})

    assert len(entries(console, "access.refused")) == 2


def test_a_refusal_names_who_which_route_and_why_and_no_address(console, ada):
    signs_in(ada)

    ada.get("/users/12")

    found = entries(console, "access.refused")[-1]
    assert (found.actor, found.subject) == ("Ada", "route:GET /users/{number:int}")
    assert json.loads(found.detail)["reasons"] == ["role.agent", "manage_users"]


def test_a_refusal_that_a_page_shows_itself_is_on_record_too(console):
    web = application(console)

    @web.get("/users/shown", status_code=403)
    def shown() -> None:
        """A page that says no in its own words."""

    TestClient(web, headers=SAME_ORIGIN).get("/users/shown")

    found = entries(console, "access.refused")[-1]
    assert json.loads(found.detail)["reasons"] == ["status.403"]


def test_what_was_counted_is_written_when_the_server_stops(console):
    with TestClient(application(console), follow_redirects=False) as client:
        for _ in range(3):
            client.get("/users")

    found = entries(console, "access.refused")
    assert [json.loads(one.detail)["times"] for one in found] == [1, 2]


def test_whoever_is_told_to_wait_is_told_how_long(ada):
    signs_in(ada)
    for _ in range(600):
        ada.get("/")

    assert ada.get("/").headers["retry-after"] == "60"


# --- other sites' pages


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    ],
)
def test_another_sites_page_can_send_nothing_in_somebodys_name(console, ada, headers):
    signs_in(ada)

    answer = ada.post("/sign-out", headers=headers)

    assert answer.status_code == 403
    assert ada.get("/").headers["location"] == "/queues"
    assert '"cross_site"' in entries(console, "access.refused")[-1].detail


def test_a_browser_too_old_to_say_whose_page_it_is_says_its_origin(ada):
    signs_in(ada)
    del ada.headers["Sec-Fetch-Site"]

    refused = ada.post("/sign-out").status_code
    taken = ada.post("/sign-out", headers={"Origin": HERE}).status_code

    assert (refused, taken) == (403, 303)


def test_a_body_that_nobody_needs_is_not_read(ada):
    answer = ada.post("/sign-in", data={"name": "a" * 2_100_000, "password": "x"})

    assert answer.status_code == 413


# --- programs


def test_a_program_comes_in_by_its_key_until_it_is_revoked(console):
    asked = staff.NewKey(name="crm", role=Role.AGENT, lasts=staff.LONGEST_KEY)
    given = staff.make_key(console.store, console.clock, asked, by="Grace")
    client = browser(console)
    header = {"Authorization": f"Bearer {given.token}"}
    before = client.get("/", headers=header).headers["location"]

    staff.revoke_key(console.store, console.clock, "crm", by="Grace")

    after = client.get("/", headers=header).headers["location"]
    assert (before, after) == ("/queues", "/sign-in?next=/")


def test_a_key_is_over_when_its_time_is(console, clock):
    asked = staff.NewKey(name="crm", role=Role.AGENT, lasts=staff.LONGEST_KEY)
    given = staff.make_key(console.store, console.clock, asked, by="Grace")

    clock.advance(days=366)

    header = {"Authorization": f"Bearer {given.token}"}
    answer = browser(console).get("/", headers=header)
    assert answer.headers["location"] == "/sign-in?next=/"


def test_people_live_in_the_present_wherever_a_replays_clock_stands(console, clock):
    console.clock = ReplayClock(clock.now() - timedelta(days=900), speed=1e9)
    client = browser(console)

    secret = welcomed(console, client, "Lea", Role.LEAD)
    client.post("/sign-out")
    clock.advance(minutes=1)
    signs_in(client, "Lea")
    code = code_of(secret, clock.now())
    answer = client.post("/sign-in/code", data={"code": code})

    assert answer.headers["location"] == "/"
    assert client.get("/queues").status_code == 200
