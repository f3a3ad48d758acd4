from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.decisions import Code, Outcome, Severity
from bot.domain.staff import Role
from bot.domain.tags import Band, Influence
from bot.domain.tickets import TicketId, TicketStatus
from bot.services import queues
from bot.settings import load_settings
from bot.testing import ManualClock
from tests import samples
from tests.consoles import looked_at, viewer
from tests.samples import NOON

ROOT = Path(__file__).resolve().parents[3]
ABUSE = {"offensive": {"yes": 0.9, "no": 0.1}}


@pytest.fixture
def app(own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.chdir(ROOT)
    people = tmp_path / "people.yaml"
    people.write_text(
        "zone: Australia/Sydney\npeople:\n  Ada: {}\n  Ben: {}\nteams:\n"
        "  first: {members: [Ada, Ben], queues: [agents, specialists, care]}\n"
        "  others: {members: [Ben], queues: [watch, hardship, fraud, influencer_desk, "
        "escalation_team, legal, media, safety, management]}\n"
    )
    file = tmp_path / "bot.yaml"
    file.write_text(
        f"database: {{url: 'sqlite:///{own_file}'}}\npeople: {people}\n"
        "brands: {Kestrel Air: {}, Kestrel Rail: {}}\n"
        "channels: {agora: {mode: shadow}}\n"
    )
    return App(load_settings(file, {}), clock=ManualClock(NOON))


def opened(app: App, number: int, words: str = "My bag is lost", **fields):
    """Open a ticket with the words that opened it."""
    others = fields.pop("others", {})
    with app.store.work() as work:
        ticket = work.tickets.add(
            samples.ticket(number, **{"queue": "agents", **fields})
        )
        mention = samples.mention(number, text=words, brand=ticket.brand)
        (stored,) = work.mentions.add([mention], source="agora", at=NOON)
        work.mentions.tag([(stored.id, samples.tags(others=others))], NOON)
        made = samples.decision(outcome=Outcome.OPEN_TICKET)
        work.mentions.decide(stored.id, made, ticket_id=ticket.id, at=NOON)
    return ticket


def agent(app: App, **fields) -> TestClient:
    return looked_at(app, replace(viewer(Role.AGENT), **fields))


def keys(page: str) -> list[str]:
    return re.findall(r"data-open>(T-\d+)<", page)


def test_a_list_shows_who_wrote_what_where_and_what_is_owed_by_when(app: App) -> None:
    ticket = opened(app, 1, "My bag is <b>lost</b>", code=Code.RED)
    with app.store.work() as work:
        work.clocks.start(ticket.id, [samples.plan()])

    page = agent(app).get("/queues").text

    assert keys(page) == ["T-000001"]
    for shown in (
        "@mirela_of_the_hills",
        "My bag is &lt;b&gt;lost&lt;/b&gt;",
        "agora",
        "Kestrel Air",
        "Code red",
        "negative",
        'data-kind="legal"',
        (NOON + timedelta(days=1)).isoformat(),
    ):
        assert shown in page, shown


def test_words_that_sound_offensive_are_covered_until_somebody_asks_for_them(
    app: App,
) -> None:
    opened(app, 1, "You absolute fools", others=ABUSE)

    page = agent(app).get("/queues").text

    assert re.search(r'<details class="blurred">.*You absolute fools', page)


def test_influencers_come_first_then_the_gravest_then_the_oldest(app: App) -> None:
    opened(app, 1, severity=Severity.LOW, is_influencer=True)
    opened(app, 2, severity=Severity.LOW)
    opened(app, 3, severity=Severity.CRITICAL)
    opened(app, 4, severity=Severity.LOW, received_at=NOON - timedelta(days=1))

    page = agent(app).get("/queues").text

    assert keys(page) == ["T-000001", "T-000003", "T-000004", "T-000002"]


def test_a_long_list_is_read_page_after_page(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        opened(app, number)
    monkeypatch.setattr(queues, "PAGE", 2)
    client, seen, where = agent(app), [], "/queues?view=open"

    while where:
        page = client.get(where).text
        seen += keys(page)
        found = re.search(r'href="([^"]*after=[^"]*)" rel="next"', page)
        where = found[1].replace("&amp;", "&") if found else ""

    assert seen == [f"T-00000{number}" for number in range(1, 6)]


def test_whoever_sees_one_brand_finds_no_ticket_of_another(app: App) -> None:
    opened(app, 1)
    opened(app, 2, brand="Kestrel Rail")
    rail = agent(app, brands=frozenset({"Kestrel Rail"}))

    assert keys(rail.get("/queues").text) == ["T-000002"]
    assert keys(rail.get("/queues?brand=Kestrel Air").text) == []
    done = rail.post("/queues/act", data={"do": "claim", "key": ["1", "2"]}).text
    assert "there is no ticket T-000001" in done
    with app.store.reading() as work:
        assert work.tickets.get(TicketId(1)).owner == ""
        assert work.tickets.get(TicketId(2)).owner == "Ada"


def test_an_authors_influence_is_told_as_it_was_and_as_it_is(app: App) -> None:
    ticket = opened(app, 1)
    less = Influence(score=18, band=Band.NANO, reasons=())
    with app.store.work() as work:
        more = samples.mention(2, text="Where is it?", brand=ticket.brand)
        (stored,) = work.mentions.add([more], source="agora", at=NOON)
        work.mentions.tag([(stored.id, samples.tags(influence=less))], NOON)
        made = samples.decision(outcome=Outcome.JOIN_TICKET)
        work.mentions.decide(stored.id, made, ticket_id=ticket.id, at=NOON)

    listed = agent(app).get("/queues?view=open").text
    page = agent(app).get(f"/tickets/{ticket.key}").text

    assert 'title="Influence when opened">micro 42<' in listed
    assert "<dt>Influence when opened</dt><dd>42, micro</dd>" in page
    assert "<dt>Influence now</dt><dd>18, nano</dd>" in page


def test_take_next_claims_and_leads_to_the_ticket(app: App) -> None:
    opened(app, 1)
    opened(app, 2, brand="Kestrel Rail", severity=Severity.CRITICAL)

    answer = agent(app, brands=frozenset({"Kestrel Air"})).post("/queues/next")

    assert answer.headers["location"] == "/tickets/T-000001"
    nothing = agent(app, brands=frozenset({"Kestrel Air"})).post("/queues/next")
    assert nothing.status_code == 404
    assert "nothing waits" in nothing.text


def test_what_is_done_to_several_is_told_of_each(app: App) -> None:
    for number in (1, 2, 3):
        opened(app, number)
    with app.store.work() as work:
        theirs = work.tickets.get(TicketId(2))
        until = NOON + timedelta(hours=1)
        lasts = timedelta(hours=1)
        work.tickets.save(
            replace(theirs, owner="Ben", claim_expires_at=until, claim_lasts=lasts)
        )

    page = agent(app).post(
        "/queues/act", data={"do": "claim", "key": ["1", "2", "3", "99"]}
    )

    assert "2 of 4 done." in page.text
    assert "Ben" in page.text
    assert "there is no ticket T-000099" in page.text
    with app.store.reading() as work:
        owners = [work.tickets.get(TicketId(one)).owner for one in (1, 2, 3)]
    assert owners == ["Ada", "Ben", "Ada"]


def test_those_chosen_are_assigned_handed_off_and_closed_with_a_reason(
    app: App,
) -> None:
    opened(app, 1)
    client = agent(app)

    def act(do: str, **given: str) -> str:
        data = {"do": do, "key": ["1"], "reason": "it is theirs", **given}
        return client.post("/queues/act", data=data).text

    assert "1 of 1 done." in act("mark", to="refund")
    assert "bears the mark refund already" in act("mark", to="refund")
    assert "1 of 1 done." in act("assign", to="Ben")
    assert "1 of 1 done." in act("hand_off", to="specialists")
    assert "1 of 1 done." in act("close")
    with app.store.reading() as work:
        ticket = work.tickets.get(TicketId(1))
        told = [one.detail for one in work.tickets.events(ticket.id)]
        logged = work.audit.about("ticket:1")
    assert (ticket.queue, ticket.status) == ("specialists", TicketStatus.CLOSED)
    assert told[-1] == "by Ada: it is theirs"
    reasons = {one.action: json.loads(one.detail).get("reason") for one in logged}
    assert reasons["ticket.closed"] == "it is theirs"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"do": "claim"}, "choose at least one"),
        ({"do": "assign", "key": "1", "to": "Ben"}, "to whom and why"),
        ({"do": "assign", "key": "1", "to": "agents", "reason": "x"}, "no person"),
        ({"do": "hand_off", "key": "1", "to": "Ben", "reason": "x"}, "no queue"),
        ({"do": "mark", "key": "1"}, "with which word"),
        ({"do": "close", "key": "1"}, "why they are closed"),
        (
            {"do": "claim", "key": [str(one) for one in range(1, 300)]},
            "200 tickets at most",
        ),
    ],
)
def test_what_cannot_be_done_to_any_is_refused_whole(
    app: App, given: dict[str, str], told: str
) -> None:
    opened(app, 1)

    answer = agent(app).post("/queues/act", data=given)

    assert answer.status_code == 403
    assert told in answer.text
    with app.store.reading() as work:
        assert work.tickets.get(TicketId(1)).version == 1


