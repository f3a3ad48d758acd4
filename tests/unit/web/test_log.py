from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.audit.records import Line
from bot.bootstrap import App
from bot.domain.channels import Coverage
from bot.domain.decisions import Answer
from bot.domain.ports import Work
from bot.domain.staff import Role, Viewer
from bot.domain.tickets import TicketId
from bot.services.merging import merge
from bot.settings import load_settings
from bot.storage import log_words, response_log
from bot.web import exports
from bot.web.log import place_of
from tests.consoles import looked_at, viewer
from tests.samples import NOON, author, decision, mention, plan, ticket

ROOT = Path(__file__).parents[3]

SETTINGS = """
database: {{url: "sqlite:///{file}"}}
packs:
  house: {root}/config/packs/house/1
  regulation: {root}/config/packs/au.asic.rg271/2021-09.1
  templates: {root}/config/templates
  platforms: {root}/config/packs/platforms/2026-11.1
brands: {{Kestrel Air: {{}}, Other: {{}}}}
"""

FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def app(own_file: Path, tmp_path: Path) -> Iterator[App]:
    """Two complaints of two brands, by an author who means harm."""
    file = tmp_path / "bot.yaml"
    file.write_text(SETTINGS.format(file=own_file, root=ROOT))
    made = App(load_settings(file, {}))
    with made.store.work() as work:
        for number, brand in ((1, "Kestrel Air"), (2, "Other")):
            said = mention(number, brand=brand, author=author(handle=FORMULA))
            [stored] = work.mentions.add([said], source="agora", at=NOON)
            opened = work.tickets.add(ticket(number, brand=brand))
            work.mentions.decide(stored.id, decision(), ticket_id=opened.id, at=NOON)
            work.clocks.start(opened.id, [plan()])
    yield made
    made.close()


def officer(**fields) -> Viewer:
    whole = viewer(Role.COMPLIANCE_OFFICER)
    return Viewer(name=whole.name, role=whole.role, zone=whole.zone, **fields)


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000, "x"])
def test_a_place_that_no_page_gave_is_the_beginning(number):
    assert place_of(f"2026-01-01T00:00:00+00:00~{number}") is None


def test_whoever_sees_one_brand_sees_no_other(app: App) -> None:
    client = looked_at(app, officer(brands=frozenset({"Other"})))

    page = client.get("/log").text

    assert "T-000002" in page
    assert "T-000001" not in page
    assert "Kestrel Air" not in page
    assert client.get("/log/T-000002").status_code == 200
    assert client.get("/log/T-000001").status_code == 404
    with zipfile.ZipFile(
        io.BytesIO(client.post("/log/export?format=csv").content)
    ) as z:
        text = z.read(z.namelist()[0]).decode()
    assert "Kestrel Air" not in text


def test_whoever_sees_one_brand_takes_its_cases_along_and_no_others(app: App) -> None:
    client = looked_at(app, officer(brands=frozenset({"Other"})))

    taken = client.post("/log/T-000002/case-file")

    assert client.post("/log/T-000001/case-file").status_code == 404
    assert taken.headers["content-disposition"].startswith(
        'attachment; filename="case-T-000002-'
    )
    with zipfile.ZipFile(io.BytesIO(taken.content)) as packed:
        case = packed.read("case.json").decode()
    assert '"T-000002"' in case
    assert "Kestrel Air" not in case
    with app.store.reading() as work:
        found = [one.action for one in work.audit.about("ticket:2")]
        assert [one.action for one in work.audit.about("ticket:1")] == []
    assert found == ["case.handed_out"]


def test_the_evidence_page_hands_the_case_out_and_shows_the_houses_own_text(
    app: App,
) -> None:
    with app.store.work() as work:
        work.packs.keep(replace(app.policy.house, ref=decision().house_pack), NOON)

    page = looked_at(app, officer()).get("/log/T-000001").text
    pack = looked_at(app, officer()).get(f"/log/packs/{decision().house_pack.sha256}")

    assert 'action="/log/T-000001/case-file"' in page
    assert f"<dt>Times are those of</dt><dd>{officer().zone}</dd>" in page
    assert f"/log/packs/{decision().house_pack.sha256}" in page
    assert "first_response:" in pack.text


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "address",
    [
        "/log",
        "/log/T-000001",
        "/log/packs/aa",
        "/deadlines",
        "/deadlines.csv",
        "/deadlines/replay.csv",
        "/proof",
        "/proof/verification",
        "/scope",
        "/scope/sample",
        "/scope/M-000001",
    ],
)
def test_only_who_may_see_the_log_sees_it(app: App, role: Role, address: str) -> None:
    answer = looked_at(app, viewer(role)).get(address)

    is_theirs = role in {Role.COMPLIANCE_OFFICER, Role.LEAD}
    assert (answer.status_code == 403) is not is_theirs


