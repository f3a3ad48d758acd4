"""Replay a file into an empty database, then again, and say what it cost.

Prints a Markdown table for docs/benchmarks.md. The second run must add nothing.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
AIRLINES = SHARED / "data" / "replay-airlines" / "mentions.jsonl"
# Linux counts the largest resident set in KiB, macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def replay(file: Path, database: Path, options: list[str]) -> float:
    """Run ``bot replay`` in a process of its own; return the seconds it took."""
    bot = Path(sys.executable).with_name("bot")
    begin = time.perf_counter()
    subprocess.run(
        [str(bot), "replay", str(file), "--db", f"sqlite:///{database}", *options],
        cwd=ROOT,
        check=True,
    )
    return time.perf_counter() - begin


def stored(database: Path) -> int:
    """How many mentions the database holds."""
    with sqlite3.connect(database) as connection:
        [count] = connection.execute("SELECT count(*) FROM mentions").fetchone()
    return int(count)


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; what is not ours goes to ``bot replay``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=AIRLINES)
    return parser.parse_known_args(arguments)


def main(arguments: list[str]) -> int:
    """Measure one file; exit status 1 if the second run stored anything."""
    asked, options = parse(arguments)
    if not asked.file.exists():
        print(f"{asked.file}: no such file; name one: make bench ARGS=FILE")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        first_s = replay(asked.file, database, options)
        count = stored(database)
        second_s = replay(asked.file, database, options)
        added = stored(database) - count
        mib = database.stat().st_size / 2**20
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * RSS_UNIT / 2**20
    print("| run | seconds | mentions stored | mentions/s |\n|---|---:|---:|---:|")
    print(f"| first | {first_s:.1f} | {count} | {count / first_s:.0f} |")
    print(f"| second | {second_s:.1f} | {added} | |")
    print(f"\nPeak memory {peak:.0f} MiB; database {mib:.1f} MiB.")
    return 1 if added else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
