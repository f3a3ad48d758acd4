"""Replay a file into an empty database, then again, and say what each stage cost.

Prints Markdown tables for docs/benchmarks.md. The second run must add nothing; exit
status 1 if it does. ``--db`` measures another database than an SQLite file of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
AIRLINES = SHARED / "data" / "replay-airlines" / "mentions.jsonl"


def replay(file: Path, url: str) -> dict[str, Any]:
    """Run ``bot replay`` in a process of its own; return the summary it prints."""
    bot = Path(sys.executable).with_name("bot")
    done = subprocess.run(
        [str(bot), "replay", str(file), "--db", url, "--json"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def row(name: str, summary: dict[str, Any]) -> str:
    """Return one run as a line of the table."""
    run = summary["run"]
    return (
        f"| {name} | {run['seconds']:.1f} | {run['new']} | "
        f"{run['mentions_per_second']:.0f} | {run['peak_memory_mb']:.0f} |"
    )


def main(arguments: list[str]) -> int:
    """Measure one file twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=AIRLINES)
    parser.add_argument("--db", help="an empty database; a new SQLite file if left out")
    asked = parser.parse_args(arguments)
    if not asked.file.exists():
        print(f"{asked.file}: no such file; name one: make bench ARGS=FILE")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        url = asked.db or f"sqlite:///{folder}/bench.db"
        first, second = replay(asked.file, url), replay(asked.file, url)
    print("| run | seconds | mentions stored | mentions/s | peak MB |")
    print("|---|---:|---:|---:|---:|")
    print(row("first", first))
    print(row("second", second))
    print("\n| stage of the first run | seconds | mentions/s |\n|---|---:|---:|")
    for stage, seconds in first["run"]["stages"].items():
        pace = f"{first['run']['new'] / seconds:.0f}" if seconds else ""
        print(f"| {stage} | {seconds:.2f} | {pace} |")
    kept = ("mentions", "open_tickets", "audit_entries")
    return int(second["run"]["new"] > 0 or any(first[k] != second[k] for k in kept))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
