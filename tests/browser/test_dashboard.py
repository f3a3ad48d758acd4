"""The dashboard in a browser: charts drawn from their tables, and saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.domain.tags import Sentiment
from bot.services.volume import roll_up
from bot.settings import load_settings
from bot.testing import START, ManualClock
from tests.browsers import Look, Looks, Serve
from tests.consoles import seen_by, viewer
from tests.samples import mention, tags


@pytest.fixture
def app(own_file: Path, tmp_path: Path) -> Iterator[App]:
    (tmp_path / "bot.yaml").write_text("{}")
    url = {"BOT_DATABASE__URL": f"sqlite:///{own_file}"}
    made = App(load_settings(tmp_path / "bot.yaml", url), clock=ManualClock())
    with made.store.work() as work:
        stored = work.mentions.add(
            [mention(number, published_at=START) for number in range(30)],
            source="agora",
            at=START,
        )
        said = tags(sentiment=Sentiment.NEGATIVE)
        work.mentions.tag([(one.id, said) for one in stored], START)
    while roll_up(made.store, made.clock, made.settings.zone):
        pass
    yield made
    made.close()


@pytest.fixture
def dashboard(app: App, serve: Serve, look: Looks) -> Look:
    return look(serve(seen_by(app, viewer(Role.BRAND_VIEWER))), "/dashboard?span=day")


def test_a_chart_is_drawn_from_the_table_below_it(dashboard: Look) -> None:
    chart = dashboard.page.locator("[data-chart=sentiment]")

    expect(chart.locator("canvas")).to_be_visible()
    expect(chart.locator("table")).to_be_hidden()
    chart.locator("summary").click()
    expect(chart.locator("table")).to_be_visible()
    dashboard.check()


def test_a_click_into_a_chart_leads_to_the_posts(dashboard: Look) -> None:
    canvas = dashboard.page.locator("[data-chart=sentiment] canvas")
    box = canvas.bounding_box()
    assert box is not None

    # 20:00 in Sydney, the only hour with posts: the bar near five sixths of the width.
    for step in range(70, 95):
        canvas.click(
            position={"x": box["width"] * step / 100, "y": box["height"] * 0.6}
        )
        if "/mentions" in dashboard.page.url:
            break

    expect(dashboard.page).to_have_url(re.compile("sentiment=negative"))
    expect(dashboard.page.locator("li[data-row]")).to_have_count(30)


@pytest.mark.parametrize(
    ("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg")], ids=["png", "svg"]
)
def test_a_chart_can_be_saved(dashboard: Look, kind: str, begins: bytes) -> None:
    with dashboard.page.expect_download() as saved:
        dashboard.page.locator(f"[data-chart=volume] [data-saves={kind}]").click()

    assert saved.value.suggested_filename == f"volume.{kind}"
    assert Path(saved.value.path()).read_bytes().startswith(begins)
    assert dashboard.wrong == []
