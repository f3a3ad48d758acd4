"""Refuse files that do not parse, weigh too much or seem to hold a secret.

Arguments are paths; without any, every file that git tracks is read.
A line that must look like a secret says why after ``secret-ok:``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml

LARGEST_BYTES = 50 * 1024 * 1024
SECRETS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "AWS key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "X bearer token": re.compile(r"\bA{20,}[A-Za-z0-9%]{30,}"),
    "assigned secret": re.compile(
        r"(?i)\b(?:api_?key|client_secret|access_token|password)\b"
        r"""["']?\s*[:=]\s*["'][A-Za-z0-9+/_\-]{24,}["']"""
    ),
    "password in a URL": re.compile(
        r"\w+://[^/\s:@\"'{}<>$]+:(?!PASSWORD@)[^/\s@\"'{}<>$]{8,}@"
    ),
}


def problems(path: Path) -> Iterator[str]:
    """What is wrong with one file, one sentence each."""
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        yield f"{path}: {size:,} bytes, more than {LARGEST_BYTES:,}"
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # pictures and weights
    try:
        if path.suffix == ".toml":
            tomllib.loads(text)
        elif path.suffix in {".yaml", ".yml"}:
            list(yaml.safe_load_all(text))
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        yield f"{path}: does not parse: {error}"
    for number, line in enumerate(text.splitlines(), start=1):
        if "secret-ok:" in line:
            continue
        for kind, pattern in SECRETS.items():
            if pattern.search(line):
                yield f"{path}:{number}: looks like a secret ({kind})"


def tracked() -> list[str]:
    """Every path that git tracks."""
    done = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git stands where the PATH says
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in done.stdout.split("\0") if name]


def main(arguments: list[str]) -> int:
    """Print each problem; exit status 1 when there is one."""
    paths = [Path(name) for name in arguments or tracked()]
    found = [line for path in paths if path.is_file() for line in problems(path)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
