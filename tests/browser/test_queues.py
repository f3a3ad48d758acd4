"""The queues in a real browser: live, by keys, and what is chosen stays chosen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.testing import ManualClock
from tests.browsers import Looks, Serve
from tests.consoles import seen_by, viewer
from tests.unit.services.world import handle, mention


def say(app: App, words: str, hours: int) -> None:
    """Let somebody complain some hours ago."""
    now = app.clock.now()
    said = mention(words, published_at=now - timedelta(hours=hours))
    handle(app.store, ManualClock(now), said, by=app.policy)


@pytest.mark.slow
def test_a_list_is_worked_by_keys_and_hears_what_comes(
    app: App, serve: Serve, look: Looks
) -> None:
    say(app, "terrible, my lawyer hears of the first", 3)
    say(app, "terrible, my lawyer hears of the second", 2)
    looked = look(serve(seen_by(app, viewer(Role.LEAD))), "/queues")
    page = looked.page
    rows = page.locator("#tickets tbody tr")
    expect(rows).to_have_count(2)
    page.evaluate("window.stayed = true")

    rows.first.get_by_role("checkbox").check()
    say(app, "terrible, my lawyer hears of the third", 1)

    expect(rows).to_have_count(3)
    expect(page.locator("#tickets input:checked")).to_have_count(1)
    assert page.evaluate("window.stayed") is True
    page.keyboard.press("x")
    expect(page.locator("#tickets input:checked")).to_have_count(3)
    looked.check()
    page.keyboard.press("c")
    expect(page.get_by_text("3 of 3 done.")).to_be_visible()
    page.keyboard.press("b")
    expect(rows.first).to_contain_text("Ada")


@pytest.mark.slow
def test_what_is_looked_for_is_marked(app: App, serve: Serve, look: Looks) -> None:
    say(app, "terrible, my lawyer hears of the first", 3)
    looked = look(serve(seen_by(app, viewer(Role.LEAD))), "/queues")
    page = looked.page

    page.keyboard.press("g")
    page.keyboard.press("s")
    page.get_by_role("searchbox").fill('"my lawyer"')
    page.keyboard.press("Enter")

    expect(page.locator("mark")).to_have_text("my lawyer")
    looked.check()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/T-000001")
