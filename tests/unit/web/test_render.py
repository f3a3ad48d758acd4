from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import Markup

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.errors import Missing, NotAllowed
from bot.settings import load_settings
from bot.web.render import HERE, NAVIGATION, Countdown, Pages, address_of
from tests.consoles import viewer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    file = tmp_path / "bot.yaml"
    file.write_text(f"database: {{url: 'sqlite:///{tmp_path}/a.db'}}\n")
    return Pages(App(load_settings(file, {})))


def test_a_countdown_is_an_instant_until_scripts_make_it_tick() -> None:
    clock = Countdown("legal", NOON, NOON - timedelta(hours=24))

    shown = clock.shown(Markup("<time>noon</time>"), "legal clock")

    assert 'data-countdown="2026-03-02T12:00:00+00:00"' in shown
    assert 'data-since="2026-03-01T12:00:00+00:00"' in shown
    assert shown.endswith("<time>noon</time></span>")


def test_an_instant_in_a_refusal_is_told_in_the_viewers_zone(pages: Pages) -> None:
    error = NotAllowed("it is <Ben>'s until 2026-03-02 12:00 UTC; ask them")

    page = pages.made("part_error.html", viewer(Role.AGENT), error=error)
    strangers = pages.made("part_error.html", error=error)

    assert "it is &lt;Ben&gt;&#39;s until <time datetime=" in page
    assert "11:00:00\u202fPM</time>; ask them" in page
    assert "until 2026-03-02 12:00 UTC; ask them" in strangers


@pytest.mark.parametrize("at", ["2026-13-45 10:00 UTC", "9999-12-31 23:59 UTC"])
def test_what_is_no_instant_in_a_refusal_is_told_as_it_was_typed(
    pages: Pages, at: str
) -> None:
    error = NotAllowed(f"<{at}> is no time")

    page = pages.made("part_error.html", viewer(Role.AGENT), error=error)

    assert f"&lt;{at}&gt; is no time" in page


def test_every_room_has_its_icon_and_is_reached_by_one_key_of_its_own(
    pages: Pages,
) -> None:
    everything = pages.made("error.html", viewer(Role.LEAD), error=Missing("gone"))

    assert len({entry.key for entry in NAVIGATION}) == len(NAVIGATION)
    drawn = (HERE / "pages/parts/icons.html").read_text()
    assert all(f'"{entry.path[1:]}":' in drawn for entry in NAVIGATION)
    assert 'data-go="q"' in everything


def test_a_language_that_is_not_spoken_is_answered_in_english(pages: Pages) -> None:
    nobody = replace(viewer(Role.AGENT), language="xx")

    assert '<html lang="en"' in pages.made("error.html", nobody, error=Missing("gone"))


def test_a_static_file_is_named_by_what_it_holds() -> None:
    assert address_of("console.css").startswith("/static/console.css?v=")


class Refused(HTMLParser):
    """What the Content-Security-Policy would refuse, so nobody may write it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [
            name
            for name in names
            if name == "style" or name.startswith(("on", "hx-on"))
        ]


@pytest.mark.parametrize(
    "file",
    [
        file.relative_to(HERE / "pages").as_posix()
        for file in sorted((HERE / "pages").rglob("*.html"))
        if file.name != "form.html"
    ],
)
def test_no_page_holds_what_the_browser_would_refuse(file: str) -> None:
    reader = Refused()
    written = (HERE / "pages" / file).read_text()
    reader.feed(re.sub(r"\{([%{#]).*?[%}#]\}", "", written, flags=re.DOTALL))

    assert reader.found == []
