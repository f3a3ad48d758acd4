"""One ticket in a real browser: done in place, heard by whoever has it open too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.testing import ManualClock
from tests.browsers import Looks, Serve
from tests.consoles import seen_by, viewer
from tests.integration.test_console_ticket import Hateful
from tests.unit.services.world import handle, mention, tickets


@pytest.fixture
def path(app: App) -> str:
    """A ticket with one text that can be read, and one that nobody must read."""
    now = app.clock.now()
    told = ManualClock(now)
    said = mention(
        "terrible, my lawyer hears of it", published_at=now - timedelta(hours=3)
    )
    handle(app.store, told, said, by=app.policy)
    [ticket] = tickets(app.store)
    abuse = mention(
        "terrible, you vile lot",
        conversation=ticket.conversation,
        published_at=now - timedelta(hours=2),
    )
    handle(app.store, told, abuse, by=app.policy, classifier=Hateful())
    return f"/tickets/{ticket.key}"


@pytest.mark.slow
def test_what_one_does_in_place_the_other_hears_at_once(
    app: App, path: str, serve: Serve, look: Looks
) -> None:
    ada = look(serve(seen_by(app, viewer(Role.AGENT))), path).page
    ben = look(serve(seen_by(app, viewer(Role.LEAD, "Ben"))), path).page
    ada.evaluate("window.stayed = true")

    ada.get_by_role("button", name="Claim").click()

    expect(ada.get_by_text("It is yours until")).to_be_visible()
    assert ada.evaluate("window.stayed") is True
    expect(ben.get_by_text("It changed since this page was shown.")).to_be_visible()
    expect(ben.get_by_text("also looking: Ada")).to_be_visible()


@pytest.mark.slow
def test_abuse_is_shown_when_it_is_asked_for_and_a_note_is_kept_in_place(
    app: App, path: str, serve: Serve, look: Looks
) -> None:
    page = look(serve(seen_by(app, viewer(Role.AGENT))), path).page
    expect(page.get_by_text("vile lot")).to_have_count(0)

    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_text("vile lot")).to_be_visible()
    page.locator("summary", has_text="Note for colleagues").click()
    page.get_by_label("Note", exact=True).fill("rang them")
    page.get_by_role("button", name="Note for colleagues").click()

    expect(page.get_by_text("by Ada: rang them")).to_be_visible()


@pytest.mark.slow
def test_every_fold_of_the_page_is_readable_by_everybody(
    app: App, path: str, serve: Serve, look: Looks
) -> None:
    looked = look(serve(seen_by(app, viewer(Role.LEAD))), path)
    for fold in looked.page.locator("main details").all():
        fold.evaluate("fold => { fold.open = true; }")

    looked.check()
