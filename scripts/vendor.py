"""Fetch anew what others wrote for browsers, as vendor.json names it, by ``npm pack``.

Run ``python scripts/vendor.py`` after raising a version there. A file that is not what
its hash says is refused; ``--take`` writes down the hash of what came instead, after
somebody has looked at it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTS = (
    ROOT / "bot/web/static/vendor/vendor.json",
    ROOT / "tests/browser/vendor/vendor.json",
)

Entry = dict[str, str]


def digest(content: bytes) -> str:
    """Return what identifies a file."""
    return hashlib.sha256(content).hexdigest()


def wrong(folder: Path, entries: Iterable[Entry]) -> list[str]:
    """Return the files of a folder that are missing or not what the list says."""
    return [
        entry["file"]
        for entry in entries
        if not (file := folder / entry["file"]).is_file()
        or digest(file.read_bytes()) != entry["sha256"]
    ]


def unpacked(package: str, version: str, folder: Path) -> Path:
    """Fetch a package from the npm registry; return where its files lie."""
    spoken = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"],  # noqa: S607 - npm's place differs
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    at = folder / f"{package}-{version}"
    with tarfile.open(folder / spoken.stdout.split()[-1]) as archive:
        archive.extractall(at, filter="data")
    return at / "package"


def fetch(list_: Path, *, take: bool) -> list[str]:
    """Bring a list's files in; return those that were refused."""
    entries: list[Entry] = json.loads(list_.read_text())
    refused = []
    with tempfile.TemporaryDirectory() as temporary:
        packages = {(entry["package"], entry["version"]) for entry in entries}
        at = {each: unpacked(*each, Path(temporary)) for each in sorted(packages)}
        for entry in entries:
            source = at[entry["package"], entry["version"]] / entry["from"]
            content = source.read_bytes()
            if take:
                entry["sha256"] = digest(content)
            if digest(content) != entry["sha256"]:
                refused.append(entry["file"])
                continue
            (list_.parent / entry["file"]).write_bytes(content)
    list_.write_text(json.dumps(entries, indent=2) + "\n")
    return refused


def main() -> int:
    """Fetch both lists."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--take", action="store_true", help="write down new hashes")
    take = asked.parse_args().take
    refused = [name for each in LISTS for name in fetch(each, take=take)]
    if refused:
        print(
            f"vendor: not what vendor.json says: {', '.join(refused)}; "
            "look at what changed, then run it with --take",
            file=sys.stderr,
        )
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
