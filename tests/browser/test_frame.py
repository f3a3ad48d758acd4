"""The frame that every page stands in: look, keys, theme, countdowns."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import expect

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.web.render import Pages, templates
from tests.browsers import Look, Looks, Serve
from tests.consoles import seen_by, viewer

BY = viewer(Role.LEAD)


@pytest.fixture
def guide(app: App, serve: Serve, look: Looks, monkeypatch: pytest.MonkeyPatch) -> Look:
    """A page that holds everything pages are made of."""
    web, pages = seen_by(app, BY), Pages(app)
    environment = templates(BY.language)
    assert environment.loader is not None
    here = FileSystemLoader(Path(__file__).parent)
    monkeypatch.setattr(environment, "loader", ChoiceLoader([environment.loader, here]))

    @web.get("/queues/guide")
    def guide() -> HTMLResponse:
        return pages.page(
            "guide.html", BY, start=app.clock.now(), hour=timedelta(hours=1)
        )

    return look(serve(web), "/queues/guide")


def test_everything_is_readable_by_everybody(guide: Look) -> None:
    guide.check()


def test_the_navigation_shows_where_we_are(guide: Look) -> None:
    here = guide.page.locator(".nav a[aria-current]")

    expect(here).to_have_text("Queuesg q")


def test_keys_move_through_lists_and_open_lines(guide: Look) -> None:
    keyboard = guide.page.keyboard

    keyboard.press("j")
    keyboard.press("j")
    keyboard.press("k")
    keyboard.press("j")
    expect(guide.page.locator("#row-1")).to_be_focused()
    keyboard.press("Enter")

    assert guide.page.url.endswith("#opened-1")


def test_g_and_a_letter_go_to_a_room(guide: Look) -> None:
    guide.page.keyboard.press("g")
    with guide.page.expect_navigation(url="**/approvals"):
        guide.page.keyboard.press("a")


def test_a_question_mark_tells_the_keys_of_this_page(guide: Look) -> None:
    guide.page.keyboard.press("?")

    dialog = guide.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Go to: Queues")
    expect(dialog).to_contain_text("Claim it")
    guide.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_keys_are_never_taken_from_a_field(guide: Look) -> None:
    guide.page.get_by_label("Name").fill("")
    guide.page.get_by_label("Name").press_sequentially("jc?g")

    expect(guide.page.get_by_label("Name")).to_have_value("jc?g")
    assert "#claimed" not in guide.page.url
    expect(guide.page.locator("#keys")).to_be_hidden()


def test_a_key_presses_its_button(guide: Look) -> None:
    guide.page.keyboard.press("c")

    assert guide.page.url.endswith("#claimed")


def test_the_theme_is_the_systems_until_somebody_chooses(guide: Look) -> None:
    page = guide.page
    page.emulate_media(color_scheme="dark")
    ground = page.locator("body")
    dark = "rgb(14, 17, 21)"
    expect(ground).to_have_css("background-color", dark)

    page.get_by_role("button", name="Dark").click()
    expect(ground).not_to_have_css("background-color", dark)

    page.reload()
    expect(ground).not_to_have_css("background-color", dark)
    expect(page.get_by_role("button", name="Dark")).to_have_attribute(
        "aria-pressed", "false"
    )


def test_countdowns_tick_and_say_what_kind_of_clock_they_are(guide: Look) -> None:
    late, soon, *_ = guide.page.locator(".countdown").all()

    expect(late).to_have_attribute("data-left", "none")
    expect(late).to_contain_text("−2h 51m")
    expect(soon).to_have_attribute("data-left", "little")
    expect(soon).to_have_attribute("data-kind", "legal")
    expect(soon.locator(".sr")).to_have_text("legal clock: 8 minutes")
    ticking = soon.locator("[data-ticks]")
    before = ticking.inner_text()
    expect(ticking).not_to_have_text(before)


def test_a_dialog_opens_and_closes(guide: Look) -> None:
    guide.page.get_by_role("button", name="Opens").click()
    dialog = guide.page.get_by_role("dialog", name="Why")
    expect(dialog).to_be_visible()

    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_what_nobody_must_read_is_read_by_whoever_asks(guide: Look) -> None:
    hidden = guide.page.get_by_text("You fools")
    expect(hidden).to_be_hidden()

    guide.page.get_by_text("Show it").click()
    expect(hidden).to_be_visible()