@pytest.mark.parametrize(
    "query", ["view=all", "order=up", "tier=9", "sign=x", "team=none", "after=1_2_3"]
)
def test_an_address_that_asks_for_no_list_is_not_found(app: App, query: str) -> None:
    assert agent(app).get(f"/queues?{query}").status_code == 404


def test_a_list_is_kept_by_a_name_and_shared_by_a_lead_alone(app: App) -> None:
    here = {"back": "/queues?view=open&queue=agents"}
    ada, lead = agent(app), looked_at(app, viewer(Role.LEAD, "Lea"))

    kept = ada.post("/queues/views", data={"name": "bags", **here})
    refused = ada.post("/queues/views", data={"name": "all", "shared": "yes", **here})
    lead.post("/queues/views", data={"name": "ours", "shared": "yes", **here})

    assert kept.headers["location"] == here["back"]
    assert refused.status_code == 403
    page = ada.get("/queues").text
    assert 'href="/queues?view=open&amp;queue=agents">bags' in page
    assert "shared by Lea" in page
    assert ada.post("/queues/views/2/remove").status_code == 403
    assert lead.post("/queues/views/1/remove").status_code == 403
    assert ada.post("/queues/views/1/remove").headers["location"] == "/queues"
    assert "bags" not in ada.get("/queues").text
    with app.store.reading() as work:
        logged = [one.action for one in work.audit.about("view:1")]
    assert logged == ["view.saved", "view.removed"]


