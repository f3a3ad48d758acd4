from __future__ import annotations

import re
from pathlib import Path

from bot.storage.tables import Rows

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_names_every_table_and_no_other() -> None:
    page = (ROOT / "docs" / "reference" / "database.md").read_text(encoding="utf-8")
    section = page.split("## Tables")[1].split("\n## ")[0]

    named = set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE))

    assert named == set(Rows.metadata.tables)
