from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.vendor import LISTS, wrong


@pytest.mark.parametrize("list_", LISTS, ids=lambda file: str(file.parents[1].name))
def test_what_others_wrote_is_byte_for_byte_what_the_list_says(list_: Path) -> None:
    entries = json.loads(list_.read_text())

    assert wrong(list_.parent, entries) == []


@pytest.mark.parametrize("list_", LISTS, ids=lambda file: str(file.parents[1].name))
def test_nothing_of_others_lies_there_unlisted_or_without_its_licence(
    list_: Path,
) -> None:
    entries = json.loads(list_.read_text())

    listed = {entry["file"] for entry in entries}
    licensed = {
        entry["package"] for entry in entries if entry["file"].endswith("LICENSE")
    }

    there = {file.name for file in list_.parent.iterdir()} - {"vendor.json"}
    assert there == listed
    assert {entry["package"] for entry in entries} == licensed


def test_a_changed_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("alert(1)")

    assert wrong(tmp_path, [{"file": "a.js", "sha256": "0" * 64}]) == ["a.js"]
