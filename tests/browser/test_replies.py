"""A reply as two people make it in a browser: typed, pointed at, kept, agreed to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.bootstrap import App
from bot.domain.replies import ReplyKind, ReplyState
from bot.domain.staff import Role
from bot.services.claims import claim
from bot.settings import load_settings
from bot.testing import ManualClock
from tests.browsers import Looks, Serve
from tests.consoles import seen_by, viewer
from tests.integration.test_console_replies import SETTINGS, WORDS
from tests.unit.services.world import author, handle, mention, tickets

FORBIDDEN = "You are our customer, so please wait."


@pytest.fixture
def app(migrated_file: Path, tmp_path: Path) -> Iterator[App]:
    database = shutil.copy(migrated_file, tmp_path / "a.db")
    file = tmp_path / "bot.yaml"
    file.write_text(SETTINGS.replace("MODE", "live"), encoding="utf-8")
    loaded = load_settings(file, {"BOT_DATABASE__URL": f"sqlite:///{database}"})
    made = App(loaded, clock=ManualClock())
    handle(
        made.store,
        ManualClock(),
        mention(channel="mastodon", author=author("ada")),
    )
    yield made
    made.close()


@pytest.mark.slow
def test_words_are_looked_at_kept_put_forward_and_agreed_to(
    app: App, serve: Serve, look: Looks
) -> None:
    [ticket] = tickets(app.store)
    ana = look(serve(seen_by(app, viewer(Role.AGENT, "Ana"))), f"/tickets/{ticket.key}")
    page, box = ana.page, ana.page.locator("#reply-text")

    box.press_sequentially(FORBIDDEN)
    page.get_by_role("button", name="You are our customer").click()
    expect(page.locator("#kept")).to_contain_text("It stays in this browser")
    assert marked(ana) == "You are our customer"
    ana.check()
    page.reload()
    expect(box).to_have_value(FORBIDDEN)

    box.fill(WORDS)
    expect(page.locator("#kept")).to_contain_text("Kept as R-")
    expect(page.locator("#looked")).to_contain_text("characters as Mastodon counts")
    page.get_by_role("button", name="Put forward: publish on Mastodon").click()
    expect(page.locator("#composer")).to_contain_text("waits for another person")

    lea = look(serve(seen_by(app, viewer(Role.LEAD, "Lea"))), "/approvals")
    lea.check()
    assert above(lea.page, "#judged", "#inbox"), "on a phone what is judged comes first"
    lea.page.keyboard.press("y")
    expect(lea.page.locator("main")).to_contain_text("Nothing waits for a yes")
    with app.store.reading() as work:
        [said] = [
            one
            for one in work.replies.of_ticket(ticket.id)
            if one.kind is ReplyKind.ANSWER
        ]
    assert (said.text, said.state) == (WORDS, ReplyState.QUEUED)
    assert said.approved_by == "Lea"


@pytest.mark.slow
def test_ones_own_draft_makes_the_page_beside_it_no_older(
    app: App, serve: Serve, look: Looks
) -> None:
    [ticket] = tickets(app.store)
    ana = look(serve(seen_by(app, viewer(Role.AGENT, "Ana"))), f"/tickets/{ticket.key}")
    page, box = ana.page, ana.page.locator("#reply-text")
    expect(box).to_be_visible()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("It is yours until")).to_be_visible()

    box.fill(WORDS)
    expect(page.locator("#reply-kept")).to_be_visible()
    expect(page.get_by_text("It changed since")).to_have_count(0)
    close(page)
    expect(page.get_by_text("Done: close").first).to_be_visible()


@pytest.mark.slow
def test_what_somebody_changed_is_not_hidden_by_ones_own_draft(
    app: App, serve: Serve, look: Looks
) -> None:
    [ticket] = tickets(app.store)
    ana = look(serve(seen_by(app, viewer(Role.AGENT, "Ana"))), f"/tickets/{ticket.key}")
    page, box = ana.page, ana.page.locator("#reply-text")
    expect(box).to_be_visible()
    claim(app.store, ManualClock(), app.policy.house, ticket.id, by="Ana")

    box.fill(WORDS)
    expect(page.locator("#reply-kept")).to_be_visible()
    close(page)

    said = f"Ana changed {ticket.key} meanwhile"
    expect(page.get_by_text(said).first).to_be_visible()


@pytest.mark.slow
def test_why_words_are_refused_is_seen_where_they_were_put_forward(
    app: App, serve: Serve, look: Looks
) -> None:
    [ticket] = tickets(app.store)
    page = look(
        serve(seen_by(app, viewer(Role.AGENT, "Ana"))), f"/tickets/{ticket.key}"
    ).page

    page.locator("#reply-text").fill(FORBIDDEN)
    expect(page.locator("#looked")).to_contain_text("Never in public")
    page.set_viewport_size({"width": 390, "height": 300})
    page.get_by_role("button", name="Put forward").click()

    expect(page.get_by_role("alert").last).to_be_in_viewport()


def above(page: Page, one: str, other: str) -> bool:
    """Whether it stands above the other on the screen as it is."""
    top = "part => part.getBoundingClientRect().top"
    first, second = (page.locator(each).evaluate(top) for each in (one, other))
    return bool(first < second)


def close(page: Page) -> None:
    page.locator("summary", has_text="Close").click()
    page.get_by_role("button", name="Close", exact=True).click()


def marked(looked) -> str:
    return str(
        looked._evaluated(
            "(() => { const box = document.getElementById('reply-text');"
            " return box.value.slice(box.selectionStart, box.selectionEnd); })()"
        )
    )
