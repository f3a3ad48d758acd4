"""A legal notice as two people make it in a browser, and each page by axe-core."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.testing import ManualClock
from tests.browsers import Look, Looks, Serve
from tests.consoles import seen_by, viewer
from tests.integration.test_console_notices import opened, stands
from tests.integration.test_letters import OWN
from tests.unit.services.world import handle, mention, states, tickets


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def app(own_file: Path, tmp_path: Path, clock: ManualClock) -> Iterator[App]:
    made = opened(own_file, tmp_path, clock)
    handle(made.store, clock, mention("This is terrible, fix it"), by=made.policy)
    clock.advance(minutes=1)
    yield made
    made.close()


@pytest.mark.slow
def test_a_notice_is_begun_filled_in_agreed_to_and_handed_over(
    app: App, clock: ManualClock, serve: Serve, look: Looks
) -> None:
    [ticket] = tickets(app.store)
    ana = look(serve(seen_by(app, viewer(Role.AGENT, "Ana"))), f"/tickets/{ticket.key}")
    page = ana.page

    writes_it(ana)
    lea = look(serve(seen_by(app, viewer(Role.LEAD, "Lea"))), "/approvals/L-000001")
    lea.page.get_by_role("button", name="Agree to exactly this notice").click()
    clock.advance(minutes=5)

    page.goto(page.url)
    ana.check()
    page.get_by_label("How it was handed over").select_option("letter")
    page.get_by_label("What shows that it was given").fill("registered mail RR 12")
    page.get_by_label("A file that shows it").set_input_files(
        {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    )
    page.get_by_role("button", name="Record that it was handed over").click()

    expect(page.locator("main")).to_contain_text("registered mail RR 12")
    ana.check()
    assert stands(app).approved_by == "Lea"
    assert states(app.store, ticket)["idr_response"] == "met"


def writes_it(ana: Look) -> None:
    """Begin it from its wording, be refused, and fill in what only a person can say."""
    page = ana.page
    page.get_by_role("link", name="Legal notice", exact=True).click()
    ana.check()
    page.get_by_label("Which notice of the pack").select_option("idr_response")
    page.get_by_label("How the complaint ended").select_option("rejected")
    page.get_by_label("What the complaint raises").fill("The fee of 20 dollars")
    page.get_by_role("button", name="Begin it from its wording").click()
    expect(page.locator("#findings")).to_contain_text("missing")
    ana.check()
    page.get_by_role("button", name="Put before another person").click()
    expect(page.get_by_role("alert")).to_contain_text("271.")
    assert all("403 (Forbidden)" in one for one in ana.wrong), "it was refused"
    ana.wrong.clear()

    box = page.locator("#text")
    box.fill(re.sub(r"\[[^\]]*\]", OWN, box.input_value()))
    page.get_by_role("button", name="Keep and check").click()
    expect(page.locator("#findings")).not_to_contain_text("missing")
    page.get_by_role("button", name="Put before another person").click()
    expect(page.locator("main")).to_contain_text("It waits for another person's yes")
