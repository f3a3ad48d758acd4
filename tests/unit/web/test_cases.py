"""A regulator's view: chosen cases, until an instant, each look on record."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.staff import Role
from bot.domain.tickets import TicketId
from bot.services import staff
from bot.services.staff import View
from tests.consoles import browser, looked_at, viewer, welcomed
from tests.samples import NOON, decision, mention, ticket


def entries(console, action):
    with console.store.audit_log() as records:
        found = [one.entry for one in records if hasattr(one, "entry")]
    return [one for one in found if one.action == action]


@pytest.fixture
def opened(console):
    """Two tickets, each with its post."""
    made = []
    with console.store.work() as work:
        for number in ("1", "2"):
            (stored,) = work.mentions.add(
                [mention(external_id=number, conversation=number)],
                source="agora",
                at=NOON,
            )
            made.append(work.tickets.add(ticket(conversation=number)))
            work.mentions.decide(stored.id, decision(), ticket_id=made[-1].id, at=NOON)
    return made


@pytest.fixture
def mae(console, opened):
    """Mae, of a regulator, who was given the first ticket for an hour."""
    client = browser(console)
    welcomed(console, client, "Mae", Role.REGULATOR)
    give(console, [opened[0].id])
    return client


def give(console, tickets, **lasts):
    until = console.clock.now() + timedelta(**(lasts or {"hours": 1}))
    view = View(tickets=tickets, until=until, reason="asked in writing")
    return staff.give_cases(console.store, console.clock, "Mae", view, by="Grace")


def test_a_regulator_sees_what_was_given_and_nothing_else(mae):
    page = mae.get("/cases").text

    assert "T-000001" in page
    assert "T-000002" not in page
    assert mae.get("/cases/T-000002").status_code == 403
    assert mae.get("/tickets/T-000001").status_code == 403
    assert mae.get("/log/T-000001").status_code == 403


def test_a_case_that_was_not_given_is_refused_on_record_be_it_there_or_not(
    console, mae
):
    there, nowhere = mae.get("/cases/T-000002"), mae.get("/cases/T-000099")

    assert (there.status_code, nowhere.status_code) == (403, 403)
    assert "T-000002 was not given to you" in there.text
    assert "T-000099 was not given to you" in nowhere.text
    [refused, *_] = entries(console, "access.refused")
    assert refused.actor == "Mae"
    assert '"view.not_given"' in refused.detail


def test_a_case_is_shown_whole_and_each_look_is_on_record_first(console, mae):
    pages = [mae.get("/cases/T-000001") for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert 'href="/log"' not in pages[0].text
    found = entries(console, "case.read")
    assert [(one.actor, one.subject) for one in found] == [("Mae", "ticket:1")] * 2


def test_once_it_is_over_every_page_is_refused_and_says_so(console, mae, clock):
    clock.advance(hours=1)

    answers = [mae.get(path) for path in ("/", "/cases", "/cases/T-000001", "/account")]

    assert [one.status_code for one in answers] == [403] * 4
    assert all("your view of these cases ended at" in one.text for one in answers)
    assert '"view.over"' in entries(console, "access.refused")[-1].detail
    assert entries(console, "access.refused")[-1].actor == "Mae"


def test_one_case_that_is_over_is_refused_while_another_is_not(
    console, mae, opened, clock
):
    give(console, [opened[1].id], hours=3)
    clock.advance(minutes=90)

    over, still = mae.get("/cases/T-000001"), mae.get("/cases/T-000002")

    assert (over.status_code, still.status_code) == (403, 200)
    assert "your view of T-000001 ended at" in over.text


def test_a_case_that_is_taken_back_is_gone_at_once(console, mae, opened):
    staff.take_back_case(console.store, console.clock, "Mae", opened[0].id, by="Grace")

    answer = mae.get("/cases/T-000001")

    assert answer.status_code == 403
    assert "no case was given to you" in answer.text


def test_whoever_was_given_nothing_is_told_so(console):
    client = browser(console)
    welcomed(console, client, "Mae", Role.REGULATOR)

    assert "no case was given to you" in client.get("/cases").text


def test_an_operator_gives_and_takes_back_on_the_users_page(console, mae, opened):
    grace = looked_at(console, viewer(Role.OPERATOR, "Grace"))
    with console.store.reading() as work:
        number = work.staff.named("Mae").id
    asked = {"tickets": "T-000002", "until": "2026-11-03T09:00", "reason": "audit"}

    given = grace.post(f"/users/{number}/cases", data=asked)
    seen = mae.get("/cases/T-000002")
    taken = grace.post(f"/users/{number}/cases/T-000002/take-back")

    assert (given.status_code, seen.status_code, taken.status_code) == (303, 200, 303)
    assert mae.get("/cases/T-000002").status_code == 403
    assert [one.actor for one in entries(console, "case.given")] == ["Grace", "Grace"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tickets": "T-000099"},
        {"tickets": "nonsense"},
        {"until": "tomorrow"},
        {"until": "2020-01-01T00:00"},
        {"until": "2031-01-01T00:00"},
    ],
)
def test_nothing_is_given_where_something_is_wrong(console, mae, wrong):
    grace = looked_at(console, viewer(Role.OPERATOR, "Grace"))
    with console.store.reading() as work:
        number = work.staff.named("Mae").id
    asked = {
        "tickets": "T-000002",
        "until": "2026-11-03T09:00",
        "reason": "audit",
        **wrong,
    }

    answer = grace.post(f"/users/{number}/cases", data=asked)

    assert answer.status_code in {404, 422}
    assert mae.get("/cases/T-000002").status_code == 403


def test_cases_are_given_to_regulators_alone(console, opened):
    staff.add_user(console.store, console.clock, "Mae", Role.AGENT, by="Grace")
    grace = looked_at(console, viewer(Role.OPERATOR, "Grace"))

    answer = grace.post(
        "/users/1/cases",
        data={"tickets": "T-000001", "until": "2026-11-03T09:00", "reason": "audit"},
    )

    assert answer.status_code == 403
    assert staff.cases_of(console.store, "Mae") == []
    assert opened[0].id == TicketId(1)


def test_a_given_case_is_taken_along_and_that_is_on_record(console, mae):
    taken = mae.post("/cases/T-000001/case-file")

    with zipfile.ZipFile(io.BytesIO(taken.content)) as packed:
        assert {"case.json", "SHA256SUMS", "manifest.json"} <= {*packed.namelist()}
    [read], [handed_out] = (
        entries(console, action) for action in ("case.read", "case.handed_out")
    )
    assert (read.actor, read.subject) == ("Mae", "ticket:1")
    assert (handed_out.actor, handed_out.subject) == ("Mae", "ticket:1")


@pytest.mark.parametrize("path", ["/cases/T-000002/case-file", "/log/T-1/case-file"])
def test_no_other_case_is_taken_along(console, mae, path):
    answer = mae.post(path)

    assert answer.status_code in {403, 404}
    assert entries(console, "case.handed_out") == []


def test_a_case_that_is_over_is_not_taken_along(console, mae, opened, clock):
    give(console, [opened[1].id], hours=3)
    clock.advance(minutes=90)

    assert mae.post("/cases/T-000001/case-file").status_code == 403
    assert entries(console, "case.handed_out") == []


def test_of_packs_those_of_the_case_alone_are_shown(console, mae):
    house, other = (
        decision().house_pack,
        replace(decision().house_pack, sha256="f" * 64),
    )
    with console.store.work() as work:
        for ref in (house, other):
            work.packs.keep(replace(console.policy.house, ref=ref), NOON)

    shown = mae.get(f"/cases/T-000001/packs/{house.sha256}")

    assert "first_response:" in shown.text
    assert f"/cases/T-000001/packs/{house.sha256}" in mae.get("/cases/T-000001").text
    assert mae.get(f"/cases/T-000001/packs/{other.sha256}").status_code == 404
    assert mae.get(f"/cases/T-000002/packs/{house.sha256}").status_code == 403
