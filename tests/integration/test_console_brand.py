"""The brand's pages over a real database: figures lead to the posts they count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.domain.decisions import Outcome
from bot.domain.staff import Role, Viewer
from bot.domain.tags import HATE, Band, Influence, Sentiment, Topic
from bot.services.volume import roll_up
from bot.settings import load_settings
from bot.testing import START, ManualClock
from tests.consoles import looked_at, viewer
from tests.samples import author, decision, mention, tags

BRAND_VIEWER = viewer(Role.BRAND_VIEWER)
SECOND = timedelta(seconds=1)
ONLY_HERON = replace(BRAND_VIEWER, brands=frozenset({"Heron"}))


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    file = tmp_path / "bot.yaml"
    file.write_text("place: AU-NSW\n", encoding="utf-8")
    told = {"BOT_DATABASE__URL": database_url}
    made = App(load_settings(file, told), clock=ManualClock())
    yield made
    made.close()


@pytest.fixture
def told(app: App) -> App:
    """Four posts of this morning: two brands, one of them private, one hateful."""
    loud = Influence(score=93.0, band=Band.MEGA)
    quiet = Influence(score=3.0, band=Band.NANO)
    fees = Topic(name="fees & charges", score=0.9)
    with app.store.work() as work:
        stored = work.mentions.add(
            [
                mention(1, brand="Kestrel", text="lost <b>bag</b>", published_at=START),
                mention(2, brand="Kestrel", text="vile words", published_at=START),
                mention(
                    3,
                    brand="Heron",
                    channel="plaza",
                    text="my own number is 4",
                    is_public=False,
                    published_at=START + SECOND,
                ),
                mention(
                    4,
                    brand="Heron",
                    text="a grey bird",
                    published_at=START + 2 * SECOND,
                ),
            ],
            source="agora",
            at=START,
        )
        plain = tags(influence=quiet, signals=())
        hateful = replace(plain, others={HATE: {"yes": 0.95, "no": 0.05}})
        said = [
            replace(plain, influence=loud, topic=fees),
            hateful,
            replace(plain, sentiment=Sentiment.POSITIVE),
            plain,
        ]
        work.mentions.tag(
            [(one.id, each) for one, each in zip(stored, said, strict=True)], START
        )
        for one in stored[:3]:
            work.mentions.decide(one.id, decision(), ticket_id=None, at=START)
        aside = decision(outcome=Outcome.SET_ASIDE)
        work.mentions.decide(stored[3].id, aside, ticket_id=None, at=START)
    while roll_up(app.store, app.clock, app.settings.zone):
        pass
    return app


def page(app: App, path: str, by: Viewer = BRAND_VIEWER) -> str:
    answer = looked_at(app, by).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def figures(shown: str) -> dict[str, str]:
    cards = r'<section class="card" aria-label="([^"]+)">.*?class="figure">(.*?)</p>'
    return {
        name: re.sub("<[^>]+>", "", number)
        for name, number in re.findall(cards, shown, re.DOTALL)
    }


def test_the_dashboard_counts_what_was_said(told):
    shown = figures(page(told, "/dashboard?span=day"))

    assert shown["Posts"] == "3"
    assert shown["Negative"] == "2"
    assert shown["By influencers"] == "1"
    assert shown["About something else"] == "1"


def test_the_dashboard_says_that_something_is_not_counted_yet(told):
    with told.store.work() as work:
        late = mention(5, published_at=START, text="one more")
        work.mentions.add([late], source="agora", at=START)

    assert "days before. Some of the newest changes" in page(told, "/dashboard")


def test_a_figure_leads_to_just_the_posts_that_it_counts(told):
    shown = page(told, "/dashboard?span=day&channel=agora")
    (link,) = re.findall(r'href="(/mentions\?[^"]*sentiment=negative)"><?2', shown)

    listed = page(told, unescape(link))

    assert set(re.findall(r"M-\d{6}", listed)) == {"M-000001", "M-000002"}


def test_an_hour_in_the_table_leads_to_its_posts(told):
    shown = page(told, "/dashboard?span=day")
    links = re.findall(r'<th scope="row"><a href="(/mentions\?since[^"]*)">', shown)

    counts = [
        len(set(re.findall(r"M-\d{6}", page(told, unescape(link)))))
        for link in dict.fromkeys(links)
    ]

    assert sorted(counts)[-2:] == [0, 3]
    assert len(counts) == 24


def test_who_sees_one_brand_is_shown_no_other(told):
    shown = page(told, "/dashboard?span=day", ONLY_HERON)

    assert figures(shown)["Posts"] == "1"
    assert "Kestrel" not in shown
    assert "Kestrel" not in page(told, "/mentions?span=day", ONLY_HERON)
    client = looked_at(told, ONLY_HERON)
    assert client.get("/dashboard?brand=Kestrel").status_code == 403
    assert client.get("/mentions?brand=Kestrel").status_code == 403
    assert client.get("/mentions/M-000001").status_code == 404
    assert client.get("/dashboard/figures?brand=Kestrel").status_code == 403


def test_a_private_message_is_for_those_who_answer(told):
    assert "number is 4" not in page(told, "/mentions?span=day")
    assert "number is 4" not in page(told, "/mentions/M-000003")
    agent = viewer(Role.AGENT)
    assert "number is 4" in page(told, "/mentions?span=day", agent)
    assert "number is 4" in page(told, "/mentions/M-000003", agent)


def test_what_strangers_write_is_shown_as_words_and_abuse_folded(told):
    listed = page(told, "/mentions?span=day")

    assert "lost &lt;b&gt;bag&lt;/b&gt;" in listed
    folded = re.search(r'<details class="blurred">.*?</details>', listed, re.DOTALL)
    assert folded is not None
    assert "vile words" in folded[0]


def test_why_it_was_decided_is_for_those_who_work_on_it(told):
    assert "hardship" not in page(told, "/mentions/M-000001")
    assert "hardship" in page(told, "/mentions/M-000001", viewer(Role.LEAD))


def test_charts_come_as_json_and_as_csv(told):
    client = looked_at(told, BRAND_VIEWER)
    charts = client.get("/dashboard/figures?span=day").json()["charts"]
    csv = client.get("/dashboard/figures.csv?span=day&chart=sentiment")

    by_key = {one["key"]: one for one in charts}
    assert sum(by_key["volume"]["lines"]["mentions"]) == 3
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.text.splitlines()[0] == ",negative,neutral,positive"
    assert sum(int(line.split(",")[1]) for line in csv.text.splitlines()[1:]) == 2
    assert client.get("/dashboard/figures.csv?chart=nothing").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard?span=fortnight",
        "/dashboard?span=own&first=2026-02-31",
        "/mentions?since=yesterday&until=today",
        "/mentions?since=2026-11-02T09:00&until=2026-11-03T09:00",
        "/mentions?after=here",
        "/mentions?sentiment=furious",
        "/mentions?complaint=1",
    ],
)
def test_an_address_that_makes_no_sense_is_told_so(told, path):
    assert looked_at(told, BRAND_VIEWER).get(path).status_code == 422


@pytest.mark.parametrize("key", ["M-000099", "M-", "nothing", "9" * 30, "%C2%B2"])
def test_a_post_that_is_not_there_is_not_found(told, key):
    assert looked_at(told, BRAND_VIEWER).get(f"/mentions/{key}").status_code == 404


def test_a_long_list_goes_on_page_by_page(app):
    with app.store.work() as work:
        work.mentions.add(
            [mention(number, published_at=START) for number in range(120)],
            source="agora",
            at=START,
        )

    path, seen = "/mentions?span=day", []
    while path:
        shown = page(app, path)
        seen += re.findall(r'id="m(\d+)"', shown)
        following = re.search(r'href="([^"]+)" rel="next"', shown)
        path = unescape(following[1]) if following else ""

    assert sorted(map(int, seen)) == list(range(1, 121))


def test_an_author_who_carries_far_is_named_on_the_dashboard(told):
    shown = page(told, "/dashboard?span=day")

    assert f"@{author().handle}" in shown
    assert "fees &amp; charges" in shown


def test_an_empty_database_has_a_dashboard_too(app):
    assert figures(page(app, "/dashboard"))["Posts"] == "0"
