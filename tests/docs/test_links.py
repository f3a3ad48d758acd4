from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if path.is_file()
)


def tracked() -> set[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {ROOT / name for name in done.stdout.split("\0") if name}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [link for link in LINK.findall(text) if "://" not in link]

    broken = [link for link in targets if not (page.parent / link).exists()]

    assert broken == []


def test_no_page_names_a_path_of_somebodys_machine() -> None:
    home = re.compile(r"(?<![\w./-])/(?:home|root|work|Users)/\w+")
    pages = tracked() & set(PAGES) or set(PAGES)

    found = [page.name for page in pages if home.search(page.read_text("utf-8"))]

    assert found == []
