from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.services import search
from bot.settings import load_settings
from bot.testing import ManualClock
from tests import samples
from tests.consoles import looked_at, viewer
from tests.samples import NOON


@pytest.fixture
def app(own_file: Path, tmp_path: Path) -> App:
    file = tmp_path / "bot.yaml"
    file.write_text(f"database: {{url: 'sqlite:///{own_file}'}}\n")
    made = App(load_settings(file, {}), clock=ManualClock(NOON))
    with made.store.work() as work:
        ticket = work.tickets.add(samples.ticket())
        (first, *_) = work.mentions.add(
            [
                samples.mention(1, text="My <b>bag</b> is lost"),
                samples.mention(2, text="Lost again", brand="Kestrel Rail"),
            ],
            source="agora",
            at=NOON,
        )
        work.mentions.tag([(first.id, samples.tags())], NOON)
        made_of = samples.decision()
        work.mentions.decide(first.id, made_of, ticket_id=ticket.id, at=NOON)
        work.replies.add(samples.reply(ticket_id=ticket.id, mention_id=first.id))
    return made


def agent(app: App, **fields) -> TestClient:
    return looked_at(app, replace(viewer(Role.AGENT), **fields))


def hits(page: str) -> list[str]:
    return re.findall(r'href="(/\w+/[TRM]-\d+)" data-open', page)


def test_what_is_found_stands_out_escaped_and_leads_to_its_place(app: App) -> None:
    page = agent(app).get("/search?q=bag").text

    assert "My &lt;b&gt;<mark>bag</mark>&lt;/b&gt; is lost" in page
    assert hits(page) == ["/tickets/T-000001"]


def test_the_newest_is_first_and_what_has_no_ticket_leads_to_itself(app: App) -> None:
    page = agent(app).get("/search?q=lost").text

    assert hits(page) == ["/mentions/M-000002", "/tickets/T-000001"]


def test_our_replies_are_another_place_to_look(app: App) -> None:
    page = agent(app).get("/search?q=privately&in=reply").text

    assert hits(page) == ["/replies/R-000001"]


@pytest.mark.parametrize(
    ("key", "where"),
    [
        ("T-1", "/tickets/T-000001"),
        ("r-000001", "/replies/R-000001"),
        ("M2", "/mentions/M-000002"),
    ],
)
def test_a_key_leads_straight_there(app: App, key: str, where: str) -> None:
    answer = agent(app).get(f"/search?q={key}")

    assert answer.headers["location"] == where


@pytest.mark.parametrize("key", ["T-9", "R-9", "M-9"])
def test_a_key_that_names_nothing_is_told(app: App, key: str) -> None:
    answer = agent(app).get(f"/search?q={key}")

    assert answer.status_code == 404
    assert "there is no" in answer.text


def test_whoever_sees_one_brand_finds_nothing_of_another(app: App) -> None:
    rail = agent(app, brands=frozenset({"Kestrel Rail"}))

    assert hits(rail.get("/search?q=lost").text) == ["/mentions/M-000002"]
    assert hits(rail.get("/search?q=lost&brand=Kestrel+Air").text) == []
    assert rail.get("/search?q=T-1").status_code == 404
    assert rail.get("/search?q=R-1").status_code == 404
    assert rail.get("/search?q=M-1").status_code == 404


def test_many_hits_are_read_page_after_page(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE", 1)
    client = agent(app)

    first = client.get("/search?q=lost").text
    following = re.search(r'href="([^"]*before=[^"]*)" rel="next"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text

    assert hits(first) + hits(second) == ["/mentions/M-000002", "/tickets/T-000001"]
    assert 'rel="next"' not in second


def test_there_is_nothing_else_to_look_through(app: App) -> None:
    assert agent(app).get("/search?q=x&in=words").status_code == 404


def test_without_a_question_nothing_is_looked_for(app: App) -> None:
    page = agent(app).get("/search").text

    assert hits(page) == []
    assert "Nothing holds all of that" not in page
    assert "Nothing holds all of that" in agent(app).get("/search?q=zebra").text


def test_a_brand_viewer_does_not_come_in(app: App) -> None:
    assert looked_at(app, viewer(Role.BRAND_VIEWER)).get("/search").status_code == 403