def test_a_key_leads_to_its_evidence(app: App) -> None:
    answer = looked_at(app, officer()).get("/log?q=t-1")

    assert answer.headers["location"] == "/log/T-000001"


@pytest.mark.parametrize("key", ["x", "T-", "T-77", "9" * 40])
def test_what_is_no_ticket_is_said_to_be_none(app: App, key: str) -> None:
    answer = looked_at(app, officer()).get(f"/log/{key}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        "since=2026-13-45",
        "until=9999-12-31",
        "tier=9",
        "kept=well",
        "complaint=perhaps",
        "after=x~y",
        "after=2026-01-01T00:00:00~1",
        "after=~",
    ],
)
def test_nonsense_in_a_filter_is_left_out(app: App, said: str) -> None:
    answer = looked_at(app, officer()).get(f"/log?{said}")

    assert answer.status_code == 200
    assert "T-000001" in answer.text


def test_a_day_is_one_of_the_viewers_and_the_last_one_counts_whole(app: App) -> None:
    client = looked_at(app, officer())

    # Noon in UTC on 2 March is 11 in the evening in Sydney.
    on_the_day = client.get("/log?since=2026-03-02&until=2026-03-02").text
    day_after = client.get("/log?since=2026-03-03").text

    assert "T-000001" in on_the_day
    assert "T-000001" not in day_after


def test_strangers_words_are_never_markup_and_never_a_formula(app: App) -> None:
    client = looked_at(app, officer())

    page = client.get("/log").text
    content = client.post("/log/export?format=csv").content

    assert FORMULA not in page
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        text = packed.read(packed.namelist()[0]).decode()
    authors = {row["author"] for row in csv.DictReader(io.StringIO(text))}
    assert authors == {f"'{FORMULA}"}


def test_what_was_judged_no_complaint_is_shown_to_who_asks_for_it(app: App) -> None:
    with app.store.work() as work:
        work.tickets.add(ticket(3, complaint=Answer.NO))
    client = looked_at(app, officer())

    assert "T-000003" not in client.get("/log").text
    assert "T-000003" in client.get("/log?complaint=no").text
    assert "T-000001" not in client.get("/log?complaint=no").text


def test_a_pdf_that_nobody_would_read_is_refused_before_it_is_sent(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 1)

    answer = looked_at(app, officer()).post("/log/export?format=pdf")

    assert answer.status_code == 422
    assert "narrow it" in answer.text


def test_an_export_reads_all_pages_and_stops_at_the_instant_it_began(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 1)
    with app.store.work() as work:
        work.tickets.add(ticket(9, received_at=app.clock.now() + timedelta(days=1)))

    content = looked_at(app, officer()).post("/log/export?format=csv").content

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        text = packed.read(packed.namelist()[0]).decode()
    found = [row["ticket"] for row in csv.DictReader(io.StringIO(text))]
    assert found == ["T-000002", "T-000001"]


def test_without_a_key_an_export_says_that_it_is_not_signed(app: App) -> None:
    client = looked_at(app, officer())

    page = client.get("/log").text
    content = client.post("/log/export?format=json").content

    assert "not signed: no key is named in audit.key_file" in page
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert b"signature" not in packed.read("manifest.json")


def test_a_part_of_the_page_is_given_to_htmx(app: App) -> None:
    client = looked_at(app, officer())

    part = client.get("/log", headers={"HX-Request": "true"}).text

    assert "T-000001" in part
    assert "<html" not in part


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/proof/log"),
        ("POST", "/deadlines/replay"),
        ("GET", "/deadlines/replay.csv"),
    ],
)
def test_what_is_of_all_brands_is_not_for_who_sees_some(
    app: App, method: str, address: str
) -> None:
    client = looked_at(app, officer(brands=frozenset({"Other"})))

    assert client.request(method, address).status_code == 403


def test_pages_of_one_brand_tell_nothing_of_another(app: App) -> None:
    client = looked_at(app, officer(brands=frozenset({"Other"})))

    for address in ("/deadlines?since=2026-03-01&until=2026-03-30", "/scope"):
        page = client.get(address).text
        assert "T-000002" in page
        assert "T-000001" not in page
    assert client.get("/scope/M-000001").status_code == 404
    assert client.post("/scope/M-000001", data={"why": "so"}).status_code == 404


