"""One complaint from its post to its proof, by the people who work on it, in Chromium.

The bot is a process of its own; the platform stands on loopback behind the real
connector; everybody has a browser of their own and comes in by the door.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from bot.bootstrap import App
from bot.clock import SystemClock
from bot.domain.clocks import ClockState
from bot.domain.staff import Role
from bot.domain.tickets import TicketId
from bot.services.staff import View, give_cases
from bot.settings import load_settings
from bot.testing import ManualClock
from tests.browsers import WITHIN, Look, Looks, is_seen, running_bot
from tests.consoles import PASSWORD, browser, code_of, quick, welcomed
from tests.houses import PROGRAM, ROOT, at_home
from tests.platforms.x_server import CREDENTIALS, HANDLE, XServer

pytestmark = pytest.mark.slow

PEOPLE = {
    "ada": Role.AGENT,
    "ben": Role.LEAD,
    "dan": Role.LEAD,
    "cleo": Role.COMPLIANCE_OFFICER,
    "rex": Role.REGULATOR,
}
POST = (
    f"@{HANDLE} my card was charged twice, nobody answers and I am furious. "
    "This is a complaint, fix it!"
)
BLOCKED = "We have refunded your $50."
SAID = (
    "Thank you for telling us. Please send us a private message, "
    "so that we can look into it with you."
)
ACKNOWLEDGEMENT = "R-000001"
"""The bot's own first word, which two people must agree to before an influencer."""


@dataclass(frozen=True)
class House:
    """A company at work: where its console is, and how its people come in."""

    at: str
    app: App
    x: XServer
    secrets: dict[str, str]

    def let_in(self, look: Looks, name: str) -> Look:
        """Sign somebody in as they do each morning."""
        looked = look(self.at, "/sign-in")
        page = looked.page
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        if secret := self.secrets[name]:
            page.get_by_label("Code").fill(code_of(secret, SystemClock().now()))
            page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        return looked


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(at_home(tmp_path))
    with XServer() as x, closing(_app(tmp_path / "house.yaml", x)) as app:
        app.unchecked_store.upgrade()
        secrets = _hired(tmp_path / "house.yaml", app)
        with running_bot(tmp_path, "--config", str(tmp_path / "house.yaml")) as at:
            yield House(at, app, x, secrets)


def _app(file: Path, x: XServer) -> App:
    """A brand on X, whose platform is ours, and whose people need a second factor."""
    x_source = {
        "connector": "x",
        "brand": "Acme",
        "account": HANDLE,
        "base_url": x.base_url,
        "every": "PT2S",
        **CREDENTIALS,
    }
    needing = [role.value for role in PEOPLE.values() if role is not Role.REGULATOR]
    written = {
        "place": "AU-NSW",
        "zone": "Australia/Sydney",
        "database": {"url": f"sqlite:///{file.parent}/house.db"},
        "brands": {"Acme": {"accounts": {"x": [HANDLE]}}},
        "sources": {"x": x_source},
        "channels": {"x": {"mode": "live", "reply_via": "x"}},
        "console": {"second_factor": needing},
        "audit": {"key_file": str(file.parent / "key.pem")},
    }
    file.write_text(yaml.safe_dump(written))
    return App(load_settings(file, {}))


def _hired(settings: Path, app: App) -> dict[str, str]:
    """Let everybody choose password and second factor, some minutes ago.

    A code is taken once; so the one of now is left for the browser.
    """
    earlier = ManualClock(SystemClock().now() - timedelta(minutes=5))
    with closing(App(load_settings(settings, {}), clock=earlier)) as then:
        quick(then)
        return {
            name: welcomed(then, browser(then), name, role)
            for name, role in PEOPLE.items()
        }


def test_a_complaint_is_answered_in_time_and_proven(
    house: House, look: Looks, tmp_path: Path
) -> None:
    ada, ben, dan, cleo = (
        house.let_in(look, name) for name in ("ada", "ben", "dan", "cleo")
    )

    ticket = arrives_live(ada.page, house.x)
    for lead in (ben, dan):
        agrees(lead.page, ACKNOWLEDGEMENT, "an influencer or VIP")
    answer = words_it(ada.page)
    agrees(ben.page, answer, "written by ada")
    proof = is_proven(ada.page, house.x, ticket, answer)
    assert is_kept(house.app, ticket)
    exported = finds_it(cleo.page, ticket, proof, tmp_path)
    case = takes_it_along(cleo.page, tmp_path)
    for file in (exported, case):
        assert verified(file) == 0
        assert verified(bent(file)) == 1
    reads_until_it_is_over(house, look, ticket)

    refusal = "Failed to load resource: the server responded with a status of 403"
    assert [said for said in ada.wrong if not said.startswith(refusal)] == []
    assert [*ben.wrong, *dan.wrong, *cleo.wrong] == []


def arrives_live(page: Page, x: XServer) -> str:
    """An influencer complains: the open list shows it, and the agent claims it."""
    page.goto("/queues?view=influencers")
    opened = page.evaluate("performance.timeOrigin")
    x.add_user("mia", followers=900_000, following=100, posts=9_000, verified=True)
    x.add_post(POST, "mia")

    row = page.get_by_role("row").filter(has_text="mia")
    expect(row).to_be_visible(timeout=WITHIN)
    assert page.evaluate("performance.timeOrigin") == opened, "nobody reloaded it"

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/T-*")
    page.keyboard.press("c")
    expect(page.locator("#claim")).to_contain_text("It is yours until")
    ticket = page.url.rsplit("/", 1)[1].partition("?")[0]
    page.goto(f"/tickets/{ticket}")
    return ticket


