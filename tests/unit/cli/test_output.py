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


def test_no_word_is_broken_where_the_terminal_has_room_for_the_longest_ones(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.out, "width", 80)
    row = {
        "chain": "ordinary",
        "step": "1.1",
        "due_at": AT,
        "state": "cancelled",
        "reason": "begun anew: handed_off",
        "told": "lea",
        "who": "shift",
        "since": AT,
    }

    output.listing("Calls", [row], machine=False, empty="")

    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    words = " ".join(output.cell(value) for value in row.values()).split()
    assert set(words) <= set(shown.split())


def test_the_widest_words_are_broken_where_a_terminal_is_too_narrow_for_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.out, "width", 40)
    row = {"ticket": "T-000001", "link": "https://x.example/" + "a" * 90, "at": AT}

    output.listing("Posts", [row], machine=False, empty="", widths={"at": 10})

    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 40
    assert {"T-000001", "2026-11-17", "20:30Z"} <= set(shown.split())


def test_a_listing_for_programs_has_every_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.listing("Tickets", [{"a": 1, "b": None}], machine=True, empty="none")

    assert json.loads(capsys.readouterr().out) == [{"a": 1, "b": None}]


def test_nothing_to_list_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    output.listing("Tickets", [], machine=False, empty="no tickets match")

    assert capsys.readouterr().out == "no tickets match\n"


@pytest.mark.parametrize(
    "order", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202e", "\ud800", "\r"]
)
def test_a_strangers_text_gives_the_terminal_no_orders(
    order: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = f"hello{order}world"

    output.facts(f"Mention by {said}", [("text", said)])
    output.listing("Posts", [{"text": said}], machine=False, empty="")
    output.complain(said)

    told = capsys.readouterr()
    assert order not in told.out + told.err
    assert "hello" in told.out
    assert "world" in told.out


def test_a_text_is_shown_as_it_is_without_pictures_or_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.facts("Reply", [("text", ":heart: [bold]you[/bold] \U0001f600")])

    assert ":heart: [bold]you[/bold] \U0001f600" in capsys.readouterr().out


def test_programs_get_half_a_surrogate_pair_as_an_escape(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.as_json({"text": "half \ud800 of é"})

    written = capsys.readouterr().out
    assert json.loads(written) == {"text": "half \ud800 of é"}
    assert "é" in written
