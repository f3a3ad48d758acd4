"""A reply as two people make it in a browser: typed, pointed at, kept, agreed to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.bootstrap import App
from bot.domain.replies import ReplyKind, ReplyState
from bot.domain.staff import Role
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


def marked(looked) -> str:
    return str(
        looked._evaluated(
            "(() => { const box = document.getElementById('reply-text');"
            " return box.value.slice(box.selectionStart, box.selectionEnd); })()"
        )
    )