def test_a_programs_word_is_no_persons_review(app: App) -> None:
    program = looked_at(app, officer(is_program=True))
    answer = {"dissatisfaction": "no", "why": "it says so"}

    refused = program.post("/scope/M-000001", data=answer)

    assert refused.status_code == 403
    assert "a program agrees to nothing; a person does, signed in" in refused.text
    with app.store.reading() as work:
        assert "mention.reviewed" not in actions_about(work, "mention:1")
        [noted] = work.audit.about("route:POST /scope/{key}")
    assert '"house.approval.by_a_person"' in noted.detail
    by_hand = looked_at(app, officer()).post("/scope/M-000001", data=answer)
    assert by_hand.is_redirect
    with app.store.reading() as work:
        assert "mention.reviewed" in actions_about(work, "mention:1")


def actions_about(work: Work, subject: str) -> list[str]:
    return [one.action for one in work.audit.about(subject)]


@pytest.mark.parametrize("said", ["since=x", "until=9999-12-31", "since=2027-01-01"])
def test_nonsense_for_a_period_is_the_usual_one(app: App, said: str) -> None:
    assert looked_at(app, officer()).get(f"/deadlines?{said}").status_code == 200


def test_without_a_key_there_is_none_to_hand_out(app: App) -> None:
    assert looked_at(app, officer()).get("/proof/key.pem").status_code == 404


def test_a_merged_complaints_evidence_says_where_the_rest_of_it_is(app: App) -> None:
    with app.store.work() as work:
        said = mention(3, brand="Other", author=author(handle="mia"))
        [stored] = work.mentions.add([said], source="agora", at=NOON)
        third = work.tickets.add(ticket(3, brand="Other"))
        work.mentions.decide(stored.id, decision(), ticket_id=third.id, at=NOON)
    merge(
        app.store,
        app.policy,
        app.clock,
        TicketId(2),
        third.id,
        by="Noor",
        why="one matter",
    )
    ada = looked_at(app, officer())

    gone, into = ada.get("/log/T-000003").text, ada.get("/log/T-000002").text

    assert 'It went into <a href="/log/T-000002">T-000002</a>.' in gone
    assert "Into it went T-000003." in into
    assert "It went into" not in into


