"""A real Chromium before a real console, for tests that look as people do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    sync_playwright,
)

from bot.web.app import address_of, listening, served
from tests.houses import PROGRAM, ROOT

AXE = Path(__file__).parent / "browser/vendor/axe.min.js"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WITHIN = 60_000
"""Milliseconds; far more than anything that a test waits for takes."""

PHONE, DESK = (390, 844), (1440, 900)
WEIGHTY = {"serious", "critical"}

Serve = Callable[[FastAPI], str]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start one browser for a file of tests.

    No longer than that: while it is there, no other event loop may run in its thread.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail(
            "the console is tested in a real browser: install it "
            "(Debian: apt-get install --no-install-recommends chromium)"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve any number of consoles on loopback; return where each is."""
    with ExitStack() as open_ones:

        def one(web: FastAPI) -> str:
            listener = open_ones.enter_context(listening("127.0.0.1", 0))
            open_ones.enter_context(served(web, listener))
            return address_of(listener)

        yield one


@contextmanager
def running_bot(folder: Path, *options: str) -> Iterator[str]:
    """Let ``bot run`` work in a folder; give where its console is.

    It must be on its feet at the end, and stop in good order.
    """
    told = folder / "said.txt"
    command = [sys.executable, "-c", PROGRAM, "run", "--port", "0", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    with told.open("w") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stderr=said)
    try:
        until = time.monotonic() + WITHIN / 1000
        while not (found := re.search(r"console is at (\S+)\.\s", told.read_text())):
            assert process.poll() is None, told.read_text()
            assert time.monotonic() < until, told.read_text()
            time.sleep(0.1)
        yield found[1]
        process.terminate()
        assert process.wait(WITHIN / 1000) == 0, told.read_text()
    finally:
        process.kill()
        process.wait()


def is_seen(page: Page, reply: str) -> None:
    """Look at a reply until it was read back on the platform."""
    page.goto(f"/replies/{reply}")
    until = time.monotonic() + WITHIN / 1000
    while page.get_by_text("seen on the platform").count() == 0:
        assert time.monotonic() < until, page.get_by_role("main").inner_text()
        page.wait_for_timeout(500)
        page.reload()


class Look:
    """One person's browser, which remembers what went wrong in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context, self.page = context, context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(message.text)

    def check(self) -> None:
        """Look at the page in both themes, on a phone and at a desk.

        Nothing may have gone wrong, the policy may have refused nothing, nothing may
        be wider than the screen, and axe may find nothing serious.
        """
        for scheme in ("light", "dark"):
            for width, height in (DESK, PHONE):
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                self.page.set_viewport_size({"width": width, "height": height})
                at = f"{self.page.url} ({scheme}, {width} px)"
                assert self._found() == [], at
                assert self._evaluated("document.documentElement.scrollWidth") <= width
        assert self.wrong == [], self.page.url

    def _found(self) -> list[str]:
        """What axe finds; through the debugger, since the policy lets no string run."""
        if not self._evaluated("'axe' in window"):
            self._evaluated(AXE.read_text(encoding="utf-8") + ";0")
        found = self._evaluated(
            "axe.run().then(said => JSON.stringify(said.violations.map("
            "one => [one.impact, one.id, one.nodes.map(node => node.html + ' ' +"
            " node.failureSummary)])))"
        )
        return [
            f"{name}: {nodes}"
            for impact, name, nodes in json.loads(found)
            if impact in WEIGHTY
        ]

    def _evaluated(self, script: str) -> Any:
        session = self.context.new_cdp_session(self.page)
        options = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = session.send("Runtime.evaluate", options)
        session.detach()
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")


Looks = Callable[..., Look]


@pytest.fixture
def look(chromium: Browser) -> Iterator[Looks]:
    """Open a browser of somebody's own at an address; what it says is in English."""
    opened: list[BrowserContext] = []

    def one(at: str, path: str = "/", **options: Any) -> Look:
        options.setdefault("locale", "en-US")
        context = chromium.new_context(base_url=at, **options)
        context.set_default_timeout(20_000)
        opened.append(context)
        look = Look(context)
        look.page.goto(path)
        return look

    yield one
    for context in opened:
        context.close()