def words_it(page: Page) -> str:
    """What may not be said in public is told while typing, and refused."""
    page.goto(f"{page.url}/reply")
    words = page.get_by_label("Your words")
    words.fill("")
    words.press_sequentially(BLOCKED)
    expect(page.locator("#looked")).to_contain_text("Never in public", timeout=WITHIN)
    forward = page.get_by_role("button", name="Put forward: publish on X")
    forward.click()
    expect(page.get_by_role("alert")).to_contain_text("guard.outcome")

    page.get_by_label("Your words").fill(SAID)
    expect(page.locator("#looked")).to_contain_text("it is our second word")
    expect(page.locator("#kept")).to_contain_text("Kept as R-", timeout=WITHIN)
    page.get_by_role("button", name="Put forward: publish on X").click()
    waits = page.get_by_role("link", name="See what it waits for")
    expect(waits).to_be_visible()
    return (waits.get_attribute("href") or "").rsplit("/", 1)[1]


def agrees(page: Page, reply: str, why: str) -> None:
    """Somebody who did not write it reads it, sees why it waits, and says yes."""
    page.goto("/approvals")
    page.locator(f"#{reply} a").click()
    judged = page.locator("#judged")
    expect(judged.get_by_role("heading", name=reply)).to_be_visible()
    expect(judged).to_contain_text(why)
    with page.expect_navigation():
        judged.get_by_role("button", name="Publish on X").click()


def is_proven(page: Page, x: XServer, ticket: str, answer: str) -> str:
    """Both words stand there once, were read back, and kept what was promised."""
    is_seen(page, answer)
    is_seen(page, ACKNOWLEDGEMENT)
    expect(page.get_by_role("main")).to_contain_text("met")

    (post,) = [one for one in x.posts if one.text == POST]
    said = [one for one in x.replies_to(post.id) if SAID in one.text]
    assert len(said) == 1
    page.goto(f"/replies/{answer}")
    expect(page.get_by_role("main")).to_contain_text(said[0].id)
    page.goto(f"/tickets/{ticket}")
    expect(page.get_by_role("main")).to_contain_text("met")
    return said[0].id


def is_kept(app: App, ticket: str) -> bool:
    """Whether the answer ended the house's own promise as well, when it was said."""
    with app.store.reading() as work:
        clocks = work.clocks.of_ticket(TicketId(int(ticket[2:])))
    [promise] = [one for one in clocks if one.plan.rule == "first_response"]
    return (promise.state, promise.ended_by) == (ClockState.MET, "answered")


def takes_it_along(page: Page, folder: Path) -> Path:
    """The compliance officer, at its evidence, takes the one case along."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Take the case file along").click()
    taken = folder / "case.zip"
    download.value.save_as(taken)
    return taken


def finds_it(page: Page, ticket: str, proof: str, folder: Path) -> Path:
    """The compliance officer finds the line, opens its evidence and exports it."""
    page.goto("/log")
    line = page.locator(f"#{ticket}")
    expect(line).to_contain_text("mia")
    expect(line).to_contain_text("met")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    exported = folder / "log.zip"
    download.value.save_as(exported)

    page.get_by_role("searchbox", name="Ticket").fill(ticket)
    page.get_by_role("button", name="Filter").click()
    evidence = page.get_by_role("main")
    expect(evidence).to_contain_text(proof)
    expect(evidence).to_contain_text(POST)
    return exported


def verified(exported: Path) -> int:
    """How the program that needs neither database nor network judges an export."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "audit", "verify-export", str(exported)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
    ).returncode


def bent(exported: Path) -> Path:
    """The same with one figure changed by somebody who packs it again."""
    other = exported.with_name("bent.zip")
    with zipfile.ZipFile(exported) as read, zipfile.ZipFile(other, "w") as write:
        for name in read.namelist():
            content = read.read(name)
            if name.endswith((".csv", "case.json")):
                content = content.replace(b"mia", b"max")
            write.writestr(name, content)
    return other


def reads_until_it_is_over(house: House, look: Looks, ticket: str) -> None:
    """A regulator reads the one case that was given, and no longer than agreed."""
    over = SystemClock().now() + timedelta(seconds=15)
    given = View(tickets=(TicketId(int(ticket[2:])),), until=over, reason="an inquiry")
    give_cases(house.app.store, SystemClock(), "rex", given, by="cleo")
    page = house.let_in(look, "rex").page
    page.goto(f"/cases/{ticket}")
    expect(page.get_by_role("main")).to_contain_text(POST)
    page.goto(f"/tickets/{ticket}")
    expect(page.get_by_role("alert")).to_be_visible()

    time.sleep(max(0.0, (over - SystemClock().now()).total_seconds()) + 0.5)
    page.goto(f"/cases/{ticket}")
    expect(page.get_by_role("main")).not_to_contain_text(POST)
    expect(page.get_by_role("alert")).to_contain_text("ended")
