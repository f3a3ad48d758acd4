from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.cli import output

AT = datetime(2026, 11, 17, 20, 30, tzinfo=UTC)


def test_programs_get_instants_in_iso_8601(capsys: pytest.CaptureFixture[str]) -> None:
    output.as_json({"at": AT})

    assert json.loads(capsys.readouterr().out) == {"at": "2026-11-17T20:30:00+00:00"}


def test_a_column_with_a_width_keeps_its_words_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"ticket": "T-000001", "why": "words " * 40, "next": f"{AT} target_of_all"}

    output.listing("Tickets", [row], machine=False, empty="", widths={"next": 16})

    assert "target_of_all" in capsys.readouterr().out


def test_a_listing_for_programs_has_every_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.listing("Tickets", [{"a": 1, "b": None}], machine=True, empty="none")

    assert json.loads(capsys.readouterr().out) == [{"a": 1, "b": None}]


def test_nothing_to_list_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    output.listing("Tickets", [], machine=False, empty="no tickets match")

    assert capsys.readouterr().out == "no tickets match\n"
