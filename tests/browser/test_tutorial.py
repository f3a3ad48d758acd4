"""The console's tutorial is walked through by the three people whom it is about."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsers import WITHIN, Looks, is_seen, running_bot
from tests.houses import PROGRAM, ROOT, House

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "tutorial.md"
TICKET, WORD, ANSWER = "T-000172", "R-000141", "R-000150"
PASSWORD = "nine grey herons at dawn"
PUBLISH = "Publish on X, everybody can read it"
FORWARD = "Put forward: publish on X, everybody can read it"


class Named:
    """Controls by the names that the page gives them; remembers which were used."""

    def __init__(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        self.names = set(re.findall(r"\*\*(.+?)\*\*", text))
        self.used: set[str] = set()

    def __call__(self, page: Page, role: str, name: str) -> Locator:
        assert name in self.names, f"the tutorial does not name {name!r}"
        self.used.add(name)
        found = {
            "button": lambda: page.get_by_role("button", name=name, exact=True),
            "link": lambda: page.get_by_role("link", name=name, exact=True),
            "field": lambda: page.get_by_label(name, exact=True),
            "heading": lambda: page.get_by_role("heading", name=name, exact=True),
        }[role]()
        expect(found.first).to_be_visible(timeout=WITHIN)
        return found.first


@pytest.fixture
def named() -> Named:
    return Named()


def bot(*arguments: str, folder: Path) -> str:
    """Run a command as the page says, and return what it printed."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def links(worked_house: House, tmp_path: Path) -> dict[str, str]:
    """Step 1 and 2: the stream is read, and three people have their links."""
    worked_house.copied(tmp_path)
    roles = {"ann": "agent", "bea": "lead", "cora": "compliance_officer"}
    return {
        name: bot("user", "add", name, "--role", role, folder=tmp_path)
        .strip()
        .partition("/welcome/")[2]
        for name, role in roles.items()
    }


@pytest.fixture
def console(links: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The bot goes on, and its console is open."""
    with running_bot(tmp_path) as at:
        yield at


def test_the_tutorial_leads_from_a_post_to_its_proof(
    console: str, links: dict[str, str], look: Looks, named: Named, tmp_path: Path
) -> None:
    ann, bea, cora = (
        comes_in(look(console, f"/welcome/{links[name]}").page, named)
        for name in ("ann", "bea", "cora")
    )

    looks_around(ann, named)
    agrees_to_the_acknowledgement(bea, named)
    blocked, said = re.findall(r"^> (.+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    answers(ann, named, blocked, said)
    bea.goto(f"/approvals/{ANSWER}")
    named(bea, "button", PUBLISH).click()
    is_seen(ann, ANSWER)
    stands = (tmp_path / "var/demo-platform.jsonl").read_text(encoding="utf-8")
    assert said in stands.splitlines()[-1]
    proves(cora, named, said, tmp_path)

    named(ann, "link", "Dashboard").click()
    expect(ann.get_by_text("Show as table").first).to_be_visible()
    assert named.names - named.used == {"Show as table"}


def looks_around(page: Page, named: Named) -> None:
    named(page, "link", "Queues").click()
    named(page, "button", "Keys")
    page.goto(f"/tickets/{TICKET}")
    named(page, "heading", "Clocks")
    named(page, "heading", "Why it stands here")


def agrees_to_the_acknowledgement(page: Page, named: Named) -> None:
    named(page, "link", "Approvals").click()
    page.goto(f"/tickets/{TICKET}")
    named(page, "link", WORD).click()
    named(page, "link", "Judge it").click()
    named(page, "button", PUBLISH).click()
    is_seen(page, WORD)


def answers(page: Page, named: Named, blocked: str, said: str) -> None:
    page.goto(f"/tickets/{TICKET}")
    expect(page.get_by_role("main")).to_contain_text("met")
    named(page, "button", "Claim").click()
    named(page, "field", "Your words").fill(blocked)
    expect(page.locator("#looked")).to_contain_text("Never in public", timeout=WITHIN)
    named(page, "button", FORWARD).click()
    expect(page.get_by_role("alert").last).to_contain_text("guard.outcome")
    named(page, "field", "Your words").fill(said)
    expect(page.locator("#looked")).to_contain_text("it is our second word")
    expect(page.locator("#kept")).to_contain_text(f"Kept as {ANSWER}", timeout=WITHIN)
    named(page, "button", FORWARD).click()
    named(page, "link", "See what it waits for")


def proves(page: Page, named: Named, said: str, folder: Path) -> None:
    named(page, "link", "Response log").click()
    for kind in ("CSV", "JSON", "PDF"):
        named(page, "button", kind)
    with page.expect_download() as download:
        named(page, "button", "CSV").click()
    exported = folder / download.value.suggested_filename
    download.value.save_as(exported)
    assert "whole" in bot("audit", "verify-export", str(exported), folder=folder)
    named(page, "field", "Words or ticket").fill(TICKET)
    named(page, "button", "Filter").click()
    expect(page.get_by_role("main")).to_contain_text(said)
    named(page, "link", "Proof").click()
    named(page, "button", "Verify now").click()
    told = expect(page.get_by_role("main"))
    told.to_contain_text("The log is whole", timeout=WITHIN)
    page.goto(f"/tickets/{TICKET}")
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def comes_in(page: Page, named: Named) -> Page:
    """By the link, with a password and, where the role needs it, a second factor."""
    named(page, "field", "Password").fill(PASSWORD)
    named(page, "field", "The same again").fill(PASSWORD)
    named(page, "button", "Set the password").click()
    page.wait_for_load_state()
    if page.get_by_label("Code", exact=True).count():
        secret = page.locator("code.mono").inner_text()
        named(page, "field", "Code").fill(pyotp.TOTP(secret).now())
        named(page, "button", "Go on").click()
        page.get_by_text("I have kept them").click()
        named.used.add("I have kept them")
    return page
