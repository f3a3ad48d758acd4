"""Every room over a database that a whole run filled: readable by everybody."""

from __future__ import annotations

import pytest

from bot.bootstrap import App
from bot.domain.staff import RIGHTS, Right, Role
from bot.web.render import NAVIGATION, Entry
from tests.browsers import Looks, Serve
from tests.consoles import seen_by, viewer

ROOMS = [entry for entry in NAVIGATION if entry.right is not Right.SEE_GIVEN_CASES]
"""All but the cases, which are given to one person by name."""


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
