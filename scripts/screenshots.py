"""Take the README's pictures of the console from a real run over the bundled stream.

Runs ``bot run --once`` in an empty folder, serves the console over what it made, at the
time at which the stream ended, and looks at it with Chromium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs/images"
SIZE = {"width": 1440, "height": 900}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync")
PAGES = {
    "queue": ("/queues", "light"),
    "ticket": ("/tickets/T-000001", "light"),
    "log": ("/log", "light"),
    "dashboard": ("/dashboard", "dark"),
}


def filled(folder: Path) -> Path:
    """Let the bot work on its bundled stream there; return the database."""
    for name in ("config", "models"):
        (folder / name).symlink_to(ROOT / name)
    file = folder / "demo.db"
    program = "from bot.cli.main import main; main()"
    subprocess.run(
        [sys.executable, "-c", program, "run", "--once", "--db", f"sqlite:///{file}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return file


@contextmanager
def shown(file: Path) -> Iterator[str]:
    """Serve the console over a database to a lead, as of where its stream ended."""
    from bot.bootstrap import App
    from bot.clock import ReplayClock
    from bot.domain.staff import Role, Viewer
    from bot.settings import load_settings
    from bot.web.app import address_of, application, listening, served
    from bot.web.gate import signed_in

    os.chdir(file.parent)
    url = {"BOT_DATABASE__URL": f"sqlite:///{file}"}
    app = App(load_settings(Path("config/bot.yaml"), url))
    with app.store.reading() as work:
        ended = work.sources.state("demo").last_success_at
    if ended is not None:
        app.clock = ReplayClock(ended)
    web, lead = (
        application(app),
        Viewer(name="ann", role=Role.LEAD, zone=app.settings.zone),
    )
    web.dependency_overrides[signed_in] = lambda: lead
    with listening("127.0.0.1", 0) as listener, served(web, listener):
        yield address_of(listener)
    app.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser of this machine."""
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        yield browser
        browser.close()


def main() -> int:
    """Take all of them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        shown(filled(Path(folder))) as at,
        chromium() as browser,
    ):
        for name, (path, scheme) in PAGES.items():
            context = browser.new_context(
                viewport=SIZE,  # type: ignore[arg-type]
                color_scheme=scheme,  # type: ignore[arg-type]
                reduced_motion="reduce",
                locale="en-US",
            )
            page = context.new_page()
            page.goto(at + path)
            page.wait_for_timeout(1_500)
            page.screenshot(path=IMAGES / f"console-{name}.png")
            print(f"screenshots: docs/images/console-{name}.png")
            context.close()
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