def test_what_was_never_watched_is_not_said_to_be_seen(
    own_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text(
        SETTINGS.format(file=own_file, root=ROOT)
        + "sources: {news: {connector: rss, brand: Other, feeds: [https://a.example]}}"
    )
    made = App(load_settings(file, {}))
    unseen = looked_at(made, officer()).get("/proof?days=30").text
    now = made.clock.now()
    with made.store.work() as work:
        work.sources.cover(
            Coverage(
                source="news",
                started_at=now - timedelta(days=3),
                ended_at=now,
                outcome="ok",
            )
        )
    seen = looked_at(made, officer()).get("/proof?days=30").text
    made.close()

    assert ("not watched" in unseen, 'class="seen"' in unseen) == (True, False)
    assert 'class="whole" x="900.0" y="0" width="100.0"' in seen
    assert "Watched since" in seen
    assert "100.00 %" in seen


def test_a_filter_is_saved_by_a_name_for_whoever_saved_it_alone(app: App) -> None:
    ada = looked_at(app, officer())
    noor = looked_at(app, viewer(Role.LEAD, "Noor"))

    kept = ada.post("/log/filters?brand=Other&tier=9", data={"name": " Other  brand "})

    assert kept.headers["location"] == "/log?brand=Other&tier=9"
    page = ada.get("/log").text
    assert (
        '<a class="button slight" href="/log?brand=Other&amp;tier=9">Other brand'
        in page
    )
    assert "Other brand" not in noor.get("/log").text
    assert "Other brand" not in ada.get("/queues").text
    assert noor.post("/log/filters/1/remove").status_code == 403
    assert "Other brand" in ada.get("/log").text

    ada.post("/log/filters/1/remove")

    assert "Other brand" not in ada.get("/log").text


def test_a_filter_without_a_name_is_not_saved(app: App) -> None:
    answer = looked_at(app, officer()).post("/log/filters", data={"name": " "})

    assert answer.status_code == 403


def exported(client, query: str) -> tuple[list[str], dict[str, Any]]:
    """Return the tickets of an export, and its manifest."""
    content = client.post(f"/log/export?format=csv&{query}").content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        text = packed.read(packed.namelist()[0]).decode()
        manifest = json.loads(packed.read("manifest.json"))
    return [row["ticket"] for row in csv.DictReader(io.StringIO(text))], manifest


@pytest.fixture
def said(app: App) -> App:
    """Thirty complaints more, of which the older half speaks of refunds in German."""
    with app.store.work() as work:
        for number in range(10, 40):
            text = "Rückerstattung? <b>Nie</b>!" if number < 25 else "So late"
            speak(work, number, text)
    return app


def speak(work, number: int, text: str, **fields) -> None:
    at = NOON + timedelta(minutes=number)
    [stored] = work.mentions.add(
        [mention(number, text=text, **fields)], source="agora", at=NOON
    )
    opened = work.tickets.add(ticket(number, received_at=at, **fields))
    work.mentions.decide(stored.id, decision(), ticket_id=opened.id, at=NOON)


def test_words_narrow_the_log_and_are_shown_where_they_stand(said: App) -> None:
    page = looked_at(said, officer()).get("/log?q=r%C3%BCckerst*").text

    assert len(re.findall(r"<tr data-row", page)) == 15
    assert "T-000003" in page
    assert "T-000018" not in page
    assert "<mark>Rückerstattung</mark>? &lt;b&gt;Nie&lt;/b&gt;!" in page
    assert 'value="rückerst*"' in page


def test_words_are_kept_from_page_to_page_and_in_a_saved_filter(said: App) -> None:
    client = looked_at(said, officer())

    page = client.get("/log?q=lost+OR").text
    many = client.get("/log?q=from:mirela_of_the_hills").text
    kept = client.post("/log/filters?q=%22so+late%22", data={"name": "Late"})

    assert "No complaint meets the filter." in page
    assert re.search(r'href="/log\?q=from%3Amirela_of_the_hills&amp;after=', many)
    assert kept.headers["location"] == "/log?q=%22so+late%22"
    assert 'href="/log?q=%22so+late%22"' in client.get("/log").text


@pytest.mark.parametrize("words", ["!!!", "a " * 13, "from:a from:b", "x" * 301])
def test_words_that_would_be_passed_over_are_said_to_make_no_sense(
    said: App, words: str
) -> None:
    client = looked_at(said, officer())

    page = client.get("/log", params={"q": words}).text
    export = client.post("/log/export", params={"q": words, "format": "csv"})

    assert "no words, or too many" in page
    assert export.status_code == 422
    assert "makes no sense at q" in export.text


@pytest.mark.parametrize("said", ["tier=9", "kept=well", "complaint=x", "q=T-1"])
def test_nothing_is_exported_by_a_filter_that_was_not_read(app: App, said: str) -> None:
    answer = looked_at(app, officer()).post(f"/log/export?format=csv&{said}")

    assert answer.status_code == 422
    assert "set the filter right" in answer.text


@pytest.mark.parametrize(
    ("key", "where"),
    [("T-000012", "/log/T-000012"), ("m-2", "/mentions/M-000002"), ("R-1", "")],
)
def test_a_key_leads_to_what_it_names(app: App, key: str, where: str) -> None:
    answer = looked_at(app, officer()).get(f"/log?q={key}")

    assert answer.headers.get("location", "") == where
    assert answer.status_code == (303 if where else 404)


def test_an_export_by_words_holds_every_one_past_pages_and_past_the_walk(
    said: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    monkeypatch.setattr(response_log, "FIRST", 2)
    monkeypatch.setattr(response_log, "WALK_BY_WORDS", 3)
    client = looked_at(said, officer())

    rare, manifest = exported(client, "q=r%C3%BCckerstattung")
    monkeypatch.setattr(log_words, "FEW", 1)
    frequent, _ = exported(client, "q=r%C3%BCckerstattung")
    page = client.get("/log?q=r%C3%BCckerstattung").text

    assert rare == frequent == [f"T-{number:06d}" for number in range(17, 2, -1)]
    assert manifest["filter"] == {"words": "rückerstattung"}
    assert manifest["rows"] == 15
    # The page that stopped looking says so; an export goes on.
    assert "Looked back to" in page


def test_the_log_says_by_which_words_something_was_exported_without_them(
    said: App,
) -> None:
    exported(looked_at(said, officer()), "q=%22So+late%22&brand=Kestrel+Air")

    with said.store.audit_log() as records:
        entries = [one.entry for one in records if isinstance(one, Line)]
    [began] = [one for one in entries if one.action == "export.began"]
    words = hashlib.sha256(b'"So late"').hexdigest()
    assert json.loads(began.detail)["filter"] == {
        "brand": "Kestrel Air",
        "words_sha256": words,
    }


def test_words_of_other_brands_lead_whoever_sees_one_nowhere(said: App) -> None:
    with said.store.work() as work:
        speak(work, 77, "Rückerstattung, sofort", brand="Other")
    client = looked_at(said, officer(brands=frozenset({"Other"})))

    page = client.get("/log?q=r%C3%BCckerstattung").text
    tickets, manifest = exported(client, "q=r%C3%BCckerstattung")

    assert re.findall(r'<tr data-row id="(T-\d+)"', page) == ["T-000033"]
    assert tickets == ["T-000033"]
    assert manifest["filter"] == {"words": "rückerstattung", "brands": "Other"}