def test_so_many_lists_are_kept_by_one_person_and_no_more(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "MOST_KEPT", 2)
    ada, ben = agent(app), looked_at(app, viewer(Role.LEAD, "Ben"))
    here = {"back": "/queues?view=open&queue=agents"}
    ben.post("/queues/views", data={"name": "ours", "shared": "yes", **here})
    for name in ("one", "two"):
        assert ada.post("/queues/views", data={"name": name, **here}).is_redirect

    third = ada.post("/queues/views", data={"name": "three", **here})
    again = ada.post("/queues/views", data={"name": "two", "back": "/queues?view=mine"})

    assert third.status_code == 403
    assert "you keep 2 already; remove one of them first" in third.text
    assert again.is_redirect


def test_who_else_looks_at_a_ticket_stands_in_its_line(app: App) -> None:
    ticket = opened(app, 1)
    with app.store.work() as work:
        work.viewers.look(ticket.id, "Ada", NOON)
        work.viewers.look(ticket.id, "Ben", NOON)
        work.viewers.look(ticket.id, "Cy", NOON - timedelta(hours=1))

    page = agent(app).get("/queues").text

    assert re.findall(r"(\w+) looks", page) == ["Ben"]


def test_a_list_leads_back_to_lists_alone(app: App) -> None:
    answer = agent(app).post(
        "/queues/views", data={"name": "x", "back": "https://evil.example/queues?"}
    )

    assert answer.headers["location"] == "/queues"


def test_who_only_reads_is_offered_nothing_to_do(app: App) -> None:
    opened(app, 1)
    reads = looked_at(app, viewer(Role.COMPLIANCE_OFFICER))

    page = reads.get("/queues").text

    assert keys(page) == ["T-000001"]
    assert 'action="/queues/next"' not in page
    assert 'name="do"' not in page
    assert reads.post("/queues/next").status_code == 403


def test_the_counts_of_a_list_are_those_of_its_page(app: App) -> None:
    opened(app, 1, code=Code.RED)
    opened(app, 2, is_influencer=True, band=Band.MEGA)
    opened(app, 3, queue="care")

    page = agent(app).get("/queues").text

    shown = dict(
        re.findall(r'href="/queues\?view=(\w+)"[^>]*>[^<]*<span[^>]*>(\d+)', page)
    )
    assert shown == {
        "mine": "0",
        "unclaimed": "3",
        "due_soon": "0",
        "breached": "0",
        "influencers": "1",
        "code_red": "1",
        "open": "3",
    }
