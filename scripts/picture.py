"""Draw the README's picture from a real run over the bundled stream.

Runs ``bot run --once`` in an empty folder and writes what it printed as an SVG, so that
the picture can be made anew whenever the output changes.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 76
FONT = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Run, draw, and say where the picture went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "out", nargs="?", type=Path, default=ROOT / "docs/images/run-once.svg"
    )
    asked = parser.parse_args(arguments)
    bot = Path(sys.executable).with_name("bot")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config", "models"):
            (Path(folder) / name).symlink_to(ROOT / name)
        done = subprocess.run(
            [str(bot), "run", "--once"],
            cwd=folder,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": str(WIDTH)},
        )
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text('$ make run ARGS="--once"', style="bold"))
    console.print(Text(done.stdout.rstrip()))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    drawn = console.export_svg(title="Answerable")
    # Rich would have every reader fetch a font from a third party.
    asked.out.write_text(FONT.sub("", drawn), encoding="utf-8")
    print(f"drawn: {asked.out.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
