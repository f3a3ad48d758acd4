"""Print how soon a person sees the console's pages in Chromium.

    python -m bench.console_paint

First contentful paint, as the browser's own PerformanceObserver tells it: each page is
opened five times with an empty cache and five times with the files kept.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext

from scripts.screenshots import PAGES, chromium, filled, shown

TIMES = 5
PAINT = """() => new Promise(tell => new PerformanceObserver(list => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (paint) tell(paint.startTime);
}).observe({type: "paint", buffered: true}))"""


def painted(context: BrowserContext, address: str) -> float:
    """Return the milliseconds until the first words stood there."""
    page = context.new_page()
    page.goto(address)
    took: float = page.evaluate(PAINT)
    page.close()
    return took


def main() -> int:
    """Measure each page."""
    print("page        empty cache, median / worst    files kept, median / worst")
    with (
        tempfile.TemporaryDirectory() as folder,
        shown(filled(Path(folder))) as at,
        chromium() as browser,
    ):
        for name, (path, _) in PAGES.items():
            cold: list[float] = []
            for _time in range(TIMES):
                context = browser.new_context()
                cold.append(painted(context, at + path))
                context.close()
            context = browser.new_context()
            painted(context, at + path)
            warm = [painted(context, at + path) for _time in range(TIMES)]
            context.close()
            print(
                f"{name:<12}{median(cold):>6.0f} / {max(cold):.0f} ms"
                f"{median(warm):>24.0f} / {max(warm):.0f} ms"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
