"""Every room over a database that a whole run filled: readable by everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.bootstrap import App
from bot.domain.channels import Aside, Quarantined
from bot.domain.queues import Listed
from bot.domain.staff import RIGHTS, Right, Role
from bot.services.queues import look as listed
from bot.services.staff import View, give_cases
from bot.testing import START
from bot.web.app import application
from bot.web.render import NAVIGATION, Entry
from tests.browsers import Looks, Serve
from tests.consoles import PASSWORD, invited, quick, seen_by, viewer

ROOMS = [entry for entry in NAVIGATION if entry.right is not Right.SEE_GIVEN_CASES]
"""All but the cases, which are given to one person by name and have a test below."""


def whose(entry: Entry) -> Role:
    """The role that may do most of those who may enter."""
    able = [role for role in Role if entry.right in RIGHTS[role]]
    return max(able, key=lambda role: len(RIGHTS[role]))


@pytest.mark.slow
@pytest.mark.parametrize("entry", ROOMS, ids=lambda entry: entry.path[1:])
def test_a_room_and_what_it_leads_to_first_are_readable_by_everybody(
    entry: Entry, worked: App, serve: Serve, look: Looks
) -> None:
    at = serve(seen_by(worked, viewer(whose(entry))))
    looked = look(at, entry.path)
    looked.check()

    link = looked.page.locator("main [data-row] a, main a.item, main .item a").first
    if link.count():
        link.click()
        looked.page.wait_for_load_state()
        looked.check()


@pytest.mark.slow
def test_a_regulators_cases_are_readable_by_everybody(
    worked: App, serve: Serve, look: Looks
) -> None:
    quick(worked)
    link = invited(worked, "Mae", Role.REGULATOR)
    first = listed(worked.store, worked.clock, Listed()).lines[0].ticket
    until = worked.present.now() + timedelta(hours=1)
    view = View(tickets=[first.id], until=until, reason="asked in writing")
    give_cases(worked.store, worked.present, "Mae", view, by="Grace")

    looked = look(serve(application(worked)), link)
    page = looked.page
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password", exact=True).click()
    page.wait_for_url("**/cases")
    looked.check()
    page.get_by_role("link", name=first.key).click()
    page.wait_for_url(f"**/cases/{first.key}")
    looked.check()


@pytest.mark.slow
def test_what_was_kept_aside_can_be_settled_by_everybody(
    app: App, serve: Serve, look: Looks
) -> None:
    odd = Quarantined(where="line 7", reason="no author", payload="{}")
    note = Quarantined(where="feed", reason="it moved", payload="{}", kind=Aside.NOTE)
    with app.store.work() as work:
        work.quarantine.add("morning", [odd, note], START)
    at = serve(seen_by(app, viewer(Role.OPERATOR)))

    looked = look(at, "/setup/work")
    for one in looked.page.get_by_text("Put it away").all()[::2]:
        one.click()
    looked.check()
    looked.page.get_by_role("button", name="Read it again", exact=True).click()
    looked.page.wait_for_load_state()
    assert "Read again by" in looked.page.inner_text("main")
    looked.check()

    look(at, "/setup/changes").check()
